"""Azure CLI accepts every command that we show: its parser, its validators, and its rules for names and values."""

from __future__ import annotations

import shlex

import pytest

from knowledge.checks.command_checks import is_question
from tests.azure_cli.conftest import Calls
from tests.azure_cli.installation import AzureCli
from tests.azure_cli.support_options import find_fault
from tests.reporting import failures_together
from tests.shown_commands import SUBSCRIPTION, name_places

WRONG = [
    ("role assignment create --assignee x --role Contributor -g rg", "--scope"),
    ("image builder shw -n x -g y", "'shw' is misspelled or not recognized"),
    ("image builder show -n x -g y --color red", "unrecognized arguments: --color red"),
    ("group list --query [].{", "invalid jmespath_type value"),
    ("nothing-of-the-kind list", "'nothing-of-the-kind' is misspelled or not recognized"),
]


async def test_every_call_is_taken(azure_cli: AzureCli, calls: Calls) -> None:
    # the extension `support` is on no registry, so that its options are compared with Microsoft's reference
    core = [call for call in calls if call[0] != "support"]
    parsed = await azure_cli.parse([list(call) for call in core], SUBSCRIPTION)
    with failures_together(at_least=200) as failures:
        for call, answer in zip(core, parsed, strict=True):
            with failures.check(f"{name_places(calls[call])}: az {' '.join(call)[:200]}"):
                assert answer.refusal == ""
                # the check of entries knows without the CLI what waits for a yes or no
                assert answer.asks == is_question(shlex.join(["az", *call]))
        for call in calls.keys() - set(core):
            with failures.check(f"{name_places(calls[call])}: az {' '.join(call)[:200]}"):
                assert find_fault(call) == ""


async def test_a_call_that_is_not_right_is_refused(azure_cli: AzureCli) -> None:
    parsed = await azure_cli.parse([call.split() for call, _ in WRONG], SUBSCRIPTION)
    assert [why in answer.refusal for (_, why), answer in zip(WRONG, parsed, strict=True)] == [True] * len(WRONG), (
        parsed
    )


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("support services problem-classifications list --service-name x", ""),
        ("support services problem-classifications list", "needs --service-name"),
        ("support in-subscription tickets crate", "no such command"),
        ("support services problem-classifications list --service-name x --severity y", "has no --severity"),
    ],
)
def test_a_call_of_the_extension_that_is_not_right_is_noticed(call: str, fault: str) -> None:
    assert find_fault(tuple(call.split())).startswith(fault)
    assert bool(find_fault(tuple(call.split()))) == bool(fault)
