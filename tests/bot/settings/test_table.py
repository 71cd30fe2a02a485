"""The table of settings: every row and default can be read, and no error repeats a secret."""

from __future__ import annotations

from typing import Any

import pytest

from bot.settings.setting import Setting, SettingReader
from bot.settings.table import APP_ID, IDENTITY, LOG_LEVEL, PORT, SECTIONS

ALL = [setting for settings in SECTIONS.values() for setting in settings]
SECRET = "hunter2-Q~8xK"


def test_no_name_stands_twice() -> None:
    assert len({setting.name.lower() for setting in ALL}) == len(ALL)


@pytest.mark.parametrize("setting", ALL, ids=[setting.name for setting in ALL])
def test_unset_and_empty_are_the_default(setting: Setting[Any]) -> None:
    for environ in ({}, {setting.name: ""}, {setting.name: " \t"}):
        reader = SettingReader(environ)
        assert reader.read(setting) == setting.default_value
        assert not reader.is_set(setting)
        assert reader.faults == []


@pytest.mark.parametrize("setting", IDENTITY, ids=[setting.name for setting in IDENTITY])
def test_no_fault_of_the_credentials_repeats_a_value(setting: Setting[Any]) -> None:
    reader = SettingReader({setting.name: SECRET, setting.name.upper() + "S": SECRET})
    reader.read(setting)
    assert SECRET not in str(reader.faults)


def test_a_fault_is_said_once_and_the_default_counts() -> None:
    reader = SettingReader({"PORT": "x", "LOG_LEVEL": "warning"})
    assert [reader.read(PORT), reader.read(PORT)] == [3978, 3978]
    assert not reader.is_usable(PORT)
    assert reader.is_set(PORT)
    assert reader.read(LOG_LEVEL) == "WARNING"
    assert [fault.split(":")[0] for fault in reader.faults] == ["PORT is 'x'"]


def test_a_credential_is_found_in_any_spelling_and_another_setting_is_not() -> None:
    reader = SettingReader({"MICROSOFTAPPID": "x", "port": "x"})
    assert reader.is_set(APP_ID)
    assert not reader.is_set(PORT)
