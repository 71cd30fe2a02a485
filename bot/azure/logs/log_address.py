"""Where a run's log is: of what a message says only an account's and a folder's name are taken, in a strict form.

The message is text that a token might follow, so anything in it that is not of the form that Azure writes ends the
search. The address itself is built from the endpoint that Resource Manager reports for an account of the staging group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.azure.arm.cloud import AzureCloud
from bot.azure.arm.names import is_storage_account_name
from dialogs.model.azure import AzureRefusal, LogFile
from dialogs.model.errors import AzureRefusedError
from knowledge.text.patterns import compile_pattern

CUSTOMIZATION_LOG: LogFile = "customization.log"
VALIDATION_LOG: LogFile = "validation.log"

_FOLDER = r"([a-z0-9][a-z0-9-]{7,63})"
_END = r"packerlogs/" + _FOLDER + r"/(customization|validation)\.log(?:[.,;\s\"'<)]|$)"
_LOCATION = compile_pattern(r"\bbuild log location\s*:\s*|\bbuild logs? (?:is|are) at location\s*:?\s*")
_PATH = compile_pattern(r"packerlogs/")
_URL = compile_pattern(
    r"^https://([a-z0-9]{3,24})\.(?:blob\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)"
    r"|z[0-9]{1,2}\.blob\.storage\.azure\.net)/" + _END
)
_RESOURCE_ID = compile_pattern(
    r"^/subscriptions/([0-9a-f-]{36})/resourceGroups/([\w.()-]{1,90})/providers/Microsoft\.Storage/storageAccounts/"
    r"([a-z0-9]{3,24})/blobServices/default/containers/" + _END
)
_ZONE_HOST = compile_pattern(r"^z[0-9]{1,2}\.blob\.storage\.azure\.net$")
_DELIMITERS = b" \t\r\n\"'<>()[]"
_MAX_MESSAGE_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class LogAddress:
    """The names that a message gives: the account, the folder in its container, the file."""

    account: str
    folder: str
    file: LogFile


def parse_log_address(message: str, staging_group: tuple[str, str]) -> LogAddress | None:
    """The place that `message` names; None when it names none.

    `staging`: subscription and name of the template's staging group. Raises `LookRefused` ("suspicious") for a place
    of another form, one in another group, and for two places.
    """
    text = message.encode("utf-8", "replace")[:_MAX_MESSAGE_BYTES]
    starts = {mark.end() for mark in _LOCATION.finditer(text)}
    starts |= {_find_word_start(text, path.start()) for path in _PATH.finditer(text)}
    found = {_parse_address(text[start : start + 1000], staging_group) for start in starts}
    if len(found) > 1:
        raise AzureRefusedError(AzureRefusal("suspicious", "lastRunStatus.message"))
    return found.pop() if found else None


def _find_word_start(text: bytes, position: int) -> int:
    """Where the word begins that holds `at`."""
    while position > 0 and text[position - 1] not in _DELIMITERS:
        position -= 1
    return position


def _parse_address(text: bytes, staging_group: tuple[str, str]) -> LogAddress:
    url = _URL.search(text)
    if url:
        return LogAddress(url[1].decode().lower(), url[2].decode(), _parse_log_file(url[3]))
    resource = _RESOURCE_ID.search(text)
    if resource:
        subscription, group = resource[1].decode().lower(), resource[2].decode().lower()
        if (subscription, group) == (staging_group[0].lower(), staging_group[1].lower()):
            return LogAddress(resource[3].decode().lower(), resource[4].decode(), _parse_log_file(resource[5]))
    raise AzureRefusedError(AzureRefusal("suspicious", "lastRunStatus.message"))


def _parse_log_file(name: bytes) -> LogFile:
    return VALIDATION_LOG if name.lower() == b"validation" else CUSTOMIZATION_LOG


def extract_blob_endpoints(accounts: Sequence[dict[str, Any]], cloud: AzureCloud) -> dict[str, str]:
    """The accounts that Resource Manager reports, name and checked endpoint without a slash at its end.

    Raises `LookRefused` ("suspicious") for an endpoint that is not the cloud's own.
    """
    found: dict[str, str] = {}
    for account in accounts:
        name = str(account.get("name", "")).lower()
        properties = account.get("properties")
        endpoints = properties.get("primaryEndpoints") if isinstance(properties, dict) else None
        blob = endpoints.get("blob") if isinstance(endpoints, dict) else None
        if not is_storage_account_name(name) or not isinstance(blob, str):
            continue  # an account without blobs holds no log
        if not _is_own_endpoint(blob, name, cloud):
            raise AzureRefusedError(AzureRefusal("suspicious", name))
        found[name] = blob.rstrip("/")
    return found


def _is_own_endpoint(endpoint: str, account: str, cloud: AzureCloud) -> bool:
    """Whether `endpoint` is where this cloud serves the blobs of `account`."""
    if not cloud.blob_suffix:
        return endpoint.rstrip("/") == f"{cloud.blob_base}/{account}"
    try:
        parts = urlsplit(endpoint)
        plain = parts.username is None and parts.port in (None, 443) and not parts.query and not parts.fragment
    except ValueError:
        return False
    if parts.scheme != "https" or not plain or parts.path not in ("", "/"):
        return False
    name, _, suffix = (parts.hostname or "").partition(".")
    own = suffix == cloud.blob_suffix
    # accounts with a zone of their own; public Azure alone has them
    zoned = cloud.blob_suffix == "blob.core.windows.net" and _ZONE_HOST.search(suffix.encode()) is not None
    return name == account and (own or zoned)
