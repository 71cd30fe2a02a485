"""What to run where nobody's eyes are allowed: the commands, with the names that are known, and what to paste back."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.context import DialogContext
from dialogs.model.reply import Block, Command
from dialogs.solution.step_view import has_placeholder
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import extract_placeholder_values
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
    """The command for both shells, filled with the values that are known and fit; with the subscription where it is."""
    made = []
    for shell in _SHELLS:
        subscription = fill_placeholders(_SUBSCRIPTION_OPTIONS[shell], shell, values)
        named = "" if has_placeholder(subscription) else subscription
        made.append(Command(shell, fill_placeholders(command_templates[shell].replace("{sub}", named), shell, values)))
    return tuple(made)


def build_status_commands(context: DialogContext, values: Mapping[str, str]) -> list[Block]:
    """How to read the status of a template oneself."""
    return [context.build_paragraph("look.by-hand.status"), *build_commands(STATUS_COMMANDS, values)]


def build_log_commands(context: DialogContext, values: Mapping[str, str]) -> list[Block]:
    """How to read the build log oneself."""
    return [context.build_paragraph("look.by-hand.log"), *build_commands(LOG_COMMANDS, values)]


def build_failed_templates_commands(context: DialogContext) -> list[Block]:
    """How to list the templates that fail oneself."""
    return [context.build_paragraph("look.by-hand.failing"), *build_commands(FAILED_TEMPLATES_COMMANDS, {})]


def add_paste_instructions(context: DialogContext, blocks: list[Block]) -> list[Block]:
    """The blocks, with a word about what to fill in, and what to do with the output."""
    if any(isinstance(block, Command) and has_placeholder(block.text) for block in blocks):
        blocks = [*blocks, context.build_paragraph("walk.placeholders", "subtle")]
    return [*blocks, context.build_paragraph("look.by-hand.paste")]


def get_known_values(state: ConversationState) -> dict[str, str]:
    """What may stand in the commands: what is known of the text or the template under way."""
    values = extract_placeholder_values(state.diagnosis, "") if state.diagnosis else {}
    if staging := values.get("staging_resource_group"):
        values["staging_resource_group"] = staging.rstrip("/").rpartition("/")[2]
    return values
