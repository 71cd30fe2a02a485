"""Filing tickets is off unless an operator turns it on, and only where the person signs in."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.azure.arm.settings import read_ticket_filing
from bot.errors import SettingsError
from bot.host.settings import read_settings
from bot.settings.setting import SettingReader
from dialogs.model.azure import AccessMode


@pytest.mark.parametrize("look", get_args(AccessMode))
@pytest.mark.parametrize("given", [{}, {"SUPPORT_FILING": " "}, {"SUPPORT_FILING": "OFF"}])
def test_it_is_off_by_default(given: dict[str, str], look: AccessMode) -> None:
    reader = SettingReader(given)
    assert read_ticket_filing(reader, look) is False
    assert reader.faults == []


@pytest.mark.parametrize(
    ("look", "allowed"), [("user", True), ("local", True), ("sandbox", True), ("bot", False), ("off", False)]
)
def test_it_is_on_only_with_the_rights_of_the_person(look: AccessMode, allowed: bool) -> None:
    reader = SettingReader({"SUPPORT_FILING": " On "})
    assert read_ticket_filing(reader, look) is allowed
    assert [fault.split(":")[0] for fault in reader.faults] == (
        [] if allowed else [f"SUPPORT_FILING is on, but AZURE_LOOK is {look}"]
    )


def test_it_is_read_with_the_rest() -> None:
    assert read_settings({"AZURE_LOOK": "sandbox", "SUPPORT_FILING": "on"}).can_file_tickets
    assert not read_settings({"AZURE_LOOK": "sandbox"}).can_file_tickets
    with pytest.raises(SettingsError, match="SUPPORT_FILING is on, but AZURE_LOOK is off") as caught:
        read_settings({"SUPPORT_FILING": "on"})
    assert len(caught.value.faults) == 1


def test_another_word_is_a_fault() -> None:
    reader = SettingReader({"SUPPORT_FILING": "yes"})
    assert read_ticket_filing(reader, "user") is False
    assert reader.faults == ["SUPPORT_FILING is 'yes': use off or on."]
