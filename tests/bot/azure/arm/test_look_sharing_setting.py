"""Sharing is off unless an operator turns it on where people look with their own permissions."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.azure.arm.settings import read_look_sharing
from bot.errors import SettingsError
from bot.host.settings import read_settings
from bot.settings.setting import SettingReader
from dialogs.model.azure import AccessMode


@pytest.mark.parametrize("look", get_args(AccessMode))
@pytest.mark.parametrize("given", [{}, {"SHARE_LOOKS": " "}, {"SHARE_LOOKS": "OFF"}])
def test_it_is_off_by_default(given: dict[str, str], look: AccessMode) -> None:
    reader = SettingReader(given)
    assert read_look_sharing(reader, look) is False
    assert reader.faults == []


@pytest.mark.parametrize(
    ("look", "allowed"), [("user", True), ("local", True), ("sandbox", True), ("bot", False), ("off", False)]
)
def test_what_the_bots_own_identity_reads_is_only_for_listed_people(look: AccessMode, allowed: bool) -> None:
    reader = SettingReader({"SHARE_LOOKS": " On "})
    assert read_look_sharing(reader, look) is allowed
    assert [fault.split(":")[0] for fault in reader.faults] == (
        [] if allowed else [f"SHARE_LOOKS is on, but AZURE_LOOK is {look}"]
    )


def test_it_is_read_with_the_rest() -> None:
    assert read_settings({"AZURE_LOOK": "sandbox", "SHARE_LOOKS": "on"}).can_share_looks
    assert not read_settings({"AZURE_LOOK": "sandbox"}).can_share_looks
    with pytest.raises(SettingsError, match="SHARE_LOOKS is on, but AZURE_LOOK is off") as caught:
        read_settings({"SHARE_LOOKS": "on"})
    assert len(caught.value.faults) == 1
