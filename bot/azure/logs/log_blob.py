"""A build log in Storage, read in ranges; notices if it grew or was replaced while being read."""

from __future__ import annotations

from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError
from azure.storage.blob.aio import BlobClient

from bot.azure.clients.refusals import STORAGE, build_refused_error
from bot.errors import BotError

OVERLAP_BYTES = 4 << 10
"""How many of the last bytes read are kept, to distinguish a log that grew from one that was replaced."""
_MAX_ATTEMPTS = 4


class LogReplacedError(BotError):
    """The log that was being read has been replaced by another one."""


class LogBlob:
    """A log as it was when opened: `size` bytes. What's appended later isn't read.

    `target` names the log in refusals; `scope` is the resource id of its storage account.
    """

    def __init__(self, client: BlobClient, target: str, scope: str) -> None:
        self.size = 0
        self._client = client
        self._target = target
        self._scope = scope
        self._etag = ""
        self._overlap: tuple[int, bytes] | None = None

    async def open(self) -> None:
        """Fetch the current size and version, even if the log is already open. Raise `AzureRefusedError`."""
        try:
            properties = await self._client.get_blob_properties()
        except Exception as error:
            raise build_refused_error(error, self._target, STORAGE, self._scope) from error
        self.size, self._etag, self._overlap = properties.size, properties.etag, None

    async def read(self, start: int, end: int) -> bytes:
        """Read the bytes from `start` up to `end`, which must be within `size`.

        Raises:
            AzureRefusedError: Storage refuses.
            LogReplacedError: It's a different log now, or shorter than before.
        """
        for _ in range(_MAX_ATTEMPTS):
            content = await self._read_range(start, end)
            if content is not None:
                if self._overlap is None or end > self._overlap[0] + len(self._overlap[1]):
                    self._overlap = (max(start, end - OVERLAP_BYTES), content[-OVERLAP_BYTES:])
                return content
            await self._check_growth()
        raise LogReplacedError("The log changes faster than it can be read.")

    async def _check_growth(self) -> None:
        """Adopt the new version of a changed log if it contains what was read of the old one."""
        if self._overlap is None:  # nothing to compare with: reading starts over, with the new size
            raise LogReplacedError("The log changed before any of it was read.")
        start, expected = self._overlap
        content = await self._read_range(start, start + len(expected), should_adopt_version=True)
        if content != expected:
            raise LogReplacedError("The log was replaced by another one.")

    async def _read_range(self, start: int, end: int, *, should_adopt_version: bool = False) -> bytes | None:
        """Read a range; return None if the log has changed.

        With `should_adopt_version`, read any version, and expect that one from then on.
        """
        conditions: dict[str, Any] = (
            {} if should_adopt_version else {"etag": self._etag, "match_condition": MatchConditions.IfNotModified}
        )
        try:
            stream = await self._client.download_blob(offset=start, length=end - start, **conditions)
            content: bytes = await stream.readall()
        except ResourceModifiedError:
            return None
        except HttpResponseError as error:
            if error.status_code == 416:  # range not satisfiable
                raise LogReplacedError("The log is shorter than it was.") from error
            raise build_refused_error(error, self._target, STORAGE, self._scope) from error
        except Exception as error:
            raise build_refused_error(error, self._target, STORAGE, self._scope) from error
        if should_adopt_version:
            self._etag = stream.properties.etag
        elif len(content) != end - start:
            raise LogReplacedError("The log is shorter than it was.")
        return content
