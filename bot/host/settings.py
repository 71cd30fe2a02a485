"""The settings of the server and of the terminal chat: read once, checked together, then passed on explicitly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.auth.credentials import BotCredentials, read_credentials
from bot.azure.arm.settings import AzureSettings, read_azure_settings, read_look_sharing, read_ticket_filing
from bot.errors import SettingsError
from bot.host.connections import ConnectionLimits
from bot.loopback_hosts import is_loopback
from bot.settings import table
from bot.settings.setting import SettingReader


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator decides for the server; the table says what each setting is.

    Without `credentials` the bot serves this machine only. `state_path` is unused with `state_blob_url`.
    """

    host: str = table.BIND_ADDRESS.default_value
    port: int = table.PORT.default_value
    state_path: Path = table.STATE_PATH.default_value
    log_level: str = table.LOG_LEVEL.default_value
    playground_port: int = table.PLAYGROUND_PORT.default_value
    log_format: str = table.LOG_FORMAT.default_value
    credentials: BotCredentials | None = None
    azure: AzureSettings = field(default_factory=AzureSettings)
    state_blob_url: str = table.STATE_BLOB_URL.default_value
    keep_days: int = table.STATE_KEEP_DAYS.default_value
    can_file_tickets: bool = False
    can_share_looks: bool = False
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)
    max_turns_per_minute: int = table.RATE_PER_MINUTE.default_value

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


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; an empty variable counts as not set.

    Raises:
        SettingsError: With a sentence for each fault.
    """
    reader = SettingReader(environ)
    credentials = read_credentials(reader)
    host = reader.read(table.BIND_ADDRESS)
    # with faults in the credentials it is not known yet whether another address will be allowed
    if credentials is None and not reader.faults and not is_loopback(host):
        reader.faults.append(
            f"BIND_ADDRESS is {host!r}: without credentials the bot listens on this machine only. "
            "Use 127.0.0.1, ::1 or localhost, or leave BIND_ADDRESS unset; to serve Teams, set MicrosoftAppId and "
            "what belongs to it."
        )
    azure = read_azure_settings(reader, credentials)
    settings = Settings(
        host=host,
        credentials=credentials,
        azure=azure,
        can_file_tickets=read_ticket_filing(reader, azure.access_mode),
        can_share_looks=read_look_sharing(reader, azure.access_mode),
        state_path=_read_state_path(reader),
        state_blob_url=reader.read(table.STATE_BLOB_URL),
        keep_days=reader.read(table.STATE_KEEP_DAYS),
        log_level=reader.read(table.LOG_LEVEL),
        log_format=reader.read(table.LOG_FORMAT),
        port=reader.read(table.PORT),
        playground_port=reader.read(table.PLAYGROUND_PORT),
        connections=ConnectionLimits(
            reader.read(table.MAX_CONNECTIONS), reader.read(table.MAX_CONNECTIONS_PER_ADDRESS)
        ),
        max_turns_per_minute=reader.read(table.RATE_PER_MINUTE),
    )
    if reader.is_set(table.STATE_PATH) and reader.is_set(table.STATE_BLOB_URL):
        reader.faults.append("STATE_PATH and STATE_BLOB_URL are both set: state has one place. Unset one of them.")
    if (
        settings.port == settings.playground_port
        and reader.is_usable(table.PORT)
        and reader.is_usable(table.PLAYGROUND_PORT)
    ):
        reader.faults.append(f"PORT and PLAYGROUND_PORT are both {settings.port}: give one of them another number.")
    if reader.faults:
        raise SettingsError(reader.faults)
    return settings


def read_terminal_settings(environ: Mapping[str, str]) -> TerminalSettings:
    """Read the settings of the chat in a terminal from environment variables.

    Raises:
        SettingsError: With a sentence for each fault.
    """
    reader = SettingReader(environ)
    azure = read_azure_settings(reader, None, is_terminal=True)
    can_file_tickets = read_ticket_filing(reader, azure.access_mode)
    if reader.faults:
        raise SettingsError(reader.faults)
    return TerminalSettings(azure, can_file_tickets, reader.read(table.STATE_PATH).parent / "chat.log")


def _read_state_path(reader: SettingReader) -> Path:
    path = reader.read(table.STATE_PATH)
    if path.is_dir():
        reader.faults.append(f"STATE_PATH is {str(path)!r}, a folder: name a file in it, such as image-medic.sqlite3.")
    return path
