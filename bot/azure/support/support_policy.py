"""The pipeline policy for requests to Azure Support: which addresses they may reach, and what is retried."""

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
"""The pause before a retry if Azure does not name one."""
MAX_RETRY_DELAY_SECONDS = 5
"""If Azure asks for a longer pause, its response is returned instead of retried."""
_RETRYABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_READ_METHODS = ("GET", "HEAD")
_DEFAULT_PORTS = {"https": 443}


class SupportApiPolicy(AsyncHTTPPolicy[Any, Any]):
    """A policy that only allows requests to the Support API of one subscription.

    It comes before the policy that adds the token, so the token never goes to another address.

    A read that fails for a temporary reason is tried up to `MAX_ATTEMPTS` times. A request that creates something is
    sent once: the caller must check whether it was created before sending it again.
    """

    def __init__(self, base_url: str, subscription: str, retry_delay_seconds: float) -> None:
        super().__init__()
        self._base_url_parts = _split_url(base_url)
        tickets_prefix = f"/subscriptions/{subscription}/providers/microsoft.support/".lower()
        self._read_prefixes = ("/providers/microsoft.support/services", tickets_prefix)
        self._write_prefixes = (tickets_prefix,)
        self._retry_delay_seconds = retry_delay_seconds

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Check the address of `request` and send it.

        Raises:
            ForeignAddressError: the address does not belong to the Support API of the subscription.
            AzureError: whatever the rest of the pipeline raises.
        """
        is_read = request.http_request.method in _READ_METHODS
        self._check_url(request.http_request.url, self._read_prefixes if is_read else self._write_prefixes)
        if not is_read:
            return await self.next.send(request)
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                response = await self.next.send(request)
            except (ServiceRequestError, ServiceResponseError, IncompleteReadError):
                await asyncio.sleep(self._retry_delay_seconds)
                continue
            if response.http_response.status_code not in _RETRYABLE_STATUSES:
                return response
            retry_after = parse_retry_after(response.http_response.headers)
            if retry_after is not None and retry_after > MAX_RETRY_DELAY_SECONDS:
                return response
            await asyncio.sleep(max(self._retry_delay_seconds, retry_after or 0))
        return await self.next.send(request)

    def _check_url(self, url: str, allowed_prefixes: tuple[str, ...]) -> None:
        try:
            *origin, path = _split_url(url)
        except ValueError:
            raise ForeignAddressError("The address cannot be read.") from None
        segments = unquote(path).replace("\\", "/").split("/")
        # a dot segment would pass the prefix check below and still lead out of the prefix
        if origin != list(self._base_url_parts[:-1]) or ".." in segments or "." in segments:
            raise ForeignAddressError("The address is not the cloud's own.")
        if not path.lower().startswith(allowed_prefixes):
            raise ForeignAddressError("The address is not of the Support API.")


def _split_url(url: str) -> tuple[str, str | None, str | None, int | None, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.username, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme), parts.path
