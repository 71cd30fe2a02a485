"""Client of the Bot Framework token service, which stores people's sign-ins to the bot's OAuth connection.

Tokens only pass through here. They are not stored, not logged, and not part of an error.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bot.auth.bot_token import TokenCache
from bot.auth.json_client import JsonClient
from bot.errors import BotError, ServiceUnreachableError, TokenUnavailableError

TIMEOUT_SECONDS = 4.0
"""Time limit for a call: a Teams client waits for most of them."""
MAX_TOKEN_CHARS = 16_384
CHANNEL = "msteams"

_LINK = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?/[!-~]{1,4000}")


class TokenServiceError(BotError):
    """The token service gave no usable answer, so it's unknown whether the person is signed in."""


@dataclass(frozen=True, slots=True)
class SignInResource:
    """How a person signs in: a short-lived link, and what Teams needs for single sign-on, without asking the person."""

    link: str = field(repr=False)
    exchange: Mapping[str, str] = field(default_factory=dict)


class TokenService:
    """The token service at `url`, for the OAuth connection `connection` of the bot `app_id`."""

    def __init__(self, client: JsonClient, tokens: TokenCache, app_id: str, connection: str, url: str) -> None:
        self.connection = connection
        self._client = client
        self._tokens = tokens
        self._app_id = app_id
        self._url = url

    async def fetch_token(self, person_id: str, code: str = "") -> str | None:
        """Fetch the token of a person (by their Teams id); return None if they are not signed in.

        `code` is the number that ends a sign-in in a browser: it proves that this person signed in there.

        Raises:
            TokenServiceError: The service gave no usable answer.
        """
        status, response = await self._call_for_person(
            "GET", "usertoken/GetToken", person_id, {"code": code} if code else {}
        )
        if status in (400, 404):  # 400: an unknown code
            return None
        if status != 200:
            raise _build_error(status)
        return _extract_token(response)

    async def exchange_token(self, person_id: str, token: str) -> str | None:
        """Exchange a token from a Teams client for the connection's; return None if refused, such as without consent.

        Raises:
            TokenServiceError: The service gave no usable answer.
        """
        status, response = await self._call_for_person("POST", "usertoken/exchange", person_id, {}, {"token": token})
        if 400 <= status < 500:
            return None
        if status != 200:
            raise _build_error(status)
        return _extract_token(response)

    async def fetch_sign_in_resource(self, reference: Mapping[str, Any]) -> SignInResource:
        """Fetch a new way to sign in, for the person in the conversation `reference`. Raise `TokenServiceError`."""
        conversation = {
            "activityId": reference.get("activity"),
            "user": {"id": reference.get("person")},
            "bot": {"id": reference.get("bot")},
            "conversation": {"id": reference.get("conversation")},
            "channelId": CHANNEL,
            "serviceUrl": reference.get("service"),
        }
        state = {"connectionName": self.connection, "conversation": conversation, "msAppId": self._app_id}
        encoded_state = base64.b64encode(json.dumps(state).encode()).decode()
        query = urlencode({"state": encoded_state})
        status, response = await self._call("GET", f"botsignin/GetSignInResource?{query}", None)
        link, exchange = response.get("signInLink"), response.get("tokenExchangeResource")
        if status != 200 or not isinstance(link, str) or not _LINK.fullmatch(link):
            raise _build_error(status)
        exchange = exchange if isinstance(exchange, dict) else {}
        exchange = {name: exchange[name] for name in ("id", "uri", "providerId") if isinstance(exchange.get(name), str)}
        return SignInResource(link, exchange if "id" in exchange and "uri" in exchange else {})

    async def sign_out(self, person_id: str) -> None:
        """Forget the person's sign-in. Raise `TokenServiceError`."""
        status, _ = await self._call_for_person("DELETE", "usertoken/SignOut", person_id, {})
        if status not in (200, 204, 404):
            raise _build_error(status)

    async def _call_for_person(
        self,
        method: str,
        path: str,
        person_id: str,
        extra_query: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        query = {"userId": person_id, "connectionName": self.connection, "channelId": CHANNEL, **extra_query}
        return await self._call(method, f"{path}?{urlencode(query)}", body)

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
        url = f"{self._url}/api/{path}"
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                token = await self._tokens.get()
                status, response = await self._client.call(method, url, body, _build_auth_headers(token))
                # the bot's own token can be revoked before it expires: try once with a new one
                new_token = await self._tokens.renew(token) if status == 401 else None
                if new_token is not None:
                    status, response = await self._client.call(method, url, body, _build_auth_headers(new_token))
        except (ServiceUnreachableError, TokenUnavailableError) as error:
            raise TokenServiceError(f"The token service can't be called. {error}") from None
        except TimeoutError:
            raise TokenServiceError(f"The token service gave no answer within {TIMEOUT_SECONDS:g} s.") from None
        if status == 401:
            raise TokenServiceError("The token service rejects the bot's own token (status 401).")
        return status, response


def _extract_token(response: Mapping[str, Any]) -> str | None:
    token = response.get("token")
    return token if isinstance(token, str) and 0 < len(token) <= MAX_TOKEN_CHARS else None


def _build_error(status: int) -> TokenServiceError:
    return TokenServiceError(f"The token service gave no usable answer (status {status}).")


def _build_auth_headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
