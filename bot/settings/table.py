"""The table of all settings. Whether settings fit together is checked where they're read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from bot.loopback_hosts import is_loopback
from bot.settings.setting import Setting, define_choice, define_guid, define_guids, define_number, split_items
from dialogs.model.azure import AccessMode
from knowledge.azure_clouds import CLOUDS, DEFAULT_CLOUD
from knowledge.azure_names import is_assigned_guid
from knowledge.yaml_files import private_cache

AppType = Literal["SingleTenant", "UserAssignedMSI"]

_CONTAINER_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
_CONNECTION_NAME = re.compile(r"[\w .-]{1,64}")


def _parse_path(text: str) -> Path:
    return Path(text).expanduser()


def _parse_container_url(text: str) -> str:
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
        raise ValueError(
            "has a query, but the bot uses its identity, not a signature. Leave out the ? and everything after it."
        )
    if not is_valid:
        raise ValueError("isn't the address of a container: use https://ACCOUNT.blob.core.windows.net/NAME.")
    return text.rstrip("/")


def _parse_app_type(text: str) -> AppType | None:
    if text.lower() == "multitenant":
        raise ValueError(
            "is MultiTenant: multi-tenant bots can no longer be created since 31 July 2025, and this bot does not "
            "serve as one. Register it as SingleTenant or UserAssignedMSI."
        )
    app_type = next((app_type for app_type in get_args(AppType) if app_type.lower() == text.lower()), None)
    if text and app_type is None:
        raise ValueError(
            "is neither SingleTenant (a client secret) nor UserAssignedMSI (a managed identity): use one of them."
        )
    return app_type


def _parse_people(text: str) -> frozenset[tuple[str, str]]:
    pairs = [item.split("/") for item in split_items(text)]
    if not all(len(pair) == 2 and all(map(is_assigned_guid, pair)) for pair in pairs):
        raise ValueError("must be a list of people as tenant/object-id, two GUIDs each, separated by commas.")
    return frozenset((tenant, object_id) for tenant, object_id in pairs)


def _parse_connection(text: str) -> str:
    if text and not _CONNECTION_NAME.fullmatch(text):
        raise ValueError("is not a connection name: letters, digits, spaces, '.', '_' and '-', at most 64.")
    return text


BIND_ADDRESS = Setting("BIND_ADDRESS", "the address to listen on", str, "127.0.0.1")
PORT = define_number("PORT", "the port to listen on", "number", 65535, 3978)
STATE_PATH = Setting("STATE_PATH", "the SQLite file for conversation state", _parse_path, "state/image-medic.sqlite3")
STATE_BLOB_URL = Setting("STATE_BLOB_URL", "a blob container for it instead", _parse_container_url)
STATE_KEEP_DAYS = define_number(
    "STATE_KEEP_DAYS", "days of silence after which a conversation is deleted", "number of days", 3650, 30
)
MAX_CONNECTIONS = define_number("MAX_CONNECTIONS", "the most connections that may be open", "number", 60000, 500)
MAX_CONNECTIONS_PER_ADDRESS = define_number(
    "MAX_CONNECTIONS_PER_ADDRESS", "the most of them from one public address", "number", 60000, 100
)
RATE_PER_MINUTE = define_number(
    "RATE_PER_MINUTE", "the most messages and presses of one person that are answered in a minute", "number", 60000, 60
)
LOG_LEVEL = define_choice("LOG_LEVEL", "the least severe level to log", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOG_FORMAT = define_choice("LOG_FORMAT", "how a log line looks", ("text", "json"), "text")
PLAYGROUND_PORT = define_number("PLAYGROUND_PORT", "the port of the Teams test client", "number", 65535, 56150)

APP_ID = define_guid("MicrosoftAppId", "the application (client) id of the bot's registration", has_any_case=True)
APP_TYPE = Setting("MicrosoftAppType", "SingleTenant or UserAssignedMSI", _parse_app_type, has_any_case=True)
APP_TENANT_ID = define_guid("MicrosoftAppTenantId", "the tenant id of the bot's registration", has_any_case=True)
APP_PASSWORD = Setting("MicrosoftAppPassword", "the value of the registration's client secret", str, has_any_case=True)
ALLOWED_TENANTS = define_guids(
    "ALLOWED_TENANTS", "the tenants whose people are answered; default: the bot's own", "tenant ids", has_any_case=True
)

AZURE_LOOK: Setting[AccessMode] = define_choice(
    "AZURE_LOOK", "whose credentials read Azure", get_args(AccessMode), "off"
)
AZURE_CLOUD = define_choice("AZURE_CLOUD", "the cloud that is read", tuple(CLOUDS), DEFAULT_CLOUD)
AZURE_SUBSCRIPTIONS = define_guids("AZURE_SUBSCRIPTIONS", "the subscriptions that the bot may show", "subscription ids")
AZURE_PEOPLE = Setting("AZURE_PEOPLE", "the people who may see them, as tenant/object-id", _parse_people)
AZURE_LOOK_CLIENT_ID = define_guid("AZURE_LOOK_CLIENT_ID", "the client id of the managed identity that reads")
OAUTH_CONNECTION = Setting(
    "OAUTH_CONNECTION", "the name of the sign-in connection in the bot's Azure resource", _parse_connection
)
OAUTH_APP_ID = define_guid("OAUTH_APP_ID", "the client id of the registration that people sign in to")
SUPPORT_FILING = define_choice("SUPPORT_FILING", "whether people may have support requests filed", ("off", "on"), "off")
SHARE_LOOKS = define_choice(
    "SHARE_LOOKS", "whether people may post a lookup where they asked for it", ("off", "on"), "off"
)

OTLP_ENDPOINT = Setting("OTEL_EXPORTER_OTLP_ENDPOINT", "an OpenTelemetry collector's address", str)
APPLICATION_INSIGHTS = Setting(
    "APPLICATIONINSIGHTS_CONNECTION_STRING", "the connection string of an Application Insights resource", str
)

KNOWLEDGE_CACHE = Setting(private_cache.SETTING_NAME, "a folder for the parsed knowledge, or off", str)

SERVER: tuple[Setting[Any], ...] = (
    BIND_ADDRESS, PORT, STATE_PATH, STATE_BLOB_URL, STATE_KEEP_DAYS, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS,
    RATE_PER_MINUTE, LOG_LEVEL, LOG_FORMAT, PLAYGROUND_PORT,
)  # fmt: skip
IDENTITY: tuple[Setting[Any], ...] = (APP_ID, APP_TYPE, APP_TENANT_ID, APP_PASSWORD, ALLOWED_TENANTS)
AZURE: tuple[Setting[Any], ...] = (
    AZURE_LOOK, AZURE_CLOUD, AZURE_SUBSCRIPTIONS, AZURE_PEOPLE, AZURE_LOOK_CLIENT_ID, OAUTH_CONNECTION, OAUTH_APP_ID,
    SUPPORT_FILING, SHARE_LOOKS,
)  # fmt: skip
TELEMETRY: tuple[Setting[Any], ...] = (OTLP_ENDPOINT, APPLICATION_INSIGHTS)
CACHE: tuple[Setting[Any], ...] = (KNOWLEDGE_CACHE,)
"""The command line reads it too, and so does `private_cache` itself."""
SECTIONS: Mapping[str, tuple[Setting[Any], ...]] = {
    "The server": SERVER,
    "The knowledge cache": CACHE,
    "The bot's identity": IDENTITY,
    "Azure access and support requests": AZURE,
    "Telemetry": TELEMETRY,
}
"""All settings, by the section of docs/operations.md that explains them, in its order."""
