"""Read from the environment the credentials of the bot's registration with Microsoft Teams, and check them.

| variable               | needed                  | meaning                                                        |
| ---------------------- | ----------------------- | -------------------------------------------------------------- |
| `MicrosoftAppId`       | to serve Teams          | the application (client) id of the bot's registration, a GUID  |
| `MicrosoftAppType`     | with `MicrosoftAppId`   | `SingleTenant` or `UserAssignedMSI`                            |
| `MicrosoftAppTenantId` | with `MicrosoftAppId`   | the tenant of the registration, a GUID                         |
| `MicrosoftAppPassword` | for `SingleTenant` only | the value of the registration's client secret                  |
| `ALLOWED_TENANTS`      | no                      | tenants whose people are answered, GUIDs; default: that tenant |

No value of these appears in a message: if two of them were mixed up, the secret would end up in a log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from knowledge.azure_names import is_assigned_guid

AppType = Literal["SingleTenant", "UserAssignedMSI"]

SETTING_NAMES = (
    "MicrosoftAppId",
    "MicrosoftAppType",
    "MicrosoftAppTenantId",
    "MicrosoftAppPassword",
    "ALLOWED_TENANTS",
)
APP_TYPES: Mapping[str, AppType] = {"singletenant": "SingleTenant", "userassignedmsi": "UserAssignedMSI"}


@dataclass(frozen=True, slots=True)
class BotCredentials:
    """A valid registration. Ids are in lower case; `password` is empty for a managed identity."""

    app_id: str
    tenant_id: str
    app_type: AppType
    allowed_tenants: frozenset[str]
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class BotFrameworkCloud:
    """The addresses at which the Bot Framework service and the bot authenticate. Default: public Azure."""

    metadata_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    issuer: str = "https://api.botframework.com"
    login_url: str = "https://login.microsoftonline.com"
    scope: str = "https://api.botframework.com/.default"
    token_service_url: str = "https://token.botframework.com"  # noqa: S105 - an address
    service_hosts: tuple[str, ...] = ("smba.trafficmanager.net", ".botframework.com", ".teams.microsoft.com")
    """The hosts of the service that accepts replies; one that begins with a dot includes all its subdomains."""


PUBLIC_CLOUD = BotFrameworkCloud()


def read_credentials(environ: Mapping[str, str], faults: list[str]) -> BotCredentials | None:
    """Read the bot's credentials; return None if none are set, or if they have a fault.

    An empty variable counts as not set. Names are compared case-insensitively: a misspelled credential must not be
    ignored, since a bot without credentials serves this machine without authentication.

    Args:
        environ: The environment variables.
        faults: Gets one sentence per fault appended.
    """
    fault_count_before = len(faults)
    values = _read_values(environ, faults)
    if not values:
        return None
    if set(values) == {"ALLOWED_TENANTS"}:
        faults.append(
            "ALLOWED_TENANTS is set without MicrosoftAppId: without credentials the bot can't know anyone's tenant. "
            "Set the bot's credentials too, or unset it."
        )
        return None

    app_id = _parse_guid(values, "MicrosoftAppId", "the application (client) id of the bot's registration", faults)
    tenant_id = _parse_guid(values, "MicrosoftAppTenantId", "the tenant id of the bot's registration", faults)
    app_type = _parse_app_type(values, faults)
    password = values.get("MicrosoftAppPassword", "")
    if app_type == "SingleTenant" and not password:
        faults.append(
            "MicrosoftAppPassword is not set: a SingleTenant bot needs the value of its client secret. "
            "Set it, or give the bot a managed identity and MicrosoftAppType=UserAssignedMSI."
        )
    if app_type == "UserAssignedMSI" and password:
        faults.append(
            "MicrosoftAppPassword is set, but a managed identity has no password: unset it, and delete the secret if "
            "nothing else uses it."
        )
    tenants = [item.lower() for item in re.split(r"[\s,;]+", values.get("ALLOWED_TENANTS", "")) if item]
    if not all(map(is_assigned_guid, tenants)):
        faults.append(
            "ALLOWED_TENANTS must be a list of tenant ids (GUIDs), separated by commas; leave it unset to serve only "
            "the bot's own tenant."
        )
    if len(faults) > fault_count_before or app_type is None:
        return None
    return BotCredentials(app_id, tenant_id, app_type, frozenset(tenants or [tenant_id]), password)


def _read_values(environ: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name in SETTING_NAMES:
        candidates = {value.strip() for key, value in environ.items() if key.lower() == name.lower() and value.strip()}
        if len(candidates) > 1:
            faults.append(f"{name} is set more than once, in different spellings and with different values: keep one.")
        if candidates:
            values[name] = min(candidates)
    return values


def _parse_guid(values: Mapping[str, str], name: str, description: str, faults: list[str]) -> str:
    value = values.get(name, "").lower()
    if not value:
        faults.append(
            f"{name} is not set: set it to {description}, or unset all credentials to try the bot on this machine."
        )
    elif not is_assigned_guid(value):
        faults.append(f"{name} is not a GUID: set it to {description}, such as 4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394.")
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
