"""Read how the bot may access Azure: with whose credentials, where people sign in, and what it may do besides reading.

- `user`: each person's own permissions decide. Needs the bot's credentials and the sign-in connection.
- `bot`: the bot's managed identity reads. The two lists are the boundary: without both, the bot doesn't start.
  Default identity: the bot's own (`UserAssignedMSI`), else the machine's.
- `local`: an `az login` on this machine, in the terminal chat only.
- `sandbox`: made-up templates and logs on this machine, without the bot's credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.auth.credentials import BotCredentials
from bot.settings import table
from bot.settings.setting import Setting, SettingReader
from dialogs.model.azure import AccessMode
from knowledge.azure_clouds import DEFAULT_CLOUD

TERMINAL_ACCESS_MODES: tuple[AccessMode, ...] = ("off", "local", "sandbox")
PERSONAL_ACCESS_MODES: tuple[AccessMode, ...] = ("user", "local", "sandbox")
_REQUIRED: Mapping[AccessMode, tuple[Setting[Any], ...]] = {
    "user": (table.OAUTH_CONNECTION,),
    "bot": (table.AZURE_SUBSCRIPTIONS, table.AZURE_PEOPLE),
}


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """How the bot may access Azure. Ids are in lower case; `people` has pairs of tenant and object id."""

    access_mode: AccessMode = "off"
    cloud: str = DEFAULT_CLOUD
    subscriptions: frozenset[str] = frozenset()
    people: frozenset[tuple[str, str]] = frozenset()
    identity_client_id: str = ""
    oauth_connection: str = ""
    sign_in_app_id: str = ""


def read_azure_settings(
    reader: SettingReader, credentials: BotCredentials | None, *, is_terminal: bool = False
) -> AzureSettings:
    """Read the settings for a server, or for the terminal chat. `credentials` are the bot's, None if it has none."""
    access_mode = reader.read(table.AZURE_LOOK)
    cloud, subscriptions, people = (
        reader.read(table.AZURE_CLOUD), reader.read(table.AZURE_SUBSCRIPTIONS), reader.read(table.AZURE_PEOPLE),
    )  # fmt: skip
    identity_client_id, connection = reader.read(table.AZURE_LOOK_CLIENT_ID), reader.read(table.OAUTH_CONNECTION)
    if is_terminal and access_mode not in TERMINAL_ACCESS_MODES:
        reader.faults.append(
            f"AZURE_LOOK is {access_mode}: in a terminal the bot can't tell who is typing. Use local (your own az "
            "login), sandbox or off there."
        )
    else:
        if not is_terminal:
            _check_server_mode(access_mode, reader, credentials)
        _check_mode_settings(access_mode, reader)
    if access_mode == "bot" and not identity_client_id and credentials and credentials.app_type == "UserAssignedMSI":
        identity_client_id = credentials.app_id
    sign_in_app_id = read_sign_in_app_id(reader, credentials) if access_mode == "user" and credentials else ""
    return AzureSettings(access_mode, cloud, subscriptions, people, identity_client_id, connection, sign_in_app_id)


def read_sign_in_app_id(reader: SettingReader, credentials: BotCredentials) -> str:
    """Return the id (lower case) of the app registration that people sign in to.

    A managed identity exposes no API and has no secret, so people need a registration to sign in to. A `SingleTenant`
    bot uses its own.
    """
    app_id = reader.read(table.OAUTH_APP_ID)
    if not reader.is_usable(table.OAUTH_APP_ID):
        return ""
    if credentials.app_type == "UserAssignedMSI" and app_id in ("", credentials.app_id):
        reader.faults.append(
            "OAUTH_APP_ID is not set, or is the managed identity itself, which has no API to sign in to: set it to the "
            "registration that the sign-in connection names. appmanifest/azure/sign-in.md says how to create one."
        )
    elif credentials.app_type == "SingleTenant" and app_id not in ("", credentials.app_id):
        reader.faults.append(
            "OAUTH_APP_ID is another registration than MicrosoftAppId, whose secret the bot does not have: unset it, "
            "and let people sign in to the bot's own registration."
        )
    return app_id or credentials.app_id


def read_ticket_filing(reader: SettingReader, access_mode: AccessMode) -> bool:
    """Return whether the bot may file support tickets, which it does with the permissions of the person who asks."""
    if reader.read(table.SUPPORT_FILING) == "off":
        return False
    if access_mode not in PERSONAL_ACCESS_MODES:
        reader.faults.append(
            f"SUPPORT_FILING is on, but AZURE_LOOK is {access_mode}: a ticket is filed with the permissions of the "
            "person who asks for it. Set AZURE_LOOK to user, or SUPPORT_FILING to off."
        )
        return False
    return True


def read_look_sharing(reader: SettingReader, access_mode: AccessMode) -> bool:
    """Return whether people may share lookups: only what they see with their own permissions."""
    if reader.read(table.SHARE_LOOKS) == "off":
        return False
    if access_mode not in PERSONAL_ACCESS_MODES:
        reader.faults.append(
            f"SHARE_LOOKS is on, but AZURE_LOOK is {access_mode}: people share what they see with their own "
            "permissions, not what the bot's identity shows to those in AZURE_PEOPLE. Set AZURE_LOOK to user, or "
            "SHARE_LOOKS to off."
        )
        return False
    return True


def _check_server_mode(access_mode: AccessMode, reader: SettingReader, credentials: BotCredentials | None) -> None:
    if access_mode == "local":
        reader.faults.append(
            "AZURE_LOOK is local: anyone who reaches the server would read Azure with this machine's az login. It is "
            "for the terminal chat only; use user or bot for Teams."
        )
    if access_mode == "sandbox" and credentials:
        reader.faults.append(
            "AZURE_LOOK is sandbox: its templates are made up, and people in Teams would take them for real. Use user "
            "or bot, or unset MicrosoftAppId and the other credentials."
        )
    has_faulty_credentials = any("MicrosoftApp" in fault for fault in reader.faults)
    if access_mode in ("user", "bot") and not credentials and not has_faulty_credentials:
        reader.faults.append(
            f"AZURE_LOOK is {access_mode}: without its credentials the bot can't tell who is asking. Set "
            "MicrosoftAppId and the other credentials, or use sandbox to try it."
        )


def _check_mode_settings(access_mode: AccessMode, reader: SettingReader) -> None:
    """Check that the settings the access mode needs are set, and those it doesn't use aren't."""
    reader.faults += [
        f"{setting.name} is not set: AZURE_LOOK={access_mode} needs it. Set it to {setting.meaning}."
        for setting in _REQUIRED.get(access_mode, ())
        if reader.is_usable(setting) and not reader.read(setting)
    ]
    if access_mode not in ("bot", "off"):
        reader.faults += [
            f"{setting.name} has no effect with AZURE_LOOK={access_mode}: unset it, or use AZURE_LOOK=bot."
            for setting in (table.AZURE_PEOPLE, table.AZURE_LOOK_CLIENT_ID)
            if reader.is_set(setting)
        ]
