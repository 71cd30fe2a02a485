"""The bot as a running program: state opened, server started, the test client beside it, all ended in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine

from bot.auth.access import Access, access_for
from bot.errors import StartError, StoreError, where
from bot.files.public_resolver import PublicResolver
from bot.files.uploads import Uploads
from bot.host.conversation import Conversations, Knowledge, build
from bot.host.http_server import build_app, listen
from bot.host.open_store import instance_name, open_store
from bot.host.playground import ALTERNATIVE, EXAMPLE, Playground, PlaygroundFailed
from bot.host.services import Outside, opened
from bot.host.settings import Settings
from bot.state.store import StateStore
from bot.state.usage_counts import Tally
from bot.teams.botframework.adapter import TeamsAdapter
from bot.teams.feedback import REACTIONS
from bot.teams.file_consent import GivingFiles
from bot.teams.invokes import Invokes
from bot.teams.message_extension import extension_handlers
from bot.telemetry.logs import configure_logs
from bot.telemetry.observer import Observer
from bot.turns.turn_runner import Turns
from dialogs.model.ports import Azure, Files, Filing

PRUNE_SECONDS = 6 * 3600
"""New objects after which garbage is looked for: some turns' worth, all of which were dropped by then."""

_log = logging.getLogger(__name__)


async def serve(
    settings: Settings,
    known: Knowledge,
    playground: bool = False,
    observer: Observer | None = None,
    make: Callable[[Knowledge, Observer | None, Azure, Filing | None, Files | None], Conversations] = build,
) -> int:
    """Serve until SIGINT or SIGTERM, then finish the running turns. Returns the exit status: 1 if it cannot start.

    `make` builds what answers people.
    """
    configure_logs(settings.log_level, settings.log_format)
    stop = asyncio.Event()
    _stop_on_signals(stop)
    try:
        store = await open_store(settings)
    except StoreError as error:
        return _cannot_start(error)
    try:
        access = access_for(settings.credentials)
        async with opened(settings.azure, known, settings.filing, settings.credentials, access, observer) as outside:
            made = make(known, observer, outside.azure, outside.filing, outside.files)
            await _serve(settings, store, access, outside, made, observer, stop, playground)
    except StartError as error:
        return _cannot_start(error)
    finally:
        await store.close()
    return 0


async def _serve(
    settings: Settings,
    store: StateStore,
    access: Access,
    outside: Outside,
    made: Conversations,
    observer: Observer | None,
    stop: asyncio.Event,
    playground: bool,
) -> None:
    uploads = Uploads(resolver=PublicResolver())
    handlers = {**extension_handlers(made.asides), **REACTIONS, **GivingFiles(made.medic, uploads).handlers()}
    tally = Tally(store)
    turns = Turns(made.medic, store, instance=instance_name(settings), observer=observer, tally=tally)
    teams = TeamsAdapter(access, invokes=Invokes(handlers), sign_in=outside.sign_in)
    runner = await listen(build_app(turns, store, access, teams), settings)
    _tell(f"Image Medic listens at {settings.url}/api/messages. Press Ctrl+C to stop it.")
    if settings.azure.look == "sandbox":
        _tell("Sandbox: the Azure that it looks at is made up and on this machine. In the chat, say: what failed")
    # the server ends before the test client does: running turns still have answers to deliver to it
    async with (
        _beside(_pruning(store, settings.keep_days)),
        _beside(tally.run(stop)),
        _beside(_first_look(access)),
        _beside(_test_client(settings) if playground else _nothing()),
    ):
        try:
            await stop.wait()
            _tell("Stopping: running turns are finished first.")
        finally:
            await runner.cleanup()
            await uploads.close()
            await tally.keep()


async def _first_look(access: Access) -> None:
    """Say at once what Teams would find out only with its first message. The bot serves all the same: it may pass."""
    missing = await access.missing()
    if missing:
        _tell(
            f"Teams cannot be served yet, for want of: {', '.join(missing)}. The log says why; /readyz when it is over."
        )


async def _test_client(settings: Settings) -> None:
    """Run the test client beside the server until cancelled; whatever happens to it, the server goes on."""
    client = Playground(
        settings.url, settings.playground_port, settings.state_path.parent / "playground.log", os.environ
    )
    try:
        url = await client.start(_tell)
        _tell(f"Teams test client: open {url}")
        _tell(f"  Say help, or paste an error such as: {EXAMPLE}")
        _tell(f"  No browser at hand? {ALTERNATIVE}")
        status = await client.ended()
        _tell(f"The Teams test client ended (status {status}); the bot goes on. Start again to have it back.")
    except PlaygroundFailed as failed:
        _tell(str(failed))
    except Exception as error:  # noqa: BLE001 - it is an extra: the server goes on whatever becomes of it
        _log.error("The Teams test client failed: %s", where(error))
        _tell(f"The Teams test client could not be started ({error}). The bot goes on without it; {ALTERNATIVE}")
    finally:
        await client.stop()


async def _pruning(store: StateStore, days: int) -> None:
    while True:
        try:
            gone = await store.prune(days * 86400)
            if gone:
                _log.info("Forgot %d conversations in which nothing was said for %d days.", gone, days)
        except StoreError as error:
            _log.error("Old state could not be removed: %s", error)
        await asyncio.sleep(PRUNE_SECONDS)


async def _nothing() -> None:
    return None


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` until the block ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(name, stop.set)
        except NotImplementedError:  # an event loop of Windows: the handler runs in the main thread all the same
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(stop.set))


def _cannot_start(error: Exception) -> int:
    print(error, file=sys.stderr)
    return 1


def _tell(line: str) -> None:
    print(line, flush=True)
