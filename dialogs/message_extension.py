"""Stateless queries of the Teams message extension: search the knowledge base, diagnose a colleague's message.

Nothing is remembered and no walkthrough begins: the results appear in the compose box or in one user's dialog.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.context import DialogContext, build_log_excerpt
from dialogs.model.ports import Clock, DiagnoseText
from dialogs.model.reply import Block, Button, Paragraph, Reply, TextRun, parse_markup
from dialogs.solution.diagnosis_view import build_entry_heading, render_retry_advice
from dialogs.solution.shared_chat import extract_first_sentence
from dialogs.texts.catalog import TextCatalog, get_texts
from knowledge.knowledge_base import KnowledgeBase
from knowledge.model.entry import Entry, Language

MAX_RESULTS = 8
MAX_QUERY_CHARS = 4_000
MAX_EVIDENCE_LINES = 6
MAX_REFERENCES = 3


@dataclass(frozen=True, slots=True)
class EntrySearchResult:
    """An entry found by a search: its title, a one-line description, and the card that can be posted."""

    title: str
    description: str
    reply: Reply


class MessageExtension:
    """Searches entries and diagnoses messages without the state of a conversation."""

    def __init__(
        self, knowledge: KnowledgeBase, diagnose: DiagnoseText, clock: Clock, texts: TextCatalog | None = None
    ) -> None:
        """Search and diagnose with this knowledge base and diagnoser, and with these texts or the shipped ones."""
        self._knowledge = knowledge
        self._diagnose = diagnose
        self._clock = clock
        self._texts = texts or get_texts()

    async def search(self, query: str, language: Language) -> tuple[EntrySearchResult, ...]:
        """Search entries by error text, keywords, or part of a title, best first; none for an empty query."""
        query = query[:MAX_QUERY_CHARS].strip()
        if not query:
            return ()
        diagnosis = await self._diagnose(query, language)
        ids = [match.entry for match in diagnosis.matches if match.entry in self._knowledge.entries]
        words = query.casefold().split()
        for entry in self._knowledge.entries.values():
            title = " ".join((entry.id, *entry.title.list_all())).casefold()
            if all(word in title for word in words):
                ids.append(entry.id)
        context = self._build_context(language)
        # what the text was diagnosed as comes before mere title matches
        unique_ids = list(dict.fromkeys(ids))[:MAX_RESULTS]
        return tuple(self._build_result(context, self._knowledge.entries[entry_id]) for entry_id in unique_ids)

    async def diagnose_message(self, text: str, language: Language) -> Reply:
        """Diagnose a colleague's message for the user who asks.

        When something was found, the reply has a button to share it, whose `entry` is for `build_shared_card`.
        """
        context = self._build_context(language)
        diagnosis = await self._diagnose(text, language)
        match = next((m for m in diagnosis.matches if m.entry in self._knowledge.entries), None)
        if match is None:
            return context.build_reply(
                context.build_heading("aside.none"),
                context.build_paragraph("aside.none-why"),
                summary=context.format_text("aside.none"),
            )
        entry = self._knowledge.entries[match.entry]
        blocks = [
            *build_entry_heading(context, entry, match),
            build_log_excerpt(match.evidence[:MAX_EVIDENCE_LINES]),
            *_build_body(context, entry),
            context.build_paragraph("aside.only-you", "subtle"),
        ]
        buttons = (context.build_button("share", "share", primary=True, entry=entry.id),)
        return context.build_reply(*blocks, buttons=buttons, summary=context.get_entry_title(entry.id))

    def build_shared_card(self, entry_id: str, language: Language) -> Reply | None:
        """Build the card to share: what is known of the error, nothing of the text. None for an unknown entry."""
        entry = self._knowledge.entries.get(entry_id)
        return self._build_card(self._build_context(language), entry) if entry else None

    def _build_context(self, language: Language) -> DialogContext:
        return DialogContext(language, self._knowledge, self._texts, self._clock())

    def _build_result(self, context: DialogContext, entry: Entry) -> EntrySearchResult:
        return EntrySearchResult(
            context.get_entry_title(entry.id), entry.symptom.get(context.language), self._build_card(context, entry)
        )

    def _build_card(self, context: DialogContext, entry: Entry) -> Reply:
        title = context.get_entry_title(entry.id)
        heading = Paragraph((TextRun(title),), size="title")
        phase = Paragraph((TextRun(context.format_text(f"phase.{entry.phase}")),), tone="subtle")
        reference_buttons = tuple(
            Button(context.format_text("aside.page", title=reference.title), "", url=reference.url)
            for reference in entry.references[:MAX_REFERENCES]
        )
        return context.build_reply(
            heading, phase, *_build_body(context, entry), buttons=reference_buttons, summary=title
        )


def _build_body(context: DialogContext, entry: Entry) -> list[Block]:
    """Build what every card of an entry says: whether a retry helps, the cause, and the first step."""
    cause = parse_markup(extract_first_sentence(context, entry.cause))
    blocks: list[Block] = [
        render_retry_advice(context, entry),
        context.build_paragraph("diagnosis.cause", cause=cause),
    ]
    if entry.steps:
        blocks.append(
            context.build_paragraph("aside.first-step", count=len(entry.steps), do=context.localize(entry.steps[0].do))
        )
    if len(entry.steps) > 1:
        blocks.append(context.build_paragraph("aside.more", "subtle", title=context.get_entry_title(entry.id)))
    return blocks
