"""The guided questions for someone without an error text; the path so far travels in the buttons, not in the state."""

from __future__ import annotations

from dialogs.context import MAX_LABEL_CHARS, DialogContext, DialogResult, shorten_label
from dialogs.model.reply import Block, Button, Paragraph, Reply, TextRun
from dialogs.solution.walkthrough import start_walk
from dialogs.state.conversation_state import ConversationState, Walkthrough
from knowledge.catalog.questionnaire import NONE_OF_THESE, Choice, Page, follow_path, list_paths


def show_page(context: DialogContext, state: ConversationState, path: tuple[str, ...] = ()) -> DialogResult:
    """The page at `path`, or the entry that it leads to."""
    found = follow_path(context.questionnaire, path)
    if isinstance(found, Page):
        return state, (_render_page(context, found, path),)
    if found is not None and found in context.entries:
        return start_walk(context, state, Walkthrough(found, 0, state.diagnosis_number))
    if path and path[-1] == NONE_OF_THESE and isinstance(follow_path(context.questionnaire, path[:-1]), Page):
        buttons = (
            _build_path_button(context.format_text("button.back"), path[:-1]),
            context.build_button("draft", "draft"),
            context.build_button("restart", "restart"),
        )
        return state, (context.build_reply(context.build_paragraph("guided.end"), buttons=buttons),)
    return state, (_render_page(context, context.questionnaire, (), (context.build_paragraph("guided.gone"),)),)


def _render_page(
    context: DialogContext, page: Page, path: tuple[str, ...], leading_blocks: tuple[Block, ...] = ()
) -> Reply:
    if not page.choices:
        return context.build_reply(
            *leading_blocks, context.build_paragraph("guided.empty"), buttons=(context.build_button("draft", "draft"),)
        )
    blocks: list[Block] = [*leading_blocks, context.build_heading(f"guided.{page.question}")]
    buttons = []
    for choice in page.choices:
        if page.question == "titles":
            first, *rest = (context.get_entry_title(entry) for entry in _list_target_entries(choice))
            blocks.append(Paragraph((TextRun(first, "bold"), TextRun("".join(f"; {title}" for title in rest)))))
        if page.question == "sign":
            sign = context.localize(context.entries[choice.key].symptom)
            blocks.append(
                context.build_paragraph("diagnosis.tell-one", title=context.get_entry_title(choice.key), tell=sign)
            )
        buttons.append(_build_path_button(_build_label(context, page, choice), (*path, choice.key)))
    buttons.append(_build_path_button(context.format_text("button.none"), (*path, NONE_OF_THESE)))
    if path and len(buttons) < 6:
        buttons.append(_build_path_button(context.format_text("button.back"), path[:-1]))
    return context.build_reply(*blocks, buttons=tuple(buttons))


def _build_label(context: DialogContext, page: Page, choice: Choice) -> str:
    if page.question == "sign":
        return shorten_label(context.get_entry_title(choice.key))
    if page.question == "titles":
        return shorten_label(context.get_entry_title(choice.key), MAX_LABEL_CHARS - 2).removesuffix("…") + " …"
    return context.format_text(f"{page.question}.{choice.key}")


def _list_target_entries(choice: Choice) -> tuple[str, ...]:
    """The entries that a choice leads to."""
    return tuple(list_paths(choice.target)) if isinstance(choice.target, Page) else (choice.target,)


def _build_path_button(label: str, path: tuple[str, ...]) -> Button:
    return Button(label, "guided", {"path": list(path)})
