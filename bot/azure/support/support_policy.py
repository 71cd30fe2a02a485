"""What leaves for Azure Support: to the cloud's own address, below Microsoft.Support, nothing made twice."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import IncompleteReadError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy

from bot.azure.arm.read_only_policy import ForeignAddressError
from bot.azure.arm.retry_after import parse_retry_after

MAX_ATTEMPTS = 3
RETRY_DELAY_SECONDS = 0.5
"""Seconds before another try where Azure names none."""
MAX_RETRY_DELAY_SECONDS = 5
_RETRYABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_READ_METHODS = ("GET", "HEAD")
_DEFAULT_PORTS = {"https": 443}


class SupportApiPolicy(AsyncHTTPPolicy[Any, Any]):
    """Lets through what belongs to the Support API of one subscription; stands before the token is added.

    What only reads is tried `TRIES` times when it fails for a passing reason, unless Azure asks to wait longer than
    `LONGEST_PAUSE`. What makes something is sent once: whoever made it must look before asking again.
    """

    def __init__(self, base_url: str, subscription: str, retry_delay_seconds: float = RETRY_DELAY_SECONDS) -> None:
        super().__init__()
        self._base_url_parts = _split_url(base_url)
        own = f"/subscriptions/{subscription}/providers/microsoft.support/".lower()
        self._allowed_prefixes = {"read": ("/providers/microsoft.support/services", own), "change": (own,)}
        self._retry_delay_seconds = retry_delay_seconds

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Check and send. Raises `ForeignAddress`, and whatever the rest of the pipeline raises."""
        method, url = request.http_request.method, request.http_request.url
        reads = method in _READ_METHODS
        self._check_url(url, self._allowed_prefixes["read" if reads else "change"])
        if not reads:
            return await self.next.send(request)
        for _ in range(MAX_ATTEMPTS - 1):
            pause = self._retry_delay_seconds
            try:
                response = await self.next.send(request)
            except (ServiceRequestError, ServiceResponseError, IncompleteReadError):
                await asyncio.sleep(pause)
                continue
            if response.http_response.status_code not in _RETRYABLE_STATUSES:
                return response
            asked = parse_retry_after(response.http_response.headers)
            if asked is not None and asked > MAX_RETRY_DELAY_SECONDS:
                return response
            await asyncio.sleep(max(pause, asked or 0))
        return await self.next.send(request)

    def _check_url(self, url: str, allowed_prefixes: tuple[str, ...]) -> None:
        try:
            *place, path = _split_url(url)
        except ValueError:
            raise ForeignAddressError("The address cannot be read.") from None
        steps = unquote(path).replace("\\", "/").split("/")
        if place != list(self._base_url_parts[:-1]) or ".." in steps or "." in steps:
            raise ForeignAddressError("The address is not the cloud's own.")
        if not path.lower().startswith(allowed_prefixes):
            raise ForeignAddressError("The address is not of the Support API.")


def _split_url(url: str) -> tuple[str, str | None, str | None, int | None, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.username, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme), parts.path
