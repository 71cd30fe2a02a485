"""Commands for users to run themselves if the bot can't read Azure, filled in with the known names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from dialogs.context import DialogContext, DialogResult
from dialogs.model.reply import Block, Command
from dialogs.replies.shell_commands import SHOWN_BELOW, with_shell_switch
from dialogs.solution.howtos import build_back_to_step_buttons
from dialogs.solution.step_view import has_placeholder
from dialogs.state.azure_state import AzureRequest
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import extract_placeholder_values
from knowledge.azure_names import get_last_segment
from knowledge.commands.placeholders import Shell, fill_placeholders
from knowledge.template.template_id import TemplateQuery

ManualPart = Literal["status", "log", "failing", "template"]
"""What people can read themselves: a template's status, its build log, which templates failed, a template itself."""

_STATUS_COMMANDS: Mapping[Shell, str] = {
    "Azure CLI": "az image builder show -n <template> -g <rg>{sub} -o json",
    "PowerShell": (
        "Get-AzImageBuilderTemplate -ResourceGroupName <rg> -Name <template>{sub} | "
        "Format-List Provisioning*,LastRunStatus*,BuildTimeoutInMinute,*StagingResourceGroup"
    ),
}
_LOG_COMMANDS: Mapping[Shell, str] = {
    # the storage account in the staging group holds the log, in a folder named by a GUID
    "Azure CLI": (
        'az storage account list -g <stagingRg>{sub} --query "[].name" -o tsv\n'
        "az storage blob list --account-name <account> -c packerlogs --auth-mode login "
        '--query "[].{n:name,m:properties.lastModified,s:properties.contentLength}" -o table\n'
        "az storage blob download --account-name <account> -c packerlogs -n <guid>/customization.log "
        "-f customization.log --auth-mode login"
    ),
    "PowerShell": (
        "Get-AzStorageAccount -ResourceGroupName <stagingRg> | Select-Object StorageAccountName\n"
        "$ctx = New-AzStorageContext -StorageAccountName <account> -UseConnectedAccount\n"
        "Get-AzStorageBlob -Container packerlogs -Context $ctx\n"
        "Get-AzStorageBlobContent -Container packerlogs -Blob '<guid>/customization.log' -Destination . -Context $ctx"
    ),
}
_FAILED_TEMPLATES_COMMANDS: Mapping[Shell, str] = {
    "Azure CLI": (
        "az image builder list --query \"[?lastRunStatus.runState=='Failed']."
        '{name:name, group:resourceGroup, ended:lastRunStatus.endTime}" -o table'
    ),
    "PowerShell": (
        "Get-AzImageBuilderTemplate | Where-Object LastRunStatusRunState -eq 'Failed' | "
        "Select-Object Name,ResourceGroupName,LastRunStatusEndTime"
    ),
}
_TEMPLATE_COMMANDS: Mapping[Shell, str] = {
    "Azure CLI": "az image builder show -n <template> -g <rg>{sub} -o json",
    # Get-AzImageBuilderTemplate prints its own objects, not the template's JSON
    "PowerShell": (
        "(Invoke-AzRestMethod -ResourceGroupName <rg> -ResourceProviderName Microsoft.VirtualMachineImages "
        "-ResourceType imageTemplates -Name <template>{sub} -ApiVersion 2024-02-01 -Method GET).Content"
    ),
}
MANUAL_COMMANDS: Mapping[ManualPart, Mapping[Shell, str]] = {
    "status": _STATUS_COMMANDS,
    "log": _LOG_COMMANDS,
    "failing": _FAILED_TEMPLATES_COMMANDS,
    "template": _TEMPLATE_COMMANDS,
}
_SUBSCRIPTION_OPTIONS: Mapping[Shell, str] = {
    "Azure CLI": " --subscription <sub>",
    "PowerShell": " -SubscriptionId <sub>",
}


