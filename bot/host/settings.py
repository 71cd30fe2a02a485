"""The settings of the server: read once from the environment, checked together, then passed on explicitly.

| variable          | default                     | meaning                                                            |
| ----------------- | --------------------------- | ------------------------------------------------------------------ |
| `BIND_ADDRESS`    | `127.0.0.1`                 | address to listen on; without credentials a loopback address       |
| `PORT`            | `3978`                      | port to listen on                                                  |
| `STATE_PATH`      | `state/image-medic.sqlite3` | file of the conversations' state; its folder is made where missing |
| `STATE_BLOB_URL`  |                             | instead of STATE_PATH, for several instances: a blob container     |
| `STATE_KEEP_DAYS` | `30`                        | days without a word after which a conversation is forgotten        |
| `LOG_LEVEL`       | `INFO`                      | `DEBUG`, `INFO`, `WARNING` or `ERROR`; contents are never logged   |
| `LOG_FORMAT`      | `text`                      | `text`, or `json`: one object a line                               |
| `PLAYGROUND_PORT` | `56150`                     | port of the Teams test client (`serve --playground`)               |

`bot.auth.credentials` reads the bot's credentials; without them it serves this machine only and not Microsoft Teams.
`bot.azure.arm.settings` reads how it accesses Azure, `bot.azure.support.settings` whether it may file tickets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.auth.credentials import BotCredentials, read_credentials
from bot.auth.loopback_hosts import is_loopback
from bot.azure.arm.settings import AzureSettings, read_azure_settings
from bot.azure.support.settings import read_ticket_filing
from bot.errors import SettingsError
from bot.state.store import KEEP_DAYS

SETTING_NAMES = (
    "BIND_ADDRESS", "PORT", "STATE_PATH", "STATE_BLOB_URL", "STATE_KEEP_DAYS", "LOG_LEVEL", "LOG_FORMAT",
    "PLAYGROUND_PORT",
)  # fmt: skip
MAX_KEEP_DAYS = 3650
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator decides for the server.

    Attributes:
        host: The address to listen on.
        port: The port to listen on.
        state_path: The SQLite file, relative to the working directory; unused with `state_blob_url`.
        log_level: The least severe level to log.
        playground_port: The port of the Teams test client.
        log_format: "text" or "json".
        credentials: The bot's credentials; None to serve this machine only.
        azure: How Azure is accessed.
        state_blob_url: The blob container for the state, "" for a file.
        keep_days: Days without a message after which a conversation is deleted.
        can_file_tickets: Whether support tickets may be filed.
    """

    host: str = "127.0.0.1"
    port: int = 3978
    state_path: Path = Path("state/image-medic.sqlite3")
    log_level: str = "INFO"
    playground_port: int = 56150
    log_format: str = "text"
    credentials: BotCredentials | None = None
    azure: AzureSettings = field(default_factory=AzureSettings)
    state_blob_url: str = ""
    keep_days: int = KEEP_DAYS
    can_file_tickets: bool = False

    @property
    def url(self) -> str:
        """The server's URL, without a trailing slash."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """What an operator decides for the chat in a terminal."""

    azure: AzureSettings
    can_file_tickets: bool = False
    log_file: Path = Path("state/chat.log")


_DEFAULTS = Settings()
_CONTAINER_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; an empty variable counts as not set.

    Raises:
        SettingsError: With a sentence for each fault.
    """
    faults: list[str] = []
    values = {name: value.strip() for name, value in environ.items() if value.strip()}

    credentials = read_credentials(values, faults)
    host = values.get("BIND_ADDRESS", _DEFAULTS.host)
    # with faults in the credentials it is not known yet whether another address will be allowed
    if credentials is None and not faults and not is_loopback(host):
        faults.append(
            f"BIND_ADDRESS is {host!r}: without credentials the bot listens on this machine only. "
            "Use 127.0.0.1, ::1 or localhost, or leave BIND_ADDRESS unset; to serve Teams, set MicrosoftAppId and "
            "what belongs to it."
        )

    azure = read_azure_settings(values, credentials, faults)
    can_file_tickets = read_ticket_filing(values, azure.access_mode, faults)
    state_path = Path(values["STATE_PATH"]).expanduser() if "STATE_PATH" in values else _DEFAULTS.state_path
    if state_path.is_dir():
        faults.append(f"STATE_PATH is {str(state_path)!r}, a folder: name a file in it, such as image-medic.sqlite3.")

    state_blob_url = _parse_container_url(values.get("STATE_BLOB_URL", ""), faults)
    if "STATE_PATH" in values and "STATE_BLOB_URL" in values:
        faults.append("STATE_PATH and STATE_BLOB_URL are both set: state is kept in one place. Unset one of them.")

    log_level = values.get("LOG_LEVEL", _DEFAULTS.log_level).upper()
    if log_level not in LOG_LEVELS:
        faults.append(f"LOG_LEVEL is {values['LOG_LEVEL']!r}: use {', '.join(LOG_LEVELS[:-1])} or {LOG_LEVELS[-1]}.")

    log_format = values.get("LOG_FORMAT", _DEFAULTS.log_format).lower()
    if log_format not in LOG_FORMATS:
        faults.append(f"LOG_FORMAT is {values['LOG_FORMAT']!r}: use text or json.")

    port = _parse_port(values, "PORT", _DEFAULTS.port, faults)
    playground_port = _parse_port(values, "PLAYGROUND_PORT", _DEFAULTS.playground_port, faults)
    if port == playground_port and port:  # 0 after a fault that is reported already
        faults.append(f"PORT and PLAYGROUND_PORT are both {port}: give one of them another number.")

    days = values.get("STATE_KEEP_DAYS", str(_DEFAULTS.keep_days))
    keep_days = int(days) if days.isascii() and days.isdigit() and len(days) <= 4 else 0
    if not 1 <= keep_days <= MAX_KEEP_DAYS:
        faults.append(f"STATE_KEEP_DAYS is {days!r}: use a number of days from 1 to {MAX_KEEP_DAYS}.")

    if faults:
        raise SettingsError(faults)
    return Settings(
        host=host,
        port=port,
        state_path=state_path,
        log_level=log_level,
        playground_port=playground_port,
        log_format=log_format,
        credentials=credentials,
        azure=azure,
        state_blob_url=state_blob_url,
        keep_days=keep_days,
        can_file_tickets=can_file_tickets,
    )


