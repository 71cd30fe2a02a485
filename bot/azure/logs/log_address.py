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
from bot.azure.arm.names import is_account
from dialogs.model.azure import LogFile, Refusal
from dialogs.model.errors import LookRefused
from knowledge.text.patterns import compiled

CUSTOMIZATION: LogFile = "customization.log"
VALIDATION: LogFile = "validation.log"

_FOLDER = r"([a-z0-9][a-z0-9-]{7,63})"
_END = r"packerlogs/" + _FOLDER + r"/(customization|validation)\.log(?:[.,;\s\"'<)]|$)"
_LOCATION = compiled(r"\bbuild log location\s*:\s*|\bbuild logs? (?:is|are) at location\s*:?\s*")
_PATH = compiled(r"packerlogs/")
_URL = compiled(
    r"^https://([a-z0-9]{3,24})\.(?:blob\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)"
    r"|z[0-9]{1,2}\.blob\.storage\.azure\.net)/" + _END
)
_RESOURCE = compiled(
    r"^/subscriptions/([0-9a-f-]{36})/resourceGroups/([\w.()-]{1,90})/providers/Microsoft\.Storage/storageAccounts/"
    r"([a-z0-9]{3,24})/blobServices/default/containers/" + _END
)
_ZONE_HOST = compiled(r"^z[0-9]{1,2}\.blob\.storage\.azure\.net$")
_DELIMITERS = b" \t\r\n\"'<>()[]"
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class LogPlace:
    """The names that a message gives: the account, the folder in its container, the file."""

    account: str
    folder: str
    file: LogFile


def place_in(message: str, staging: tuple[str, str]) -> LogPlace | None:
    """The place that `message` names; None when it names none.

    `staging`: subscription and name of the template's staging group. Raises `LookRefused` ("suspicious") for a place
    of another form, one in another group, and for two places.
    """
    text = message.encode("utf-8", "replace")[:_MOST]
    starts = {mark.end() for mark in _LOCATION.finditer(text)}
    starts |= {_word_start(text, path.start()) for path in _PATH.finditer(text)}
    found = {_place_at(text[start : start + 1000], staging) for start in starts}
    if len(found) > 1:
        raise LookRefused(Refusal("suspicious", "lastRunStatus.message"))
    return found.pop() if found else None


def _word_start(text: bytes, at: int) -> int:
    """Where the word begins that holds `at`."""
    while at > 0 and text[at - 1] not in _DELIMITERS:
        at -= 1
    return at


def _place_at(text: bytes, staging: tuple[str, str]) -> LogPlace:
    url = _URL.search(text)
    if url:
        return LogPlace(url[1].decode().lower(), url[2].decode(), _file(url[3]))
    resource = _RESOURCE.search(text)
    if resource:
        subscription, group = resource[1].decode().lower(), resource[2].decode().lower()
        if (subscription, group) == (staging[0].lower(), staging[1].lower()):
            return LogPlace(resource[3].decode().lower(), resource[4].decode(), _file(resource[5]))
    raise LookRefused(Refusal("suspicious", "lastRunStatus.message"))


def _file(name: bytes) -> LogFile:
    return VALIDATION if name.lower() == b"validation" else CUSTOMIZATION


def endpoints_of(accounts: Sequence[dict[str, Any]], cloud: AzureCloud) -> dict[str, str]:
    """The accounts that Resource Manager reports, name and checked endpoint without a slash at its end.

    Raises `LookRefused` ("suspicious") for an endpoint that is not the cloud's own.
    """
    found: dict[str, str] = {}
    for account in accounts:
        name = str(account.get("name", "")).lower()
        properties = account.get("properties")
        endpoints = properties.get("primaryEndpoints") if isinstance(properties, dict) else None
        blob = endpoints.get("blob") if isinstance(endpoints, dict) else None
        if not is_account(name) or not isinstance(blob, str):
            continue  # an account without blobs holds no log
        if not _is_own(blob, name, cloud):
            raise LookRefused(Refusal("suspicious", name))
        found[name] = blob.rstrip("/")
    return found


def _is_own(endpoint: str, account: str, cloud: AzureCloud) -> bool:
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
