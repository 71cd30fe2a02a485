"""Lists of containers and blobs in Storage's XML, split into pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

from bot.sandbox.azure_errors import FakeAzureError

_MAX_RESULTS = 5000  # the limit of Azure Storage


class ListedBlob(Protocol):
    """What a list tells about a blob."""

    @property
    def name(self) -> str:
        """Return the name within the container, with its folders."""
        ...

    @property
    def size(self) -> int:
        """Return the size in bytes."""
        ...

    @property
    def modified_at(self) -> datetime:
        """Return when the blob was last written to."""
        ...

    @property
    def etag(self) -> str:
        """Return the ETag with its quotation marks."""
        ...


def build_containers_xml(endpoint: str, names: Sequence[str], modified_at: datetime) -> str:
    """Build the list of an account's containers; `endpoint` is the address of the account."""
    items = "".join(
        f"<Container><Name>{escape(name)}</Name><Properties><Last-Modified>{_format_date(modified_at)}</Last-Modified>"
        '<Etag>"0x8D000000000000"</Etag><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>'
        "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>"
        "</Properties></Container>"
        for name in names
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint={quoteattr(endpoint)}>'
        f"<Containers>{items}</Containers><NextMarker /></EnumerationResults>"
    )


def build_blobs_xml(endpoint: str, container: str, blobs: Sequence[ListedBlob], query: Mapping[str, str]) -> str:
    """Build one page of the list of a container's blobs.

    Args:
        endpoint: The address of the storage account.
        container: The container's name.
        blobs: All blobs of the container, sorted by name.
        query: The request's parameters; `prefix`, `delimiter`, `marker`, and `maxresults` are read.

    Raises:
        FakeAzureError: `maxresults` is out of range, or another parameter can't be a part of a name (400).
    """
    prefix, delimiter, marker = (query.get(name, "") for name in ("prefix", "delimiter", "marker"))
    if not (prefix + delimiter + marker).isprintable():  # XML can't contain control characters
        raise FakeAzureError(400, "InvalidQueryParameterValue", "Value for one of the query parameters is invalid.")
    max_results = query.get("maxresults", str(_MAX_RESULTS))
    if not max_results.isascii() or not max_results.isdigit() or not 1 <= int(max_results) <= _MAX_RESULTS:
        raise FakeAzureError(400, "OutOfRangeQueryParameterValue", "One of the query parameters is out of range.")
    items = _build_list_items(blobs, prefix, delimiter)
    names = [name for name in items if name >= marker]
    page, rest = names[: int(max_results)], names[int(max_results) :]
    next_marker = f"<NextMarker>{escape(rest[0])}</NextMarker>" if rest else "<NextMarker />"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint={quoteattr(endpoint)} '
        f"ContainerName={quoteattr(container)}><Prefix>{escape(prefix)}</Prefix><MaxResults>{max_results}</MaxResults>"
        f"<Delimiter>{escape(delimiter)}</Delimiter><Blobs>{''.join(items[name] for name in page)}</Blobs>{next_marker}"
        "</EnumerationResults>"
    )


def _build_list_items(blobs: Sequence[ListedBlob], prefix: str, delimiter: str) -> dict[str, str]:
    """Build the XML of each blob that starts with `prefix`, by name; with a delimiter, a folder counts as one item."""
    items: dict[str, str] = {}
    for blob in blobs:
        if not blob.name.startswith(prefix):
            continue
        folder_end = blob.name.find(delimiter, len(prefix)) if delimiter else -1
        if folder_end >= 0:
            folder = blob.name[: folder_end + len(delimiter)]
            # the same key for all blobs of a folder, so it is listed once
            items[folder] = f"<BlobPrefix><Name>{escape(folder)}</Name></BlobPrefix>"
        else:
            items[blob.name] = _build_blob_xml(blob)
    return items


def _build_blob_xml(blob: ListedBlob) -> str:
    return (
        f"<Blob><Name>{escape(blob.name)}</Name><Properties><Last-Modified>{_format_date(blob.modified_at)}</Last-Modified>"
        f"<Etag>{escape(blob.etag)}</Etag><Content-Length>{blob.size}</Content-Length>"
        "<Content-Type>application/octet-stream</Content-Type><BlobType>BlockBlob</BlobType>"
        "<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>"
        "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties></Blob>"
    )


def _format_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
