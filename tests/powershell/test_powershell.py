"""Every PowerShell command that is shown is valid PowerShell, and calls Azure's cmdlets as Microsoft's reference has them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.powershell.scripts import CmdletCall, find_syntax_error, list_calls
from tests.reporting import failures_together
from tests.shown_commands import VALUES, list_distinct_commands, name_places

CMDLETS: dict[str, dict[str, Any]] = json.loads((Path(__file__).with_name("cmdlets.json")).read_text("utf-8"))[
    "cmdlets"
]
COMMON = {
    "debug", "erroraction", "errorvariable", "informationaction", "informationvariable", "outbuffer", "outvariable",
    "pipelinevariable", "verbose", "warningaction", "warningvariable",
}  # fmt: skip
"""What every cmdlet takes."""


def fill(text: str) -> str:
    """The text with anything for the placeholders: nothing is run."""
    return re.sub(r"<([^<>\n]+)>", lambda found: VALUES.get(found[1], "x"), text)


def find_fault(call: CmdletCall) -> str:
    """What is wrong with a call; "" if one of the cmdlet's parameter sets fits it."""
    cmdlet = CMDLETS.get(call.name)
    if cmdlet is None:
        return f"{call.name} is not in cmdlets.json: add it from Microsoft's reference, if it exists"
    given = {parameter.lower() for parameter in call.parameters} - COMMON
    known = {name.lower() for names in cmdlet["sets"] for kind in names.values() for name in kind}
    if given - known:
        return f"{call.name} has no parameter {', '.join(sorted(given - known))}"
    if not any(fits(call, given, names) for names in cmdlet["sets"]):
        return f"no parameter set of {call.name} fits {call.text}"
    return ""


def fits(call: CmdletCall, given: set[str], names: dict[str, list[str]]) -> bool:
    required = {name.lower() for name in names["required"]}
    allowed = required | {name.lower() for name in names["optional"]}
    # values without a name, and objects from the pipeline, can fill required parameters
    return given <= allowed and (call.takes_input or len(required - given) <= call.positional)


def test_every_script_is_valid() -> None:
    with failures_together(at_least=150) as failures:
        for text, commands in list_distinct_commands("PowerShell").items():
            if all(command.is_sentence for command in commands):
                continue
            with failures.check(name_places(commands)):
                assert find_syntax_error(fill(text)) == ""


def test_every_cmdlet_of_azure_is_called_as_the_reference_has_it() -> None:
    with failures_together(at_least=200) as failures:
        for text, commands in list_distinct_commands("PowerShell").items():
            for call in list_calls(fill(text)):
                if "-Az" in call.name:
                    with failures.check(name_places(commands)):
                        assert find_fault(call) == ""


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("Get-AzResource -ResourceGroupName x | Select-Object ResourceType,Name", ""),
        ("$ctx = New-AzStorageContext -StorageAccountName x -UseConnectedAccount", ""),
        ("(Get-AzResourceGroup -Name x -ErrorAction SilentlyContinue).Location", ""),
        ("Get-AzResorce -Name x", "Get-AzResorce is not in cmdlets.json"),
        ("Get-AzResource -ResourceGroup x", "Get-AzResource has no parameter resourcegroup"),
        ("Get-AzResource -ResourceId x -ResourceGroupName y", "no parameter set of Get-AzResource fits"),
        ("Remove-AzImageBuilderTemplate -Name x", "no parameter set of Remove-AzImageBuilderTemplate fits"),
    ],
)
def test_a_call_that_does_not_fit_is_noticed(script: str, fault: str) -> None:
    assert find_syntax_error(script) == ""
    (call,) = [call for call in list_calls(script) if "-Az" in call.name]
    assert find_fault(call).startswith(fault)
    assert bool(find_fault(call)) == bool(fault)


def test_a_script_that_is_not_valid_is_noticed() -> None:
    assert find_syntax_error("Get-AzResource\nif ($x { 1 }\n") == "if ($x { 1 }"
