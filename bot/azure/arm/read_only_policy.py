"""Let only reading requests leave for Azure, only to the checked address, and retry each at most once."""

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
from bot.errors import BotError

SendNext = Callable[[PipelineRequest[Any]], Awaitable[PipelineResponse[Any, Any]]]

CONNECT_SECONDS = 3
READ_SECONDS = 6
RETRY_DELAY_SECONDS = 0.2
"""Seconds before the retry if Azure doesn't name a wait."""
_RETRYABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_DEFAULT_PORTS = {"https": 443, "http": 80}


# an AzureError too: it is raised inside the SDK, whose pagers, pollers and retries handle no other base
class ForeignAddressError(BotError, AzureError):
    """A request was stopped: it would have left for an address outside the cloud, or changed something."""


class Deadline:
    """The time when a result is due. A long read renews it for each part."""

    def __init__(self, seconds: float) -> None:
        self._due_at = time.monotonic() + seconds

    @property
    def remaining_seconds(self) -> float:
        """Return the seconds that are left, at least 0."""
        return max(self._due_at - time.monotonic(), 0.0)

    def renew(self, seconds: float) -> None:
        """Move the deadline to `seconds` from now."""
        self._due_at = time.monotonic() + seconds


class ReadOnlyPolicy:
    """Lets through only GET and HEAD, and only to `base` and the paths below it.

    A request that failed for a transient reason is retried once, if the wait that Azure asks for fits the deadline.
    """

    def __init__(self, base: str, deadline: Deadline) -> None:
        self._base = _split_url(base)
        self._deadline = deadline

    async def send(self, request: PipelineRequest[Any], send_next: SendNext) -> PipelineResponse[Any, Any]:
        """Check the request and send it. Raise `ForeignAddressError`, or whatever `send_next` raises."""
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
        retry_after = parse_retry_after(response.http_response.headers)
        pause = RETRY_DELAY_SECONDS if retry_after is None else max(retry_after, RETRY_DELAY_SECONDS)
        # a retry without time for its response would only lose the first response
        if pause * 2 > self._deadline.remaining_seconds:
            return response
        await asyncio.sleep(pause)
        return await send_next(request)

    def _check(self, method: str, url: str) -> None:
        if method not in ("GET", "HEAD"):
            raise ForeignAddressError(f"A lookup only reads; the request was a {method}.")
        try:
            scheme, user, host, port, path = _split_url(url)
        except ValueError:
            raise ForeignAddressError("The address can't be parsed.") from None
        base_scheme, _, base_host, base_port, base_path = self._base
        # servers resolve `..` after decoding, and some take `\` for `/`
        segments = unquote(path).replace("\\", "/").split("/")
        is_same_origin = (scheme, user, host, port) == (base_scheme, None, base_host, base_port)
        if not is_same_origin or ".." in segments or "." in segments:
            raise ForeignAddressError("The address is not the cloud's own.")
        if path != base_path and not path.startswith(base_path.rstrip("/") + "/"):
            raise ForeignAddressError("The address is outside the part of the cloud that this client may read.")


class ResourceManagerReadOnlyPolicy(AsyncHTTPPolicy[Any, Any]):
    """`ReadOnlyPolicy` for Resource Manager's client. It must come before the policy that adds the token."""

    def __init__(self, policy: ReadOnlyPolicy) -> None:
        super().__init__()
        self._policy = policy

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request if the policy lets it through."""
        return await self._policy.send(request, self.next.send)


class StorageReadOnlyPolicy(LinearRetry):
    """`ReadOnlyPolicy` for Storage's client, in place of its retry policy, which runs before the token is added.

    It inherits the bookkeeping of the SDK's policy but not its retries, which would wait for a minute.
    """

    def __init__(self, policy: ReadOnlyPolicy) -> None:
        super().__init__(backoff=0, retry_total=0)
        self._policy = policy

    # the SDK types its asynchronous policy as a synchronous one
    async def send(  # type: ignore[override]
        self, request: PipelineRequest[Any]
    ) -> PipelineResponse[Any, Any]:
        """Send the request if the policy lets it through."""
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
