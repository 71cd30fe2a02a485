"""Read the credentials of the bot's registration with Microsoft Teams, and check that they fit together.

Their values never appear in messages: if two of them were mixed up, the secret would end up in a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.settings import table
from bot.settings.setting import Setting, SettingReader
from bot.settings.table import AppType


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


def read_credentials(reader: SettingReader) -> BotCredentials | None:
    """Read the bot's credentials; return None if none are set, or if they have a fault, which `reader` then records.

    A bot without credentials serves this machine without authentication, so a misspelled one must not be ignored.
    """
    count_before = len(reader.faults)
    if not any(reader.is_set(setting) for setting in table.IDENTITY if setting is not table.ALLOWED_TENANTS):
        if reader.is_set(table.ALLOWED_TENANTS):
            reader.faults.append(
                "ALLOWED_TENANTS is set without MicrosoftAppId: without credentials the bot can't know anyone's "
                "tenant. Set the bot's credentials too, or unset it."
            )
        return None
    app_id, tenant_id = _read_required(reader, table.APP_ID), _read_required(reader, table.APP_TENANT_ID)
    app_type, password = reader.read(table.APP_TYPE), reader.read(table.APP_PASSWORD)
    if not reader.is_set(table.APP_TYPE):
        reader.faults.append(
            "MicrosoftAppType is not set: use SingleTenant (a client secret) or UserAssignedMSI (a managed identity)."
        )
    if app_type == "SingleTenant" and not password:
        reader.faults.append(
            "MicrosoftAppPassword is not set: a SingleTenant bot needs the value of its client secret. "
            "Set it, or give the bot a managed identity and MicrosoftAppType=UserAssignedMSI."
        )
    if app_type == "UserAssignedMSI" and password:
        reader.faults.append(
            "MicrosoftAppPassword is set, but a managed identity has no password: unset it, and delete the secret if "
            "nothing else uses it."
        )
    tenants = reader.read(table.ALLOWED_TENANTS)
    if len(reader.faults) > count_before or app_type is None:
        return None
    return BotCredentials(app_id, tenant_id, app_type, tenants or frozenset({tenant_id}), password)


def _read_required(reader: SettingReader, setting: Setting[str]) -> str:
    if not reader.is_set(setting):
        reader.faults.append(
            f"{setting.name} is not set: set it to {setting.meaning}, or unset all credentials to try the bot on this "
            "machine."
        )
    return reader.read(setting)
