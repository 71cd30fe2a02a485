"""Lists of containers and blobs in the XML of Storage, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

from bot.sandbox.azure_errors import FakeAzureError

_MAX_RESULTS = 5000


class ListedBlob(Protocol):
    """What a list says of a blob."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def modified_at(self) -> datetime: ...
    @property
    def etag(self) -> str: ...


def build_containers_xml(endpoint: str, names: Sequence[str], modified_at: datetime) -> str:
    """The containers of an account, whose address is `endpoint`."""
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
    """One page of a container's blobs, sorted by name; `query` holds prefix, delimiter, marker and maxresults.

    Raises:
        Refused: 400 for a number of results that is none, and for names that no blob has.
    """
    prefix, delimiter, marker = (query.get(name, "") for name in ("prefix", "delimiter", "marker"))
    if not (prefix + delimiter + marker).isprintable():  # XML has no way to repeat them
        raise FakeAzureError(400, "InvalidQueryParameterValue", "Value for one of the query parameters is invalid.")
    most = query.get("maxresults", str(_MAX_RESULTS))
    if not most.isascii() or not most.isdigit() or not 1 <= int(most) <= _MAX_RESULTS:
        raise FakeAzureError(400, "OutOfRangeQueryParameterValue", "One of the query parameters is out of range.")
    found: dict[str, str] = {}
    for blob in blobs:
        if not blob.name.startswith(prefix):
            continue
        cut = blob.name.find(delimiter, len(prefix)) if delimiter else -1
        if cut >= 0:
            folder = blob.name[: cut + len(delimiter)]
            found[folder] = f"<BlobPrefix><Name>{escape(folder)}</Name></BlobPrefix>"
        else:
            found[blob.name] = _build_blob_xml(blob)
    names = [name for name in found if name >= marker]
    page, rest = names[: int(most)], names[int(most) :]
    after = f"<NextMarker>{escape(rest[0])}</NextMarker>" if rest else "<NextMarker />"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint={quoteattr(endpoint)} '
        f"ContainerName={quoteattr(container)}><Prefix>{escape(prefix)}</Prefix><MaxResults>{most}</MaxResults>"
        f"<Delimiter>{escape(delimiter)}</Delimiter><Blobs>{''.join(found[name] for name in page)}</Blobs>{after}"
        "</EnumerationResults>"
    )


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
