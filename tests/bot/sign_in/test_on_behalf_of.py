"""A signed-in person's credentials: tokens for two audiences, what is refused and why, what is cached and how long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from bot.auth.bot_token import IssuedToken, TokenCache
from bot.auth.credentials import BotCredentials
from bot.azure.clients.refusals import build_refused_error
from bot.azure.credentials.scoped_credential import NoTokenError, ScopedCredential
from bot.errors import TokenUnavailableError
from bot.sign_in.credential_cache import CachedCredential, CredentialCache
from bot.sign_in.on_behalf_of import KEEP_SECONDS, OnBehalfOfCredentials
from bot.sign_in.token_owner import read_token_owner
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.azure_clouds import CLOUDS
from tests.bot.auth.identity_service import APP, CREDENTIALS, SECRET, TENANT
from tests.bot.sign_in.conftest import Room
from tests.bot.sign_in.entra import ADA, BOB, aad_error

PERSON = Person(TENANT.upper(), "29:1111", "Ada", ADA)
RESOURCES, STORAGE = CLOUDS["public"].resource_scope, CLOUDS["public"].storage_scope


async def token(provider: OnBehalfOfCredentials, person: Person = PERSON, scope: str = RESOURCES, **more: Any) -> str:
    async with provider.open_credential(person) as credential:
        return (await credential.get_token(scope, **more)).token


async def refusal(provider: OnBehalfOfCredentials, person: Person = PERSON, scope: str = RESOURCES) -> str:
    with pytest.raises(AzureRefusedError) as raised:
        await token(provider, person, scope)
    return raised.value.refusal.reason


async def test_one_sign_in_opens_two_audiences(room: Room) -> None:
    room.entra.kept["29:1111"] = assertion = room.entra.user_token(ADA)
    provider = room.signing.credential_provider
    assert read_token_owner(await token(provider)).object_id == ADA
    await token(provider, scope=STORAGE)
    await token(provider)
    assert [form["scope"].split()[0] for form in room.entra.on_behalf] == [RESOURCES, STORAGE]  # then from memory
    [form, _] = room.entra.on_behalf
    assert (form["tenant"], form["client_id"], form["client_secret"]) == (TENANT, APP, SECRET)
    assert (form["assertion"], form["requested_token_use"]) == (assertion, "on_behalf_of")
    assert room.entra.calls["GetToken"] == 1


async def test_no_other_scope_is_asked_for(room: Room) -> None:
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    for scope in ("https://graph.microsoft.com/.default", "https://management.azure.com/.default offline_access"):
        assert await refusal(room.signing.credential_provider, scope=scope) == "suspicious"
    assert room.entra.on_behalf == []


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        (lambda entra: None, "sign-in"),
        (lambda entra: entra.user_token(BOB), "sign-in"),
        (lambda entra: entra.user_token(ADA, tid="0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10"), "sign-in"),
        (lambda entra: entra.user_token(ADA, lasts=-5), "sign-in"),
        (lambda entra: entra.user_token(ADA, exp=None), "sign-in"),
        (lambda entra: "opaque", "sign-in"),
        (lambda entra: "x" * 20_000, "sign-in"),
    ],
    ids=["none", "another person", "another tenant", "expired", "endless", "no token", "endless text"],
)
async def test_only_the_persons_own_valid_sign_in_is_used(
    room: Room, kept: Callable[[Any], str | None], reason: str
) -> None:
    found = kept(room.entra)
    if found:
        room.entra.kept["29:1111"] = found
    assert await refusal(room.signing.credential_provider) == reason
    assert room.entra.on_behalf == []


@pytest.mark.parametrize(
    "person",
    [
        replace(PERSON, object_id=""),
        replace(PERSON, tenant=""),
        replace(PERSON, object_id=BOB),
        replace(PERSON, tenant="x"),
    ],
)
async def test_only_whom_the_channel_vouches_for_gets_a_token(room: Room, person: Person) -> None:
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    assert await refusal(room.signing.credential_provider, person) == "sign-in"
    assert room.entra.on_behalf == []


async def test_a_credential_is_not_lent(room: Room) -> None:
    """Somebody who talks under the same Teams id, but is another person to Entra, does not get what was kept."""
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    await token(room.signing.credential_provider)
    assert await refusal(room.signing.credential_provider, replace(PERSON, object_id=BOB)) == "sign-in"
    assert len(room.entra.on_behalf) == 1


@pytest.mark.parametrize(
    ("code", "said", "more", "reason"),
    [
        (65001, "The user or administrator has not consented.", {"suberror": "consent_required"}, "consent"),
        (50076, "You must use multi-factor authentication.", {"claims": '{"access_token":{}}'}, "conditional-access"),
        (50079, "You must enroll in multi-factor authentication.", {}, "conditional-access"),
        (53003, "Access has been blocked by Conditional Access policies.", {}, "conditional-access"),
        (500133, "Assertion is not within its valid time range.", {}, "sign-in"),
        (700082, "The refresh token has expired due to inactivity.", {}, "sign-in"),
        (50013, "Assertion failed signature validation.", {}, "sign-in"),
    ],
)
async def test_entras_reason_gets_through_and_the_next_lookup_starts_over(
    room: Room, code: int, said: str, more: dict[str, str], reason: str
) -> None:
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    room.entra.refusal = aad_error(code, said, **more)
    with pytest.raises(NoTokenError) as raised:
        async with room.signing.credential_provider.open_credential(PERSON) as credential:
            await ScopedCredential(credential, RESOURCES).get_token(RESOURCES)
    found = build_refused_error(raised.value, "win11-golden").refusal
    assert (found.reason, found.code) == (reason, f"AADSTS{code}")
    room.entra.refusal = None
    await token(room.signing.credential_provider)
    assert room.entra.calls["GetToken"] == 2


async def test_a_forged_sign_in_opens_nothing(room: Room) -> None:
    """Even one that says that it is the person's: Entra checks the signature before it gives anything."""
    room.entra.kept["29:1111"] = room.entra.user_token(ADA, signer="forger")
    with pytest.raises(ClientAuthenticationError, match="AADSTS50013"):
        await token(room.signing.credential_provider)


