"""Builds the objects that the two clients need, Teams' server and the terminal, and starts one of them."""

from __future__ import annotations

import asyncio
import locale
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.auth.credentials import read_credentials
from bot.errors import SettingsError, StartError
from bot.host.conversation import Knowledge, build_dialog_services, load_knowledge
from knowledge.model.errors import KnowledgeError

if TYPE_CHECKING:
    from bot.host.settings import TerminalSettings

_PLAYGROUND_REFUSED = (
    "The Teams test client sends no tokens, and a bot with credentials serves nobody without one. Start it without the "
    "test client (python app.py serve), or unset MicrosoftAppId and what belongs to it to try the bot on this machine."
)


def run_serve(options: Namespace) -> int:
    """Serves Teams, or its test client; returns the exit status."""
    from bot.host.run import serve
    from bot.host.settings import read_settings
    from bot.telemetry.opentelemetry import open_telemetry

    try:
        # first, since the sandbox that comes with the test client is refused with credentials too
        if options.playground and read_credentials(os.environ, []):
            raise SettingsError([_PLAYGROUND_REFUSED])
        settings = read_settings(_build_environ(options))
        observer = open_telemetry(os.environ)
        known = load_knowledge()
    except (SettingsError, StartError, KnowledgeError) as error:
        sys.stderr.write(f"Image Medic cannot start:\n{error}\n")
        return 1
    try:
        return asyncio.run(serve(settings, known, options.playground, observer))
    finally:
        observer.close()


def run_chat(options: Namespace) -> int:
    """The same bot in this terminal; its state lasts as long as the chat."""
    from bot.host.settings import read_terminal_settings
    from bot.telemetry.logs import configure_logs

    try:
        settings = read_terminal_settings(_build_environ(options))
        known = load_knowledge()
        # not between what is said
        configure_logs("INFO", file=settings.log_file)
        asyncio.run(_run_chat(settings, known))
    except (SettingsError, StartError, KnowledgeError) as error:
        sys.stderr.write(f"Image Medic cannot start:\n{error}\n")
        return 1
    return 0


async def _run_chat(settings: TerminalSettings, knowledge: Knowledge) -> None:
    from bot.host.services import open_services
    from bot.terminal.session import TerminalSession
    from bot.terminal.terminal import run_terminal

    async with open_services(settings.azure, knowledge, settings.can_file_tickets) as outside:
        talk = TerminalSession(
            build_dialog_services(knowledge, azure=outside.azure, ticket_filer=outside.ticket_filer).conversation
        )
        try:
            await run_terminal(
                talk.answer_turn, locale=_find_locale(os.environ), background_replies=talk.background_replies
            )
        finally:
            talk.end()


def _find_locale(environ: Mapping[str, str]) -> str | None:
    """The person's locale: as the environment names it, whether it is installed here or not, or the system's."""
    named = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    found = next(filter(None, named), "") or locale.getlocale()[0] or ""
    # Windows has names of its own: Italian_Italy
    return "it" if found.casefold().startswith("italian") else found.partition(".")[0] or None


def _build_environ(options: Namespace) -> Mapping[str, str]:
    """The environment, with the sandbox where the command line asks for it and the environment for nothing else."""
    if not options.sandbox or os.environ.get("AZURE_LOOK", "").strip():
        return os.environ
    return {**os.environ, "AZURE_LOOK": "sandbox", "SUPPORT_FILING": os.environ.get("SUPPORT_FILING", "") or "on"}
