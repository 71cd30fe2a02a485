"""Fakes of Microsoft Entra and the Bot Framework token service, with the checks of the real ones."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import jwt
from aiohttp import web
from yarl import URL

from bot.auth.credentials import BotFrameworkCloud
from tests.bot.auth.identity_service import APP, SECRET, TENANT, IdentityService, private_key

CONNECTION = "sso"
ADA, BOB = "11111111-aaaa-4aaa-8aaa-000000000001", "22222222-bbbb-4bbb-8bbb-000000000002"
OBO = "urn:ietf:params:oauth:grant-type:jwt-bearer"
API = f"api://botid-{APP}"


def aad_error(code: int, said: str, **more: str) -> tuple[int, dict[str, Any]]:
    """An answer of Entra that refuses."""
    return 400, {"error": "invalid_grant", "error_description": f"AADSTS{code}: {said} Trace ID: 0", **more}


class Entra(IdentityService):
    """Issues the tokens of people too, and keeps their sign-ins as the token service does.

    `consented` are those who have agreed to the bot's permissions; `codes` the numbers that a browser shows, by the
    person's token; `refusal` answers every exchange on behalf of somebody; `failing` has statuses by the service's operation,
    `*` for all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        self.consented = {ADA, BOB}
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.failing: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self.on_behalf: list[dict[str, str]] = []
        self.issued: list[str] = []
        self.states: list[dict[str, Any]] = []
        self.proof: dict[str, str] = {"client_secret": SECRET}
        self.app_id = APP

    @property
    def cloud(self) -> BotFrameworkCloud:
        return replace(super().cloud, token_service_url=self.url)

    def app(self) -> web.Application:
        app = super().app()
        app.router.add_get("/api/usertoken/GetToken", self._get)
        app.router.add_post("/api/usertoken/exchange", self._exchange)
        app.router.add_delete("/api/usertoken/SignOut", self._sign_out)
        app.router.add_get("/api/botsignin/GetSignInResource", self._resource)
        return app

    def user_token(self, object_id: str, signer: str = "entra", lasts: float = 3600, **claims: Any) -> str:
        """The token of a person for the bot's API."""
        now = int(time.time())
        told = {
            "aud": API,
            "tid": TENANT,
            "oid": object_id,
            "iat": now - 10,
            "exp": int(now + lasts),
            "n": len(self.issued),
        }
        token = jwt.encode(told | claims, private_key(signer), "RS256", {"kid": signer})
        self.issued.append(token)
        return token

    def _denied(self, request: web.Request) -> web.Response | None:
        """The token service serves the bot alone, for its connection, over TLS."""
        assert request.scheme == "https"
        name = request.path.rpartition("/")[2]
        self.calls[name] += 1
        if status := self.failing.get(name, self.failing.get("*", 0)):
            return web.json_response({"error": {"code": "ServiceError"}}, status=status)
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not bearer.startswith("token-"):
            return web.json_response({"error": {"code": "Unauthorized"}}, status=401)
        if name != "GetSignInResource" and (request.query["connectionName"], request.query["channelId"]) != (
            CONNECTION,
            "msteams",
        ):
            return web.json_response({"error": {"code": "BadArgument"}}, status=400)
        return None

    async def _get(self, request: web.Request) -> web.Response:
        if denied := self._denied(request):
            return denied
        user, code = request.query["userId"], request.query.get("code")
        if code is not None:
            token = self.codes.pop(code, None)
            if token is None:
                return web.json_response({"error": {"code": "BadArgument", "message": "Invalid code"}}, status=400)
            self.kept[user] = token
        return self._told(self.kept.get(user))

    async def _exchange(self, request: web.Request) -> web.Response:
        if denied := self._denied(request):
            return denied
        try:
            brought = (await request.json())["token"]
            claims = jwt.decode(brought, private_key("entra").public_key(), ["RS256"], audience=API)
        except jwt.PyJWTError:
            return web.json_response({"error": {"code": "BadArgument", "message": "Invalid token"}}, status=400)
        if claims["oid"] not in self.consented:
            return web.json_response({"error": {"code": "ConsentRequired", "message": "consent"}}, status=400)
        self.kept[request.query["userId"]] = self.user_token(claims["oid"])
        return self._told(self.kept[request.query["userId"]])

    async def _sign_out(self, request: web.Request) -> web.Response:
        if denied := self._denied(request):
            return denied
        self.kept.pop(request.query["userId"], None)
        return web.Response(status=204)

    async def _resource(self, request: web.Request) -> web.Response:
        if denied := self._denied(request):
            return denied
        self.states.append(json.loads(base64.b64decode(request.query["state"])))
        number = self.calls["GetSignInResource"]
        link = str(URL(self.url) / "signin" % {"signin": f"secret-link-{number}"})
        exchange = {"id": f"exchange-{number}", "uri": API, "providerId": "aad"}
        return web.json_response({"signInLink": link, "tokenExchangeResource": exchange})

    def _told(self, token: str | None) -> web.Response:
        if token is None:
            return web.json_response({"error": {"code": "NotFound"}}, status=404)
        return web.json_response({"connectionName": CONNECTION, "token": token, "expiration": "2030-01-01T00:00:00Z"})

    async def _token(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        if form.get("grant_type") != OBO:
            return await super()._token(request)
        self.on_behalf.append(form | {"tenant": request.match_info["tenant"]})
        status, found = self.refusal or self._given(form, request.match_info["tenant"])
        return web.json_response(found, status=status)

    def _given(self, form: dict[str, str], tenant: str) -> tuple[int, dict[str, Any]]:
        if form.get("client_id") != self.app_id or any(form.get(key) != value for key, value in self.proof.items()):
            return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
        try:
            claims = jwt.decode(form["assertion"], private_key("entra").public_key(), ["RS256"], audience=API)
        except jwt.ExpiredSignatureError:
            return aad_error(500133, "Assertion is not within its valid time range.")
        except jwt.PyJWTError:
            return aad_error(50013, "Assertion failed signature validation.")
        if claims["tid"] != tenant:
            return aad_error(50020, "User account does not exist in the tenant.")
        if claims["oid"] not in self.consented:
            return aad_error(65001, "The user has not consented.", suberror="consent_required")
        scope = form["scope"].split()[0]
        token = self.user_token(claims["oid"], "entra", aud=scope.removesuffix("/.default"))
        return 200, {"token_type": "Bearer", "expires_in": 3600, "access_token": token, "scope": scope}
