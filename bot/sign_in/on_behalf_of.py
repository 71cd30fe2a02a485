"""The credentials of each signed-in person: Azure tokens on their behalf, so their own permissions decide.

Microsoft Entra exchanges the token of the sign-in for one of Resource Manager or Storage. The sign-in must belong to
the person who talks to the bot in Teams: tenant and object id must be those that the channel vouches for.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import OnBehalfOfCredential

from bot.auth.bot_token import TokenCache
from bot.auth.credentials import BotCredentials
from bot.azure.credentials.non_closing_credential import NonClosingCredential
from bot.errors import TokenUnavailableError
from bot.sign_in.credential_cache import CachedCredential, CredentialCache, CredentialKey
from bot.sign_in.token_owner import read_token_owner
from bot.sign_in.token_service import TokenService, TokenServiceError
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.azure_clouds import AzureCloud

KEEP_SECONDS = 300
"""How long a credential is cached before the token service is asked whether the person is still signed in."""
MARGIN_SECONDS = 30
"""A sign-in that expires sooner than this counts as expired."""
CONNECT_SECONDS = 3
READ_SECONDS = 6

_log = logging.getLogger(__name__)


class OnBehalfOfCredentials:
    """The `CredentialProvider` of the mode user.

    `app_id` is the registration that people sign in to. It authenticates with the secret in `credentials` or, if
    `identity_tokens` is given, with tokens of the managed identity that it trusts. `subscriptions` limits the lookups;
    empty means all that the person can read. `clock` returns seconds since 1970.
    """

    def __init__(
        self,
        service: TokenService,
        credentials: BotCredentials,
        cloud: AzureCloud,
        app_id: str,
        identity_tokens: TokenCache | None,
        subscriptions: frozenset[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._service = service
        self._app_id = app_id
        self._secret = credentials.password
        self._identity_tokens = identity_tokens
        self._cloud = cloud
        self._subscriptions = subscriptions
        self._clock = clock
        self._cache: CredentialCache[OnBehalfOfCredential] = CredentialCache()

    @property
    def subscriptions(self) -> frozenset[str]:
        """Return the ids (lower case) of the subscriptions that lookups may read; empty means all readable ones."""
        return self._subscriptions

    @asynccontextmanager
    async def open_credential(self, person: Person) -> AsyncIterator[AsyncTokenCredential]:
        """Open the person's credential for one lookup.

        Raises:
            AzureRefusedError: The person isn't signed in, someone else is, or the token service can't say.
        """
        cached = await self._get_cached_credential(person)
        cached.active_uses += 1
        try:
            yield _CachedScopedCredential(cached, frozenset({self._cloud.resource_scope, self._cloud.storage_scope}))
        finally:
            await cached.release()

    async def sign_out(self, person: Person) -> bool:
        """Forget the person's sign-in here and at the token service; return whether there was one.

        Raises:
            AzureRefusedError: The token service can't be reached.
        """
        await self._cache.drop(_build_key(person))
        try:
            was_signed_in = await self._service.fetch_token(person.id) is not None
            await self._service.sign_out(person.id)
        except TokenServiceError as error:
            raise _build_unreachable_error(error) from None
        return was_signed_in

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        await self._cache.close()

    async def _get_cached_credential(self, person: Person) -> CachedCredential[OnBehalfOfCredential]:
        key = _build_key(person)
        if not all(key):
            _log.warning("An Azure lookup was refused: the channel doesn't say who the person is in Entra.")
            raise AzureRefusedError(AzureRefusal("sign-in"))
        cached = self._cache.find(key)
        if cached and cached.expires_at > self._clock():
            return cached
        try:
            assertion = await self._fetch_assertion(person)
        except AzureRefusedError:
            await self._cache.drop(key)
            raise
        digest = hashlib.blake2b(assertion.encode(), digest_size=16).digest()
        expires_at = min(self._clock() + KEEP_SECONDS, read_token_owner(assertion).expires_at - MARGIN_SECONDS)
        # looked up again: another lookup may have added it while the assertion was fetched
        cached = self._cache.find(key)
        if cached and cached.sign_in_digest == digest:
            # the same sign-in: keep the credential with the tokens it already has
            cached.expires_at = expires_at
            return cached
        cached = CachedCredential(await self._build_credential(person, assertion), digest, expires_at)
        await self._cache.put(key, cached)
        return cached

    async def _fetch_assertion(self, person: Person) -> str:
        try:
            token = await self._service.fetch_token(person.id)
            if token is None:
                raise AzureRefusedError(AzureRefusal("sign-in"))
            owner = read_token_owner(token)
            if not owner.is_person(person):
                # forget it too, so that the next sign-in starts by asking for an account
                _log.warning("An Azure lookup was refused: the sign-in belongs to someone else. It was forgotten.")
                await self._service.sign_out(person.id)
                raise AzureRefusedError(AzureRefusal("sign-in"))
        except TokenServiceError as error:
            raise _build_unreachable_error(error) from None
        if owner.has_expired(self._clock() + MARGIN_SECONDS):
            raise AzureRefusedError(AzureRefusal("sign-in"))
        return token

    async def _build_credential(self, person: Person, assertion: str) -> OnBehalfOfCredential:
        options: dict[str, Any] = {"client_secret": self._secret}
        if self._identity_tokens is not None:
            try:
                # fetched now: the library calls the function in the event loop, where it must not block
                identity_token = await self._identity_tokens.get()
            except TokenUnavailableError as error:
                _log.error("The bot can't authenticate to Microsoft Entra: %s", error)
                raise AzureRefusedError(AzureRefusal("unexpected", code="TokenUnavailable")) from None
            options = {"client_assertion_func": lambda: identity_token}
        if self._cloud.ca_file:
            options["connection_verify"] = str(self._cloud.ca_file)
        return OnBehalfOfCredential(
            person.tenant.lower(),
            self._app_id,
            user_assertion=assertion,
            authority=self._cloud.authority,
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retry_total=1,
            **options,
        )


class _CachedScopedCredential(NonClosingCredential):
    """The tokens of a cached credential, for `scopes` only. Drops the credential once Entra refuses a token."""

    def __init__(self, cached: CachedCredential[OnBehalfOfCredential], scopes: frozenset[str]) -> None:
        self._cached = cached
        self._scopes = scopes

    async def get_token(
        self, *scopes: str, claims: str | None = None, tenant_id: str | None = None, **_: Any
    ) -> AccessToken:
        """Return an Azure token.

        Raises:
            ClientAuthenticationError: Entra refuses; the error has its reason.
            AzureRefusedError: Another scope was requested.
        """
        if len(scopes) != 1 or scopes[0] not in self._scopes:
            raise AzureRefusedError(AzureRefusal("suspicious"))
        try:
            return await self._cached.credential.get_token(*scopes, claims=claims, tenant_id=tenant_id)
        except ClientAuthenticationError:
            self._cached.is_dropped = True
            raise


def _build_key(person: Person) -> CredentialKey:
    return person.tenant.lower(), person.object_id.lower(), person.id


def _build_unreachable_error(error: TokenServiceError) -> AzureRefusedError:
    _log.error("An Azure lookup was refused: %s", error)
    return AzureRefusedError(AzureRefusal("no-network", "token.botframework.com"))
