"""Commands for users to run themselves where the bot may not read Azure, filled in with the known names."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.context import DialogContext
from dialogs.model.reply import Block, Command
from dialogs.solution.step_view import has_placeholder
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import extract_placeholder_values
from knowledge.azure_names import get_last_segment
from knowledge.commands.placeholders import Shell, fill_placeholders

_SHELLS: tuple[Shell, ...] = ("Azure CLI", "PowerShell")
STATUS_COMMANDS: Mapping[Shell, str] = {
    "Azure CLI": "az image builder show -n <template> -g <rg>{sub} -o json",
    "PowerShell": (
        "Get-AzImageBuilderTemplate -ResourceGroupName <rg> -Name <template>{sub} | "
        "Format-List Provisioning*,LastRunStatus*,BuildTimeoutInMinute,*StagingResourceGroup"
    ),
}
LOG_COMMANDS: Mapping[Shell, str] = {
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
FAILED_TEMPLATES_COMMANDS: Mapping[Shell, str] = {
    "Azure CLI": (
        "az image builder list --query \"[?lastRunStatus.runState=='Failed']."
        '{name:name, group:resourceGroup, ended:lastRunStatus.endTime}" -o table'
    ),
    "PowerShell": (
        "Get-AzImageBuilderTemplate | Where-Object LastRunStatusRunState -eq 'Failed' | "
        "Select-Object Name,ResourceGroupName,LastRunStatusEndTime"
    ),
}
_SUBSCRIPTION_OPTIONS: Mapping[Shell, str] = {
    "Azure CLI": " --subscription <sub>",
    "PowerShell": " -SubscriptionId <sub>",
}


def build_commands(command_templates: Mapping[Shell, str], values: Mapping[str, str]) -> tuple[Command, ...]:
    """Build a command for each shell, filled in with `values`.

    The option for the subscription is added only if its value is known and valid; without it, the user's default
    subscription applies.
    """
    commands = []
    for shell in _SHELLS:
        option = fill_placeholders(_SUBSCRIPTION_OPTIONS[shell], shell, values)
        template = command_templates[shell].replace("{sub}", "" if has_placeholder(option) else option)
        commands.append(Command(shell, fill_placeholders(template, shell, values)))
    return tuple(commands)


def build_status_commands(context: DialogContext, values: Mapping[str, str]) -> list[Block]:
    """Build the commands that read the status of a template."""
    return [context.build_paragraph("look.by-hand.status"), *build_commands(STATUS_COMMANDS, values)]


def build_log_commands(context: DialogContext, values: Mapping[str, str]) -> list[Block]:
    """Build the commands that read the build log."""
    return [context.build_paragraph("look.by-hand.log"), *build_commands(LOG_COMMANDS, values)]


def build_failed_templates_commands(context: DialogContext) -> list[Block]:
    """Build the commands that list the templates whose last run failed."""
    return [context.build_paragraph("look.by-hand.failing"), *build_commands(FAILED_TEMPLATES_COMMANDS, {})]


def add_paste_instructions(context: DialogContext, blocks: list[Block]) -> list[Block]:
    """Add what to fill in, where placeholders are left, and the request to paste the output."""
    if any(isinstance(block, Command) and has_placeholder(block.text) for block in blocks):
        blocks = [*blocks, context.build_paragraph("walk.placeholders", "subtle")]
    return [*blocks, context.build_paragraph("look.by-hand.paste")]


def get_known_values(state: ConversationState) -> dict[str, str]:
    """Return the values for commands that the current diagnosis knows."""
    values = extract_placeholder_values(state.diagnosis, "") if state.diagnosis else {}
    if staging := values.get("staging_resource_group"):
        values["staging_resource_group"] = get_last_segment(staging)
    return values
