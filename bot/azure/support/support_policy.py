"""What leaves for Azure Support: to the cloud's own address, below Microsoft.Support, nothing made twice."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import IncompleteReadError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy

from bot.azure.arm.read_only_policy import ForeignAddress
from bot.azure.arm.retry_after import retry_after_of

TRIES = 3
PAUSE = 0.5
"""Seconds before another try where Azure names none."""
LONGEST_PAUSE = 5
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_READS = ("GET", "HEAD")
_PORTS = {"https": 443}


class SupportGuard(AsyncHTTPPolicy[Any, Any]):
    """Lets through what belongs to the Support API of one subscription; stands before the token is added.

    What only reads is tried `TRIES` times when it fails for a passing reason, unless Azure asks to wait longer than
    `LONGEST_PAUSE`. What makes something is sent once: whoever made it must look before asking again.
    """

    def __init__(self, base: str, subscription: str, pause: float = PAUSE) -> None:
        super().__init__()
        self._base = _parts(base)
        own = f"/subscriptions/{subscription}/providers/microsoft.support/".lower()
        self._below = {"read": ("/providers/microsoft.support/services", own), "change": (own,)}
        self._pause = pause

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Check and send. Raises `ForeignAddress`, and whatever the rest of the pipeline raises."""
        method, url = request.http_request.method, request.http_request.url
        reads = method in _READS
        self._check(url, self._below["read" if reads else "change"])
        if not reads:
            return await self.next.send(request)
        for _ in range(TRIES - 1):
            pause = self._pause
            try:
                response = await self.next.send(request)
            except (ServiceRequestError, ServiceResponseError, IncompleteReadError):
                await asyncio.sleep(pause)
                continue
            if response.http_response.status_code not in _AGAIN:
                return response
            asked = retry_after_of(response.http_response.headers)
            if asked is not None and asked > LONGEST_PAUSE:
                return response
            await asyncio.sleep(max(pause, asked or 0))
        return await self.next.send(request)

    def _check(self, url: str, below: tuple[str, ...]) -> None:
        try:
            *place, path = _parts(url)
        except ValueError:
            raise ForeignAddress("The address cannot be read.") from None
        steps = unquote(path).replace("\\", "/").split("/")
        if place != list(self._base[:-1]) or ".." in steps or "." in steps:
            raise ForeignAddress("The address is not the cloud's own.")
        if not path.lower().startswith(below):
            raise ForeignAddress("The address is not of the Support API.")


def _parts(url: str) -> tuple[str, str | None, str | None, int | None, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.username, parts.hostname, parts.port or _PORTS.get(parts.scheme), parts.path
