"""What Azure CLI prints is input: a template or its run in each of its formats, and its refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.model.diagnosis import BuildOutcome
from knowledge.model.reported_state import ReportedState, find_reported_state
from knowledge.template.printed_status import read_printed_status
from tests.recordings import __file__ as recordings
from tests.shipped_knowledge import DIAGNOSER

OUTPUTS: dict[str, str] = json.loads(Path(recordings).with_name("azure_cli_output.json").read_text("utf-8"))
"""By state, what was printed (`show`, `lastRunStatus`, or two values that a query picked), and format."""
READ: dict[str, tuple[BuildOutcome, ReportedState | None]] = {
    "queued": ("running", "running"),
    "canceling": ("running", "canceling"),
    "canceled": ("canceled", "canceled"),
    "failed": ("failed", None),
    "succeeded": ("succeeded", None),
}
ENTRIES = {"failed": ["packer-build-failed"], "rejected": ["identity-not-authorized"]}
NESTED = ("json", "jsonc", "yaml", "yamlc")
"""The formats with Azure's own names, by which a run that was canceled is known."""
WITHOUT_NESTED = {"queued show table", "queued show tsv"}
"""These formats leave out everything nested, and so the run."""
STATE_ALONE = {"queued picked tsv", "succeeded picked tsv"}
"""A single word, which a person may have written."""


@pytest.mark.parametrize("name", sorted(OUTPUTS.keys() - WITHOUT_NESTED - STATE_ALONE))
def test_every_format_says_the_same(name: str) -> None:
    state, printed, form = name.split()
    diagnosis = DIAGNOSER.diagnose(OUTPUTS[name])
    is_flat = printed == "show" and form in ("table", "tsv")
    expected = [] if is_flat else ENTRIES.get(state, [])
    if name.startswith("canceled lastRunStatus") and form in NESTED:
        expected = ["run-canceled"]
    assert [match.entry for match in diagnosis.matches] == expected
    assert all(match.confidence == "certain" for match in diagnosis.matches)
    assert diagnosis.kind == "status"
    if state in READ:
        assert (diagnosis.outcome, find_reported_state(diagnosis)) == READ[state]
    else:
        assert diagnosis.facts["provisioning_state"] == "Failed"
    if printed == "lastRunStatus":
        day = "2023-04-26" if state in ("queued", "canceling") else "2026-11-26"
        assert str(diagnosis.facts["run_started"]).startswith(day)
        assert bool(diagnosis.facts.get("run_ended")) == (state not in ("queued", "canceling"))


@pytest.mark.parametrize("name", sorted(WITHOUT_NESTED))
def test_without_the_run_its_state_is_not_made_up(name: str) -> None:
    diagnosis = DIAGNOSER.diagnose(OUTPUTS[name])
    assert find_reported_state(diagnosis) == "no-run"
    assert "run_state" not in diagnosis.facts


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_how_lines_end_changes_nothing(name: str, line_break: str) -> None:
    assert read_printed_status(OUTPUTS[name].replace("\n", line_break)) == read_printed_status(OUTPUTS[name])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Canceled",
        "State\n-----\n",
        "State\n-----\nSucceeded\nFailed",  # two templates
        "State\n---------\nStarting",
        "Name    Status\n------  --------\nvm1     Deallocated",
        '{"state": "Failed", "exitCode": 1}',
        "state: Failed\nreason: timeout",
        "My build is canceled, state: unknown",
        "Failed\nwhy?",
        "title\n-----\nmy build failed yesterday",
        "x" * 30_000 + "\nstate: Failed",
    ],
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert read_printed_status(text) == {}


CLIENT = (
    "(AuthorizationFailed) The client 'ada@contoso.com' with object id '6b1d5e0c-47a2-4f39-8c60-d2f913ab7e54' does not"
)
SCOPE = "/subscriptions/8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75/resourceGroups/rg-images"


LOG_ACCOUNT = f"{SCOPE}/providers/Microsoft.Storage/storageAccounts/abcdefghijklmnopqrstuvwx"
OWN_ACCOUNT = f"{SCOPE}/providers/Microsoft.Storage/storageAccounts/stimages"
LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"


