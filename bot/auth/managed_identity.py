"""Tokens of the bot's managed identity, through azure-identity. A bot that runs in Azure needs no secret."""

from __future__ import annotations

import asyncio
import time

from azure.identity.aio import ManagedIdentityCredential

from bot.auth.bot_token import IssuedToken
from bot.errors import TokenUnavailableError

TIMEOUT_SECONDS = 10
"""Time limit for a token; the library's own retries take minutes."""


class ManagedIdentityTokenSource:
    """Issues tokens for `scope` to the user-assigned managed identity with the client id `client_id`."""

    def __init__(self, client_id: str, scope: str) -> None:
        self._client_id = client_id
        self._scope = scope

    async def fetch(self) -> IssuedToken:
        """Fetch a new token.

        Raises:
            TokenUnavailableError: The identity isn't assigned to this machine, or its service doesn't answer.
        """
        # a new credential each time: it caches, and could return the token that the channel has just rejected
        credential = ManagedIdentityCredential(client_id=self._client_id, retry_total=1)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), credential:
                access_token = await credential.get_token(self._scope)
        except Exception as error:
            raise TokenUnavailableError(
                f"The managed identity gave no token ({type(error).__name__}). The identity with the client id "
                "MicrosoftAppId must be assigned to what the bot runs on: an App Service, a Container App, a VM."
            ) from error
        return IssuedToken(access_token.token, max(access_token.expires_on - time.time(), 1))
