"""The Bot Framework token service: keeps the sign-ins of people at the bot's OAuth connection, and gives their tokens.

A token passes through here and is kept nowhere: not in the state, not in a log, not in an error.
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
"""Seconds for an answer: a Teams client waits for most of what is asked here."""
MAX_TOKEN_CHARS = 16_384
CHANNEL = "msteams"

_LINK = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?/[!-~]{1,4000}")


class TokenServiceError(BotError):
    """The token service gave no answer that can be used; nothing is known about the person's sign-in."""


@dataclass(frozen=True, slots=True)
class SignInResource:
    """How a person signs in: a link that is good for a short time, and what Teams needs to do it without asking."""

    link: str = field(repr=False)
    exchange: Mapping[str, str] = field(default_factory=dict)


class TokenService:
    """The service at `url`, for the OAuth connection called `connection` of the bot `app_id`."""

    def __init__(self, client: JsonClient, tokens: TokenCache, app_id: str, connection: str, url: str) -> None:
        self.connection = connection
        self._client = client
        self._tokens = tokens
        self._app_id = app_id
        self._url = url

    async def fetch_token(self, person_id: str, code: str = "") -> str | None:
        """The token of `person` (the id that Teams gives), None when they are not signed in.

        `code` is the number that ends a sign-in in a browser: it proves that it was this person who signed in there.

        Raises:
            TokenServiceFailed: the service does not say.
        """
        status, found = await self._call_for_person(
            "GET", "usertoken/GetToken", person_id, {"code": code} if code else {}
        )
        if status in (400, 404):  # 400: a code that it has never given
            return None
        if status != 200:
            raise _build_error(status)
        return _extract_token(found)

    async def exchange_token(self, person_id: str, token: str) -> str | None:
        """The token in return for one that a Teams client brought; None when that cannot be, as without consent.

        Raises:
            TokenServiceFailed: the service does not say.
        """
        status, found = await self._call_for_person("POST", "usertoken/exchange", person_id, {}, {"token": token})
        if 400 <= status < 500:
            return None
        if status != 200:
            raise _build_error(status)
        return _extract_token(found)

    async def fetch_sign_in_resource(self, reference: Mapping[str, Any]) -> SignInResource:
        """A new way to sign in for the person of the conversation that `back` leads to. Raises TokenServiceFailed."""
        conversation = {
            "activityId": reference.get("activity"),
            "user": {"id": reference.get("person")},
            "bot": {"id": reference.get("bot")},
            "conversation": {"id": reference.get("conversation")},
            "channelId": CHANNEL,
            "serviceUrl": reference.get("service"),
        }
        state = {"connectionName": self.connection, "conversation": conversation, "msAppId": self._app_id}
        coded = base64.b64encode(json.dumps(state).encode()).decode()
        status, found = await self._call("GET", f"botsignin/GetSignInResource?{urlencode({'state': coded})}", None)
        link, exchange = found.get("signInLink"), found.get("tokenExchangeResource")
        if status != 200 or not isinstance(link, str) or not _LINK.fullmatch(link):
            raise _build_error(status)
        told = exchange if isinstance(exchange, dict) else {}
        known = {name: told[name] for name in ("id", "uri", "providerId") if isinstance(told.get(name), str)}
        return SignInResource(link, known if "id" in known and "uri" in known else {})

    async def sign_out(self, person_id: str) -> None:
        """Forget the sign-in of `person`. Raises TokenServiceFailed."""
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
                status, found = await self._client.call(method, url, body, _build_auth_headers(token))
                # our own token can be withdrawn before its end; whether another one helps is tried once
                fresh = await self._tokens.renew(token) if status == 401 else None
                if fresh is not None:
                    status, found = await self._client.call(method, url, body, _build_auth_headers(fresh))
        except (ServiceUnreachableError, TokenUnavailableError) as error:
            raise TokenServiceError(f"The token service cannot be asked. {error}") from None
        except TimeoutError:
            raise TokenServiceError(f"The token service gave no answer within {TIMEOUT_SECONDS:g} s.") from None
        if status == 401:
            raise TokenServiceError("The token service does not take the bot's own token (status 401).")
        return status, found


def _extract_token(response: Mapping[str, Any]) -> str | None:
    token = response.get("token")
    return token if isinstance(token, str) and 0 < len(token) <= MAX_TOKEN_CHARS else None


def _build_error(status: int) -> TokenServiceError:
    return TokenServiceError(f"The token service gave no usable answer (status {status}).")


def _build_auth_headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
