"""Filing is off unless an operator turns it on where it is the person who files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.azure.arm.settings import ACCESS_MODES
from bot.azure.support.settings import SETTING_NAME, read_ticket_filing
from bot.errors import SettingsError
from bot.host.settings import read_settings
from dialogs.model.azure import AccessMode


@pytest.mark.parametrize("look", ACCESS_MODES)
@pytest.mark.parametrize("given", [{}, {"SUPPORT_FILING": " "}, {"SUPPORT_FILING": "OFF"}])
def test_it_is_off_by_default(given: dict[str, str], look: AccessMode) -> None:
    faults: list[str] = []
    assert read_ticket_filing(given, look, faults) is False
    assert faults == []


@pytest.mark.parametrize(
    ("look", "allowed"), [("user", True), ("local", True), ("sandbox", True), ("bot", False), ("off", False)]
)
def test_it_is_on_only_with_the_rights_of_the_person(look: AccessMode, allowed: bool) -> None:
    faults: list[str] = []
    assert read_ticket_filing({"SUPPORT_FILING": " On "}, look, faults) is allowed
    assert [fault.split(":")[0] for fault in faults] == (
        [] if allowed else [f"SUPPORT_FILING is on, but AZURE_LOOK is {look}"]
    )


def test_it_is_read_with_the_rest() -> None:
    assert read_settings({"AZURE_LOOK": "sandbox", "SUPPORT_FILING": "on"}).can_file_tickets
    assert not read_settings({"AZURE_LOOK": "sandbox"}).can_file_tickets
    with pytest.raises(SettingsError, match="SUPPORT_FILING is on, but AZURE_LOOK is off") as caught:
        read_settings({"SUPPORT_FILING": "on"})
    assert len(caught.value.faults) == 1


def test_it_stands_in_the_operations_page() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "operations.md").read_text("utf-8")
    assert f"| `{SETTING_NAME}`" in page


def test_another_word_is_a_fault() -> None:
    faults: list[str] = []
    assert read_ticket_filing({"SUPPORT_FILING": "yes"}, "user", faults) is False
    assert faults == ["SUPPORT_FILING is 'yes': use off or on."]
