"""Replies for group chats and channels, where others can read them: short, and with little of the log."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult
from dialogs.model.effects import HandOff
from dialogs.model.reply import Block, Button, FoldedSection, LogExcerpt, Reply, parse_markup
from dialogs.replies.sentences import extract_first_sentence
from dialogs.solution.candidate_view import build_evidence
from dialogs.solution.diagnosis_view import build_entry_heading, find_current_match, show_entry
from dialogs.solution.finding_view import build_advice, build_deciding_line, render_walk_headline, summarize_headline
from dialogs.solution.solution_steps import get_finding, get_steps
from dialogs.solution.step_view import build_walk_args
from dialogs.state.conversation_state import ConversationState, Walkthrough
from knowledge.model.diagnosis import Match

MAX_EXCERPT_LINES = 2


def show_opening(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    """Show the reply that begins a walkthrough: in full, or the short form in a shared chat."""
    return _render_short(context, state, walk) if context.is_public else show_entry(context, state, walk)


def limit_excerpts(reply: Reply) -> Reply:
    """Return `reply` with at most `MAX_EXCERPT_LINES` lines of the user's log in total."""
    blocks, _ = _limit_excerpts(reply.blocks, MAX_EXCERPT_LINES)
    return replace(reply, blocks=blocks)


def _limit_excerpts(blocks: tuple[Block, ...], room: int) -> tuple[tuple[Block, ...], int]:
    """Return blocks with at most `room` log lines, and how many more lines fit."""
    limited: list[Block] = []
    for block in blocks:
        if isinstance(block, FoldedSection):
            inner, room = _limit_excerpts(block.blocks, room)
            limited += [replace(block, blocks=inner)] if inner else []
        elif not isinstance(block, LogExcerpt):
            limited.append(block)
        elif room:
            limited.append(block.limit(room))
            room -= min(room, len(block.rows))
    return tuple(limited), room


def hand_off_walk(context: DialogContext, state: ConversationState, walk: Walkthrough | None) -> DialogResult:
    """Say that the walkthrough continues in the private chat; the runtime then hands it over."""
    state = replace(state, walkthrough=walk or state.walkthrough)
    return DialogResult(state, (_show_handoff_notice(context, state, "thread.gone-private"),), (HandOff("walk"),))


def hand_off_case(context: DialogContext, state: ConversationState) -> DialogResult:
    """Say that the case is drafted in the private chat, since it holds more of the log than others should read."""
    return DialogResult(state, (_show_handoff_notice(context, state, "thread.case-private"),), (HandOff("draft"),))


def _render_short(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Reply:
    match = find_current_match(state, walk)
    private_button = Button(context.format_text("button.private"), "private", build_walk_args(walk), primary=True)
    steps_buttons = (_build_steps_here_button(context, walk),) if get_steps(context, walk) else ()
    headline = render_walk_headline(context, state, walk)
    return context.build_reply(
        *build_entry_heading(context, state, walk, headline),
        build_advice(context, state, walk),
        *_build_short_proof(context, state, walk, match),
        buttons=(private_button, *steps_buttons),
        summary=summarize_headline(context, headline, walk),
    )


def _build_short_proof(
    context: DialogContext, state: ConversationState, walk: Walkthrough, match: Match | None
) -> list[Block]:
    """Build the deciding line; if only an entry says what broke, a little of its evidence and its cause."""
    if match is not None and state.diagnosis is not None and get_finding(state.diagnosis, walk.entry) is not None:
        return build_deciding_line(state.diagnosis)
    cause = parse_markup(extract_first_sentence(context, context.entries[walk.entry].cause))
    evidence = build_evidence(match.evidence[:MAX_EXCERPT_LINES] if match else ())
    return [*evidence, context.build_paragraph("diagnosis.cause", cause=cause)]


def _show_handoff_notice(context: DialogContext, state: ConversationState, key: str) -> Reply:
    walk = state.walkthrough
    steps_buttons = (_build_steps_here_button(context, walk),) if walk and walk.entry in context.entries else ()
    buttons = (*steps_buttons, context.build_button("help", "help"))
    return context.build_reply(context.build_paragraph(key), buttons=buttons, placement="stays")


def _build_steps_here_button(context: DialogContext, walk: Walkthrough) -> Button:
    return Button(context.format_text("button.steps-here"), "steps", build_walk_args(walk))
