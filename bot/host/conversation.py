"""Builds what answers people over the shipped knowledge: the conversation, and the answers beside any."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.telemetry.observer import NullObserver, Observer
from dialogs.conversation import Conversation
from dialogs.message_extension import MessageExtension
from dialogs.model.ports import AttachmentReader, AzureReader, TicketFiler
from knowledge.catalog.howtos import Howtos, load_howtos
from knowledge.catalog.loading import load_entries
from knowledge.catalog.support import SupportRouting, load_support
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Entry, Language

MIN_THREADED_TEXT_CHARS = 40_000
"""Characters from which a diagnosis leaves the event loop: below it costs less than a thread's hand-over is worth."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The shipped knowledge, read and checked."""

    entries: Mapping[str, Entry]
    diagnoser: Diagnoser
    support: SupportRouting
    howtos: Howtos


@dataclass(frozen=True, slots=True)
class DialogServices:
    """What answers people: in a conversation, and beside any."""

    conversation: Conversation
    message_extension: MessageExtension


def load_knowledge() -> Knowledge:
    """The shipped knowledge. Raises `KnowledgeError` when it has faults."""
    entries = load_entries()
    return Knowledge(entries, Diagnoser(entries), load_support(), load_howtos())


def build_dialog_services(
    knowledge: Knowledge,
    observer: Observer | None = None,
    azure: AzureReader | None = None,
    ticket_filer: TicketFiler | None = None,
    attachment_reader: AttachmentReader | None = None,
) -> DialogServices:
    """What answers people; without `azure` nobody's eyes look, without `filing` tickets are filed by hand, without
    `files` none that people attach is read.
    """
    watching = observer or NullObserver()
    one = asyncio.Lock()

    def diagnose_and_observe(text: str, language: Language) -> Diagnosis:
        begun = time.perf_counter()
        diagnosis = knowledge.diagnoser.diagnose(text, language)
        watching.record_diagnosis(diagnosis, time.perf_counter() - begun)
        return diagnosis

    async def diagnose(text: str, language: Language) -> Diagnosis:
        if len(text) < MIN_THREADED_TEXT_CHARS:
            async with one:
                # first whatever has little to do: else each answer would leave when the last of many was written
                await asyncio.sleep(0)
                return diagnose_and_observe(text, language)
        return await asyncio.to_thread(diagnose_and_observe, text, language)

    entries, support, guides = knowledge.entries, knowledge.support, knowledge.howtos
    return DialogServices(
        Conversation(entries, diagnose, _format_current_time, support, guides, azure, ticket_filer, attachment_reader),
        MessageExtension(entries, diagnose, _format_current_time, support, guides),
    )


def _format_current_time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
