"""Start and stop the sandbox: an HTTPS server on this machine, with its own certificates and tokens."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from aiohttp import web

from bot.azure.credentials.credential_provider import CredentialProvider
from bot.errors import StartError
from bot.sandbox.azure_state import FakeAzureState
from bot.sandbox.blob_storage import FakeBlobStorage
from bot.sandbox.builds.scenario import Scenario, read_scenario
from bot.sandbox.certificates import make_certificates
from bot.sandbox.credentials import SandboxCredentials, SandboxTokens
from bot.sandbox.request_guard import RequestGuard
from bot.sandbox.resource_manager import FakeResourceManager
from knowledge.azure_clouds import AzureCloud

HOST = "127.0.0.1"
MAX_BODY_BYTES = 4 * 1024 * 1024  # the largest chunk of a ticket's attachment (2.5 MB) in base64
READ_BYTES_PER_SECOND = 8_000_000  # a log of 12 MB takes a second or two, as over a network


def get_utc_now() -> datetime:
    """Return the time of this machine in UTC."""
    return datetime.now(UTC)


class Sandbox:
    """A fake Azure that runs between `start` and `close`, which `async with` calls.

    Args:
        extra_routes: More routes to serve, such as those of support tickets. They are behind the same checks of caller,
            token, and api-version; unlike the sandbox's own they may change something. A handler refuses a request by
            raising `FakeAzureError`.
        scenario: What to show; by default the templates that come with the bot.
        clock: Returns the current time in UTC.
        bytes_per_second: The speed at which blobs are sent.

    Attributes:
        cloud: The addresses of the running sandbox.
        credential_provider: Gives the only credential that the running sandbox accepts.
    """

    cloud: AzureCloud
    credential_provider: CredentialProvider

    def __init__(
        self,
        extra_routes: Sequence[web.AbstractRouteDef] = (),
        scenario: Scenario | None = None,
        clock: Callable[[], datetime] = get_utc_now,
        bytes_per_second: int = READ_BYTES_PER_SECOND,
    ) -> None:
        self._extra_routes = extra_routes
        self._scenario = scenario
        self._clock = clock
        self._bytes_per_second = bytes_per_second
        self._certificate_folder: Path | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> Sandbox:
        """Start serving on a free port.

        Raises:
            StartError: There is no free port or no temporary folder, or a template file can't be used.
        """
        try:
            await self._serve()
        except OSError as error:
            await self.close()
            raise StartError(f"The sandbox cannot start: {error.strerror or error}.") from error
        except BaseException:
            await self.close()
            raise
        return self

    async def close(self) -> None:
        """Stop serving and remove the certificates; do nothing if the sandbox isn't running."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None
        if self._certificate_folder:
            shutil.rmtree(self._certificate_folder, ignore_errors=True)
            self._certificate_folder = None

    async def __aenter__(self) -> Sandbox:
        return await self.start()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _serve(self) -> None:
        self._certificate_folder = Path(tempfile.mkdtemp(prefix="image-medic-sandbox-"))
        authority_file, tls_context = make_certificates(self._certificate_folder, HOST)
        scenario = self._scenario if self._scenario is not None else await asyncio.to_thread(read_scenario)
        state = FakeAzureState(scenario, self._clock)
        await asyncio.to_thread(state.warm_up)

        # bound before the cloud is built, since the addresses contain the port
        listener = _open_listener()
        self.cloud = _build_cloud(f"https://{HOST}:{listener.getsockname()[1]}", authority_file)
        tokens = SandboxTokens(self.cloud.resource_scope, self.cloud.storage_scope)
        self.credential_provider = SandboxCredentials(tokens)

        app = web.Application(middlewares=[self._build_guard(tokens).middleware], client_max_size=MAX_BODY_BYTES)
        # the routes of Resource Manager match every path below a subscription, so the extra ones come first
        app.add_routes(
            [
                *self._extra_routes,
                *FakeResourceManager(state, self.cloud).build_routes(),
                *FakeBlobStorage(state, self.cloud.resource_manager, self._bytes_per_second).build_routes(),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, listener, ssl_context=tls_context).start()

    def _build_guard(self, tokens: SandboxTokens) -> RequestGuard:
        return RequestGuard(tokens)


def _build_cloud(base_url: str, authority_file: Path) -> AzureCloud:
    return AzureCloud(
        resource_manager=base_url,
        resource_scope=f"{base_url}/.default",
        storage_scope="https://storage.azure.com/.default",
        authority="https://login.microsoftonline.com",
        portal="https://portal.azure.com",
        blob_base=base_url,
        ca_file=authority_file,
    )


def _open_listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((HOST, 0))
    return listener
