"""What `entries check` reports about commands that run without an error but don't do what we show them for."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.checks.command_checks import find_cli_faults, find_powershell_faults
from tests.knowledge.checks.test_entry_checks import GOOD, faults, line_of, write
from tests.reporting import failures_together
from tests.shown_commands import list_distinct_commands, name_places

URL = "https://management.azure.com/subscriptions/<sub>/resourceGroups/<rg>/x?api-version=2024-02-01"
CLI = [
    ('az account show --query "{name:name,id:id}" -o table', "no column 'id'"),
    ('az resource list --query "[].{type:type,name:name}" --output table', "no column 'type'"),
    ('az resource list --query "[].{name:name, etag:etag}" -o table', "no column 'etag'"),
    ('az account show --query "{name:name,subscription:id}" -o table', ""),
    ('az account show --query "{id:id}" -o json', ""),
    ("az resource list -o table", ""),
    ("az role assignment create --assignee <a> --role Reader -g <rg>", "needs --scope"),
    ("az role assignment create --assignee <a> --role Reader \\\n  --scope <scope>", ""),
    ("az image builder show -n <t> -g <rg> --query vmProfile.osDiskSizeGB", "osDiskSizeGb"),
    (f'az rest --method get --url "{URL}" --query properties.vmProfile.osDiskSizeGB', ""),
    ("az group delete -n <rg>\naz group list", "asks for confirmation"),
    ("az group delete -n <rg> --yes\naz group list", ""),
    ("az group list\naz group delete -n <rg>", ""),
    ("az image builder show -n <t> -g <rg> -o json > template.json", "save a template with az rest"),
    ("az image builder show -n <t> -g <rg> -o json", ""),
    (f'az rest --method get --url "{URL}" > template.json', ""),
    (f'az rest --method patch --url "{URL}" --body \'{{"a":1}}\'', "shells quote an inline --body differently"),
    (f'az rest --method patch --url "{URL}" --body @body.json', "PowerShell reads @body.json as a variable"),
    (f'az rest --method patch --url "{URL}" --body "@body.json"', ""),
    ("az role definition create --role-definition @role.json", "PowerShell reads @role.json as a variable"),
    ("TOPIC=$(az support services list)", "asks whether to install it"),
    ("az extension add --name support --upgrade --yes --only-show-errors\naz support services list", ""),
    ("echo 'az group delete'\necho", ""),
    ("az group list --query 'it\naz group list", ""),
]
POWERSHELL = [
    ("Remove-AzResourceGroup -Name <rg>\nGet-AzResource", "asks for confirmation"),
    ("Remove-AzResourceGroup -Name <rg> -Force\nGet-AzResource", ""),
    ("Get-AzResource\nRemove-AzResourceGroup -Name <rg>", ""),
    ("Remove-AzImageBuilderTemplate -Name <t>\nGet-AzResource", ""),
    ("Get-AzActivityLog -CorrelationId <id> | Select-Object Properties", "no Properties without -DetailedOutput"),
    ("Get-AzActivityLog -CorrelationId <id> -DetailedOutput | Select-Object Properties", ""),
]


@pytest.mark.parametrize(("command", "fault"), CLI)
def test_a_command_for_azure_cli(command: str, fault: str) -> None:
    found = find_cli_faults(command)
    assert len(found) == bool(fault)
    assert fault in "".join(found)


@pytest.mark.parametrize(("command", "fault"), POWERSHELL)
def test_a_command_for_powershell(command: str, fault: str) -> None:
    found = find_powershell_faults(command)
    assert len(found) == bool(fault)
    assert fault in "".join(found)


def test_a_fault_names_the_line_of_the_step(tmp_path: Path) -> None:
    commands = "    cli: az group list --query '{id:id}' -o table\n    powershell: Get-AzResourceGroup\n"
    text = GOOD.replace("  - do: {en: Look., it: Guarda.}\n", "  - do: {en: Look., it: Guarda.}\n" + commands)
    (fault,) = faults(write(tmp_path, text))
    assert f"made-up.yaml:{line_of(text, 'cli: az')}: " in fault
    assert "no column 'id'" in fault


def test_the_drafts_and_the_commands_by_hand_are_free_of_faults() -> None:
    with failures_together(at_least=6) as failures:
        for shell, find_faults in (("Azure CLI", find_cli_faults), ("PowerShell", find_powershell_faults)):
            for text, commands in list_distinct_commands(shell).items():  # type: ignore[arg-type]
                if any(command.where.startswith("dialogs/") and not command.is_sentence for command in commands):
                    with failures.check(name_places(commands)):
                        assert find_faults(text) == []
