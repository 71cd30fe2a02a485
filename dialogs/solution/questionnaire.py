"""The guided questions for users without an error text; the answers so far travel in the buttons, not the state."""

from __future__ import annotations

from dialogs.context import MAX_BUTTONS, MAX_LABEL_CHARS, DialogContext, DialogResult, shorten_label
from dialogs.model.reply import Block, Button, Paragraph, Reply, TextRun
from dialogs.solution.walkthrough import start_walk
from dialogs.state.conversation_state import ConversationState, Walkthrough
from knowledge.catalog.questionnaire import NONE_OF_THESE, Choice, Page, follow_path, list_paths


def show_page(context: DialogContext, state: ConversationState, path: tuple[str, ...] = ()) -> DialogResult:
    """Show the page that the answers in `path` lead to, or begin the walkthrough of the entry they lead to."""
    target = follow_path(context.knowledge.questionnaire, path)
    if isinstance(target, Page):
        return DialogResult(state, (_render_page(context, target, path),))
    if target is not None and target in context.entries:
        return start_walk(context, state, Walkthrough(target, 0, state.diagnosis_number))
    if path and path[-1] == NONE_OF_THESE and isinstance(follow_path(context.knowledge.questionnaire, path[:-1]), Page):
        buttons = (
            _build_path_button(context.format_text("button.back"), path[:-1]),
            context.build_button("draft", "draft"),
            context.build_button("restart", "restart"),
        )
        return DialogResult(state, (context.build_reply(context.build_paragraph("guided.end"), buttons=buttons),))
    # the questions have changed since the button was sent
    return DialogResult(
        state, (_render_page(context, context.knowledge.questionnaire, (), (context.build_paragraph("guided.gone"),)),)
    )


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
            first_title, *titles = (context.get_entry_title(entry_id) for entry_id in _list_target_entries(choice))
            rest = "".join(f"; {title}" for title in titles)
            blocks.append(Paragraph((TextRun(first_title, "bold"), TextRun(rest))))
        if page.question == "sign":
            symptom = context.localize(context.entries[choice.key].symptom)
            blocks.append(
                context.build_paragraph("diagnosis.tell-one", title=context.get_entry_title(choice.key), tell=symptom)
            )
        buttons.append(_build_path_button(_build_label(context, page, choice), (*path, choice.key)))
    buttons.append(_build_path_button(context.format_text("button.none"), (*path, NONE_OF_THESE)))
    if path and len(buttons) < MAX_BUTTONS:
        buttons.append(_build_path_button(context.format_text("button.back"), path[:-1]))
    return context.build_reply(*blocks, buttons=tuple(buttons))


def _build_label(context: DialogContext, page: Page, choice: Choice) -> str:
    if page.question == "sign":
        return shorten_label(context.get_entry_title(choice.key))
    if page.question == "titles":
        return shorten_label(context.get_entry_title(choice.key), MAX_LABEL_CHARS - 2).removesuffix("…") + " …"
    question = "happened" if page.question == "phase" else page.question  # a phase has another name elsewhere
    return context.format_text(f"{question}.{choice.key}")


def _list_target_entries(choice: Choice) -> tuple[str, ...]:
    """Return the ids of the entries that a choice leads to."""
    return tuple(list_paths(choice.target)) if isinstance(choice.target, Page) else (choice.target,)


def _build_path_button(label: str, path: tuple[str, ...]) -> Button:
    return Button(label, "guided", {"path": list(path)})