def deny(action: str, scope: str = SCOPE) -> str:
    """Return what the CLI prints when the caller has no role with an action."""
    message = f"{CLIENT} have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid."
    return f"ERROR: {message}\nCode: AuthorizationFailed\nMessage: {message.partition(') ')[2]}"


@pytest.mark.parametrize(
    ("text", "entry", "headline"),
    [
        (
            "ERROR: \nThe request may be blocked by network rules of storage account. Please check network rule set using "
            "'az storage account show -n accountname --query networkRuleSet'.\nIf you want to change the default action "
            "to apply when no rule matches, please use 'az storage account update'.",
            "log-link-public-access-denied",
            "The firewall of the storage account with the log blocks you",
        ),
        (
            "ERROR: The specified blob does not exist.\nRequestId:7c8f5a7b-901e-0045-2b6f-5f1c2d000000\n"
            "Time:2026-11-26T08:54:34.6118262Z\nErrorCode:BlobNotFound",
            "log-link-public-access-denied",
            "There's no log with this name in the storage account",
        ),
        (
            "ERROR: (ResourceGroupNotFound) Resource group 'rg-images' could not be found.\n"
            "Code: ResourceGroupNotFound\nMessage: Resource group 'rg-images' could not be found.",
            "target-group-not-found",
            "Resource group rg-images not found in this subscription",
        ),
        (
            "ERROR: (ResourceGroupNotFound) Resource group 'IT_rg-images_win11_0f1e2d3c-4b5a-4697-8879-aabbccddeeff' "
            "could not be found.",
            "staging-rg-deleted-by-hand",
            "The staging resource group IT_rg-images_win11_0f1e2d3c-4b5a-4697-8879-aabbccddeeff no longer exists",
        ),
        (
            "Get-AzImageBuilderTemplate : Resource group 'rg-images' could not be found.",
            "target-group-not-found",
            "Resource group rg-images not found in this subscription",
        ),
        (
            deny("Microsoft.VirtualMachineImages/imageTemplates/read"),
            "template-action-denied",
            "You don't have permission to read the image template named in the message",
        ),
        (
            deny("Microsoft.VirtualMachineImages/imageTemplates/run/action"),
            "template-action-denied",
            "You don't have permission to run the image template named in the message",
        ),
        (
            deny("Microsoft.VirtualMachineImages/imageTemplates/write"),
            "identity-assign-denied",
            "You don't have the permission imageTemplates/write in rg-images",
        ),
        (deny(LIST_KEYS, LOG_ACCOUNT), "log-link-public-access-denied", f"You don't have the permission {LIST_KEYS}"),
        (
            f"az storage blob list --account-name abcdefghijklmnopqrstuvwx -c packerlogs\n{deny(LIST_KEYS, LOG_ACCOUNT)}",
            "log-link-public-access-denied",
            f"You don't have the permission {LIST_KEYS}",
        ),
        *(
            (
                text,
                "tool-principal-denied",
                f"The build's principal lacks the permission {action} on storage account {name}",
            )
            for text, action, name in (
                (deny(LIST_KEYS, OWN_ACCOUNT), LIST_KEYS, "stimages"),
                (f"packer build: {deny(LIST_KEYS, LOG_ACCOUNT)}", LIST_KEYS, "abcdefghijklmnopqrstuvwx"),
            )
        ),
        *(
            (deny(action), entry, f"You don't have the permission {action}")
            for action, entry in (
                ("Microsoft.Insights/eventtypes/values/read", "template-action-denied"),
                ("Microsoft.Resources/subscriptions/resourceGroups/read", "template-action-denied"),
                ("Microsoft.Authorization/roleAssignments/write", "template-action-denied"),
                ("Microsoft.Support/supportTickets/write", "template-action-denied"),
            )
        ),
    ],
)
def test_a_refusal_is_recognized(text: str, entry: str, headline: str) -> None:
    diagnosis = DIAGNOSER.diagnose(text)
    assert diagnosis.matches[0].entry == entry
    assert (diagnosis.finding.title if diagnosis.finding else "") == headline
