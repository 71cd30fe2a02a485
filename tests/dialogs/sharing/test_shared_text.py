"""What others can read of a shared log: no secret, ID, link, or resource name, not even a part of one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.model.reply import TextRun
from dialogs.sharing.shared_text import MAX_LINE_CHARS, hide_details, hide_details_in_line, hide_details_in_runs
from dialogs.state.share_state import MAX_RUN_CHARS, MAX_RUNS
from tests.dialogs.fixtures import CORRELATION, SUBSCRIPTION

NAMES = ("rg-images", SUBSCRIPTION, "IT_rg-images_win11-golden_1", "")
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-x/providers/Microsoft.Network/virtualNetworks/vnet-1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The string is missing the terminator: \".", "The string is missing the terminator: \"."),
        ("password=Tr0ub4dor-and-3 is wrong", "password=[REDACTED] is wrong"),
        ("see https://stage1.blob.core.windows.net/x/y?sig=1 now", "see <link> now"),
        ("git clone ssh://git@host/x failed", "git clone <link> failed"),
        ("resolve stage1.blob.core.windows.net: no such host", "resolve <host>: no such host"),
        ("pull myteam.azurecr.io/tool:1", "pull <host>/tool:1"),
        (f"over scope '{SCOPE}'", "over scope '<resource>'"),
        (f"perform action 'Microsoft.Network/virtualNetworks/subnets/join/action' over '{SCOPE}'",
         "perform action 'Microsoft.Network/virtualNetworks/subnets/join/action' over '<resource>'"),
        ("Resource group 'rg-other' could not be found", "Resource group '<name>' could not be found"),
        ("resource group not found", "resource group not found"),
        ("az group show -g rg-other --verbose", "az group show -g <name> --verbose"),
        ("az vm list --resource-group=rg-other", "az vm list --resource-group=<name>"),
        ("in rg-images and RG-IMAGES, not rg-images2", "in <name> and <name>, not rg-images2"),
        ("the group IT_rg-images_win11-golden_1 is locked", "the group <name> is locked"),
        (f"Correlation ID: {CORRELATION}", "Correlation ID: <id>"),
        (f"client {CORRELATION} of tenant {SUBSCRIPTION}", "client <object-1> of tenant <name>"),
        ("mail ada@contoso.example at 10.1.2.3", "mail <email-1> at <ip-1>"),
        (f"failed for {CORRELATION[:20]}…", "failed for …"),
        ("failed for it, …", "failed for it, …"),
        (f"…{CORRELATION[9:]} failed", "… failed"),
        ("", ""),
    ],
)  # fmt: skip
def test_details_are_hidden(text: str, shown: str) -> None:
    assert hide_details(text, NAMES) == shown
    assert hide_details(shown, NAMES) == shown


@given(st.text(max_size=900))
def test_a_line_and_runs_are_as_long_as_what_is_stored(text: str) -> None:
    assert len(hide_details_in_line(text, NAMES)) <= MAX_LINE_CHARS
    runs = hide_details_in_runs((TextRun(text, "code"),) * (MAX_RUNS + 5), NAMES)
    assert len(runs) <= MAX_RUNS
    assert max(len(run.text) for run in runs) <= MAX_RUN_CHARS


@pytest.mark.parametrize(
    "piece", ["https://", "a.", "-g ", "resource group '", "subscriptions/", "…", "0123abcd-", "rg-images"]
)
def test_hostile_lines_take_no_longer_than_others(piece: str) -> None:
    text = piece * (8_000 // len(piece))
    started = time.process_time()
    hide_details(text, NAMES)
    assert time.process_time() - started < 1
