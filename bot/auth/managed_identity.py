"""Tokens of the bot's managed identity, by azure-identity: where the bot runs in Azure it needs no secret at all."""

from __future__ import annotations

import asyncio
import time

from azure.identity.aio import ManagedIdentityCredential

from bot.auth.bot_token import IssuedToken
from bot.errors import TokenUnavailableError

TIMEOUT_SECONDS = 10
"""Seconds for an answer; the library alone would try for minutes."""


class ManagedIdentityTokenSource:
    """Tokens for `scope` of the user-assigned managed identity whose client id is `client_id`."""

    def __init__(self, client_id: str, scope: str) -> None:
        self._client_id = client_id
        self._scope = scope

    async def fetch(self) -> IssuedToken:
        """A new token.

        Raises:
            TokenUnavailable: the identity is not assigned to this machine, or its service does not answer.
        """
        # a credential of its own each time: it would keep the very token that the channel has just refused
        credential = ManagedIdentityCredential(client_id=self._client_id, retry_total=1)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), credential:
                found = await credential.get_token(self._scope)
        except Exception as error:
            raise TokenUnavailableError(
                f"The managed identity gave no token ({type(error).__name__}). The identity whose client id is "
                "MicrosoftAppId must be assigned to what the bot runs on: an App Service, a Container App, a VM."
            ) from error
        return IssuedToken(found.token, max(found.expires_on - time.time(), 1))
