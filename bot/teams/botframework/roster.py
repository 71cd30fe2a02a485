"""Read all members of a conversation from the connector, page by page, within limits; never just some of them."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from yarl import URL

from bot.errors import DeliveryError
from bot.teams.botframework.connector import ConnectorTransport

PAGE_SIZE = 500
"""How many members per page; Teams returns no more."""
MAX_PAGES = 20
MAX_PAGE_BYTES = 1_000_000
TIMEOUT_SECONDS = 10.0
"""For all pages together: a person is waiting for the answer."""


class RosterReader:
    """Reads lists of members through `transport`."""

    def __init__(self, transport: ConnectorTransport, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._transport = transport
        self._timeout_seconds = timeout_seconds

    async def read_members(self, service_url: str, conversation_id: str) -> list[Any]:
        """Return every member of a conversation or a team at a trusted service, as the connector describes them.

        Raises:
            DeliveryError: They can't be read, there are too many, or it takes too long.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._read_pages(service_url, conversation_id)
        except TimeoutError:
            raise DeliveryError("The channel took too long to list the members of a conversation.") from None

    async def _read_pages(self, service_url: str, conversation_id: str) -> list[Any]:
        url = f"{service_url.rstrip('/')}/v3/conversations/{quote(conversation_id, safe='')}/pagedmembers"
        members: list[Any] = []
        continuation = ""
        for _ in range(MAX_PAGES):
            page = await self._transport.fetch(
                URL(f"{url}?pageSize={PAGE_SIZE}{continuation}", encoded=True), MAX_PAGE_BYTES
            )
            listed, token = page.get("members"), page.get("continuationToken")
            if not isinstance(listed, list):
                raise DeliveryError("The channel did not list the members of a conversation.", outcome="refused")
            members += listed
            if not token:
                return members
            continuation = f"&continuationToken={quote(str(token), safe='')}"
        raise DeliveryError("A conversation has too many members to read.", outcome="refused")
