"""`python app.py serve` and `chat`: build the objects that the server or the terminal needs, and start it."""

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
from bot.host.conversation import LoadedKnowledge, build_dialog_services, load_knowledge
from bot.settings.setting import SettingReader
from dialogs.texts.catalog import get_texts
from knowledge.model.errors import KnowledgeError

if TYPE_CHECKING:
    from bot.host.settings import TerminalSettings

_PLAYGROUND_REFUSED = (
    "The Teams test client sends no tokens, and a bot with credentials serves nobody without one. Start it without the "
    "test client (python app.py serve), or unset MicrosoftAppId and what belongs to it to try the bot on this machine."
)


def run_serve(options: Namespace) -> int:
    """Serve Teams, or its test client if `--playground` is set. Return the exit status."""
    from bot.host.run import serve
    from bot.host.settings import read_settings
    from bot.telemetry.opentelemetry import open_telemetry

    try:
        # checked first: with credentials, the settings below would only complain about the sandbox
        if options.playground and read_credentials(SettingReader(os.environ)):
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
    """Run the bot in this terminal, with its state in memory only. Return the exit status."""
    from bot.host.settings import read_terminal_settings
    from bot.telemetry.logs import configure_logs

    try:
        settings = read_terminal_settings(_build_environ(options))
        known = load_knowledge()
        # to a file, so that log lines do not appear in the chat
        configure_logs("INFO", file=settings.log_file)
        asyncio.run(_run_chat(settings, known))
    except (SettingsError, StartError, KnowledgeError) as error:
        sys.stderr.write(f"Image Medic cannot start:\n{error}\n")
        return 1
    return 0


async def _run_chat(settings: TerminalSettings, knowledge: LoadedKnowledge) -> None:
    from bot.host.services import open_services
    from bot.terminal.session import TerminalSession
    from bot.terminal.terminal import run_terminal

    async with open_services(settings.azure, knowledge, settings.can_file_tickets) as services:
        session = TerminalSession(
            build_dialog_services(knowledge, azure=services.azure, ticket_filer=services.ticket_filer).conversation
        )
        try:
            await run_terminal(
                session.answer_turn, locale=_find_locale(os.environ), background_replies=session.background_replies
            )
        finally:
            session.end()


def _find_locale(environ: Mapping[str, str]) -> str | None:
    """Return the locale that the environment names, even if it is not installed, or else the system's."""
    candidates = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    name = next(filter(None, candidates), "") or locale.getlocale()[0] or ""
    # Windows has other names: Italian_Italy
    return get_texts().find_language(name.partition("_")[0]) or name.partition(".")[0] or None


def _build_environ(options: Namespace) -> Mapping[str, str]:
    """Return the environment, with the sandbox turned on if `--sandbox` is set and `AZURE_LOOK` is not."""
    if not options.sandbox or os.environ.get("AZURE_LOOK", "").strip():
        return os.environ
    return {**os.environ, "AZURE_LOOK": "sandbox", "SUPPORT_FILING": os.environ.get("SUPPORT_FILING", "") or "on"}
