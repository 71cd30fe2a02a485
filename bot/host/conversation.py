"""Builds what answers people over the shipped knowledge: the conversation, and the answers beside any."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.telemetry.observer import Observer, Unobserved
from dialogs.conversation import Medic
from dialogs.message_extension import Asides
from dialogs.model.ports import Azure, Files, Filing
from knowledge.catalog.howtos import Guides, load_guides
from knowledge.catalog.loading import load_entries
from knowledge.catalog.support import SupportRouting, load_support
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Entry, Language

LONG_TEXT = 40_000
"""Characters from which a diagnosis leaves the event loop: below it costs less than a thread's hand-over is worth."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The shipped knowledge, read and checked."""

    entries: Mapping[str, Entry]
    diagnoser: Diagnoser
    support: SupportRouting
    guides: Guides


@dataclass(frozen=True, slots=True)
class Conversations:
    """What answers people: in a conversation, and beside any."""

    medic: Medic
    asides: Asides


def load_knowledge() -> Knowledge:
    """The shipped knowledge. Raises `KnowledgeError` when it has faults."""
    entries = load_entries()
    return Knowledge(entries, Diagnoser(entries), load_support(), load_guides())


def build(
    known: Knowledge,
    observer: Observer | None = None,
    azure: Azure | None = None,
    filing: Filing | None = None,
    files: Files | None = None,
) -> Conversations:
    """What answers people; without `azure` nobody's eyes look, without `filing` tickets are filed by hand, without
    `files` none that people attach is read.
    """
    watching = observer or Unobserved()
    one = asyncio.Lock()

    def observed(text: str, language: Language) -> Diagnosis:
        begun = time.perf_counter()
        diagnosis = known.diagnoser.diagnose(text, language)
        watching.diagnosed(diagnosis, time.perf_counter() - begun)
        return diagnosis

    async def diagnose(text: str, language: Language) -> Diagnosis:
        if len(text) < LONG_TEXT:
            async with one:
                # first whatever has little to do: else each answer would leave when the last of many was written
                await asyncio.sleep(0)
                return observed(text, language)
        return await asyncio.to_thread(observed, text, language)

    entries, support, guides = known.entries, known.support, known.guides
    return Conversations(
        Medic(entries, diagnose, _now, support, guides, azure, filing, files),
        Asides(entries, diagnose, _now, support, guides),
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
