"""Azure CLI runs every read-only command against the sandbox, and prints what the command is for."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.sandbox.server import Sandbox
from tests.azure_cli.conftest import Calls
from tests.azure_cli.installation import AzureCli, CallResult
from tests.azure_cli.neighbors import build_neighbor_routes
from tests.reporting import failures_together
from tests.shown_commands import SUBSCRIPTION, ShownCommand, name_places

EXCEPTIONS: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("not_run.yaml").read_text("utf-8"))
READING = {
    "download", "exists", "get-boot-log", "get-instance-view", "list", "list-skus", "list-usage", "logs",
    "set", "show", "show-runs", "wait",
}  # fmt: skip
"""The last words of commands that change nothing. `account set` says only which subscription is read."""


def reads(call: tuple[str, ...]) -> bool:
    if call[0] == "rest":
        return call[call.index("--method") + 1].lower() == "get"
    end = next((index for index, word in enumerate(call) if word.startswith("-")), len(call))
    return call[end - 1] in READING


def is_excepted(call: tuple[str, ...], kind: str) -> bool:
    return any(re.match(pattern, " ".join(call)) for pattern in EXCEPTIONS[kind])


def find_fault(call: tuple[str, ...], result: CallResult) -> str:
    """What is wrong with how a call ended; "" if nothing is."""
    if result.status != 0:
        return f"exit status {result.status}: {'; '.join(result.messages)}"
    if not result.output.strip():
        return "" if is_excepted(call, "prints_nothing") else "prints nothing"
    missing = list_columns(call) - set(result.output.lower().split("\n", 1)[0].split())
    return f"no column {', '.join(sorted(missing))}" if missing else ""


def list_columns(call: tuple[str, ...]) -> set[str]:
    """The columns, in lower case, that a query names for a table."""
    options = dict(pairwise(call))
    if "table" not in (options.get("-o"), options.get("--output")):
        return set()
    return {name.lower() for name in re.findall(r"[{,]\s*(\w+)\s*:", options.get("--query", ""))}


def list_promises(command: ShownCommand) -> list[re.Pattern[str]]:
    """The code in the sentence about what to expect; an ellipsis or a placeholder matches anything."""
    codes = re.findall(r"`([^`]+)`", command.expect)
    return [re.compile(re.sub(r"\\?<\w+>|…", ".*?", re.escape(code)), re.IGNORECASE) for code in codes]


@pytest.fixture(scope="module")
def reading_calls(calls: Calls) -> Calls:
    return {call: commands for call, commands in calls.items() if reads(call) and not is_excepted(call, "not_run")}


async def test_every_reading_call_shows_what_its_step_promises(azure_cli: AzureCli, reading_calls: Calls) -> None:
    async with Sandbox(build_neighbor_routes(), bytes_per_second=10**12) as sandbox:
        results = await azure_cli.run([list(call) for call in reading_calls], sandbox, SUBSCRIPTION)
    shown: dict[str, str] = {}
    with failures_together(at_least=110) as failures:
        for (call, commands), result in zip(reading_calls.items(), results, strict=True):
            with failures.check(f"{name_places(commands)}: az {' '.join(call)[:200]}"):
                assert find_fault(call, result) == ""
            for command in commands:
                shown[command.where] = shown.get(command.where, "") + result.output
        for command in {command.where: command for commands in reading_calls.values() for command in commands}.values():
            promises = list_promises(command)
            if promises and command.where not in EXCEPTIONS["promises_elsewhere"]:
                with failures.check(f"{command.where}: {command.expect}"):
                    assert any(promise.search(shown[command.where]) for promise in promises), shown[command.where][:300]


def test_every_exception_is_still_needed(calls: Calls) -> None:
    made = [" ".join(call) for call in calls]
    for kind in ("not_run", "prints_nothing"):
        assert [one for one in EXCEPTIONS[kind] if not any(re.match(one, call) for call in made)] == []
    places = {command.where for commands in calls.values() for command in commands}
    assert EXCEPTIONS["promises_elsewhere"].keys() <= places


@pytest.mark.parametrize(
    ("call", "columns"),
    [
        ("account show --query {name:name,id:id} -o table", {"name", "id"}),
        ("image builder list --query [].{name:name,State:provisioningState} --output table", {"name", "state"}),
        ("image builder list --query [].{name:name} -o json", set()),
        ("lock list -g x -o table", set()),
    ],
)
def test_the_columns_of_a_table_are_those_of_its_query(call: str, columns: set[Any]) -> None:
    assert list_columns(tuple(call.split())) == columns
