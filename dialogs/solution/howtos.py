"""The how-to guides in the conversation: the list of them, and one guide as a card, with the way back to the walk."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.context import DialogContext, DialogResult, shorten_label
from dialogs.model.reply import Block, Button, Command, CopyableText, Paragraph, Reply, TextRun
from dialogs.solution.step_view import build_step_body, has_placeholder
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import extract_placeholder_values
from dialogs.texts import TrustedText
from knowledge.catalog.howtos import Howto
from knowledge.commands.placeholders import fill_placeholders
from knowledge.model.diagnosis import Diagnosis

PAGE_SIZE = 5

HOWTO_BY_INPUT_KIND: Mapping[str, str] = {
    "status": "get-build-log",
    "deployment-error": "get-build-log",
    "task-log": "log-from-devops",
    "build-log": "read-build-log",
}
"""The guide that helps on with a text of each kind that no known error fits."""


def show_howto(context: DialogContext, state: ConversationState, howto_id: str) -> DialogResult:
    """The guide `name` as one card, its commands filled from the text under way; the list if there is none."""
    found = context.howtos.by_id.get(howto_id)
    if found is None:
        return state, (_render_list(context, state, 0, (context.build_paragraph("guides.gone", "warning"),)),)
    return state, (_render_howto(context, state, found),)


def list_howtos(context: DialogContext, state: ConversationState, first_index: int = 0) -> DialogResult:
    """The guides from number `first` (from 0) on, at most five a page."""
    return state, (_render_list(context, state, first_index),)


def suggest_howto_buttons(context: DialogContext, diagnosis: Diagnosis) -> tuple[Button, ...]:
    """The button of the guide that helps on with a text of this kind, if there is one."""
    return build_howto_buttons(context, HOWTO_BY_INPUT_KIND.get(diagnosis.kind))


def build_howto_buttons(context: DialogContext, howto_id: str | None) -> tuple[Button, ...]:
    """The button of the guide `name`, if there is one."""
    found = context.howtos.by_id.get(howto_id) if howto_id else None
    return (_build_howto_button(context, found),) if found else ()


def _render_howto(context: DialogContext, state: ConversationState, howto: Howto) -> Reply:
    title = howto.title.get(context.language)
    values = _get_placeholder_values(state)
    blocks: list[Block] = [Paragraph((TextRun(title),), size="title"), Paragraph(context.localize(howto.intro))]
    for number, one in enumerate(howto.steps, 1):
        blocks.append(context.build_paragraph("guides.step", number=number, do=context.localize(one.step.do)))
        if one.copy_text:
            blocks.append(CopyableText(fill_placeholders(one.copy_text, "Azure CLI", values)))
        blocks += build_step_body(context, one.step, values)
    if any(isinstance(block, (Command, CopyableText)) and has_placeholder(block.text) for block in blocks):
        blocks.append(context.build_paragraph("walk.placeholders", "subtle"))
    pages = "; ".join(f"{reference.title}: {reference.url}" for reference in howto.references)
    blocks.append(context.build_paragraph("guides.references", "subtle", pages=TrustedText(pages)))
    buttons = (
        *build_back_to_step_buttons(context, state),
        context.build_button("other-guides", "guides"),
        context.build_button("draft", "draft"),
        context.build_button("restart", "restart"),
    )
    return context.build_reply(*blocks, buttons=buttons, summary=title)


def _render_list(
    context: DialogContext, state: ConversationState, first_index: int, leading_blocks: tuple[Block, ...] = ()
) -> Reply:
    every = tuple(context.howtos.by_id.values())
    back = build_back_to_step_buttons(context, state)
    room = PAGE_SIZE - len(back)
    first_index = first_index if 0 <= first_index < len(every) else 0
    page = every[first_index : first_index + room]
    follows = (first_index + room) % (-(-len(every) // room) * room)
    more = (context.build_button("more-guides", "guides", first=follows),) if len(every) > room else ()
    return context.build_reply(
        *leading_blocks,
        context.build_heading("guides.title"),
        context.build_paragraph("guides.intro"),
        buttons=(*(_build_howto_button(context, guide) for guide in page), *more, *back),
    )


def _build_howto_button(context: DialogContext, howto: Howto) -> Button:
    return Button(shorten_label(howto.title.get(context.language)), "guide", {"id": howto.id})


def build_back_to_step_buttons(context: DialogContext, state: ConversationState) -> tuple[Button, ...]:
    """The way back to the walk under way, if there is one."""
    walk = state.walkthrough
    if walk is None or walk.entry not in context.entries:
        return ()
    if walk.step >= len(context.entries[walk.entry].steps):
        return (context.build_button("step", "step"),)
    return (Button(context.format_text("button.back-to-step", number=walk.step + 1), "step"),)


def _get_placeholder_values(state: ConversationState) -> dict[str, str]:
    """What is known of the text under way, with what the entry in the walk captured, where both are of one text."""
    if state.diagnosis is None:
        return {}
    walk = state.walkthrough
    return extract_placeholder_values(
        state.diagnosis, walk.entry if walk and walk.diagnosis_number == state.diagnosis_number else ""
    )
