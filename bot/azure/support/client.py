"""The client of the Support API for one call: the person's credential, one subscription, our rules of what leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import policies
from azure.core.pipeline.transport import AioHttpTransport
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy
from azure.mgmt.support.aio import MicrosoftSupport

from bot.azure.arm.cloud import AzureCloud
from bot.azure.credentials.scoped_credential import ScopedCredential
from bot.azure.support.support_policy import SupportApiPolicy

CONNECT_SECONDS = 5
READ_SECONDS = 30


class ResponseLostError(aiohttp.ClientError):
    """The connection broke after a request was sent that makes something: it may have been made."""


async def send_once(request: aiohttp.ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
    """Keeps aiohttp from repeating by itself a PUT whose connection broke, which it takes for harmless."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method in ("GET", "HEAD"):
            raise
        raise ResponseLostError("The connection broke before the answer.") from error


@asynccontextmanager
async def open_support_client(
    cloud: AzureCloud,
    credential: AsyncTokenCredential,
    subscription: str,
    retry_delay_seconds: float,
    poll_seconds: float,
) -> AsyncIterator[MicrosoftSupport]:
    """A client for `subscription`; `poll` seconds lie between two looks at an operation, `pause` between two tries."""
    scoped = ScopedCredential(credential, cloud.resource_scope)
    rules = [
        # polling an operation takes the request's id for granted
        policies.RequestIdPolicy(),
        policies.HeadersPolicy(),
        policies.UserAgentPolicy("image-medic"),
        # neither the policy that registers resource providers nor the one that retries, nor redirects
        SupportApiPolicy(cloud.resource_manager, subscription, retry_delay_seconds),
        AsyncARMChallengeAuthenticationPolicy(scoped, cloud.resource_scope),
        policies.ContentDecodePolicy(),
    ]
    session = aiohttp.ClientSession(
        middlewares=(send_once,), cookie_jar=aiohttp.DummyCookieJar(), trust_env=True, auto_decompress=False
    )
    client = MicrosoftSupport(
        scoped,
        subscription,
        base_url=cloud.resource_manager,
        policies=rules,
        polling_interval=poll_seconds,
        transport=AioHttpTransport(
            session=session,
            connection_verify=str(cloud.ca_file) if cloud.ca_file else True,
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
        ),
    )
    async with client:
        yield client
