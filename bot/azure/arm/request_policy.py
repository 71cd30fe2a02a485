"""Send only requests that a rule allows, only to the checked address, and retry only reads."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError, IncompleteReadError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy
from azure.storage.blob.aio import LinearRetry

from bot.azure.arm.allowed_requests import READ_METHODS, AllowRule
from bot.azure.arm.retry_after import parse_retry_after
from bot.errors import BotError
from knowledge.azure_names import GUID

SendNext = Callable[[PipelineRequest[Any]], Awaitable[PipelineResponse[Any, Any]]]

_RETRYABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_DEFAULT_PORTS = {"https": 443, "http": 80}
_PLACEHOLDER = re.compile(r"(\{\w+\}|/\*\*)")
_PLACEHOLDER_PATTERNS = {"{guid}": GUID, "{name}": r"[^/\x00-\x1f]+", "/**": "/.+"}


# an AzureError too: it's raised inside the SDK, whose pagers, pollers, and retries handle no other base class
class ForeignAddressError(BotError, AzureError):
    """A request was blocked: its address is outside the cloud, or no rule allows it."""


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


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often a read is tried, and how long it waits in between.

    Attributes:
        max_attempts: Including the first one.
        pause_seconds: The pause before another attempt if Azure doesn't ask for a wait.
        get_max_pause: Returns the longest wait. If Azure asks for more, its response is returned instead.
    """

    max_attempts: int
    pause_seconds: float
    get_max_pause: Callable[[], float]


class RequestPolicy:
    """Lets through requests that one of `rules` allows, at `base` or below.

    A read that failed for a transient reason is repeated as `retry` says. A request that changes something is sent
    once: the caller must check its outcome before sending it again.
    """

    def __init__(self, base: str, rules: Sequence[AllowRule], retry: RetryRule) -> None:
        *self._origin, base_path = _split_url(base)
        base_pattern = re.escape(base_path.rstrip("/"))
        self._rules = [(rule.methods, re.compile(f"{base_pattern}(?ai:{_build_pattern(rule.path)})")) for rule in rules]
        self._retry = retry

    async def send(self, request: PipelineRequest[Any], send_next: SendNext) -> PipelineResponse[Any, Any]:
        """Check the request and send it. Raise `ForeignAddressError`, or whatever `send_next` raises."""
        self._check(request.http_request.method, request.http_request.url)
        retries = self._retry.max_attempts - 1 if request.http_request.method in READ_METHODS else 0
        for _ in range(retries):
            pause = self._retry.pause_seconds
            try:
                response = await send_next(request)
            except (ServiceRequestError, ServiceResponseError, IncompleteReadError):
                if pause > self._retry.get_max_pause():
                    raise
            else:
                if response.http_response.status_code not in _RETRYABLE_STATUSES:
                    return response
                pause = max(pause, parse_retry_after(response.http_response.headers) or 0)
                if pause > self._retry.get_max_pause():
                    return response
            await asyncio.sleep(pause)
        return await send_next(request)

    def _check(self, method: str, url: str) -> None:
        try:
            *origin, path = _split_url(url)
        except ValueError:
            raise ForeignAddressError("The address can't be parsed.") from None
        # servers resolve `..` after decoding, and some treat `\` as `/`
        path = unquote(path).replace("\\", "/")
        segments = path.split("/")
        if origin != self._origin or ".." in segments or "." in segments:
            raise ForeignAddressError("The address isn't part of the cloud.")
        if not any(method in methods and pattern.fullmatch(path) for methods, pattern in self._rules):
            raise ForeignAddressError(f"No rule allows this {method} request.")


class ResourceManagerPolicy(AsyncHTTPPolicy[Any, Any]):
    """`RequestPolicy` for a client of Resource Manager. It must come before the policy that adds the token."""

    def __init__(self, policy: RequestPolicy) -> None:
        super().__init__()
        self._policy = policy

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request if the policy lets it through."""
        return await self._policy.send(request, self.next.send)


class StoragePolicy(LinearRetry):
    """`RequestPolicy` for Storage's client, in place of its retry policy, which runs before the token is added.

    It inherits the bookkeeping of the SDK's policy but not its retries, which would wait for a minute.
    """

    def __init__(self, policy: RequestPolicy) -> None:
        super().__init__(backoff=0, retry_total=0)
        self._policy = policy

    # the SDK types its asynchronous policy as a synchronous one
    async def send(  # type: ignore[override]
        self, request: PipelineRequest[Any]
    ) -> PipelineResponse[Any, Any]:
        """Send the request if the policy lets it through."""
        return await self._policy.send(request, super().send)


def _build_pattern(path: str) -> str:
    return "".join(_PLACEHOLDER_PATTERNS.get(part) or re.escape(part) for part in _PLACEHOLDER.split(path))


def _split_url(url: str) -> tuple[str, str | None, str | None, int | None, str]:
    parts = urlsplit(url)
    return (
        parts.scheme,
        parts.username,
        parts.hostname,
        parts.port or _DEFAULT_PORTS.get(parts.scheme),
        parts.path or "/",
    )
