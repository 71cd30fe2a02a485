"""A Support API client for one operation, limited to one subscription and to the requests that our policy allows."""

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

from bot.azure.arm.allowed_requests import build_support_rules
from bot.azure.arm.request_policy import RequestPolicy, ResourceManagerPolicy, RetryRule
from bot.azure.credentials.scoped_credential import ScopedCredential
from bot.errors import BotError
from knowledge.azure_clouds import AzureCloud

CONNECT_SECONDS = 5
READ_SECONDS = 30
MAX_ATTEMPTS = 3
RETRY_PAUSE_SECONDS = 0.5
MAX_RETRY_PAUSE_SECONDS = 5


# a ClientError too: the Azure SDK's transport turns only those into its own errors
class ResponseLostError(BotError, aiohttp.ClientError):
    """The connection broke after a request that creates something was sent. Whether it was created is unknown."""


async def send_once(request: aiohttp.ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
    """Send `request` exactly once: aiohttp repeats a PUT after a broken connection, which could file a second ticket.

    Raises:
        ResponseLostError: the connection broke before the response to a request that changes something.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method in ("GET", "HEAD"):
            raise
        raise ResponseLostError("The connection broke before the answer.") from error


def build_support_policy(
    base: str, subscription: str, retry_pause_seconds: float = RETRY_PAUSE_SECONDS
) -> ResourceManagerPolicy:
    """Build the policy that allows only the requests for tickets in `subscription`."""
    retry = RetryRule(MAX_ATTEMPTS, retry_pause_seconds, lambda: MAX_RETRY_PAUSE_SECONDS)
    return ResourceManagerPolicy(RequestPolicy(base, build_support_rules(subscription), retry))


@asynccontextmanager
async def open_support_client(
    cloud: AzureCloud,
    credential: AsyncTokenCredential,
    subscription: str,
    retry_pause_seconds: float,
    poll_seconds: float,
) -> AsyncIterator[MicrosoftSupport]:
    """Open a client for `subscription`, and close it at the end of the block.

    Args:
        cloud: the cloud whose Resource Manager is called.
        credential: the person's credential; its scope is limited to Resource Manager.
        subscription: the only subscription that the client may reach.
        retry_pause_seconds: the pause before a failed read is repeated.
        poll_seconds: the pause between two status checks of a long-running operation.
    """
    scoped = ScopedCredential(credential, cloud.resource_scope)
    pipeline_policies = [
        # the SDK's polling reads the request id that this policy adds
        policies.RequestIdPolicy(),
        policies.HeadersPolicy(),
        policies.UserAgentPolicy("image-medic"),
        # The SDK's default pipeline also retries, follows redirects, and registers resource providers. All three are
        # left out on purpose: they would make unrequested changes, or repeat a request that creates something.
        build_support_policy(cloud.resource_manager, subscription, retry_pause_seconds),
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
        policies=pipeline_policies,
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
