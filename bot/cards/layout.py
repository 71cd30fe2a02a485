"""Lay out a reply as an Adaptive Card of any size: blocks become elements, buttons become actions.

The card declares version 1.2, which is what Teams shows on phones. What a newer client can do better, such as labels
tied to inputs, has a fallback in 1.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.cards.bars import build_bars
from bot.cards.buttons import build_action, build_switch
from bot.cards.fallback import render_fallback
from bot.cards.text_runs import (
    CardElement,
    break_long_words,
    break_place,
    break_title,
    break_value,
    build_rich_text,
    build_sanitized_runs,
    build_styled_runs,
    build_text_runs,
    sanitize_run,
)
from dialogs.model.duration_bars import DurationBars
from dialogs.model.reply import (
    Block,
    Command,
    CopyableText,
    FactTable,
    FoldedSection,
    FormField,
    LogExcerpt,
    Mark,
    Paragraph,
    Reply,
    RichText,
)
from dialogs.replies.plain_text import (
    PROBLEM_MARK,
    format_line_label,
    list_line_marks,
    sanitize_line,
    sanitize_text,
)
from dialogs.texts.catalog import get_texts
from knowledge.commands.placeholders import Shell
from knowledge.model.entry import Language

MAX_ACTIONS_PER_ROW = 6
"""Actions that Teams shows in a row; the rest of a longer row would stay hidden."""

_CODE_LANGUAGES: Mapping[Shell, str] = {"Azure CLI": "Bash", "PowerShell": "PowerShell"}
_CALLOUT_TONES = ("good", "warning", "attention")
_MARK_STYLES: Mapping[Mark, CardElement] = {
    "✖": {"color": "attention", "isSubtle": False},
    "✔": {"color": "good", "isSubtle": False},
    "▲": {"color": "warning", "isSubtle": False},
    "?": {"isSubtle": True},
    "✓": {"color": "good", "isSubtle": False},
    "–": {"isSubtle": True},
    "●": {"color": "accent"},
    "○": {"isSubtle": True},
    "⋯": {"color": "accent"},
}


def lay_out_card(reply: Reply) -> CardElement:
    """Lay out the card for `reply` with everything in it, as a plain dict; it may be larger than Teams accepts."""
    body: list[CardElement] = []
    for position, block in enumerate(reply.blocks):
        elements = _build_block(reply.blocks, position, reply.language)
        # an older client shows the fallback instead of the element: both need the line
        if elements and body and _is_section_start(block, reply):
            for first in (elements[0], elements[0].get("fallback", {})):
                first |= {"separator": True, "spacing": "large"}
        body.extend(elements)
    starts = range(0, len(reply.buttons), MAX_ACTIONS_PER_ROW)
    rows = [[build_action(button) for button in reply.buttons[at : at + MAX_ACTIONS_PER_ROW]] for at in starts]
    body.extend({"type": "ActionSet", "actions": row} for row in rows[:-1])
    return {
        "type": "AdaptiveCard",
        "version": "1.2",
        "lang": reply.language,
        "msteams": {"width": "Full"},
        "fallbackText": render_fallback(reply),
        "body": body,
        "actions": rows[-1] if rows else [],
    }


def _build_block(blocks: tuple[Block, ...], position: int, language: Language, path: str = "") -> list[CardElement]:
    """Build the elements of the block at `position`, folded if it should be. `path` tells equal positions apart."""
    block = blocks[position]
    element_id = f"{path}{position}"
    if isinstance(block, FoldedSection):
        positions = range(len(block.blocks))
        items = [part for at in positions for part in _build_block(block.blocks, at, language, f"{element_id}-")]
        box = {"type": "Container", "items": items}
        return _build_folded(block.label, [box], f"section-{element_id}", block.is_open) if items else []
    elements = _build_elements(block, language)
    if isinstance(block, FactTable) and block.folded_label and elements:
        return _build_folded(block.folded_label, [{"type": "Container", "items": elements}], f"facts-{element_id}")
    return elements


def _is_section_start(block: Block, reply: Reply) -> bool:
    """Return whether a line is drawn above `block`: it is a later heading, or the first field of a form."""
    if isinstance(block, FormField):
        return block is next(field for field in reply.blocks if isinstance(field, FormField))
    return isinstance(block, Paragraph) and block.size == "title"


def _build_elements(block: Block, language: Language) -> list[CardElement]:
    match block:
        case Paragraph():
            return _build_paragraph(block)
        case FactTable(rows=facts):
            return [_build_fact_row(label, value, is_first=at == 0) for at, (label, value) in enumerate(facts)]
        case LogExcerpt(rows=lines):
            marks = list_line_marks(block)
            rows = [_build_line(row, mark, language) for row, mark in zip(lines, marks, strict=True)]
            return [_build_box(rows)] if rows else []
        case Command():
            return _build_command(block)
        case CopyableText(text=text):
            runs = build_text_runs(text, fontType="monospace")
            return [_build_box([build_rich_text(runs)])] if runs else []
        case FormField():
            return [*_build_problem(block), _build_input(block, language)]
        case DurationBars():
            return [_build_box(build_bars(block, language))] if block.rows else []
        case FoldedSection():
            return []  # built from its blocks


def _build_command(command: Command) -> list[CardElement]:
    """Build a command that can be copied at once where the client has code blocks: not on phones."""
    shell_name = build_rich_text(build_text_runs(command.shell, size="small", isSubtle=True))
    text = sanitize_text(command.text)
    plain = build_rich_text(build_sanitized_runs(text, {"fontType": "monospace"}), spacing="small")
    code = {
        "type": "CodeBlock",
        "codeSnippet": text,
        "language": _CODE_LANGUAGES[command.shell],
        "spacing": "small",
        "fallback": plain,
    }
    # a client might replace what looks like a date function, which only separate runs prevent
    box = _build_box([shell_name, plain if "{{" in text else code] if text else [shell_name])
    return [box, build_switch(command.switch)] if command.switch else [box]


def _build_folded(label: str, boxes: list[CardElement], element_id: str, is_open: bool = False) -> list[CardElement]:
    """Build a box and the label that shows or hides it; it's hidden at first, so that the card stays short."""
    label = sanitize_line(label)
    toggle = {"type": "Action.ToggleVisibility", "title": label, "targetElements": [element_id]}
    label_text = f"{label} \N{BLACK DOWN-POINTING SMALL TRIANGLE}"
    head = build_rich_text(build_sanitized_runs(label_text, {"color": "accent", "size": "small"}))
    (box,) = boxes
    return [
        {"type": "Container", "spacing": "small", "selectAction": toggle, "items": [head]},
        {**box, "id": element_id, **({} if is_open else {"isVisible": False}), "spacing": "small"},
    ]


