"""Read a log's location from a run's message.

The message is untrusted, and the bot sends a token to the address. So only the names of the storage account and the
folder are taken from it, and only in the exact forms that Azure writes; anything else is refused as suspicious. The URL
is built from the endpoint that Resource Manager reports for that account in the staging resource group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from dialogs.model.azure import LogFile
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from knowledge.azure_clouds import CLOUDS, AzureCloud
from knowledge.azure_names import GUID, RESOURCE_GROUP_NAME, STORAGE_ACCOUNT_NAME, is_storage_account_name
from knowledge.patterns import compile_pattern

CUSTOMIZATION_LOG: LogFile = "customization.log"
VALIDATION_LOG: LogFile = "validation.log"


def _build_blob_host_pattern(cloud: AzureCloud) -> str:
    """Return a pattern for what follows the account's name in its host name."""
    zoned = rf"|z[0-9]{{1,2}}\.{re.escape(cloud.zoned_blob_suffix)}" if cloud.zoned_blob_suffix else ""
    return re.escape(cloud.blob_suffix) + zoned


_FOLDER = r"([a-z0-9][a-z0-9-]{7,63})"
_END = r"packerlogs/" + _FOLDER + r"/(customization|validation)\.log(?:[.,;\s\"'<)]|$)"
_LOCATION = compile_pattern(r"\bbuild log location\s*:\s*|\bbuild logs? (?:is|are) at location\s*:?\s*")
_PATH = compile_pattern(r"packerlogs/")
_URL = compile_pattern(
    rf"^https://({STORAGE_ACCOUNT_NAME})\.(?:{'|'.join(map(_build_blob_host_pattern, CLOUDS.values()))})/" + _END
)
_RESOURCE_ID = compile_pattern(
    rf"^/subscriptions/({GUID})/resourceGroups/({RESOURCE_GROUP_NAME})/providers/Microsoft\.Storage/storageAccounts/"
    rf"({STORAGE_ACCOUNT_NAME})/blobServices/default/containers/" + _END
)
_DELIMITERS = b" \t\r\n\"'<>()[]"
_MAX_MESSAGE_BYTES = 20_000
_MAX_ADDRESS_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class LogAddress:
    """The names that a message gives: storage account, folder in its log container, file."""

    account: str
    folder: str
    file: LogFile


def parse_log_address(message: str, staging_group: tuple[str, str]) -> LogAddress | None:
    """Return the address that `message` gives; None if it gives none.

    `staging_group` is the subscription and the name of the template's staging resource group.

    Raises:
        AzureRefusedError: "suspicious": the address has a different form, is in a different group, or isn't the only
            one.
    """
    text = message.encode("utf-8", "replace")[:_MAX_MESSAGE_BYTES]
    starts = {match.end() for match in _LOCATION.finditer(text)}
    starts |= {_find_word_start(text, match.start()) for match in _PATH.finditer(text)}
    addresses = {_parse_address(text[start : start + _MAX_ADDRESS_BYTES], staging_group) for start in starts}
    if len(addresses) > 1:
        raise AzureRefusedError(AzureRefusal("suspicious", "lastRunStatus.message"))
    return addresses.pop() if addresses else None


def _find_word_start(text: bytes, position: int) -> int:
    """Return the start of the word around `position`."""
    while position > 0 and text[position - 1] not in _DELIMITERS:
        position -= 1
    return position


def _parse_address(text: bytes, staging_group: tuple[str, str]) -> LogAddress:
    if match := _URL.search(text):
        return LogAddress(match[1].decode().lower(), match[2].decode(), _parse_log_file(match[3]))
    if match := _RESOURCE_ID.search(text):
        subscription, group = match[1].decode().lower(), match[2].decode().lower()
        if (subscription, group) == (staging_group[0].lower(), staging_group[1].lower()):
            return LogAddress(match[3].decode().lower(), match[4].decode(), _parse_log_file(match[5]))
    raise AzureRefusedError(AzureRefusal("suspicious", "lastRunStatus.message"))


def _parse_log_file(name: bytes) -> LogFile:
    return VALIDATION_LOG if name.lower() == b"validation" else CUSTOMIZATION_LOG


def extract_blob_endpoints(accounts: Sequence[dict[str, Any]], cloud: AzureCloud) -> dict[str, str]:
    """Return the blob endpoint of each storage account that Resource Manager reports, without a trailing slash.

    Raises:
        AzureRefusedError: "suspicious": an endpoint is outside the cloud.
    """
    endpoint_by_account: dict[str, str] = {}
    for account in accounts:
        name = str(account.get("name", "")).lower()
        properties = account.get("properties")
        endpoints = properties.get("primaryEndpoints") if isinstance(properties, dict) else None
        blob = endpoints.get("blob") if isinstance(endpoints, dict) else None
        if not is_storage_account_name(name) or not isinstance(blob, str):
            continue  # an account without a blob service has no logs
        if not _is_own_endpoint(blob, name, cloud):
            raise AzureRefusedError(AzureRefusal("suspicious", name))
        endpoint_by_account[name] = blob.rstrip("/")
    return endpoint_by_account


def _is_own_endpoint(endpoint: str, account: str, cloud: AzureCloud) -> bool:
    """Tell whether `endpoint` is this cloud's blob endpoint of `account`."""
    if not cloud.blob_suffix:
        return endpoint.rstrip("/") == f"{cloud.blob_base}/{account}"
    try:
        parts = urlsplit(endpoint)
        is_plain = parts.username is None and parts.port in (None, 443) and not parts.query and not parts.fragment
    except ValueError:
        return False
    if parts.scheme != "https" or not is_plain or parts.path not in ("", "/"):
        return False
    name, _, suffix = (parts.hostname or "").partition(".")
    return name == account and re.fullmatch(_build_blob_host_pattern(cloud), suffix) is not None
