"""Run the bot as a program: open the state, start the server and the background tasks, and stop everything in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

from aiohttp import web

from bot.auth.channel_auth import ChannelAuth, build_channel_auth
from bot.errors import StartError, StoreError, describe_error_location
from bot.files.public_resolver import PublicResolver
from bot.files.uploads import FileUploader
from bot.host.conversation import DialogServices, DialogWorkers, LoadedKnowledge, build_dialog_services
from bot.host.http_server import build_app, listen
from bot.host.open_store import build_instance_name, hold_state_file, open_store
from bot.host.playground import ALTERNATIVE_HINT, EXAMPLE_ERROR, Playground, PlaygroundError
from bot.host.services import open_services
from bot.host.settings import Settings
from bot.sharing.look_sharer import ThreadLookSharer
from bot.state.store import StateStore
from bot.state.usage_counts import UsageCounter
from bot.state.watched_store import WatchedStore
from bot.teams.botframework.adapter import TeamsAdapter
from bot.teams.feedback import FEEDBACK_HANDLERS
from bot.teams.file_consent import FileConsentHandler
from bot.teams.invokes import InvokeRouter
from bot.teams.message_extension import build_extension_handlers
from bot.telemetry.logs import configure_logs
from bot.telemetry.observer import Observer
from bot.turns.turn_runner import TurnLimits, TurnRunner
from bot.workload.rate_limiter import RateLimiter
from bot.workload.text_workers import TextWorkers

PRUNE_SECONDS = 6 * 3600
"""Seconds between two searches for conversations that haven't been used for too long."""

StartTask = Callable[[], Coroutine[None, None, None]]

_log = logging.getLogger(__name__)


async def serve(
    settings: Settings,
    knowledge: LoadedKnowledge,
    should_run_playground: bool = False,
    observer: Observer | None = None,
) -> int:
    """Serve until SIGINT or SIGTERM, then finish the running turns. Return the exit status: 1 if it can't start."""
    configure_logs(settings.log_level, settings.log_format)
    try:
        with hold_state_file(settings):
            return await _serve_from(await open_store(settings), settings, knowledge, should_run_playground, observer)
    except (StartError, StoreError) as error:
        print(error, file=sys.stderr)
        return 1


async def _serve_from(
    opened_store: StateStore,
    settings: Settings,
    knowledge: LoadedKnowledge,
    should_run_playground: bool,
    observer: Observer | None,
) -> int:
    """Serve with the open store, and close it at the end.

    Raises:
        StartError: The server can't start.
    """
    stop = asyncio.Event()
    _stop_on_signals(stop)
    store = WatchedStore(opened_store)
    try:
        channel_auth = build_channel_auth(settings.credentials)
        async with open_services(
            settings.azure, knowledge, settings.can_file_tickets, settings.credentials, channel_auth, observer
        ) as services:
            text_workers = TextWorkers()
            dialog_services = build_dialog_services(
                knowledge,
                observer,
                services.azure,
                services.ticket_filer,
                services.attachment_reader,
                # the adapter is built with the dialogs, and posts for them once it's serving
                ThreadLookSharer(store, lambda: adapter) if settings.can_share_looks else None,
                DialogWorkers(text_workers),
            )
            uploads, usage_counter = FileUploader(resolver=PublicResolver()), UsageCounter(store)
            turns = TurnRunner(
                dialog_services.conversation,
                store,
                TurnLimits(text_workers=text_workers, rate_limiter=RateLimiter(settings.max_turns_per_minute)),
                instance=build_instance_name(settings),
                observer=observer,
                usage_counter=usage_counter,
            )
            adapter = TeamsAdapter(channel_auth, _build_invoke_router(dialog_services, uploads), services.sign_in)
            app = build_app(turns, store, channel_auth, adapter)
            # these run after the running turns, which still upload and count
            app.on_cleanup.append(lambda _: uploads.close())
            app.on_cleanup.append(lambda _: usage_counter.save())
            background: list[StartTask] = [
                lambda: _prune_periodically(store, settings.keep_days),
                lambda: usage_counter.run(stop),
                lambda: _report_unavailable(channel_auth),
            ]
            if should_run_playground:
                background.append(lambda: _run_test_client(settings))
            await _serve_until_stopped(app, settings, stop, background)
    finally:
        await store.close()
    return 0


def _build_invoke_router(dialog_services: DialogServices, uploads: FileUploader) -> InvokeRouter:
    return InvokeRouter(
        {
            **build_extension_handlers(dialog_services.message_extension),
            **FEEDBACK_HANDLERS,
            **FileConsentHandler(dialog_services.conversation, uploads).get_handlers(),
        }
    )


async def _serve_until_stopped(
    app: web.Application, settings: Settings, stop: asyncio.Event, background: Sequence[StartTask]
) -> None:
    """Serve `app` with the background tasks until `stop`.

    Raises:
        StartError: The address can't be used.
    """
    runner = await listen(app, settings)
    _print_line(f"Image Medic listens at {settings.url}/api/messages. Press Ctrl+C to stop it.")
    if settings.azure.access_mode == "sandbox":
        _print_line("Sandbox: the Azure it reads is made up, on this machine. In the chat, say: what failed")
    async with contextlib.AsyncExitStack() as tasks:
        for start_task in background:
            await tasks.enter_async_context(_run_in_background(start_task()))
        try:
            await stop.wait()
            _print_line("Stopping once the running turns are finished.")
        finally:
            # before the test client stops: running turns still have answers to deliver to it
            await runner.cleanup()


async def _report_unavailable(channel_auth: ChannelAuth) -> None:
    """Report right away what Teams' first message would otherwise reveal; the bot serves anyway, since it may pass."""
    missing = await channel_auth.find_unavailable()
    if missing:
        _print_line(
            f"Teams can't be served yet. Missing: {', '.join(missing)}. The log says why; /readyz says when it's over."
        )


async def _run_test_client(settings: Settings) -> None:
    """Run the Teams test client until canceled. Whatever happens to it, the server keeps running."""
    client = Playground(
        settings.url, settings.playground_port, settings.state_path.parent / "playground.log", os.environ
    )
    try:
        url = await client.start(_print_line)
        _print_line(f"Teams test client: open {url}")
        _print_line(f"  Say help, or paste an error such as: {EXAMPLE_ERROR}")
        _print_line(f"  No browser at hand? {ALTERNATIVE_HINT}")
        status = await client.wait_until_ended()
        _print_line(
            f"The Teams test client exited (status {status}); the bot keeps running. Restart to get the client back."
        )
    except PlaygroundError as error:
        _print_line(str(error))
    except Exception as error:  # noqa: BLE001 - a convenience: the server goes on whatever becomes of it
        _log.error("The Teams test client failed: %s", describe_error_location(error))
        _print_line(
            f"The Teams test client could not be started ({error}). The bot runs without it; {ALTERNATIVE_HINT}"
        )
    finally:
        await client.stop()


async def _prune_periodically(store: StateStore, keep_days: int) -> None:
    while True:
        try:
            count = await store.prune(keep_days * 86400)
            if count:
                _log.info("Deleted %d conversations that had been silent for %d days.", count, keep_days)
        except StoreError as error:
            _log.error("Old state could not be deleted: %s", error)
        await asyncio.sleep(PRUNE_SECONDS)


@contextlib.asynccontextmanager
async def _run_in_background(coroutine: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `coroutine` as a task, and cancel it when the block ends."""
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
        except NotImplementedError:  # on Windows, where the handler also runs in the main thread
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(stop.set))


def _print_line(line: str) -> None:
    print(line, flush=True)