def read_terminal_settings(environ: Mapping[str, str]) -> TerminalSettings:
    """Read the settings of the chat in a terminal from environment variables.

    Raises:
        SettingsError: With a sentence for each fault.
    """
    faults: list[str] = []
    azure = read_azure_settings(environ, None, faults, is_terminal=True)
    can_file_tickets = read_ticket_filing(environ, azure.access_mode, faults)
    if faults:
        raise SettingsError(faults)
    state_path = environ.get("STATE_PATH", "").strip()
    folder = Path(state_path).expanduser().parent if state_path else _DEFAULTS.state_path.parent
    return TerminalSettings(azure, can_file_tickets, folder / "chat.log")


def _parse_container_url(text: str, faults: list[str]) -> str:
    """Return the URL of a blob container, "" if it is not set or wrong."""
    if not text:
        return ""
    try:
        url = urlsplit(text.rstrip("/"))
        *account, container = url.path.split("/")[1:] or [""]
        is_valid = url.scheme == "https" and url.hostname and url.username is None and url.port != 0
        # only the emulator on this machine has the account's name in the path
        is_valid = is_valid and _CONTAINER_NAME.fullmatch(container) and len(account) == is_loopback(url.hostname or "")
    except ValueError:
        is_valid, url = False, urlsplit("")
    if url.query or url.fragment:
        # not quoted: it may be a signature
        faults.append(
            "STATE_BLOB_URL has a query: the bot has an identity, no signature. Leave out what follows the ?."
        )
    elif not is_valid:
        faults.append(
            "STATE_BLOB_URL is not the address of a container: use https://ACCOUNT.blob.core.windows.net/NAME."
        )
    else:
        return text.rstrip("/")
    return ""


def _parse_port(values: Mapping[str, str], name: str, default: int, faults: list[str]) -> int:
    text = values.get(name, str(default))
    # isdigit() alone accepts the digits of all scripts
    if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return int(text)
    faults.append(f"{name} is {text!r}: use a number from 1 to 65535, or leave it unset for {default}.")
    return 0
