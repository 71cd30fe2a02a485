"""Replies for group chats and channels, where others can read them: short, and with little of the log."""

from __future__ import annotations

import re
from dataclasses import replace

from dialogs.context import DialogContext, DialogResult
from dialogs.model.effects import HandOff
from dialogs.model.reply import Block, Button, LogExcerpt, Reply, parse_markup
from dialogs.solution.candidate_view import build_evidence
from dialogs.solution.diagnosis_view import build_entry_heading, find_current_match, render_retry_advice, show_entry
from dialogs.state.conversation_state import ConversationState, Walkthrough
from knowledge.model.entry import LocalizedText

MAX_EXCERPT_LINES = 2
MIN_SENTENCE_CHARS = 60
"""A shorter first sentence rarely says anything by itself, such as "Two things changed."."""

_SENTENCE_END = re.compile(r"[.!?](?=\s+[^a-z\s])")
"""Where a sentence may end: before a word that can begin another one."""


def show_opening(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    """Show the reply that begins a walkthrough: in full, or the short form in a shared chat."""
    return _render_short(context, state, walk) if context.is_public else show_entry(context, state, walk)


def limit_excerpts(reply: Reply) -> Reply:
    """Return `reply` with at most `MAX_EXCERPT_LINES` lines of the user's log in total."""
    room = MAX_EXCERPT_LINES
    blocks: list[Block] = []
    for block in reply.blocks:
        if not isinstance(block, LogExcerpt):
            blocks.append(block)
        elif room:
            blocks.append(LogExcerpt(block.rows[:room]))
            room -= len(block.rows[:room])
    return replace(reply, blocks=tuple(blocks))


def hand_off_walk(context: DialogContext, state: ConversationState, walk: Walkthrough | None) -> DialogResult:
    """Say that the walkthrough continues in the private chat; the runtime then hands it over."""
    state = replace(state, walkthrough=walk or state.walkthrough)
    return DialogResult(state, (_show_handoff_notice(context, state, "thread.gone-private"),), (HandOff("walk"),))


def hand_off_case(context: DialogContext, state: ConversationState) -> DialogResult:
    """Say that the case is drafted in the private chat, since it holds more of the log than others should read."""
    return DialogResult(state, (_show_handoff_notice(context, state, "thread.case-private"),), (HandOff("draft"),))


def _render_short(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    entry, match = context.entries[walk.entry], find_current_match(state, walk)
    cause = parse_markup(extract_first_sentence(context, entry.cause))
    blocks: list[Block] = [
        *build_entry_heading(context, entry, match),
        *build_evidence(match.evidence[:MAX_EXCERPT_LINES] if match else ()),
        render_retry_advice(context, entry),
        context.build_paragraph("diagnosis.cause", cause=cause),
    ]
    private_button = context.build_button(
        "private", "private", primary=True, entry=entry.id, paste=walk.diagnosis_number
    )
    steps_buttons = (_build_steps_here_button(context, walk),) if entry.steps else ()
    return context.build_reply(
        *blocks, buttons=(private_button, *steps_buttons), summary=context.get_entry_title(entry.id)
    )


def _show_handoff_notice(context: DialogContext, state: ConversationState, key: str) -> Reply:
    walk = state.walkthrough
    steps_buttons = (_build_steps_here_button(context, walk),) if walk and walk.entry in context.entries else ()
    buttons = (*steps_buttons, context.build_button("help", "help"))
    return context.build_reply(context.build_paragraph(key), buttons=buttons, placement="stays")


def _build_steps_here_button(context: DialogContext, walk: Walkthrough) -> Button:
    return context.build_button("steps-here", "steps", entry=walk.entry, paste=walk.diagnosis_number)


def extract_first_sentence(context: DialogContext, localized_text: LocalizedText) -> str:
    """Return the first sentence of one of our own texts with its markup intact, or more where that is too short."""
    text = localized_text.get(context.language)
    for match in _SENTENCE_END.finditer(text):
        sentence = text[: match.end()]
        # a sentence end inside `code` or **bold** is none
        has_whole_markup = sentence.count("`") % 2 == 0 and sentence.count("**") % 2 == 0
        is_abbreviation = sentence.split()[-1].lstrip("(") in context.texts.abbreviations
        if len(sentence) >= MIN_SENTENCE_CHARS and has_whole_markup and not is_abbreviation:
            return sentence
    return text