async def test_a_sign_out_forgets_what_was_kept(room: Room) -> None:
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    provider = room.signing.credential_provider
    await token(provider)
    assert await provider.sign_out(PERSON) is True
    assert await refusal(provider) == "sign-in"
    assert await provider.sign_out(PERSON) is False
    room.entra.failing = {"*": 500}
    with pytest.raises(AzureRefusedError):
        await provider.sign_out(PERSON)


async def test_a_sign_out_elsewhere_is_noticed_and_a_renewed_sign_in_taken(room: Room) -> None:
    now = time.time()
    provider = OnBehalfOfCredentials(
        room.signing.credential_provider._service,
        CREDENTIALS,
        room.signing.credential_provider._cloud,
        APP,
        None,
        frozenset(),
        clock=lambda: now,
    )
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    first = await token(provider)
    now += KEEP_SECONDS + 1
    assert await token(provider) == first  # the same sign-in still: its tokens are still in memory
    now += KEEP_SECONDS + 1
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    assert await token(provider) != first
    room.entra.kept.clear()
    now += KEEP_SECONDS + 1
    assert await refusal(provider) == "sign-in"
    await provider.close()


async def test_a_token_service_that_hangs_or_fails_is_a_reason(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.entra.failing = {"*": 502}
    assert await refusal(room.signing.credential_provider) == "no-network"
    room.entra.failing = {}
    monkeypatch.setattr("bot.sign_in.token_service.TIMEOUT_SECONDS", 0.0)
    assert await refusal(room.signing.credential_provider) == "no-network"


async def test_concurrent_lookups_share_one_sign_in(room: Room) -> None:
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    found = await asyncio.gather(*(token(room.signing.credential_provider) for _ in range(8)))
    assert {read_token_owner(one).object_id for one in found} == {ADA}
    assert len(room.signing.credential_provider._cache) == 1


class _Identity:
    """A managed identity's tokens for the federation."""

    def __init__(self, works: bool = True) -> None:
        self.works = works

    async def fetch(self) -> IssuedToken:
        if not self.works:
            raise TokenUnavailableError("no identity here")
        return IssuedToken("token-of-the-identity", 3600)


async def test_a_managed_identity_replaces_the_secret(room: Room) -> None:
    app = "5d1c0a52-8d3e-4b7a-9c61-2e5d7f80b394"
    room.entra.app_id, room.entra.proof = app, {"client_assertion": "token-of-the-identity"}
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    credentials = BotCredentials(APP, TENANT, "UserAssignedMSI", frozenset({TENANT}))
    shared = room.signing.credential_provider
    provider = OnBehalfOfCredentials(
        shared._service, credentials, shared._cloud, app, TokenCache(_Identity()), frozenset()
    )
    assert read_token_owner(await token(provider)).object_id == ADA
    assert "client_secret" not in room.entra.on_behalf[0]
    await provider.close()
    provider = OnBehalfOfCredentials(
        shared._service, credentials, shared._cloud, app, TokenCache(_Identity(False)), frozenset()
    )
    assert await refusal(provider) == "unexpected"


class _Closeable:
    def __init__(self) -> None:
        self.closed = 0

    async def close(self) -> None:
        self.closed += 1


async def test_a_credential_is_closed_once_and_only_when_nobody_uses_it() -> None:
    kept: CredentialCache[_Closeable] = CredentialCache(max_size=2)
    all_of_them = [CachedCredential(_Closeable(), b"", 0.0) for _ in range(4)]
    for number, one in enumerate(all_of_them):
        one.active_uses += number == 0
        await kept.put((str(number), "", ""), one)
    assert len(kept) == 2
    assert [one.credential.closed for one in all_of_them] == [0, 1, 0, 0]
    await all_of_them[0].release()
    await kept.close()
    await kept.close()
    assert [one.credential.closed for one in all_of_them] == [1, 1, 1, 1]
