"""What to run where nobody's eyes are allowed: the commands, with the names that are known, and what to paste back."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.context import Scene
from dialogs.model.reply import Block, Command
from dialogs.solution.step_view import has_placeholder
from dialogs.state.diagnosis import values_of
from dialogs.state.state import State
from knowledge.commands.placeholders import Shell, fill

_SHELLS: tuple[Shell, ...] = ("Azure CLI", "PowerShell")
STATUS: Mapping[Shell, str] = {
    "Azure CLI": "az image builder show -n <template> -g <rg>{sub} -o json",
    "PowerShell": (
        "Get-AzImageBuilderTemplate -ResourceGroupName <rg> -Name <template>{sub} | "
        "Format-List Provisioning*,LastRunStatus*,BuildTimeoutInMinute,*StagingResourceGroup"
    ),
}
LOG: Mapping[Shell, str] = {
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
FAILING: Mapping[Shell, str] = {
    "Azure CLI": (
        "az image builder list --query \"[?lastRunStatus.runState=='Failed']."
        '{name:name, group:resourceGroup, ended:lastRunStatus.endTime}" -o table'
    ),
    "PowerShell": (
        "Get-AzImageBuilderTemplate | Where-Object LastRunStatusRunState -eq 'Failed' | "
        "Select-Object Name,ResourceGroupName,LastRunStatusEndTime"
    ),
}
_SUBSCRIPTION: Mapping[Shell, str] = {"Azure CLI": " --subscription <sub>", "PowerShell": " -SubscriptionId <sub>"}


def commands(template: Mapping[Shell, str], values: Mapping[str, str]) -> tuple[Command, ...]:
    """The command for both shells, filled with the values that are known and fit; with the subscription where it is."""
    made = []
    for shell in _SHELLS:
        subscription = fill(_SUBSCRIPTION[shell], shell, values)
        named = "" if has_placeholder(subscription) else subscription
        made.append(Command(shell, fill(template[shell].replace("{sub}", named), shell, values)))
    return tuple(made)


def status_by_hand(scene: Scene, values: Mapping[str, str]) -> list[Block]:
    """How to read the status of a template oneself."""
    return [scene.say("look.by-hand.status"), *commands(STATUS, values)]


def log_by_hand(scene: Scene, values: Mapping[str, str]) -> list[Block]:
    """How to read the build log oneself."""
    return [scene.say("look.by-hand.log"), *commands(LOG, values)]


def failing_by_hand(scene: Scene) -> list[Block]:
    """How to list the templates that fail oneself."""
    return [scene.say("look.by-hand.failing"), *commands(FAILING, {})]


def paste_back(scene: Scene, blocks: list[Block]) -> list[Block]:
    """The blocks, with a word about what to fill in, and what to do with the output."""
    if any(isinstance(block, Command) and has_placeholder(block.text) for block in blocks):
        blocks = [*blocks, scene.say("walk.placeholders", "subtle")]
    return [*blocks, scene.say("look.by-hand.paste")]


def known_values(state: State) -> dict[str, str]:
    """What may stand in the commands: what is known of the text or the template under way."""
    values = values_of(state.diagnosis, "") if state.diagnosis else {}
    if staging := values.get("staging_resource_group"):
        values["staging_resource_group"] = staging.rstrip("/").rpartition("/")[2]
    return values
