"""Stateless queries of the Teams message extension: search the knowledge base, diagnose a colleague's message.

Nothing is remembered and no walkthrough starts: the results appear in the compose box or in one user's dialog.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from dialogs.context import DialogContext, build_log_excerpt
from dialogs.model.ports import Clock, DiagnoseText
from dialogs.model.reply import Block, Button, ButtonArgument, Paragraph, Reply, TextRun
from dialogs.replies.plain_text import flatten_runs
from dialogs.replies.sentences import extract_first_sentence
from dialogs.solution.diagnosis_view import build_entry_heading, render_retry_advice
from dialogs.solution.finding_view import build_advice, build_deciding_line, render_walk_headline, summarize_headline
from dialogs.solution.solution_steps import build_walk, get_finding, render_system
from dialogs.solution.unmatched_view import build_error_blocks
from dialogs.state.conversation_state import ConversationState, Walkthrough
from dialogs.state.diagnosis import truncate_diagnosis
from dialogs.texts.catalog import TextCatalog, get_texts
from knowledge.diagnosis.solution import build_solution, fits_os
from knowledge.knowledge_base import KnowledgeBase
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Entry, Language
from knowledge.model.finding import FindingRule
from knowledge.search.keyword_search import KeywordHit

MAX_RESULTS = 8
MAX_QUERY_CHARS = 4_000
MAX_KEYWORDS_CHARS = 100
"""Anything longer is an error text, whose words alone say little."""
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
        """Search entries and findings by error text or keywords, best first; none for an empty query."""
        query = query[:MAX_QUERY_CHARS].strip()
        if not query:
            return ()
        diagnosis = await self._diagnose(query, language)
        hits = [KeywordHit(match.entry) for match in diagnosis.matches if match.entry in self._knowledge.entries]
        if len(query) <= MAX_KEYWORDS_CHARS:
            hits += await asyncio.to_thread(lambda: self._knowledge.keyword_search.search(query))
        context = self._build_context(language)
        # the text's diagnosis comes before entries that just share its words
        unique_hits = list(dict.fromkeys(hits))[:MAX_RESULTS]
        return tuple(self._build_result(context, hit) for hit in unique_hits)

    async def diagnose_message(self, text: str, language: Language) -> Reply:
        """Diagnose a colleague's message for the user who asks.

        If something was found, the reply has a button to share it, whose `entry` is for `build_shared_card`.
        """
        context = self._build_context(language)
        diagnosis = truncate_diagnosis(await self._diagnose(text, language))
        state = ConversationState(diagnosis=diagnosis)
        match = next((m for m in diagnosis.matches if m.entry in self._knowledge.entries), None)
        if match is None:
            return _show_unmatched(context, diagnosis)
        entry = self._knowledge.entries[match.entry]
        walk = build_walk(state, entry.id, state.diagnosis_number)
        headline = render_walk_headline(context, state, walk)
        if get_finding(diagnosis, entry.id) is None:
            proof = [build_log_excerpt(match.evidence[:MAX_EVIDENCE_LINES]), *_build_body(context, entry, None)]
        else:
            proof = [
                build_advice(context, state, walk),
                *build_deciding_line(diagnosis),
                context.build_paragraph("aside.more-by-paste", "subtle"),
            ]
        return context.build_reply(
            *build_entry_heading(context, state, walk, headline),
            *proof,
            context.build_paragraph("aside.only-you", "subtle"),
            buttons=(Button(context.format_text("button.share"), "share", _build_share_args(walk), primary=True),),
            summary=summarize_headline(context, headline, walk),
        )

    def build_shared_card(self, entry_id: str, finding_id: str, language: Language) -> Reply | None:
        """Build the card to share: what's known about the error, nothing from the text. None for an unknown entry."""
        entry = self._knowledge.entries.get(entry_id)
        rule = self._knowledge.findings.rules.get(finding_id)
        return _build_card(self._build_context(language), entry, rule) if entry else None

    def _build_result(self, context: DialogContext, hit: KeywordHit) -> EntrySearchResult:
        entry = self._knowledge.entries[hit.entry]
        rule = self._knowledge.findings.rules.get(hit.finding)
        card = _build_card(context, entry, rule)
        if rule is None:
            return EntrySearchResult(context.get_entry_title(entry.id), entry.symptom.get(context.language), card)
        title, cause = context.localize(rule.title), context.localize(rule.cause)
        return EntrySearchResult(flatten_runs(title), flatten_runs(cause), card)

    def _build_context(self, language: Language) -> DialogContext:
        return DialogContext(language, self._knowledge, self._texts, self._clock())


def _build_card(context: DialogContext, entry: Entry, rule: FindingRule | None) -> Reply:
    title = context.localize(rule.title) if rule else (TextRun(context.get_entry_title(entry.id)),)
    phase = Paragraph((TextRun(context.format_text(f"phase.{entry.phase}")),), tone="subtle")
    reference_buttons = tuple(
        Button(context.format_text("aside.page", title=reference.title), "", url=reference.url)
        for reference in entry.references[:MAX_REFERENCES]
    )
    return context.build_reply(
        Paragraph(title, size="title"),
        phase,
        *_build_body(context, entry, rule),
        buttons=reference_buttons,
        summary=flatten_runs(title),
    )


def _build_body(context: DialogContext, entry: Entry, rule: FindingRule | None) -> list[Block]:
    """Build what every card says about an entry or `rule`: whether a retry helps, the cause, and the first step."""
    cause = extract_first_sentence(context, rule.cause if rule else entry.cause)
    steps = build_solution(entry, rule, "image-builder", ())
    count = max(sum(fits_os(step, os) for step in steps) for os in ("windows", "linux"))
    blocks: list[Block] = [
        context.build_paragraph(f"retry.{rule.retry}") if rule else render_retry_advice(context, entry),
        context.build_paragraph("diagnosis.cause", cause=context.fill_text(cause)),
    ]
    if steps:
        first = (*render_system(context, steps[0], None), *context.localize(steps[0].do))
        blocks.append(context.build_paragraph("aside.first-step", count=count, do=first))
    if count > 1:
        title = context.get_entry_title(entry.id)
        blocks.append(context.build_paragraph("aside.more", "subtle", title=title))
    return blocks


def _show_unmatched(context: DialogContext, diagnosis: Diagnosis) -> Reply:
    """Show that nothing is known about a message, and the error in it, if there is one."""
    key = "unmatched.title" if diagnosis.finding else "aside.none"
    return context.build_reply(
        context.build_heading(key),
        *build_error_blocks(context, diagnosis),
        context.build_paragraph("aside.none-why"),
        summary=context.format_text(key),
    )


def _build_share_args(walk: Walkthrough) -> dict[str, ButtonArgument]:
    return {"entry": walk.entry, **({"finding": walk.finding} if walk.finding else {})}
