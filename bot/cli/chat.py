"""`python app.py chat`: builds the objects that the terminal needs, and starts the conversation."""

from __future__ import annotations

import asyncio
import locale
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from bot.cli.serve import add_sandbox_argument, build_environ
from bot.errors import SettingsError, StartError
from bot.host.conversation import LoadedKnowledge, build_dialog_services, load_knowledge
from dialogs.texts.catalog import get_texts
from knowledge.model.errors import KnowledgeError

if TYPE_CHECKING:
    from bot.host.settings import TerminalSettings


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    add_sandbox_argument(parser)
    add_epilog(
        parser,
        examples=("chat --sandbox",),
        statuses=("0  you ended the chat", "1  the settings have errors"),
    )


def run(options: Namespace) -> int:
    """Run the bot in this terminal, with its state in memory only. Return the exit status."""
    from bot.host.settings import read_terminal_settings
    from bot.telemetry.logs import configure_logs

    try:
        settings = read_terminal_settings(build_environ(options))
        known = load_knowledge()
        # to a file, so that log lines don't appear in the chat
        configure_logs("INFO", file=settings.log_file)
        asyncio.run(_run_chat(settings, known))
    except (SettingsError, StartError, KnowledgeError) as error:
        print_error(f"Image Medic cannot start:\n{error}")
        return 1
    return 0


async def _run_chat(settings: TerminalSettings, knowledge: LoadedKnowledge) -> None:
    from bot.host.services import open_services
    from bot.terminal.files import LocalAttachmentReader
    from bot.terminal.session import TerminalSession
    from bot.terminal.terminal import run_terminal

    async with open_services(settings.azure, knowledge, settings.can_file_tickets) as services:
        session = TerminalSession(
            build_dialog_services(
                knowledge,
                azure=services.azure,
                ticket_filer=services.ticket_filer,
                attachment_reader=LocalAttachmentReader(knowledge.diagnoser.diagnose_stream),
            ).conversation
        )
        try:
            await run_terminal(
                session.answer_turn, locale=_find_locale(os.environ), background_replies=session.background_replies
            )
        finally:
            session.end()


def _find_locale(environ: Mapping[str, str]) -> str | None:
    """Return the locale that the environment names, even if it isn't installed, or else the system's."""
    candidates = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    name = next(filter(None, candidates), "") or locale.getlocale()[0] or ""
    # Windows has other names: Italian_Italy
    return get_texts().find_language(name.partition("_")[0]) or name.partition(".")[0] or None
