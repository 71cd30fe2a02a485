"""What leaves for Azure: requests that only read, only to the one address that was checked, at most once more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError, IncompleteReadError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy
from azure.storage.blob.aio import LinearRetry

from bot.azure.arm.retry_after import retry_after_of

Onward = Callable[[PipelineRequest[Any]], Awaitable[PipelineResponse[Any, Any]]]

CONNECT_SECONDS = 3
READ_SECONDS = 6
PAUSE = 0.2
"""Seconds before the second try where Azure names none."""
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_PORTS = {"https": 443, "http": 80}


class ForeignAddress(AzureError):
    """A request was about to leave for an address that is not the cloud's own, or to change something."""


class Deadline:
    """When an answer is due; a part of a longer read may have a deadline of its own."""

    def __init__(self, seconds: float) -> None:
        self._due = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, at least 0."""
        return max(self._due - time.monotonic(), 0.0)

    def renew(self, seconds: float) -> None:
        """Begin anew, with `seconds` from now."""
        self._due = time.monotonic() + seconds


class Guard:
    """Lets GET and HEAD through to `base` and what is below it, and nothing else.

    A request that failed for a passing reason is sent once more, when Azure's wish to wait fits the deadline.
    """

    def __init__(self, base: str, deadline: Deadline) -> None:
        self._base = _parts(base)
        self._deadline = deadline

    async def send(self, request: PipelineRequest[Any], onward: Onward) -> PipelineResponse[Any, Any]:
        """Check and send. Raises `ForeignAddress`, and whatever `onward` raises."""
        self._check(request.http_request.method, request.http_request.url)
        try:
            response = await onward(request)
        except (ServiceRequestError, ServiceResponseError, IncompleteReadError):
            if self._deadline.left <= PAUSE:
                raise
            await asyncio.sleep(PAUSE)
            return await onward(request)
        if response.http_response.status_code not in _AGAIN:
            return response
        asked = retry_after_of(response.http_response.headers)
        pause = PAUSE if asked is None else max(asked, PAUSE)
        # a second try that leaves no time for its answer would only cost the first one's
        if pause * 2 > self._deadline.left:
            return response
        await asyncio.sleep(pause)
        return await onward(request)

    def _check(self, method: str, url: str) -> None:
        if method not in ("GET", "HEAD"):
            raise ForeignAddress(f"A look only reads; the request was a {method}.")
        try:
            scheme, user, host, port, path = _parts(url)
        except ValueError:
            raise ForeignAddress("The address cannot be read.") from None
        own_scheme, _, own_host, own_port, own_path = self._base
        steps = unquote(path).replace("\\", "/").split("/")
        if (scheme, user, host, port) != (own_scheme, None, own_host, own_port) or ".." in steps or "." in steps:
            raise ForeignAddress("The address is not the cloud's own.")
        if path != own_path and not path.startswith(own_path.rstrip("/") + "/"):
            raise ForeignAddress("The address is outside of what is looked at.")


class ManagerGuard(AsyncHTTPPolicy[Any, Any]):
    """The guard of Resource Manager's client; stands before the policy that adds the token."""

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self._guard = guard

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send what the guard lets through."""
        return await self._guard.send(request, self.next.send)


class StorageGuard(LinearRetry):
    """The guard of Storage's client, in the place of its retries, which stand before the token is added.

    It leaves the SDK's own policy its housekeeping, and takes its retries away: they would wait for a minute.
    """

    def __init__(self, guard: Guard) -> None:
        super().__init__(backoff=0, retry_total=0)
        self._guard = guard

    # the SDK's own asynchronous policy is typed as a synchronous one
    async def send(  # type: ignore[override]
        self, request: PipelineRequest[Any]
    ) -> PipelineResponse[Any, Any]:
        """Send what the guard lets through."""
        return await self._guard.send(request, super().send)


def _parts(url: str) -> tuple[str, str | None, str | None, int | None, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.username, parts.hostname, parts.port or _PORTS.get(parts.scheme), parts.path or "/"
