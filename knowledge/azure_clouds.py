"""The Azure clouds: one row for each, with every address that differs. Tokens are sent to these addresses only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AzureCloud:
    """The addresses of one cloud: https URLs without a trailing slash.

    Attributes:
        resource_manager: Where resources are listed, and tickets filed.
        resource_scope: The scope of a token for it.
        storage_scope: The scope of a token for blobs.
        authority: Where people sign in.
        portal: The web portal for people.
        blob_suffix: The suffix of every storage account's host name. If it is "", blobs are at `blob_base`/account.
        zoned_blob_suffix: The suffix for an account in a DNS zone, after `z00.`; "" where there are none.
        blob_base: Used by the sandbox and Azurite, where accounts don't have their own host names.
        ca_file: Certificate authorities to trust; None means the system's.
        mentions: What a text about this cloud contains, as a pattern; "" for the default cloud.
    """

    resource_manager: str
    resource_scope: str
    storage_scope: str
    authority: str
    portal: str
    blob_suffix: str = ""
    zoned_blob_suffix: str = ""
    blob_base: str = ""
    ca_file: Path | None = None
    mentions: str = ""


DEFAULT_CLOUD = "public"
CLOUDS: Mapping[str, AzureCloud] = {
    DEFAULT_CLOUD: AzureCloud(
        resource_manager="https://management.azure.com",
        resource_scope="https://management.azure.com/.default",
        storage_scope="https://storage.azure.com/.default",
        authority="https://login.microsoftonline.com",
        portal="https://portal.azure.com",
        blob_suffix="blob.core.windows.net",
        zoned_blob_suffix="blob.storage.azure.net",
    ),
    "usgovernment": AzureCloud(
        resource_manager="https://management.usgovcloudapi.net",
        resource_scope="https://management.usgovcloudapi.net/.default",
        storage_scope="https://storage.azure.com/.default",
        authority="https://login.microsoftonline.us",
        portal="https://portal.azure.us",
        blob_suffix="blob.core.usgovcloudapi.net",
        mentions=r"\b(?:usgov|usdod)[a-z]{3,20}\b|\.usgovcloudapi\.net\b",
    ),
}
"""Keyed by the values of `AZURE_CLOUD`. Each has a sentence `case.ways.in.…` in `dialogs/texts/`."""

_MENTIONS = {
    name: re.compile(cloud.mentions, re.IGNORECASE | re.ASCII) for name, cloud in CLOUDS.items() if cloud.mentions
}


def detect_cloud(text: str) -> str:
    """Return the name of the cloud whose regions or addresses `text` mentions."""
    return next((name for name, mentions in _MENTIONS.items() if mentions.search(text)), DEFAULT_CLOUD)
