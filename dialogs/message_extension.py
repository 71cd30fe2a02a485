"""Answers beside any conversation: the knowledge searched from a message box, a colleague's message diagnosed.

Nothing of them is remembered, and no walk begins: they stand in a message box or in a dialog of one person's client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.context import DialogContext, build_log_excerpt
from dialogs.model.ports import Clock, DiagnoseText
from dialogs.model.reply import Block, Button, Paragraph, Reply, TextRun, parse_markup
from dialogs.solution.diagnosis_view import render_phase_and_confidence, render_retry_advice
from dialogs.solution.shared_chat import extract_first_sentence
from dialogs.texts import TrustedText
from knowledge.catalog.howtos import Howtos, load_howtos
from knowledge.catalog.questionnaire import build_questionnaire
from knowledge.catalog.support import SupportRouting
from knowledge.model.diagnosis import Match
from knowledge.model.entry import Entry, Language

MAX_RESULTS = 8
MAX_QUERY_CHARS = 4_000
MAX_EVIDENCE_LINES = 6
MAX_REFERENCES = 3


@dataclass(frozen=True, slots=True)
class EntrySearchResult:
    """An entry that a search came to: its title, one line about it, and the card that can be posted."""

    title: str
    description: str
    reply: Reply


class MessageExtension:
    """Searches and diagnoses without a conversation."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        diagnose: DiagnoseText,
        clock: Clock,
        support: SupportRouting,
        howtos: Howtos | None = None,
    ) -> None:
        """Without `guides`, those that ship are used: raises `EntriesInvalid` when they have faults."""
        self._entries = entries
        self._diagnose = diagnose
        self._clock = clock
        self._support = support
        self._questionnaire = build_questionnaire(entries.values())
        self._howtos = howtos or load_howtos()

    async def search(self, query: str, language: Language) -> tuple[EntrySearchResult, ...]:
        """The entries that an error text, words or part of a title lead to, best first; none for an empty query."""
        query = query[:MAX_QUERY_CHARS].strip()
        if not query:
            return ()
        diagnosis = await self._diagnose(query, language)
        ids = [match.entry for match in diagnosis.matches if match.entry in self._entries]
        words = query.casefold().split()
        for entry in self._entries.values():
            title = f"{entry.id} {entry.title.en} {entry.title.it}".casefold()
            if all(word in title for word in words):
                ids.append(entry.id)
        context = self._build_context(language)
        return tuple(
            self._build_result(context, self._entries[name]) for name in list(dict.fromkeys(ids))[:MAX_RESULTS]
        )

    async def diagnose_message(self, text: str, language: Language) -> Reply:
        """What a message says of a failure, for the one who asks; with a button to share it where something is known.

        The button's `entry` is what `shared` wants.
        """
        context = self._build_context(language)
        diagnosis = await self._diagnose(text, language)
        match = next((m for m in diagnosis.matches if m.entry in self._entries), None)
        if match is None:
            return context.build_reply(
                context.build_heading("aside.none"),
                context.build_paragraph("aside.none-why"),
                summary=context.format_text("aside.none"),
            )
        entry = self._entries[match.entry]
        blocks = [
            *self._build_heading(context, entry, match),
            build_log_excerpt(match.evidence[:MAX_EVIDENCE_LINES]),
            *_build_body(context, entry),
            context.build_paragraph("aside.only-you", "subtle"),
        ]
        buttons = (context.build_button("share", "share", primary=True, entry=entry.id),)
        return context.build_reply(*blocks, buttons=buttons, summary=context.get_entry_title(entry.id))

    def build_shared_card(self, entry_id: str, language: Language) -> Reply | None:
        """The card for others: what is known of the failure, nothing of the text. None for an unknown entry."""
        known = self._entries.get(entry_id)
        return self._build_card(self._build_context(language), known) if known else None

    def _build_context(self, language: Language) -> DialogContext:
        return DialogContext(language, self._entries, self._questionnaire, self._support, self._clock(), self._howtos)

    def _build_result(self, context: DialogContext, entry: Entry) -> EntrySearchResult:
        return EntrySearchResult(
            context.get_entry_title(entry.id), entry.symptom.get(context.language), self._build_card(context, entry)
        )

    def _build_card(self, context: DialogContext, entry: Entry) -> Reply:
        title = context.get_entry_title(entry.id)
        phase = Paragraph((TextRun(context.format_text(f"phase.{entry.phase}")),), tone="subtle")
        pages = tuple(
            Button(context.format_text("aside.page", title=page.title), "", url=page.url)
            for page in entry.references[:MAX_REFERENCES]
        )
        heading = Paragraph((TextRun(title),), size="title")
        return context.build_reply(heading, phase, *_build_body(context, entry), buttons=pages, summary=title)

    def _build_heading(self, context: DialogContext, entry: Entry, match: Match) -> list[Block]:
        title = context.get_entry_title(entry.id)
        possible = match.confidence == "possible"
        return [
            context.build_heading("diagnosis.possible", title=title)
            if possible
            else Paragraph((TextRun(title),), size="title"),
            Paragraph(render_phase_and_confidence(context, entry, match)),
        ]


def _build_body(context: DialogContext, entry: Entry) -> list[Block]:
    """Whether a retry helps, the cause, and how the solution begins."""
    blocks: list[Block] = [
        render_retry_advice(context, entry),
        context.build_paragraph(
            "diagnosis.cause", cause=parse_markup(extract_first_sentence(entry.cause.get(context.language)))
        ),
    ]
    if entry.steps:
        blocks.append(
            context.build_paragraph("aside.first-step", count=len(entry.steps), do=context.localize(entry.steps[0].do))
        )
        if len(entry.steps) > 1:
            blocks.append(
                context.build_paragraph("aside.more", "subtle", title=TrustedText(context.get_entry_title(entry.id)))
            )
    return blocks
