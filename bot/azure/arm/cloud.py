"""The addresses of an Azure cloud. Tokens are sent to these addresses only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AzureCloud:
    """The addresses of one cloud: https URLs without a trailing slash.

    `blob_suffix` ends the host name of every storage account (`blob.core.windows.net`). If it is "", blobs are served
    at `blob_base`/account, as in the sandbox and in Azurite. `ca_file` holds certificate authorities to trust, None
    for the system's. `portal` is the web portal for people.
    """

    resource_manager: str
    resource_scope: str
    storage_scope: str
    authority: str
    portal: str
    blob_suffix: str = ""
    blob_base: str = ""
    ca_file: Path | None = None


PUBLIC = AzureCloud(
    resource_manager="https://management.azure.com",
    resource_scope="https://management.azure.com/.default",
    storage_scope="https://storage.azure.com/.default",
    authority="https://login.microsoftonline.com",
    portal="https://portal.azure.com",
    blob_suffix="blob.core.windows.net",
)
US_GOVERNMENT = AzureCloud(
    resource_manager="https://management.usgovcloudapi.net",
    resource_scope="https://management.usgovcloudapi.net/.default",
    storage_scope="https://storage.azure.com/.default",
    authority="https://login.microsoftonline.us",
    portal="https://portal.azure.us",
    blob_suffix="blob.core.usgovcloudapi.net",
)
