"""A reply laid out as an Adaptive Card, however large: blocks to elements, buttons to actions.

The card declares version 1.2, which is what Teams shows on phones. Foreign text stands in TextRuns only: TextBlock and
FactSet would read it as Markdown. What a newer client can do better (labels tied to inputs) has a fallback in 1.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from dialogs.model.reply import (
    BarState,
    Block,
    Button,
    Command,
    CopyableText,
    DurationBars,
    FactTable,
    FormField,
    LogExcerpt,
    Paragraph,
    Reply,
    RichText,
    TextStyle,
)
from dialogs.model.turn import ACTION_VERSION
from dialogs.replies.durations import build_bar_rows
from dialogs.replies.plain_text import LINE_LABEL, PROBLEM_MARK, render_plain_text, sanitize_line, sanitize_text
from knowledge.model.entry import Language, LocalizedText

CardElement = dict[str, Any]

MAX_ACTIONS_PER_ROW = 6  # a row of actions in Teams; the rest of a longer row would stay hidden

_RUN_STYLES: Mapping[TextStyle, CardElement] = {
    "plain": {},
    "bold": {"weight": "bolder"},
    "code": {"fontType": "monospace"},
}
_get_style = attrgetter("style")
_CALLOUT_TONES = ("good", "warning", "attention")
REQUIRED_FIELD_TEXT = LocalizedText(en="Please fill this in.", it="Compila questo campo.")
_MAX_WORD_CHARS = 32  # characters that fit a narrow card; clients break a line at spaces and hyphens only
_SOFT_BREAK = "\N{ZERO WIDTH SPACE}"


def lay_out_card(reply: Reply) -> CardElement:
    """The card for `reply` with everything in it, as a plain dict; it may be larger than Teams takes."""
    body: list[CardElement] = []
    for at, block in enumerate(reply.blocks):
        elements = _build_elements(block, reply.language)
        if isinstance(block, Command) and at and isinstance(reply.blocks[at - 1], Command):
            elements = _build_folded(
                block.shell, _build_elements(Command(block.shell, block.text), "en"), f"command-{at}"
            )
        elif isinstance(block, FactTable) and block.folded_label and elements:
            elements = _build_folded(block.folded_label, [{"type": "Container", "items": elements}], f"facts-{at}")
        if elements and body and _is_section_start(block, reply):
            for first in (elements[0], elements[0].get("fallback", {})):
                first |= {"separator": True, "spacing": "large"}
        body.extend(elements)
    rows = [reply.buttons[at : at + MAX_ACTIONS_PER_ROW] for at in range(0, len(reply.buttons), MAX_ACTIONS_PER_ROW)]
    body.extend({"type": "ActionSet", "actions": [_build_action(button) for button in row]} for row in rows[:-1])
    return {
        "type": "AdaptiveCard",
        "version": "1.2",
        "lang": reply.language,
        "msteams": {"width": "Full"},
        "fallbackText": render_plain_text(reply),
        "body": body,
        "actions": [_build_action(button) for button in rows[-1]] if rows else [],
    }


def build_text_runs(text: str, **style: Any) -> list[CardElement]:
    """`text`, made visible, as TextRuns in one style; none for an empty text.

    Clients replace `{{DATE(…)}}` and `{{TIME(…)}}` inside a run, so the braces are put in two runs and stay literal.
    """
    return _build_runs(sanitize_text(text), style)


def _build_runs(visible_text: str, style: Mapping[str, Any]) -> list[CardElement]:
    """The TextRuns of a text that was made visible."""
    pieces = [visible_text]
    if "{{" in visible_text:  # visible text has no NUL, so it can mark where a run ends
        pieces = visible_text.replace("{DATE(", "\0{DATE(").replace("{TIME(", "\0{TIME(").split("\0")
    return [{"type": "TextRun", "text": piece, **style} for piece in pieces if piece]


def _is_section_start(block: Block, reply: Reply) -> bool:
    """Whether a line is drawn above `block`: a later heading, or where a form begins."""
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
            return [_build_box([_build_line(number, text, language) for number, text in lines])] if lines else []
        case Command(shell=shell, text=text):
            shell_name = _build_rich_text(build_text_runs(shell, size="small", isSubtle=True))
            return [
                _build_box([shell_name, _build_rich_text(build_text_runs(text, fontType="monospace"), spacing="small")])
            ]
        case CopyableText(text=text):
            runs = build_text_runs(text, fontType="monospace")
            return [_build_box([_build_rich_text(runs)])] if runs else []
        case FormField():
            return [*_build_problem(block), _build_input(block, language)]
        case DurationBars():
            return [_build_box([_build_bar(row) for row in build_bar_rows(block, language)])] if block.rows else []


def _build_folded(label: str, boxes: list[CardElement], element_id: str) -> list[CardElement]:
    """A box that its label shows and hides, so that the card stays short."""
    toggle = {"type": "Action.ToggleVisibility", "title": sanitize_line(label), "targetElements": [element_id]}
    shown = f"{sanitize_line(label)} \N{BLACK DOWN-POINTING SMALL TRIANGLE}"
    head = _build_rich_text(build_text_runs(shown, color="accent", size="small"))
    (box,) = boxes
    return [
        {"type": "Container", "spacing": "small", "selectAction": toggle, "items": [head]},
        {**box, "id": element_id, "isVisible": False, "spacing": "small"},
    ]


def _build_paragraph(paragraph: Paragraph) -> list[CardElement]:
    style: CardElement = {}
    if paragraph.size == "title":
        style |= {"size": "large", "weight": "bolder"}
    if paragraph.tone == "subtle":
        style |= {"size": "small", "isSubtle": True} if paragraph.size == "default" else {"isSubtle": True}
    callout = paragraph.tone in _CALLOUT_TONES and paragraph.size == "default"
    if paragraph.tone in _CALLOUT_TONES and not callout:
        style["color"] = paragraph.tone
    runs = _build_styled_runs(paragraph.text, style)
    if not runs:
        return []
    if callout:
        return [{"type": "Container", "style": paragraph.tone, "items": [_build_rich_text(runs)]}]
    return [_build_rich_text(runs, **({"spacing": "small"} if paragraph.tone == "subtle" else {}))]


def _build_styled_runs(text: RichText, style: Mapping[str, Any]) -> list[CardElement]:
    joined = ((name, "".join([sanitize_text(run.text) for run in runs])) for name, runs in groupby(text, _get_style))
    return [element for name, words in joined for element in _build_runs(words, {**style, **_RUN_STYLES[name]})]


def _build_rich_text(runs: Sequence[CardElement], **options: Any) -> CardElement:
    return {"type": "RichTextBlock", **options, "inlines": list(runs)}


def _build_box(items: list[CardElement]) -> CardElement:
    """Items set apart from the sentences around them, in text that can be selected and copied."""
    return {"type": "Container", "style": "emphasis", "items": items}


def _build_line(number: int, text: str, language: Language) -> CardElement:
    """A line to read: its indentation is kept and a long word may wrap, which text to copy must not have."""
    label = build_text_runs(f"{LINE_LABEL.get(language)} {number}\N{EN SPACE}", size="small", isSubtle=True)
    words = text.lstrip(" ")
    indented = "\N{NO-BREAK SPACE}" * (len(text) - len(words)) + " ".join(map(_insert_soft_breaks, words.split(" ")))
    return _build_rich_text([*label, *build_text_runs(indented, fontType="monospace")], spacing="small")


def _insert_soft_breaks(word: str) -> str:
    """`word` with soft breaks where it is too long for a narrow card: behind slashes and commas, then anywhere."""
    if len(word) <= _MAX_WORD_CHARS:
        return word
    for mark in "/\\,":
        word = word.replace(mark, mark + _SOFT_BREAK)
    return _SOFT_BREAK.join(
        piece[at : at + _MAX_WORD_CHARS]
        for piece in word.split(_SOFT_BREAK)
        for at in range(0, max(len(piece), 1), _MAX_WORD_CHARS)
    )


def _build_fact_row(label: str, value: RichText, is_first: bool) -> CardElement:
    """One row; a row is read whole, label then value, whatever the width."""
    cells = (
        _build_rich_text(build_text_runs(sanitize_line(label), isSubtle=True)),
        _build_rich_text(_build_styled_runs(value, {})),
    )
    columns = [
        {"type": "Column", "width": width, "items": [cell] if cell["inlines"] else []}
        for width, cell in zip((1, 2), cells, strict=True)
    ]
    return {"type": "ColumnSet", "spacing": "default" if is_first else "small", "columns": columns}


def _build_bar(row: tuple[str, str, str, BarState]) -> CardElement:
    """One row of a timeline: its bar, its name, and what is said of it; what went wrong stands out."""
    bar, name, said, state = row
    colour = {"color": "attention"} if state in ("failed", "stopped") else {}
    faint = {"isSubtle": True} if state == "pending" else {}
    drawn = build_text_runs(f"{bar} ", fontType="monospace", **(colour or {"color": "accent"})) if bar else []
    words = [
        *build_text_runs(name, fontType="monospace", **faint),
        *build_text_runs(f"\N{EN SPACE}{said}", **colour, **faint),
    ]
    return _build_rich_text([*drawn, *words], spacing="small")


def _build_problem(field: FormField) -> list[CardElement]:
    """What is wrong with the value that came back, above its input."""
    return (
        [_build_rich_text(build_text_runs(f"{PROBLEM_MARK} {sanitize_line(field.problem)}", color="attention"))]
        if field.problem
        else []
    )


def _build_input(field: FormField, language: Language) -> CardElement:
    """The input with its label: tied to it, and checked before it is sent, where the client can (1.3); else the label
    is written above it, and the answer says what is missing.
    """
    label = sanitize_line(field.label)
    bare: CardElement = {"type": "Input.ChoiceSet" if field.choices else "Input.Text", "id": field.id}
    if field.choices:
        bare["choices"] = [
            {"title": sanitize_line(title), "value": sanitize_text(value)} for value, title in field.choices
        ]
    else:
        bare |= {"isMultiline": True} if field.multiline else {}
        bare |= {"maxLength": field.max_chars} if field.max_chars > 0 else {}
        bare |= {"placeholder": sanitize_line(field.hint)} if field.hint else {}
    if field.value and (not field.choices or field.value in dict(field.choices)):
        bare["value"] = sanitize_text(field.value)
    above = {"type": "Container", "items": [_build_rich_text(build_text_runs(label)), {**bare, "spacing": "small"}]}
    checked = {"isRequired": True, "errorMessage": REQUIRED_FIELD_TEXT.get(language)} if field.required else {}
    return {**bare, "label": label, **checked, "requires": {"adaptiveCards": "1.3"}, "fallback": above}


def _build_action(button: Button) -> CardElement:
    style = {"style": "positive"} if button.primary else {}
    if button.url:
        return {"type": "Action.OpenUrl", "title": sanitize_line(button.label), **style, "url": button.url}
    data = {"v": ACTION_VERSION, "do": _sanitize_value(button.action_id), "args": _sanitize_value(button.args)}
    unchecked = {"associatedInputs": "none"} if button.should_omit_fields else {}
    return {"type": "Action.Submit", "title": sanitize_line(button.label), **style, **unchecked, "data": data}


def _sanitize_value(value: Any) -> Any:
    """`value` as JSON can carry it: mappings to dicts, sequences to lists, lone surrogates in strings replaced."""
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case Mapping():
            return {_sanitize_value(key): _sanitize_value(item) for key, item in value.items()}
        case list() | tuple():
            return [_sanitize_value(item) for item in value]
        case _:
            return value