def _build_paragraph(paragraph: Paragraph) -> list[CardElement]:
    style: CardElement = {}
    if paragraph.size == "title":
        style |= {"size": "large", "weight": "bolder"}
    if paragraph.tone == "subtle":
        style |= {"size": "small", "isSubtle": True} if paragraph.size == "default" else {"isSubtle": True}
    is_callout = paragraph.tone in _CALLOUT_TONES and paragraph.size == "default"
    if paragraph.tone in _CALLOUT_TONES and not is_callout:
        style["color"] = paragraph.tone
    # a subtle text can be a place, such as a path in a template: it's read, not copied
    is_place = paragraph.tone == "subtle"
    show = break_title if paragraph.size == "title" else break_place if is_place else sanitize_run
    runs = build_styled_runs(paragraph.text, style, show)
    if not runs:
        return []
    if paragraph.mark:
        mark = f"{paragraph.mark}\N{NO-BREAK SPACE}"
        runs = [*build_sanitized_runs(mark, style | _MARK_STYLES[paragraph.mark]), *runs]
    if is_callout:
        return [{"type": "Container", "style": paragraph.tone, "items": [build_rich_text(runs)]}]
    is_close = paragraph.tone == "subtle"
    return [build_rich_text(runs, **({"spacing": "small"} if is_close else {}))]