def build_manual_command(shell: Shell, command_templates: Mapping[Shell, str], values: Mapping[str, str]) -> Command:
    """Build the command for a shell, filled in with `values`.

    The option for the subscription is added only if its value is known and valid; without it, the user's default
    subscription applies.
    """
    option = fill_placeholders(_SUBSCRIPTION_OPTIONS[shell], shell, values)
    template = command_templates[shell].replace("{sub}", "" if has_placeholder(option) else option)
    return Command(shell, fill_placeholders(template, shell, values))


def build_manual_blocks(context: DialogContext, part: ManualPart, values: Mapping[str, str]) -> list[Block]:
    """Build the command that reads a part of what there is to see, below a line that says what it reads."""
    heading = context.build_paragraph(f"look.by-hand.{part}")
    return [heading, build_manual_command(context.shell, MANUAL_COMMANDS[part], values)]


def add_paste_instructions(
    context: DialogContext, blocks: list[Block], paste_key: str = "look.by-hand.paste"
) -> list[Block]:
    """Add what to fill in, if placeholders are left, and a request to paste the output."""
    if any(isinstance(block, Command) and has_placeholder(block.text) for block in blocks):
        blocks = [*blocks, context.build_paragraph("walk.placeholders", "subtle")]
    return [*blocks, context.build_paragraph(paste_key)]


def get_known_values(state: ConversationState) -> dict[str, str]:
    """Return the current diagnosis's values for commands."""
    values = extract_placeholder_values(state.diagnosis, "") if state.diagnosis else {}
    if staging := values.get("staging_resource_group"):
        values["staging_resource_group"] = get_last_segment(staging)
    return values


def collect_placeholder_values(state: ConversationState, request: AzureRequest) -> dict[str, str]:
    """Collect the values for commands to run by hand: what was asked for, else what the diagnosed text says."""
    given = request.query.to_facts()
    known = get_known_values(state)
    same = not given or known.get("template", "").casefold() == request.query.name.casefold()
    return {**(known if same else {}), **given}


def show_manual_commands(context: DialogContext, state: ConversationState, request: AzureRequest) -> DialogResult:
    """Show the commands that read what a lookup would: here the bot can't."""
    values = collect_placeholder_values(state, request)
    if request.checks:
        return _show_template_command(context, state, request, values)
    parts: tuple[ManualPart, ...] = ("failing",) if request.kind == "failing" else ("status", "log")
    own = [block for part in parts for block in build_manual_blocks(context, part, values)]
    blocks = [
        context.build_heading("look.by-hand.title"),
        context.build_paragraph("look.by-hand.why"),
        *add_paste_instructions(context, own),
    ]
    buttons = (
        *build_back_to_step_buttons(context, state),
        context.build_button("guided-questions", "guided"),
        context.build_button("draft", "draft"),
    )
    reply = context.build_reply(*blocks, buttons=buttons, placement="stays")
    again = "look" if request.kind == "template" else request.kind
    return DialogResult(state, (with_shell_switch(context, reply, again, request.query.to_args()),))


def _show_template_command(
    context: DialogContext, state: ConversationState, request: AzureRequest, values: Mapping[str, str]
) -> DialogResult:
    """Show the command that prints a template, so that it can be pasted and checked."""
    own = build_manual_blocks(context, "template", values)
    blocks = [
        context.build_heading("check.by-hand.title"),
        context.build_paragraph("check.by-hand.why"),
        *add_paste_instructions(context, own, "look.by-hand.template.paste"),
    ]
    reply = context.build_reply(*blocks, buttons=build_back_to_step_buttons(context, state), placement="stays")
    return DialogResult(state, (with_shell_switch(context, reply, "preflight", request.query.to_args()),))


def show_manual_part(
    context: DialogContext, state: ConversationState, part: ManualPart, query: TemplateQuery
) -> DialogResult:
    """Show the command that reads one part of what Azure refused."""
    values = collect_placeholder_values(state, AzureRequest(query=query))
    blocks = add_paste_instructions(context, build_manual_blocks(context, part, values))
    buttons = (*build_back_to_step_buttons(context, state), context.build_button("draft", "draft"))
    reply = context.build_reply(*blocks, buttons=buttons, placement="passing")
    return DialogResult(state, (with_shell_switch(context, reply, SHOWN_BELOW, {"part": part, **query.to_args()}),))
