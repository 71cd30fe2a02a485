"""Builds the objects that the two clients need, Teams' server and the terminal, and starts one of them."""

from __future__ import annotations

import asyncio
import locale
import os
import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.errors import SettingsError, StartError
from bot.observing import Observer, Unobserved
from dialogs.asides import Asides
from dialogs.medic import Medic
from dialogs.turn import Turn
from dialogs.view import Reply
from knowledge.diagnosing import Diagnoser
from knowledge.diagnosis import Diagnosis
from knowledge.entry import Language
from knowledge.errors import KnowledgeError
from knowledge.guides import load_guides
from knowledge.loading import load_entries
from knowledge.support import load_support

LONG_TEXT = 40_000
"""Characters from which a diagnosis leaves the event loop: below it costs less than a thread's hand-over is worth."""

_NO_PLAYGROUND = (
    "The Teams test client sends no tokens, and a bot with credentials serves nobody without one. Start it without the "
    "test client (python app.py serve), or unset MicrosoftAppId and what belongs to it to try the bot on this machine."
)


@dataclass(frozen=True, slots=True)
class Conversations:
    """What answers people: in a conversation, and beside any."""

    medic: Medic
    asides: Asides


def build(observer: Observer | None = None) -> Conversations:
    """What answers people, over the shipped knowledge. Raises `KnowledgeError` when the knowledge has faults."""
    watching = observer or Unobserved()
    entries = load_entries()
    diagnoser = Diagnoser(entries)
    support = load_support()
    guides = load_guides()
    one = asyncio.Lock()

    def observed(text: str, language: Language) -> Diagnosis:
        begun = time.perf_counter()
        diagnosis = diagnoser.diagnose(text, language)
        watching.diagnosed(diagnosis, time.perf_counter() - begun)
        return diagnosis

    async def diagnose(text: str, language: Language) -> Diagnosis:
        if len(text) < LONG_TEXT:
            async with one:
                # first whatever has little to do: else each answer would leave when the last of many was written
                await asyncio.sleep(0)
                return observed(text, language)
        return await asyncio.to_thread(observed, text, language)

    return Conversations(
        Medic(entries, diagnose, _now, support, guides), Asides(entries, diagnose, _now, support, guides)
    )


def build_medic(observer: Observer | None = None) -> Medic:
    """The conversation alone. Raises `KnowledgeError` when the knowledge has faults."""
    return build(observer).medic


def run_serve(options: Namespace) -> int:
    """Serves Teams, or its test client; returns the exit status."""
    from bot.runtime import serve
    from bot.settings import read_settings
    from bot.telemetry import open_telemetry

    try:
        settings = read_settings(os.environ)
        if options.playground and settings.credentials:
            raise SettingsError([_NO_PLAYGROUND])
        observer = open_telemetry(os.environ)
        made = build(observer)
    except (SettingsError, StartError, KnowledgeError) as error:
        sys.stderr.write(f"Image Medic cannot start:\n{error}\n")
        return 1
    try:
        return asyncio.run(serve(settings, made.medic, made.asides, options.playground, observer))
    finally:
        observer.close()


def run_chat(options: Namespace) -> int:
    """The same bot in this terminal; its state lasts as long as the chat."""
    from bot.terminal import chat

    try:
        medic = build_medic()
    except KnowledgeError as error:
        sys.stderr.write(f"Image Medic cannot start:\n{error}\n")
        return 1
    state: Mapping[str, Any] | None = None

    async def answer(turn: Turn) -> Sequence[Reply]:
        nonlocal state
        given = await medic.answer(turn, state)
        state = given.state
        return given.replies

    asyncio.run(chat(answer, locale=locale.getlocale()[0]))
    return 0


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