def _build_box(items: list[CardElement]) -> CardElement:
    """Build a box that separates text to read or copy from the sentences around it."""
    return {"type": "Container", "style": "emphasis", "items": items}


def _build_line(row: tuple[int, str], mark: str, language: Language) -> CardElement:
    """Build one line of a log, with its `mark` if it's the deciding one.

    Its indentation is kept and long words may wrap, unlike in text to copy.
    """
    number, text = row
    is_deciding = bool(mark.strip())
    faint: CardElement = {"color": "attention", "weight": "bolder"} if is_deciding else {"isSubtle": True}
    bold: CardElement = {"weight": "bolder"} if is_deciding else {}
    label = f"{mark.strip()}\N{NO-BREAK SPACE}" if is_deciding else ""
    label += f"{format_line_label(number, language)}\N{EN SPACE}"
    text = sanitize_text(text)
    words = text.lstrip(" ")
    indented = "\N{NO-BREAK SPACE}" * (len(text) - len(words)) + break_long_words(words)
    runs = build_sanitized_runs(label, {"size": "small", **faint})
    runs += build_sanitized_runs(indented, {"fontType": "monospace", **bold})
    return build_rich_text(runs, spacing="small")


def _build_fact_row(label: str, value: RichText, is_first: bool) -> CardElement:
    """Build one row of two columns: at any width, and by a screen reader, it is read label first, then value."""
    cells = (
        build_rich_text(build_text_runs(sanitize_line(label), isSubtle=True)),
        build_rich_text(build_styled_runs(value, {}, break_value)),
    )
    # a RichTextBlock without inlines is invalid
    columns = [
        {"type": "Column", "width": width, "items": [cell] if cell["inlines"] else []}
        for width, cell in zip((1, 2), cells, strict=True)
    ]
    return {"type": "ColumnSet", "spacing": "default" if is_first else "small", "columns": columns}


def _build_problem(field: FormField) -> list[CardElement]:
    """Build the line above an input that says what is wrong with the value that was sent."""
    return (
        [build_rich_text(build_text_runs(f"{PROBLEM_MARK} {sanitize_line(field.problem)}", color="attention"))]
        if field.problem
        else []
    )


def _build_input(field: FormField, language: Language) -> CardElement:
    """Build the input with its label.

    Where the client can (1.3), the label is tied to the input, and a required value is checked before it is sent. Else
    the label is a text above the input, and the answer says what is missing.
    """
    label = sanitize_line(field.label)
    bare_input: CardElement = {"type": "Input.ChoiceSet" if field.choices else "Input.Text", "id": field.id}
    if field.choices:
        bare_input["choices"] = [
            {"title": sanitize_line(title), "value": sanitize_text(value)} for value, title in field.choices
        ]
    else:
        bare_input |= {"isMultiline": True} if field.multiline else {}
        bare_input |= {"maxLength": field.max_chars} if field.max_chars > 0 else {}
        bare_input |= {"placeholder": sanitize_line(field.hint)} if field.hint else {}
    if field.value and (not field.choices or field.value in dict(field.choices)):
        bare_input["value"] = sanitize_text(field.value)
    label_above = [build_rich_text(build_text_runs(label)), {**bare_input, "spacing": "small"}]
    validation = (
        {"isRequired": True, "errorMessage": get_texts().get("reply.required", language)} if field.required else {}
    )
    return {
        **bare_input,
        "label": label,
        **validation,
        "requires": {"adaptiveCards": "1.3"},
        "fallback": {"type": "Container", "items": label_above},
    }
