"""What is said where others read along, in a group chat or a channel: short, and with little of the log."""

from __future__ import annotations

import re
from dataclasses import replace

from dialogs.context import DialogContext, DialogResult, build_log_excerpt
from dialogs.model.reply import Block, Button, LogExcerpt, Paragraph, Reply, TextRun, parse_markup
from dialogs.solution.diagnosis_view import render_phase_and_confidence, render_retry_advice, show_entry
from dialogs.state.conversation_state import ConversationState, Walkthrough

MAX_EXCERPT_LINES = 2
MIN_SENTENCE_CHARS = 60
"""Characters of a cause that say something by themselves; "Two things changed." does not."""

_SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<! es)[.!?](?=\s+[^a-z\s])")


def show_opening(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    """The answer that begins a walk: all of it, or the short form where others read along."""
    return _render_short(context, state, walk) if context.is_public else show_entry(context, state, walk)


def limit_excerpts(reply: Reply) -> Reply:
    """`reply` with at most `MOST_LINES` lines of the person's text, whatever it is."""
    left = MAX_EXCERPT_LINES
    blocks: list[Block] = []
    for block in reply.blocks:
        if not isinstance(block, LogExcerpt):
            blocks.append(block)
        elif left:
            blocks.append(LogExcerpt(block.rows[:left]))
            left -= len(block.rows[:left])
    return replace(reply, blocks=tuple(blocks))


def hand_off_walk(context: DialogContext, state: ConversationState, walk: Walkthrough | None) -> DialogResult:
    """A word that `walk` goes on in the private chat, where the outside takes it."""
    state = replace(state, walkthrough=walk or state.walkthrough)
    return state, (_show_handoff_notice(context, state, "thread.gone-private", "walk"),)


def hand_off_case(context: DialogContext, state: ConversationState) -> DialogResult:
    """A word that the case is drafted in the private chat: it holds more of the log than others are to read."""
    return state, (_show_handoff_notice(context, state, "thread.case-private", "draft"),)


def _render_short(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    entry = context.entries[walk.entry]
    match = state.find_match(walk.entry) if walk.diagnosis_number == state.diagnosis_number else None
    possible = match is None or match.confidence == "possible"
    title = context.get_entry_title(entry.id)
    blocks: list[Block] = [
        context.build_heading("diagnosis.possible", title=title)
        if possible
        else Paragraph((TextRun(title),), size="title"),
        Paragraph(render_phase_and_confidence(context, entry, match)),
    ]
    if match and match.evidence:
        blocks.append(build_log_excerpt(match.evidence[:MAX_EXCERPT_LINES]))
    blocks.append(render_retry_advice(context, entry))
    cause = parse_markup(extract_first_sentence(entry.cause.get(context.language)))
    blocks.append(context.build_paragraph("diagnosis.cause", cause=cause))
    here = (_build_steps_here_button(context, walk),) if entry.steps else ()
    private = context.build_button("private", "private", primary=True, entry=entry.id, paste=walk.diagnosis_number)
    return context.build_reply(*blocks, buttons=(private, *here), summary=title)


def _show_handoff_notice(context: DialogContext, state: ConversationState, key: str, handoff: str) -> Reply:
    walk = state.walkthrough
    steps = (_build_steps_here_button(context, walk),) if walk and walk.entry in context.entries else ()
    said = context.build_reply(
        context.build_paragraph(key), buttons=(*steps, context.build_button("help", "help")), beside=True
    )
    return replace(said, goes_on=handoff)


def _build_steps_here_button(context: DialogContext, walk: Walkthrough) -> Button:
    return context.build_button("steps-here", "steps", entry=walk.entry, paste=walk.diagnosis_number)


def extract_first_sentence(text: str) -> str:
    """The first sentence of one of our own texts, its markup whole; with the next one where it says too little."""
    for found in _SENTENCE_END.finditer(text):
        said = text[: found.end()]
        if len(said) >= MIN_SENTENCE_CHARS and said.count("`") % 2 == 0 and said.count("**") % 2 == 0:
            return said
    return text
