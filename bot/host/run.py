"""The bot as a running program: state opened, server started, the test client beside it, all ended in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine

from bot.auth.channel_auth import ChannelAuth, build_channel_auth
from bot.errors import StartError, StoreError, describe_error_location
from bot.files.public_resolver import PublicResolver
from bot.files.uploads import FileUploader
from bot.host.conversation import DialogServices, Knowledge, build_dialog_services
from bot.host.http_server import build_app, listen
from bot.host.open_store import build_instance_name, open_store
from bot.host.playground import ALTERNATIVE_HINT, EXAMPLE_ERROR, Playground, PlaygroundError
from bot.host.services import ExternalServices, open_services
from bot.host.settings import Settings
from bot.state.store import StateStore
from bot.state.usage_counts import UsageCounter
from bot.teams.botframework.adapter import TeamsAdapter
from bot.teams.feedback import FEEDBACK_HANDLERS
from bot.teams.file_consent import FileConsentHandler
from bot.teams.invokes import InvokeRouter
from bot.teams.message_extension import build_extension_handlers
from bot.telemetry.logs import configure_logs
from bot.telemetry.observer import Observer
from bot.turns.turn_runner import TurnRunner

PRUNE_SECONDS = 6 * 3600
"""Seconds between two searches for conversations that nobody has touched for too long."""

_log = logging.getLogger(__name__)


async def serve(
    settings: Settings,
    knowledge: Knowledge,
    should_run_playground: bool = False,
    observer: Observer | None = None,
) -> int:
    """Serve until SIGINT or SIGTERM, then finish the running turns. Return the exit status: 1 if it can't start."""
    configure_logs(settings.log_level, settings.log_format)
    stop = asyncio.Event()
    _stop_on_signals(stop)
    try:
        store = await open_store(settings)
    except StoreError as error:
        return _report_start_failure(error)
    try:
        access = build_channel_auth(settings.credentials)
        async with open_services(
            settings.azure, knowledge, settings.can_file_tickets, settings.credentials, access, observer
        ) as outside:
            services = build_dialog_services(
                knowledge, observer, outside.azure, outside.ticket_filer, outside.attachment_reader
            )
            await _serve(settings, store, access, outside, services, observer, stop, should_run_playground)
    except StartError as error:
        return _report_start_failure(error)
    finally:
        await store.close()
    return 0


async def _serve(
    settings: Settings,
    store: StateStore,
    channel_auth: ChannelAuth,
    external_services: ExternalServices,
    dialog_services: DialogServices,
    observer: Observer | None,
    stop: asyncio.Event,
    should_run_playground: bool,
) -> None:
    uploads = FileUploader(resolver=PublicResolver())
    handlers = {
        **build_extension_handlers(dialog_services.message_extension),
        **FEEDBACK_HANDLERS,
        **FileConsentHandler(dialog_services.conversation, uploads).get_handlers(),
    }
    tally = UsageCounter(store)
    turns = TurnRunner(
        dialog_services.conversation,
        store,
        instance=build_instance_name(settings),
        observer=observer,
        usage_counter=tally,
    )
    teams = TeamsAdapter(channel_auth, invoke_router=InvokeRouter(handlers), sign_in=external_services.sign_in)
    runner = await listen(build_app(turns, store, channel_auth, teams), settings)
    _print_line(f"Image Medic listens at {settings.url}/api/messages. Press Ctrl+C to stop it.")
    if settings.azure.access_mode == "sandbox":
        _print_line("Sandbox: the Azure that it looks at is made up and on this machine. In the chat, say: what failed")
    # the server ends before the test client does: running turns still have answers to deliver to it
    async with (
        _run_beside(_prune_periodically(store, settings.keep_days)),
        _run_beside(tally.run(stop)),
        _run_beside(_report_missing(channel_auth)),
        _run_beside(_run_test_client(settings) if should_run_playground else _do_nothing()),
    ):
        try:
            await stop.wait()
            _print_line("Stopping: running turns are finished first.")
        finally:
            await runner.cleanup()
            await uploads.close()
            await tally.save()


async def _report_missing(channel_auth: ChannelAuth) -> None:
    """Say at once what Teams would find out only with its first message. The bot serves all the same: it may pass."""
    missing = await channel_auth.find_unavailable()
    if missing:
        _print_line(
            f"Teams cannot be served yet, for want of: {', '.join(missing)}. The log says why; /readyz when it is over."
        )


async def _run_test_client(settings: Settings) -> None:
    """Run the test client beside the server until cancelled; whatever happens to it, the server goes on."""
    client = Playground(
        settings.url, settings.playground_port, settings.state_path.parent / "playground.log", os.environ
    )
    try:
        url = await client.start(_print_line)
        _print_line(f"Teams test client: open {url}")
        _print_line(f"  Say help, or paste an error such as: {EXAMPLE_ERROR}")
        _print_line(f"  No browser at hand? {ALTERNATIVE_HINT}")
        status = await client.wait_until_ended()
        _print_line(f"The Teams test client ended (status {status}); the bot goes on. Start again to have it back.")
    except PlaygroundError as failed:
        _print_line(str(failed))
    except Exception as error:  # noqa: BLE001 - it is an extra: the server goes on whatever becomes of it
        _log.error("The Teams test client failed: %s", describe_error_location(error))
        _print_line(
            f"The Teams test client could not be started ({error}). The bot goes on without it; {ALTERNATIVE_HINT}"
        )
    finally:
        await client.stop()


async def _prune_periodically(store: StateStore, days: int) -> None:
    while True:
        try:
            gone = await store.prune(days * 86400)
            if gone:
                _log.info("Forgot %d conversations in which nothing was said for %d days.", gone, days)
        except StoreError as error:
            _log.error("Old state could not be removed: %s", error)
        await asyncio.sleep(PRUNE_SECONDS)


async def _do_nothing() -> None:
    return None


@contextlib.asynccontextmanager
async def _run_beside(coroutine: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` until the block ends."""
    task = asyncio.create_task(coroutine)
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


def _report_start_failure(error: Exception) -> int:
    print(error, file=sys.stderr)
    return 1


def _print_line(line: str) -> None:
    print(line, flush=True)
