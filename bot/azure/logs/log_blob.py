"""A build log in Storage, read by ranges: knows when it grew while it was read, and when it was replaced."""

from __future__ import annotations

from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError
from azure.storage.blob.aio import BlobClient

from bot.azure.clients.refusals import refused

WITNESS = 4 << 10
"""The last bytes of what was read are kept, to tell a log that grew from another one in its place."""
_TRIES = 4


class Replaced(Exception):
    """Another log stands where the one stood that was being read."""


class LogBlob:
    """A log as it was when it was opened: `size` bytes, and no more of it is read, however it grows.

    `what` names it in refusals, `scope` is the resource id of its account.
    """

    def __init__(self, client: BlobClient, what: str, scope: str) -> None:
        self.size = 0
        self._client = client
        self._what = what
        self._scope = scope
        self._etag = ""
        self._witness: tuple[int, bytes] | None = None

    async def open(self) -> None:
        """Find out size and version, anew if they were known. Raises `LookRefused`."""
        try:
            properties = await self._client.get_blob_properties()
        except Exception as error:
            raise refused(error, self._what, "storage", self._scope) from error
        self.size, self._etag, self._witness = properties.size, properties.etag, None

    async def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, within `size`.

        Raises:
            LookRefused: Storage refuses.
            Replaced: it is no longer the same log, or shorter than it was.
        """
        for _ in range(_TRIES):
            found = await self._range(start, end)
            if found is not None:
                if self._witness is None or end > self._witness[0] + len(self._witness[1]):
                    self._witness = (max(start, end - WITNESS), found[-WITNESS:])
                return found
            await self._check_growth()
        raise Replaced  # it changes faster than it can be read

    async def _check_growth(self) -> None:
        """After a change: adopt the new version if it holds what was read of the old one."""
        if self._witness is None:  # nothing was read yet: its end may be elsewhere now
            raise Replaced
        start, known = self._witness
        found = await self._range(start, start + len(known), adopt=True)
        if found != known:
            raise Replaced

    async def _range(self, start: int, end: int, *, adopt: bool = False) -> bytes | None:
        """A range; None when the log has changed. `adopt`: of whatever version, which is then the one to go on with."""
        same: dict[str, Any] = {} if adopt else {"etag": self._etag, "match_condition": MatchConditions.IfNotModified}
        try:
            stream = await self._client.download_blob(offset=start, length=end - start, **same)
            content: bytes = await stream.readall()
        except ResourceModifiedError:
            return None
        except HttpResponseError as error:
            if error.status_code == 416:  # shorter than it was
                raise Replaced from error
            raise refused(error, self._what, "storage", self._scope) from error
        except Exception as error:
            raise refused(error, self._what, "storage", self._scope) from error
        if adopt:
            self._etag = stream.properties.etag
        elif len(content) != end - start:
            raise Replaced
        return content
