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

from bot.azure.arm.retry_after import parse_retry_after

SendNext = Callable[[PipelineRequest[Any]], Awaitable[PipelineResponse[Any, Any]]]

CONNECT_SECONDS = 3
READ_SECONDS = 6
RETRY_DELAY_SECONDS = 0.2
"""Seconds before the second try where Azure names none."""
_RETRYABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_DEFAULT_PORTS = {"https": 443, "http": 80}


class ForeignAddressError(AzureError):
    """A request was about to leave for an address that is not the cloud's own, or to change something."""


class Deadline:
    """When an answer is due; a part of a longer read may have a deadline of its own."""

    def __init__(self, seconds: float) -> None:
        self._due_at = time.monotonic() + seconds

    @property
    def remaining_seconds(self) -> float:
        """Seconds until then, at least 0."""
        return max(self._due_at - time.monotonic(), 0.0)

    def renew(self, seconds: float) -> None:
        """Begin anew, with `seconds` from now."""
        self._due_at = time.monotonic() + seconds


class ReadOnlyPolicy:
    """Lets GET and HEAD through to `base` and what is below it, and nothing else.

    A request that failed for a passing reason is sent once more, when Azure's wish to wait fits the deadline.
    """

    def __init__(self, base: str, deadline: Deadline) -> None:
        self._base = _split_url(base)
        self._deadline = deadline

    async def send(self, request: PipelineRequest[Any], send_next: SendNext) -> PipelineResponse[Any, Any]:
        """Check and send. Raises `ForeignAddress`, and whatever `onward` raises."""
        self._check(request.http_request.method, request.http_request.url)
        try:
            response = await send_next(request)
        except (ServiceRequestError, ServiceResponseError, IncompleteReadError):
            if self._deadline.remaining_seconds <= RETRY_DELAY_SECONDS:
                raise
            await asyncio.sleep(RETRY_DELAY_SECONDS)
            return await send_next(request)
        if response.http_response.status_code not in _RETRYABLE_STATUSES:
            return response
        asked = parse_retry_after(response.http_response.headers)
        pause = RETRY_DELAY_SECONDS if asked is None else max(asked, RETRY_DELAY_SECONDS)
        # a second try that leaves no time for its answer would only cost the first one's
        if pause * 2 > self._deadline.remaining_seconds:
            return response
        await asyncio.sleep(pause)
        return await send_next(request)

    def _check(self, method: str, url: str) -> None:
        if method not in ("GET", "HEAD"):
            raise ForeignAddressError(f"A look only reads; the request was a {method}.")
        try:
            scheme, user, host, port, path = _split_url(url)
        except ValueError:
            raise ForeignAddressError("The address cannot be read.") from None
        own_scheme, _, own_host, own_port, own_path = self._base
        steps = unquote(path).replace("\\", "/").split("/")
        if (scheme, user, host, port) != (own_scheme, None, own_host, own_port) or ".." in steps or "." in steps:
            raise ForeignAddressError("The address is not the cloud's own.")
        if path != own_path and not path.startswith(own_path.rstrip("/") + "/"):
            raise ForeignAddressError("The address is outside of what is looked at.")


class ResourceManagerReadOnlyPolicy(AsyncHTTPPolicy[Any, Any]):
    """The guard of Resource Manager's client; stands before the policy that adds the token."""

    def __init__(self, policy: ReadOnlyPolicy) -> None:
        super().__init__()
        self._policy = policy

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send what the guard lets through."""
        return await self._policy.send(request, self.next.send)


class StorageReadOnlyPolicy(LinearRetry):
    """The guard of Storage's client, in the place of its retries, which stand before the token is added.

    It leaves the SDK's own policy its housekeeping, and takes its retries away: they would wait for a minute.
    """

    def __init__(self, policy: ReadOnlyPolicy) -> None:
        super().__init__(backoff=0, retry_total=0)
        self._policy = policy

    # the SDK's own asynchronous policy is typed as a synchronous one
    async def send(  # type: ignore[override]
        self, request: PipelineRequest[Any]
    ) -> PipelineResponse[Any, Any]:
        """Send what the guard lets through."""
        return await self._policy.send(request, super().send)


def _split_url(url: str) -> tuple[str, str | None, str | None, int | None, str]:
    parts = urlsplit(url)
    return (
        parts.scheme,
        parts.username,
        parts.hostname,
        parts.port or _DEFAULT_PORTS.get(parts.scheme),
        parts.path or "/",
    )
