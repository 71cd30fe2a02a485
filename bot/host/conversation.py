"""Build the dialogs over the shipped knowledge: the conversation, and the message extension."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from bot.telemetry.observer import NullObserver, Observer
from bot.template_check.checker import ProcessTemplateChecker
from bot.template_check.mistake_finder import ProcessMistakeFinder
from bot.template_check.process_pool import TemplateProcessPool
from bot.workload.text_workers import TextWorkers
from dialogs.conversation import Conversation
from dialogs.message_extension import MessageExtension
from dialogs.model.ports import AttachmentReader, AzureReader, LookSharer, TicketFiler
from dialogs.resources import DialogResources
from dialogs.texts.catalog import TextCatalog, get_texts
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.knowledge_base import KnowledgeBase, load_knowledge_base
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language

MIN_THREADED_TEXT_CHARS = 40_000
"""From this many characters on, a diagnosis runs in a thread; a shorter one takes less time than the switch."""


@dataclass(frozen=True, slots=True)
class LoadedKnowledge:
    """The knowledge base, the diagnoser compiled from it, and the texts of the dialogs."""

    base: KnowledgeBase
    diagnoser: Diagnoser
    texts: TextCatalog


@dataclass(frozen=True, slots=True)
class DialogServices:
    """What answers people, in and outside of conversations."""

    conversation: Conversation
    message_extension: MessageExtension


def load_knowledge() -> LoadedKnowledge:
    """Read and check the shipped knowledge and texts.

    Raises:
        KnowledgeError: They have faults.
    """
    base = load_knowledge_base()
    return LoadedKnowledge(base, Diagnoser(base.entries), get_texts())


@dataclass(frozen=True, slots=True)
class DialogWorkers:
    """What the dialogs hand long work to.

    Attributes:
        texts: The threads that diagnose long texts.
        templates: The processes that check templates.
    """

    texts: TextWorkers = field(default_factory=TextWorkers)
    templates: TemplateProcessPool = field(default_factory=TemplateProcessPool)


def build_dialog_services(
    knowledge: LoadedKnowledge,
    observer: Observer | None = None,
    azure: AzureReader | None = None,
    ticket_filer: TicketFiler | None = None,
    attachment_reader: AttachmentReader | None = None,
    look_sharer: LookSharer | None = None,
    workers: DialogWorkers | None = None,
) -> DialogServices:
    """Build the dialogs.

    Args:
        knowledge: The shipped knowledge.
        observer: Records each diagnosis.
        azure: Looks up templates in Azure; without it, nothing is looked up.
        ticket_filer: Files support tickets; without it people file them by hand.
        attachment_reader: Reads the files that people attach; without it, none are read.
        look_sharer: Posts the lookups that people share; without it, lookups stay in the private chat.
        workers: What long work is handed to.
    """
    active_observer, workers = observer or NullObserver(), workers or DialogWorkers()
    diagnosis_lock = asyncio.Lock()

    def diagnose_and_observe(text: str, language: Language) -> Diagnosis:
        started_at = time.perf_counter()
        diagnosis = knowledge.diagnoser.diagnose(text, language)
        active_observer.record_diagnosis(diagnosis, time.perf_counter() - started_at)
        return diagnosis

    async def diagnose(text: str, language: Language) -> Diagnosis:
        if len(text) < MIN_THREADED_TEXT_CHARS:
            # one at a time, after other tasks: otherwise many at once would all be answered only after the last one is
            # done
            async with diagnosis_lock:
                await asyncio.sleep(0)
                return diagnose_and_observe(text, language)
        return await workers.texts.run(lambda: diagnose_and_observe(text, language))

    resources = DialogResources(
        diagnose,
        _format_current_time,
        azure,
        ticket_filer,
        attachment_reader,
        look_sharer,
        ProcessTemplateChecker(workers.templates),
        ProcessMistakeFinder(workers.templates),
    )
    return DialogServices(
        Conversation(knowledge.base, resources, knowledge.texts),
        MessageExtension(knowledge.base, diagnose, _format_current_time, knowledge.texts),
    )


def _format_current_time() -> str:
    # a datetime's own `strftime` takes five times as long
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
