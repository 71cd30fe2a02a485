"""The how-to guides in the conversation: the paged list, and one guide as a card."""

from __future__ import annotations

from dialogs.context import DialogContext, DialogResult, shorten_label
from dialogs.model.reply import Block, Button, Command, CopyableText, Paragraph, Reply, TextRun
from dialogs.replies.shell_commands import with_shell_switch
from dialogs.solution.solution_steps import count_steps_to, get_steps, list_fitting_steps
from dialogs.solution.step_view import build_step_body, has_placeholder
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import extract_placeholder_values
from dialogs.texts.catalog import TrustedText
from knowledge.catalog.howtos import Howto
from knowledge.commands.placeholders import fill_placeholders
from knowledge.model.diagnosis import Diagnosis

PAGE_SIZE = 5


def show_howto(context: DialogContext, state: ConversationState, howto_id: str) -> DialogResult:
    """Show a guide as one card, its commands filled in from the current diagnosis; the list for an unknown id."""
    howto = context.knowledge.howtos.by_id.get(howto_id)
    if howto is None:
        return DialogResult(
            state, (_render_list(context, state, 0, (context.build_paragraph("guides.gone", "warning"),)),)
        )
    return DialogResult(state, (_render_howto(context, state, howto),))


def list_howtos(context: DialogContext, state: ConversationState, first_index: int = 0) -> DialogResult:
    """Show the page of the list of guides that starts at `first_index` (from 0)."""
    return DialogResult(state, (_render_list(context, state, first_index),))


def suggest_howto_buttons(context: DialogContext, diagnosis: Diagnosis) -> tuple[Button, ...]:
    """Build the button of the guide that helps with an input of this kind, if there is one."""
    howto = context.knowledge.howtos.find_for_kind(diagnosis.kind)
    return (_build_howto_button(context, howto),) if howto else ()


def build_howto_buttons(context: DialogContext, howto_id: str | None) -> tuple[Button, ...]:
    """Build a guide's button, if there is a guide with this id."""
    howto = context.knowledge.howtos.by_id.get(howto_id) if howto_id else None
    return (_build_howto_button(context, howto),) if howto else ()


def _render_howto(context: DialogContext, state: ConversationState, howto: Howto) -> Reply:
    title = howto.title.get(context.language)
    values = _get_placeholder_values(state)
    blocks: list[Block] = [Paragraph((TextRun(title),), size="title"), Paragraph(context.localize(howto.intro))]
    for number, howto_step in enumerate(howto.steps, 1):
        blocks.append(context.build_paragraph("guides.step", number=number, do=context.localize(howto_step.step.do)))
        if howto_step.copy_text:
            blocks.append(CopyableText(fill_placeholders(howto_step.copy_text, "Azure CLI", values)))
        blocks += build_step_body(context, howto_step.step, values)
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
    reply = context.build_reply(*blocks, buttons=buttons, summary=title)
    return with_shell_switch(context, reply, "guide", {"id": howto.id})


def _render_list(
    context: DialogContext, state: ConversationState, first_index: int, leading_blocks: tuple[Block, ...] = ()
) -> Reply:
    howtos = tuple(context.knowledge.howtos.by_id.values())
    back_buttons = build_back_to_step_buttons(context, state)
    page_size = PAGE_SIZE - len(back_buttons)
    first_index = first_index if 0 <= first_index < len(howtos) else 0
    page = howtos[first_index : first_index + page_size]
    # "more" on the last page wraps around to the first one, at the number of pages, rounded up
    next_index = (first_index + page_size) % (-(-len(howtos) // page_size) * page_size)
    more_buttons = (context.build_button("more-guides", "guides", first=next_index),) if len(howtos) > page_size else ()
    return context.build_reply(
        *leading_blocks,
        context.build_heading("guides.title"),
        context.build_paragraph("guides.intro"),
        buttons=(*(_build_howto_button(context, howto) for howto in page), *more_buttons, *back_buttons),
    )


def _build_howto_button(context: DialogContext, howto: Howto) -> Button:
    return Button(shorten_label(howto.title.get(context.language)), "guide", {"id": howto.id})


def build_back_to_step_buttons(context: DialogContext, state: ConversationState) -> tuple[Button, ...]:
    """Build the button back to the walkthrough in progress, if there is one."""
    walk = state.walkthrough
    if walk is None or walk.entry not in context.entries:
        return ()
    if walk.step >= len(get_steps(context, walk)):
        return (context.build_button("step", "step"),)
    number = count_steps_to(list_fitting_steps(context, state, walk), walk.step)
    return (Button(context.format_text("button.back-to-step", number=number), "step"),)


def _get_placeholder_values(state: ConversationState) -> dict[str, str]:
    """Return the current diagnosis's values, including those its walkthrough's entry captured."""
    if state.diagnosis is None:
        return {}
    walk = state.walkthrough
    return extract_placeholder_values(
        state.diagnosis, walk.entry if walk and walk.diagnosis_number == state.diagnosis_number else ""
    )
