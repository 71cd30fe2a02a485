"""Who the bot is to Microsoft Teams: the credentials of its registration, read from the environment and checked.

| variable               | needed                  | meaning                                                        |
| ---------------------- | ----------------------- | -------------------------------------------------------------- |
| `MicrosoftAppId`       | to serve Teams          | the application (client) id of the bot's registration, a GUID  |
| `MicrosoftAppType`     | with `MicrosoftAppId`   | `SingleTenant` or `UserAssignedMSI`                            |
| `MicrosoftAppTenantId` | with `MicrosoftAppId`   | the tenant of the registration, a GUID                         |
| `MicrosoftAppPassword` | for `SingleTenant` only | the value of the registration's client secret                  |
| `ALLOWED_TENANTS`      | no                      | tenants whose people are answered, GUIDs; default: that tenant |

No value of these is repeated in a message: whoever mixed two of them up would find the secret in a log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AppType = Literal["SingleTenant", "UserAssignedMSI"]

SETTING_NAMES = (
    "MicrosoftAppId",
    "MicrosoftAppType",
    "MicrosoftAppTenantId",
    "MicrosoftAppPassword",
    "ALLOWED_TENANTS",
)
APP_TYPES: Mapping[str, AppType] = {"singletenant": "SingleTenant", "userassignedmsi": "UserAssignedMSI"}

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class BotCredentials:
    """A checked registration. Ids are in lower case; `password` is empty for a managed identity."""

    app_id: str
    tenant_id: str
    app_type: AppType
    allowed_tenants: frozenset[str]
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class BotFrameworkCloud:
    """Where the Bot Framework service proves who it is, and where the bot proves the same. Default: public Azure."""

    metadata_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    issuer: str = "https://api.botframework.com"
    login_url: str = "https://login.microsoftonline.com"
    scope: str = "https://api.botframework.com/.default"
    token_service_url: str = "https://token.botframework.com"  # noqa: S105 - an address
    service_hosts: tuple[str, ...] = ("smba.trafficmanager.net", ".botframework.com", ".teams.microsoft.com")
    """The hosts of the service that takes replies; one that begins with a dot stands for all below it."""


PUBLIC_CLOUD = BotFrameworkCloud()


def read_credentials(environ: Mapping[str, str], faults: list[str]) -> BotCredentials | None:
    """The credentials of `environ`, None where none is set; adds a sentence to `faults` for everything that is wrong.

    An empty variable counts as not set. Names are compared without case, as some systems do: one that was meant as a
    credential must not slip through.
    """
    before = len(faults)
    given = _read_values(environ, faults)
    if not given:
        return None
    if set(given) == {"ALLOWED_TENANTS"}:
        faults.append(
            "ALLOWED_TENANTS is set without MicrosoftAppId: without credentials nobody's tenant can be known. "
            "Set the bot's credentials too, or unset it."
        )
        return None

    app_id = _parse_guid(given, "MicrosoftAppId", "the application (client) id of the bot's registration", faults)
    tenant_id = _parse_guid(given, "MicrosoftAppTenantId", "the tenant id of the bot's registration", faults)
    kind = _parse_app_type(given, faults)
    password = given.get("MicrosoftAppPassword", "")
    if kind == "SingleTenant" and not password:
        faults.append(
            "MicrosoftAppPassword is not set: a SingleTenant bot proves itself with the value of its client secret. "
            "Set it, or give the bot a managed identity and MicrosoftAppType=UserAssignedMSI."
        )
    if kind == "UserAssignedMSI" and password:
        faults.append(
            "MicrosoftAppPassword is set, but a managed identity has no password: unset it, and delete the secret if "
            "nothing else uses it."
        )
    tenants = [item.lower() for item in re.split(r"[\s,;]+", given.get("ALLOWED_TENANTS", "")) if item]
    if not all(map(_is_guid, tenants)):
        faults.append(
            "ALLOWED_TENANTS must be a list of tenant ids (GUIDs) with commas between; leave it unset for the bot's "
            "own tenant alone."
        )
    if len(faults) > before or kind is None:
        return None
    return BotCredentials(app_id, tenant_id, kind, frozenset(tenants or [tenant_id]), password)


def _read_values(environ: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in SETTING_NAMES:
        values = {value.strip() for key, value in environ.items() if key.lower() == name.lower() and value.strip()}
        if len(values) > 1:
            faults.append(f"{name} is set more than once, in different spellings and with different values: keep one.")
        if values:
            found[name] = min(values)
    return found


def _parse_guid(values: Mapping[str, str], name: str, description: str, faults: list[str]) -> str:
    value = values.get(name, "").lower()
    if not value:
        faults.append(
            f"{name} is not set: set it to {description}, or unset all credentials to try the bot on this machine."
        )
    elif not _is_guid(value):
        faults.append(f"{name} is no GUID: set it to {description}, such as 4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394.")
    return value


def _parse_app_type(values: Mapping[str, str], faults: list[str]) -> AppType | None:
    value = values.get("MicrosoftAppType", "").lower()
    if value == "multitenant":
        faults.append(
            "MicrosoftAppType is MultiTenant: multi-tenant bots can no longer be created since 31 July 2025, and this "
            "bot does not serve as one. Register it as SingleTenant or UserAssignedMSI."
        )
    elif value not in APP_TYPES:
        faults.append(
            f"MicrosoftAppType is {'neither' if value else 'not set: use'} SingleTenant (a client secret) "
            f"{'nor' if value else 'or'} UserAssignedMSI (a managed identity){': use one of them' if value else ''}."
        )
    return APP_TYPES.get(value)


def _is_guid(text: str) -> bool:
    return bool(_GUID.fullmatch(text)) and text.strip("0-") != ""
