"""The person's own eyes: tokens of Azure on behalf of whoever is signed in, so that their rights decide what is shown.

The sign-in's token is exchanged at Microsoft Entra for one of Resource Manager or Storage. It must be the person's who
talks in Teams: the one for whom the channel vouches, in their tenant.
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
from bot.azure.arm.cloud import AzureCloud
from bot.azure.credentials.non_closing_credential import NonClosingCredential
from bot.errors import TokenUnavailableError
from bot.sign_in.credential_cache import CachedCredential, CredentialCache, CredentialKey
from bot.sign_in.token_owner import read_token_owner
from bot.sign_in.token_service import TokenService, TokenServiceError
from dialogs.model.azure import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person

KEEP_SECONDS = 300
"""How long a credential serves before the token service is asked again whether the person is still signed in."""
MARGIN_SECONDS = 30
CONNECT_SECONDS = 3
READ_SECONDS = 6

_log = logging.getLogger(__name__)


class OnBehalfOfCredentials:
    """`Eyes` for the mode user. `app_id` is the registration whose API people sign in to.

    It proves itself with `credentials`' secret, or else with tokens of `identity`, the managed identity that it trusts.
    `subscriptions` limits the looks; empty: all that the person can read. `clock` counts seconds since 1970.
    """

    def __init__(
        self,
        service: TokenService,
        credentials: BotCredentials,
        cloud: AzureCloud,
        app_id: str = "",
        identity_tokens: TokenCache | None = None,
        subscriptions: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._service = service
        self._app_id = app_id or credentials.app_id
        self._secret = credentials.password
        self._identity_tokens = identity_tokens
        self._cloud = cloud
        self._subscriptions = subscriptions
        self._clock = clock
        self._cache: CredentialCache[OnBehalfOfCredential] = CredentialCache()

    @property
    def subscriptions(self) -> frozenset[str]:
        """The subscriptions that looks are limited to, in lower case; empty: those that the person can read."""
        return self._subscriptions

    @asynccontextmanager
    async def open_credential(self, person: Person) -> AsyncIterator[AsyncTokenCredential]:
        """The credential for one look of `person`.

        Raises:
            LookRefused: nobody is signed in, or somebody else, or that cannot be found out now.
        """
        kept = await self._get_cached_credential(person)
        kept.active_uses += 1
        try:
            yield _CachedScopedCredential(kept, frozenset({self._cloud.resource_scope, self._cloud.storage_scope}))
        finally:
            await kept.release()

    async def sign_out(self, person: Person) -> bool:
        """Forget the person's sign-in here and at the token service; whether there was one. Raises LookRefused."""
        await self._cache.drop(_build_key(person))
        try:
            was = await self._service.fetch_token(person.id) is not None
            await self._service.sign_out(person.id)
        except TokenServiceError as failed:
            raise _build_unreachable_error(failed) from None
        return was

    async def close(self) -> None:
        """Close the connections to the identity provider."""
        await self._cache.close()

    async def _get_cached_credential(self, person: Person) -> CachedCredential[OnBehalfOfCredential]:
        key = _build_key(person)
        if not all(key):
            _log.warning("A look was refused: the channel does not say who the person is in Entra.")
            raise AzureRefusedError(AzureRefusal("sign-in"))
        kept = self._cache.find(key)
        if kept and kept.expires_at > self._clock():
            return kept
        try:
            assertion = await self._fetch_assertion(person)
        except AzureRefusedError:
            await self._cache.drop(key)
            raise
        digest = hashlib.blake2b(assertion.encode(), digest_size=16).digest()
        until = min(self._clock() + KEEP_SECONDS, read_token_owner(assertion).expires_at - MARGIN_SECONDS)
        kept = self._cache.find(key)
        if kept and kept.sign_in_digest == digest:
            kept.expires_at = until
            return kept
        kept = CachedCredential(await self._build_credential(person, assertion), digest, until)
        await self._cache.put(key, kept)
        return kept

    async def _fetch_assertion(self, person: Person) -> str:
        try:
            token = await self._service.fetch_token(person.id)
            if token is None:
                raise AzureRefusedError(AzureRefusal("sign-in"))
            holder = read_token_owner(token)
            if not holder.is_person(person):
                # never used, and not left for the next look: whoever signs in anew is asked who they are
                _log.warning("A look was refused: the sign-in is somebody else's. It was forgotten.")
                await self._service.sign_out(person.id)
                raise AzureRefusedError(AzureRefusal("sign-in"))
        except TokenServiceError as failed:
            raise _build_unreachable_error(failed) from None
        if holder.has_expired(self._clock() + MARGIN_SECONDS):
            raise AzureRefusedError(AzureRefusal("sign-in"))
        return token

    async def _build_credential(self, person: Person, assertion: str) -> OnBehalfOfCredential:
        options: dict[str, Any] = {"client_secret": self._secret}
        if self._identity_tokens is not None:
            try:
                # fetched beforehand: the library calls the function in the event loop, and it must not wait
                own = await self._identity_tokens.get()
            except TokenUnavailableError as error:
                _log.error("The bot cannot prove itself to Entra: %s", error)
                raise AzureRefusedError(AzureRefusal("unexpected", code="TokenUnavailable")) from None
            options = {"client_assertion_func": lambda: own}
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
    """Gives the tokens of a kept credential, for `scopes` alone; what Entra refuses serves no other look."""

    def __init__(self, cached: CachedCredential[OnBehalfOfCredential], scopes: frozenset[str]) -> None:
        self._cached = cached
        self._scopes = scopes

    async def get_token(
        self, *scopes: str, claims: str | None = None, tenant_id: str | None = None, **_: Any
    ) -> AccessToken:
        """A token of Azure. Raises ClientAuthenticationError with Entra's reason, or LookRefused for another scope."""
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
    _log.error("A look was refused: %s", error)
    return AzureRefusedError(AzureRefusal("no-network", "token.botframework.com"))
