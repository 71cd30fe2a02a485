"""Whether the bot may look at Azure, and with whose eyes: read from the environment and checked with the rest.

| variable               | needed        | meaning                                                               |
| ---------------------- | ------------- | --------------------------------------------------------------------- |
| `AZURE_LOOK`           | no            | `off` (default), `user`, `bot`, `local` or `sandbox`: whose eyes look |
| `AZURE_CLOUD`          | no            | `public` (default) or `usgovernment`                                  |
| `AZURE_SUBSCRIPTIONS`  | for `bot`     | the subscriptions that may be looked at, GUIDs; default: all readable |
| `AZURE_PEOPLE`         | for `bot`     | who may look: `tenant/object-id`, GUIDs                               |
| `AZURE_LOOK_CLIENT_ID` | no, for `bot` | the client id of the managed identity that looks                      |
| `OAUTH_CONNECTION`     | for `user`    | the name of the bot's sign-in connection                              |

`bot.azure.arm.sign_in_settings` reads which registration people sign in to.

- `user`: each person's own rights decide; needs the bot's credentials and the sign-in connection.
- `bot`: the bot's managed identity looks, and the two lists are the boundary: without both the bot does not start.
  Default identity: the bot's own (`UserAssignedMSI`), else the one that the machine has.
- `local`: an `az login` on this machine, in the terminal chat only.
- `sandbox`: made-up templates and logs on this machine, without the bot's credentials.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from bot.auth.credentials import BotCredentials
from bot.azure.arm.sign_in_settings import read_sign_in_app_id
from dialogs.model.azure import AccessMode

SETTING_NAMES = (
    "AZURE_LOOK", "AZURE_CLOUD", "AZURE_SUBSCRIPTIONS", "AZURE_PEOPLE", "AZURE_LOOK_CLIENT_ID", "OAUTH_CONNECTION",
)  # fmt: skip
ACCESS_MODES: tuple[AccessMode, ...] = ("off", "user", "bot", "local", "sandbox")
CloudName = Literal["public", "usgovernment"]
CLOUDS: tuple[CloudName, ...] = ("public", "usgovernment")
TERMINAL_ACCESS_MODES: tuple[AccessMode, ...] = ("off", "local", "sandbox")

T = TypeVar("T", bound=str)

_GUID = re.compile(r"(?!0{8}-)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_CONNECTION = re.compile(r"[\w .-]{1,64}")


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """How Azure may be looked at. Ids are in lower case; `people` holds pairs of tenant and object id."""

    access_mode: AccessMode = "off"
    cloud: CloudName = "public"
    subscriptions: frozenset[str] = frozenset()
    people: frozenset[tuple[str, str]] = frozenset()
    identity_client_id: str = ""
    oauth_connection: str = ""
    sign_in_app_id: str = ""


def read_azure_settings(
    environ: Mapping[str, str], credentials: BotCredentials | None, faults: list[str], *, is_terminal: bool = False
) -> AzureSettings:
    """The settings of `environ` for a server, or for the chat in a terminal; adds a sentence to `faults` a fault.

    An empty variable counts as not set. `credentials` are the bot's, None without any.
    """
    given = {name: environ[name].strip() for name in SETTING_NAMES if environ.get(name, "").strip()}
    look = _parse_choice(given, "AZURE_LOOK", ACCESS_MODES, faults)
    cloud = _parse_choice(given, "AZURE_CLOUD", CLOUDS, faults)
    subscriptions = frozenset(_split_items(given, "AZURE_SUBSCRIPTIONS"))
    if not all(map(_GUID.fullmatch, subscriptions)):
        faults.append("AZURE_SUBSCRIPTIONS must be a list of subscription ids (GUIDs) with commas between.")
    people = [tuple(item.split("/")) for item in _split_items(given, "AZURE_PEOPLE")]
    if not all(len(pair) == 2 and all(map(_GUID.fullmatch, pair)) for pair in people):
        faults.append("AZURE_PEOPLE must be a list of people as tenant/object-id, two GUIDs each, with commas between.")
        people = []
    identity = given.get("AZURE_LOOK_CLIENT_ID", "").lower()
    if identity and not _GUID.fullmatch(identity):
        faults.append("AZURE_LOOK_CLIENT_ID is no GUID: set it to the client id of the managed identity that looks.")
    connection = given.get("OAUTH_CONNECTION", "")
    if connection and not _CONNECTION.fullmatch(connection):
        faults.append(
            "OAUTH_CONNECTION is no name of a connection: letters, digits, blanks, '.', '_' and '-', at most 64."
        )
    _check_mode(look, given, credentials, faults, is_terminal)
    if look == "bot" and not identity and credentials and credentials.app_type == "UserAssignedMSI":
        identity = credentials.app_id
    app = read_sign_in_app_id(environ, credentials, faults) if look == "user" and credentials else ""
    listed = frozenset((p[0], p[1]) for p in people)
    return AzureSettings(look, cloud, subscriptions, listed, identity, connection, app)


def _check_mode(
    access_mode: AccessMode,
    values: Mapping[str, str],
    credentials: BotCredentials | None,
    faults: list[str],
    is_terminal: bool,
) -> None:
    """What each mode needs, and what it must not have."""
    if is_terminal and access_mode not in TERMINAL_ACCESS_MODES:
        faults.append(
            f"AZURE_LOOK is {access_mode}: in a terminal nobody can be told from anybody. Use local (your own az login), "
            "sandbox or off there."
        )
        return
    if access_mode == "local" and not is_terminal:
        faults.append(
            "AZURE_LOOK is local: whoever reaches the server would look with the rights of this machine's az login. It "
            "is for the chat in a terminal only; use user or bot for Teams."
        )
    if access_mode == "sandbox" and credentials:
        faults.append(
            "AZURE_LOOK is sandbox: its templates are made up, and people of Teams would take them for real. Use user "
            "or bot, or unset MicrosoftAppId and what belongs to it."
        )
    if access_mode in ("user", "bot") and not credentials and not any("MicrosoftApp" in fault for fault in faults):
        faults.append(
            f"AZURE_LOOK is {access_mode}: without the bot's credentials nobody can be told from anybody. Set MicrosoftAppId "
            "and what belongs to it, or use sandbox to try it."
        )
    needed = {"user": ("OAUTH_CONNECTION",), "bot": ("AZURE_SUBSCRIPTIONS", "AZURE_PEOPLE")}.get(access_mode, ())
    faults.extend(
        f"{name} is not set: AZURE_LOOK={access_mode} needs it. {_EXPLANATIONS[name]}"
        for name in needed
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
    "AZURE_PEOPLE": "It lists the people whom the bot's identity may show them, as tenant/object-id.",
}


def _parse_choice(values: Mapping[str, str], name: str, choices: tuple[T, ...], faults: list[str]) -> T:
    value = values.get(name, choices[0]).lower()
    found = next((one for one in choices if one == value), None)
    if found is None:
        faults.append(f"{name} is {values[name]!r}: use {', '.join(choices[:-1])} or {choices[-1]}.")
    return found or choices[0]


def _split_items(values: Mapping[str, str], name: str) -> list[str]:
    return [item.lower() for item in re.split(r"[\s,;]+", values.get(name, "")) if item]
