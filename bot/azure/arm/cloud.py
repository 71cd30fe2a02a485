"""Where Azure is: the addresses of one cloud, to which tokens may go and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AzureCloud:
    """The addresses of one cloud. URLs are https, without a slash at their end.

    `blob_suffix` is what the host of every storage account ends with (`blob.core.windows.net`); where it is "", blobs
    are served under `blob_base` + `/` + account, as the stand-ins do. `trusted`: a file of certificate authorities,
    None for the usual ones. `portal` is where a person would look.
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
