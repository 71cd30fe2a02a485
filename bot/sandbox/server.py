"""Starts and stops the sandbox: an HTTPS server on this machine, with certificates and tokens of its own."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from aiohttp import web

from bot.azure.arm.cloud import AzureCloud
from bot.azure.credentials.credential_provider import CredentialProvider
from bot.errors import StartError
from bot.sandbox.azure_state import FakeAzureState
from bot.sandbox.blob_storage import FakeBlobStorage
from bot.sandbox.builds.scenario import Scenario, read_scenario
from bot.sandbox.certificates import make_certificates
from bot.sandbox.credentials import SandboxCredentials, SandboxTokens
from bot.sandbox.request_guard import RequestGuard
from bot.sandbox.resource_manager import FakeResourceManager

HOST = "127.0.0.1"
MAX_BODY_BYTES = 4 * 1024 * 1024  # bytes: a piece of a file that goes with a support ticket, in base64
READ_BYTES_PER_SECOND = 8_000_000  # bytes a second: a log of 12 MB is read in a second or two, as over a network


def get_utc_now() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


class Sandbox:
    """Made-up Azure. Between `start` and `close`, `cloud` says where it is and `eyes` look at it.

    `more`: further routes, such as those of support tickets. They pass the same checks as the sandbox's own (caller,
    token, api-version) and may have any method; a handler refuses by raising `bot.sandbox.azure_errors.Refused`.
    `rate`: bytes a second at which blobs are read, None for no limit.
    """

    cloud: AzureCloud
    credential_provider: CredentialProvider

    def __init__(
        self,
        extra_routes: Sequence[web.AbstractRouteDef] = (),
        scenario: Scenario | None = None,
        clock: Callable[[], datetime] = get_utc_now,
        bytes_per_second: int | None = READ_BYTES_PER_SECOND,
    ) -> None:
        self._extra_routes = extra_routes
        self._scenario = scenario
        self._clock = clock
        self._bytes_per_second = bytes_per_second
        self._certificate_folder: Path | None = None
        self._runner: web.AppRunner | None = None
        self._request_guard: RequestGuard | None = None

    @property
    def request_log(self) -> deque[str]:
        """The last requests as `METHOD path`."""
        return self._request_guard.request_log if self._request_guard else deque()

    async def start(self) -> Sandbox:
        """Starts to serve on a free port.

        Raises:
            StartError: when there is no port or no temporary folder, or a template's file cannot be used.
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
        """Stops serving and removes the certificates; without a start, nothing."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None
        if self._certificate_folder:
            shutil.rmtree(self._certificate_folder, ignore_errors=True)
            self._certificate_folder = None

    async def __aenter__(self) -> Sandbox:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _serve(self) -> None:
        self._certificate_folder = Path(tempfile.mkdtemp(prefix="image-medic-sandbox-"))
        trusted, context = make_certificates(self._certificate_folder, HOST)
        scenario = self._scenario if self._scenario is not None else await asyncio.to_thread(read_scenario)
        world = FakeAzureState(scenario, self._clock)
        await asyncio.to_thread(world.warm_up)

        listener = _open_listener()
        base = f"https://{HOST}:{listener.getsockname()[1]}"
        self.cloud = AzureCloud(
            resource_manager=base,
            resource_scope=f"{base}/.default",
            storage_scope="https://storage.azure.com/.default",
            authority="https://login.microsoftonline.com",
            portal="https://portal.azure.com",
            blob_base=base,
            ca_file=trusted,
        )
        tokens = SandboxTokens(self.cloud.resource_scope, self.cloud.storage_scope)
        self.credential_provider = SandboxCredentials(tokens)
        self._request_guard = RequestGuard(tokens)

        app = web.Application(middlewares=[self._request_guard.middleware], client_max_size=MAX_BODY_BYTES)
        app.add_routes(
            [
                *self._extra_routes,
                *FakeResourceManager(world, base).build_routes(),
                *FakeBlobStorage(world, base, self._bytes_per_second).build_routes(),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, listener, ssl_context=context).start()


def _open_listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((HOST, 0))
    return listener
