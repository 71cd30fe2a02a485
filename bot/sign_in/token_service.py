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

from bot.auth.bot_token import Tokens
from bot.auth.json_client import JsonClient
from bot.errors import BotError, ServiceUnreachable, TokenUnavailable

PATIENCE = 4.0
"""Seconds for an answer: a Teams client waits for most of what is asked here."""
LONGEST_TOKEN = 16_384
CHANNEL = "msteams"

_LINK = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?/[!-~]{1,4000}")


class TokenServiceFailed(BotError):
    """The token service gave no answer that can be used; nothing is known about the person's sign-in."""


@dataclass(frozen=True, slots=True)
class SignInResource:
    """How a person signs in: a link that is good for a short time, and what Teams needs to do it without asking."""

    link: str = field(repr=False)
    exchange: Mapping[str, str] = field(default_factory=dict)


class TokenService:
    """The service at `url`, for the OAuth connection called `connection` of the bot `app_id`."""

    def __init__(self, client: JsonClient, tokens: Tokens, app_id: str, connection: str, url: str) -> None:
        self.connection = connection
        self._client = client
        self._tokens = tokens
        self._app_id = app_id
        self._url = url

    async def token(self, person: str, code: str = "") -> str | None:
        """The token of `person` (the id that Teams gives), None when they are not signed in.

        `code` is the number that ends a sign-in in a browser: it proves that it was this person who signed in there.

        Raises:
            TokenServiceFailed: the service does not say.
        """
        status, found = await self._ask("GET", "usertoken/GetToken", person, {"code": code} if code else {})
        if status in (400, 404):  # 400: a code that it has never given
            return None
        if status != 200:
            raise _failed(status)
        return _token(found)

    async def exchange(self, person: str, token: str) -> str | None:
        """The token in return for one that a Teams client brought; None when that cannot be, as without consent.

        Raises:
            TokenServiceFailed: the service does not say.
        """
        status, found = await self._ask("POST", "usertoken/exchange", person, {}, {"token": token})
        if 400 <= status < 500:
            return None
        if status != 200:
            raise _failed(status)
        return _token(found)

    async def resource(self, back: Mapping[str, Any]) -> SignInResource:
        """A new way to sign in for the person of the conversation that `back` leads to. Raises TokenServiceFailed."""
        conversation = {
            "activityId": back.get("activity"),
            "user": {"id": back.get("person")},
            "bot": {"id": back.get("bot")},
            "conversation": {"id": back.get("conversation")},
            "channelId": CHANNEL,
            "serviceUrl": back.get("service"),
        }
        state = {"connectionName": self.connection, "conversation": conversation, "msAppId": self._app_id}
        coded = base64.b64encode(json.dumps(state).encode()).decode()
        status, found = await self._call("GET", f"botsignin/GetSignInResource?{urlencode({'state': coded})}", None)
        link, exchange = found.get("signInLink"), found.get("tokenExchangeResource")
        if status != 200 or not isinstance(link, str) or not _LINK.fullmatch(link):
            raise _failed(status)
        told = exchange if isinstance(exchange, dict) else {}
        known = {name: told[name] for name in ("id", "uri", "providerId") if isinstance(told.get(name), str)}
        return SignInResource(link, known if "id" in known and "uri" in known else {})

    async def sign_out(self, person: str) -> None:
        """Forget the sign-in of `person`. Raises TokenServiceFailed."""
        status, _ = await self._ask("DELETE", "usertoken/SignOut", person, {})
        if status not in (200, 204, 404):
            raise _failed(status)

    async def _ask(
        self, method: str, path: str, person: str, more: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        query = {"userId": person, "connectionName": self.connection, "channelId": CHANNEL, **more}
        return await self._call(method, f"{path}?{urlencode(query)}", body)

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
        url = f"{self._url}/api/{path}"
        try:
            async with asyncio.timeout(PATIENCE):
                token = await self._tokens.get()
                status, found = await self._client.call(method, url, body, _bearing(token))
                # our own token can be withdrawn before its end; whether another one helps is tried once
                fresh = await self._tokens.renew(token) if status == 401 else None
                if fresh is not None:
                    status, found = await self._client.call(method, url, body, _bearing(fresh))
        except (ServiceUnreachable, TokenUnavailable) as error:
            raise TokenServiceFailed(f"The token service cannot be asked. {error}") from None
        except TimeoutError:
            raise TokenServiceFailed(f"The token service gave no answer within {PATIENCE:g} s.") from None
        if status == 401:
            raise TokenServiceFailed("The token service does not take the bot's own token (status 401).")
        return status, found


def _token(found: Mapping[str, Any]) -> str | None:
    token = found.get("token")
    return token if isinstance(token, str) and 0 < len(token) <= LONGEST_TOKEN else None


def _failed(status: int) -> TokenServiceFailed:
    return TokenServiceFailed(f"The token service gave no usable answer (status {status}).")


def _bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
