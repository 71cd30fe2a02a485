"""A fake identity service: it publishes keys, signs the tokens of the bot's callers, and issues the bot's own tokens."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from bot.auth.credentials import BotCredentials, BotFrameworkCloud

APP = "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394"
TENANT = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
SECRET = "s3cret~value-of-nobody"
CREDENTIALS = BotCredentials(APP, TENANT, "SingleTenant", frozenset({TENANT}), SECRET)
ISSUER = "https://api.botframework.com"


@cache
def private_key(name: str) -> RSAPrivateKey:
    """A key called `name`, created once per run because that's slow. The one called `small` is too short."""
    return generate_private_key(public_exponent=65537, key_size=1024 if name == "small" else 2048)


def public_key(name: str, endorsements: Sequence[str] | None = ("msteams",)) -> dict[str, Any]:
    """The entry of the key called `name` in a key set."""
    found: dict[str, Any] = RSAAlgorithm.to_jwk(private_key(name).public_key(), as_dict=True)
    return found | {"kid": name, "use": "sig"} | ({"endorsements": list(endorsements)} if endorsements else {})


class IdentityService:
    """`hits` counts the requests by kind; `down` answers them all with 500; `keys` is the key set that is published."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self.keys: list[Any] = [public_key("first")]
        self.down = False
        self.url = ""
        self.service_url = ""
        self.asked: list[dict[str, str]] = []
        self.answer: tuple[int, Any] | None = None
        self.lifetime: Any = 3600

    @property
    def cloud(self) -> BotFrameworkCloud:
        """Where a bot finds this service."""
        return BotFrameworkCloud(f"{self.url}/metadata", ISSUER, self.url, f"{ISSUER}/.default")

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/metadata", self._metadata)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        return app

    def claims(self, **other: Any) -> dict[str, Any]:
        """The claims of a caller's token; None removes a claim."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": APP, "serviceurl": self.service_url, "nbf": now - 60, "exp": now + 3600}
        return {name: value for name, value in (claims | other).items() if value is not None}

    def token(self, signer: str = "first", kid: str | None = "first", algorithm: str = "RS256", **claims: Any) -> str:
        """A signed token; `claims` replace its own."""
        headers = {"kid": kid} if kid else {}
        return jwt.encode(self.claims(**claims), private_key(signer), algorithm, headers)

    async def _metadata(self, _: web.Request) -> web.Response:
        self.hits["metadata"] += 1
        return web.json_response({"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"}, status=500 if self.down else 200)

    async def _keys(self, _: web.Request) -> web.Response:
        self.hits["keys"] += 1
        return web.json_response({"keys": self.keys}, status=500 if self.down else 200)

    async def _token(self, request: web.Request) -> web.Response:
        self.hits["token"] += 1
        self.asked.append(
            {"tenant": request.match_info["tenant"]} | {k: str(v) for k, v in (await request.post()).items()}
        )
        if self.down or self.answer:
            status, found = self.answer or (500, {})
            return web.Response(text=json.dumps(found), status=status, content_type="application/json")
        token = f"token-{self.hits['token']}"
        return web.json_response({"token_type": "Bearer", "expires_in": self.lifetime, "access_token": token})
