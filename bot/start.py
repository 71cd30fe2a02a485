"""Builds the objects that the two clients need, Teams' server and the terminal, and starts one of them."""

from __future__ import annotations

import asyncio
import locale
import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.building import Knowledge, build, load_knowledge
from bot.errors import SettingsError, StartError
from bot.observing import Observer
from dialogs.medic import Medic
from dialogs.turn import Turn
from dialogs.view import Reply
from dialogs.work import Done
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from bot.settings import TerminalSettings

_NO_PLAYGROUND = (
    "The Teams test client sends no tokens, and a bot with credentials serves nobody without one. Start it without the "
    "test client (python app.py serve), or unset MicrosoftAppId and what belongs to it to try the bot on this machine."
)


def build_medic(observer: Observer | None = None) -> Medic:
    """The conversation alone, which looks at nothing. Raises `KnowledgeError` when the knowledge has faults."""
    return build(load_knowledge(), observer).medic


def run_serve(options: Namespace) -> int:
    """Serves Teams, or its test client; returns the exit status."""
    from bot.runtime import serve
    from bot.settings import read_settings
    from bot.telemetry import open_telemetry

    try:
        settings = read_settings(_environ(options))
        if options.playground and settings.credentials:
            raise SettingsError([_NO_PLAYGROUND])
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
    from bot.logs import configure_logs
    from bot.settings import read_terminal

    try:
        settings = read_terminal(_environ(options))
        known = load_knowledge()
        # not between what is said
        configure_logs("INFO", file=settings.log_file)
        asyncio.run(_chat(settings, known))
    except (SettingsError, StartError, KnowledgeError) as error:
        sys.stderr.write(f"Image Medic cannot start:\n{error}\n")
        return 1
    return 0


async def _chat(settings: TerminalSettings, known: Knowledge) -> None:
    from bot.opening import opened
    from bot.terminal import chat
    from bot.terminal_files import with_text

    async with opened(settings.azure, known, settings.filing) as outside:
        medic = build(known, azure=outside.azure, filing=outside.filing).medic
        state: Mapping[str, Any] | None = None

        async def answer(turn: Turn) -> Sequence[Reply]:
            nonlocal state
            replies: list[Reply] = []
            turns = [turn]
            while turns:
                given = await medic.answer(turns.pop(0), state)
                state = given.state
                for reply in given.replies:
                    content = medic.file(state, reply.file.args) if reply.file else None
                    replies.append(with_text(reply, content))
                # nobody else writes here, so that what takes long is simply waited for
                language = given.replies[-1].language if given.replies else "en"
                for work in given.work:
                    result = await medic.perform(turn.person, work, language, lambda done, total: None)
                    turns.append(replace(turn, text="", action=None, joined=False, done=Done(work, result)))
            return replies

        await chat(answer, locale=locale.getlocale()[0])


def _environ(options: Namespace) -> Mapping[str, str]:
    """The environment, with the sandbox where the command line asks for it and the environment for nothing else."""
    if not options.sandbox or os.environ.get("AZURE_LOOK", "").strip():
        return os.environ
    return {**os.environ, "AZURE_LOOK": "sandbox", "SUPPORT_FILING": os.environ.get("SUPPORT_FILING", "") or "on"}
