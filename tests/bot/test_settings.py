"""Settings: defaults, every fault at once, nothing but loopback, no credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import settings
from bot.errors import SettingsError
from bot.settings import NAMES, Settings, is_loopback, read_settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_settings({}) == Settings("127.0.0.1", 3978, Path("state/image-medic.sqlite3"), "INFO", 56150)
    assert read_settings({"PORT": " ", "BIND_ADDRESS": "", "MicrosoftAppId": ""}) == read_settings({})


def test_what_is_given_is_read(tmp_path: Path) -> None:
    given = {
        "BIND_ADDRESS": "::1",
        "PORT": "80",
        "STATE_PATH": str(tmp_path / "s"),
        "LOG_LEVEL": "debug",
        "PLAYGROUND_PORT": "81",
    }
    found = read_settings(given)
    assert found == Settings("::1", 80, tmp_path / "s", "DEBUG", 81)
    assert found.url == "http://[::1]:80"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PORT": "no"}, "PORT is 'no': use a number from 1 to 65535"),
        ({"PORT": "0"}, "from 1 to 65535"),
        ({"PORT": "65536"}, "from 1 to 65535"),
        ({"PORT": "٣٩٧٨"}, "from 1 to 65535"),
        ({"PORT": "56150"}, "PORT and PLAYGROUND_PORT are both 56150"),
        ({"PLAYGROUND_PORT": "-1"}, "PLAYGROUND_PORT is '-1'"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is 'loud': use DEBUG, INFO, WARNING or ERROR"),
        ({"STATE_PATH": "/"}, "a folder: name a file in it"),
        ({"BIND_ADDRESS": "0.0.0.0"}, "on this machine only"),
        ({"BIND_ADDRESS": "192.168.1.4"}, "on this machine only"),
        ({"BIND_ADDRESS": "bot.example.com"}, "on this machine only"),
        ({"BIND_ADDRESS": "127.0.0.1.example.com"}, "on this machine only"),
        ({"MicrosoftAppId": "1"}, "MicrosoftAppId: this version serves the local test client only"),
        ({"MICROSOFTAPPPASSWORD": "x"}, "MICROSOFTAPPPASSWORD: this version serves"),
    ],
)
def test_a_fault_is_said_with_what_to_do(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    assert len(caught.value.faults) == 1
    assert said in caught.value.faults[0]


def test_all_faults_are_said_at_once_and_no_secret_is_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"PORT": "x", "BIND_ADDRESS": "::", "LOG_LEVEL": "x", "MicrosoftAppPassword": "hunter2"})
    assert len(caught.value.faults) == 4
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example.com", "127.1", "0x7f000001"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_every_setting_stands_in_the_table() -> None:
    assert settings.__doc__ is not None
    for name in NAMES:
        assert f"| `{name}`" in settings.__doc__
