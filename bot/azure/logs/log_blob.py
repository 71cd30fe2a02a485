"""A build log in Storage, read by ranges: knows when it grew while it was read, and when it was replaced."""

from __future__ import annotations

from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError
from azure.storage.blob.aio import BlobClient

from bot.azure.clients.refusals import build_refused_error

OVERLAP_BYTES = 4 << 10
"""The last bytes of what was read are kept, to tell a log that grew from another one in its place."""
_MAX_ATTEMPTS = 4


class LogReplacedError(Exception):
    """Another log stands where the one stood that was being read."""


class LogBlob:
    """A log as it was when it was opened: `size` bytes, and no more of it is read, however it grows.

    `what` names it in refusals, `scope` is the resource id of its account.
    """

    def __init__(self, client: BlobClient, target: str, scope: str) -> None:
        self.size = 0
        self._client = client
        self._target = target
        self._scope = scope
        self._etag = ""
        self._overlap: tuple[int, bytes] | None = None

    async def open(self) -> None:
        """Find out size and version, anew if they were known. Raises `LookRefused`."""
        try:
            properties = await self._client.get_blob_properties()
        except Exception as error:
            raise build_refused_error(error, self._target, "storage", self._scope) from error
        self.size, self._etag, self._overlap = properties.size, properties.etag, None

    async def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, within `size`.

        Raises:
            LookRefused: Storage refuses.
            Replaced: it is no longer the same log, or shorter than it was.
        """
        for _ in range(_MAX_ATTEMPTS):
            found = await self._read_range(start, end)
            if found is not None:
                if self._overlap is None or end > self._overlap[0] + len(self._overlap[1]):
                    self._overlap = (max(start, end - OVERLAP_BYTES), found[-OVERLAP_BYTES:])
                return found
            await self._check_growth()
        raise LogReplacedError  # it changes faster than it can be read

    async def _check_growth(self) -> None:
        """After a change: adopt the new version if it holds what was read of the old one."""
        if self._overlap is None:  # nothing was read yet: its end may be elsewhere now
            raise LogReplacedError
        start, known = self._overlap
        found = await self._read_range(start, start + len(known), should_adopt_version=True)
        if found != known:
            raise LogReplacedError

    async def _read_range(self, start: int, end: int, *, should_adopt_version: bool = False) -> bytes | None:
        """A range; None when the log has changed. `adopt`: of whatever version, which is then the one to go on with."""
        same: dict[str, Any] = (
            {} if should_adopt_version else {"etag": self._etag, "match_condition": MatchConditions.IfNotModified}
        )
        try:
            stream = await self._client.download_blob(offset=start, length=end - start, **same)
            content: bytes = await stream.readall()
        except ResourceModifiedError:
            return None
        except HttpResponseError as error:
            if error.status_code == 416:  # shorter than it was
                raise LogReplacedError from error
            raise build_refused_error(error, self._target, "storage", self._scope) from error
        except Exception as error:
            raise build_refused_error(error, self._target, "storage", self._scope) from error
        if should_adopt_version:
            self._etag = stream.properties.etag
        elif len(content) != end - start:
            raise LogReplacedError
        return content
