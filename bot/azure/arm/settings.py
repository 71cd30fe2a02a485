"""Read from the environment whether the bot may look things up in Azure, and with whose credentials.

| variable               | needed        | meaning                                                               |
| ---------------------- | ------------- | --------------------------------------------------------------------- |
| `AZURE_LOOK`           | no            | whose credentials: `off` (default), `user`, `bot`, `local`, `sandbox` |
| `AZURE_CLOUD`          | no            | `public` (default) or `usgovernment`                                  |
| `AZURE_SUBSCRIPTIONS`  | for `bot`     | the subscriptions that may be read, GUIDs; default: all readable      |
| `AZURE_PEOPLE`         | for `bot`     | who may run lookups: `tenant/object-id`, GUIDs                        |
| `AZURE_LOOK_CLIENT_ID` | no, for `bot` | the client id of the managed identity that reads                      |
| `OAUTH_CONNECTION`     | for `user`    | the name of the bot's sign-in connection                              |

`bot.azure.arm.sign_in_settings` reads which registration people sign in to.

- `user`: each person's own permissions decide. Needs the bot's credentials and the sign-in connection.
- `bot`: the bot's managed identity reads. The two lists are the boundary: without both, the bot does not start.
  Default identity: the bot's own (`UserAssignedMSI`), else the machine's.
- `local`: an `az login` on this machine, in the terminal chat only.
- `sandbox`: made-up templates and logs on this machine, without the bot's credentials.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.auth.credentials import BotCredentials
from bot.azure.arm.sign_in_settings import read_sign_in_app_id
from dialogs.model.azure import AccessMode
from knowledge.azure_clouds import CLOUDS, DEFAULT_CLOUD
from knowledge.azure_names import is_assigned_guid

SETTING_NAMES = (
    "AZURE_LOOK", "AZURE_CLOUD", "AZURE_SUBSCRIPTIONS", "AZURE_PEOPLE", "AZURE_LOOK_CLIENT_ID", "OAUTH_CONNECTION",
)  # fmt: skip
ACCESS_MODES: tuple[AccessMode, ...] = ("off", "user", "bot", "local", "sandbox")
TERMINAL_ACCESS_MODES: tuple[AccessMode, ...] = ("off", "local", "sandbox")

T = TypeVar("T", bound=str)

_CONNECTION = re.compile(r"[\w .-]{1,64}")


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """How the bot may read Azure. Ids are in lower case; `people` has pairs of tenant and object id."""

    access_mode: AccessMode = "off"
    cloud: str = DEFAULT_CLOUD
    subscriptions: frozenset[str] = frozenset()
    people: frozenset[tuple[str, str]] = frozenset()
    identity_client_id: str = ""
    oauth_connection: str = ""
    sign_in_app_id: str = ""


def read_azure_settings(
    environ: Mapping[str, str], credentials: BotCredentials | None, faults: list[str], *, is_terminal: bool = False
) -> AzureSettings:
    """Read the settings for a server, or for the terminal chat; append one sentence per fault to `faults`.

    An empty variable counts as not set. `credentials` are the bot's, None if it has none.
    """
    values = {name: environ[name].strip() for name in SETTING_NAMES if environ.get(name, "").strip()}
    access_mode = _parse_choice(values, "AZURE_LOOK", ACCESS_MODES, faults)
    cloud = _parse_choice(values, "AZURE_CLOUD", tuple(CLOUDS), faults)
    subscriptions = frozenset(_split_items(values, "AZURE_SUBSCRIPTIONS"))
    if not all(map(is_assigned_guid, subscriptions)):
        faults.append("AZURE_SUBSCRIPTIONS must be a list of subscription ids (GUIDs), separated by commas.")
    people = _parse_people(values, faults)
    identity_client_id = values.get("AZURE_LOOK_CLIENT_ID", "").lower()
    if identity_client_id and not is_assigned_guid(identity_client_id):
        faults.append("AZURE_LOOK_CLIENT_ID is not a GUID: set it to the client id of the managed identity that reads.")
    connection = values.get("OAUTH_CONNECTION", "")
    if connection and not _CONNECTION.fullmatch(connection):
        faults.append(
            "OAUTH_CONNECTION is not a connection name: letters, digits, spaces, '.', '_' and '-', at most 64."
        )
    _check_mode(access_mode, values, credentials, faults, is_terminal)
    if access_mode == "bot" and not identity_client_id and credentials and credentials.app_type == "UserAssignedMSI":
        identity_client_id = credentials.app_id
    sign_in_app_id = read_sign_in_app_id(environ, credentials, faults) if access_mode == "user" and credentials else ""
    return AzureSettings(access_mode, cloud, subscriptions, people, identity_client_id, connection, sign_in_app_id)


def _parse_people(values: Mapping[str, str], faults: list[str]) -> frozenset[tuple[str, str]]:
    pairs = [tuple(item.split("/")) for item in _split_items(values, "AZURE_PEOPLE")]
    if not all(len(pair) == 2 and all(map(is_assigned_guid, pair)) for pair in pairs):
        faults.append("AZURE_PEOPLE must be a list of people as tenant/object-id, two GUIDs each, separated by commas.")
        return frozenset()
    return frozenset((tenant, object_id) for tenant, object_id in pairs)


def _check_mode(
    access_mode: AccessMode,
    values: Mapping[str, str],
    credentials: BotCredentials | None,
    faults: list[str],
    is_terminal: bool,
) -> None:
    """Check what the access mode requires, and what it excludes."""
    if is_terminal and access_mode not in TERMINAL_ACCESS_MODES:
        faults.append(
            f"AZURE_LOOK is {access_mode}: in a terminal the bot can't tell who is typing. Use local (your own az "
            "login), sandbox or off there."
        )
        return
    if access_mode == "local" and not is_terminal:
        faults.append(
            "AZURE_LOOK is local: anyone who reaches the server would read Azure with this machine's az login. It is "
            "for the terminal chat only; use user or bot for Teams."
        )
    if access_mode == "sandbox" and credentials:
        faults.append(
            "AZURE_LOOK is sandbox: its templates are made up, and people in Teams would take them for real. Use user "
            "or bot, or unset MicrosoftAppId and the other credentials."
        )
    if access_mode in ("user", "bot") and not credentials and not any("MicrosoftApp" in fault for fault in faults):
        faults.append(
            f"AZURE_LOOK is {access_mode}: without its credentials the bot can't tell who is asking. Set "
            "MicrosoftAppId and the other credentials, or use sandbox to try it."
        )
    required = {"user": ("OAUTH_CONNECTION",), "bot": ("AZURE_SUBSCRIPTIONS", "AZURE_PEOPLE")}.get(access_mode, ())
    faults.extend(
        f"{name} is not set: AZURE_LOOK={access_mode} needs it. {_EXPLANATIONS[name]}"
        for name in required
        if not _split_items(values, name)
    )
    if access_mode not in ("bot", "off"):
        faults.extend(
            f"{name} has no effect with AZURE_LOOK={access_mode}: unset it, or use AZURE_LOOK=bot."
            for name in ("AZURE_PEOPLE", "AZURE_LOOK_CLIENT_ID")
            if name in values
        )


_EXPLANATIONS = {
    "OAUTH_CONNECTION": "It is the name of the sign-in connection in the bot's Azure resource.",
    "AZURE_SUBSCRIPTIONS": "It lists the subscriptions that the bot's identity may show.",
    "AZURE_PEOPLE": "It lists the people who may see them, as tenant/object-id.",
}


def _parse_choice(values: Mapping[str, str], name: str, choices: tuple[T, ...], faults: list[str]) -> T:
    value = values.get(name, choices[0]).lower()
    choice = next((choice for choice in choices if choice == value), None)
    if choice is None:
        faults.append(f"{name} is {values[name]!r}: use {', '.join(choices[:-1])} or {choices[-1]}.")
    return choice or choices[0]


def _split_items(values: Mapping[str, str], name: str) -> list[str]:
    return [item.lower() for item in re.split(r"[\s,;]+", values.get(name, "")) if item]
