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
    Bars,
    BarState,
    Block,
    Button,
    Command,
    Copyable,
    Facts,
    Field,
    Lines,
    Paragraph,
    Reply,
    RichText,
    RunStyle,
)
from dialogs.model.turn import ACTION_VERSION
from dialogs.replies.durations import bar_rows
from dialogs.replies.plain_text import LINE, PROBLEM, one_line, plain, visible
from knowledge.model.entry import Language, LocalText

Element = dict[str, Any]

MOST_ACTIONS = 6  # a row of actions in Teams; the rest of a longer row would stay hidden

_RUN_STYLES: Mapping[RunStyle, Element] = {"plain": {}, "bold": {"weight": "bolder"}, "code": {"fontType": "monospace"}}
_style_of = attrgetter("style")
_CALLOUTS = ("good", "warning", "attention")
MISSING = LocalText(en="Please fill this in.", it="Compila questo campo.")
_LONGEST_WORD = 32  # characters that fit a narrow card; clients break a line at spaces and hyphens only
_SOFT_BREAK = "\N{ZERO WIDTH SPACE}"


def layout(reply: Reply) -> Element:
    """The card for `reply` with everything in it, as a plain dict; it may be larger than Teams takes."""
    body: list[Element] = []
    for at, block in enumerate(reply.blocks):
        elements = _elements(block, reply.language)
        if isinstance(block, Command) and at and isinstance(reply.blocks[at - 1], Command):
            elements = _folded(block.shell, _elements(Command(block.shell, block.text), "en"), f"command-{at}")
        elif isinstance(block, Facts) and block.folded and elements:
            elements = _folded(block.folded, [{"type": "Container", "items": elements}], f"facts-{at}")
        if elements and body and _opens_section(block, reply):
            for first in (elements[0], elements[0].get("fallback", {})):
                first |= {"separator": True, "spacing": "large"}
        body.extend(elements)
    rows = [reply.buttons[at : at + MOST_ACTIONS] for at in range(0, len(reply.buttons), MOST_ACTIONS)]
    body.extend({"type": "ActionSet", "actions": [_action(button) for button in row]} for row in rows[:-1])
    return {
        "type": "AdaptiveCard",
        "version": "1.2",
        "lang": reply.language,
        "msteams": {"width": "Full"},
        "fallbackText": plain(reply),
        "body": body,
        "actions": [_action(button) for button in rows[-1]] if rows else [],
    }


def text_runs(text: str, **style: Any) -> list[Element]:
    """`text`, made visible, as TextRuns in one style; none for an empty text.

    Clients replace `{{DATE(…)}}` and `{{TIME(…)}}` inside a run, so the braces are put in two runs and stay literal.
    """
    return _runs(visible(text), style)


def _runs(shown: str, style: Mapping[str, Any]) -> list[Element]:
    """The TextRuns of a text that was made visible."""
    pieces = [shown]
    if "{{" in shown:  # visible text has no NUL, so it can mark where a run ends
        pieces = shown.replace("{DATE(", "\0{DATE(").replace("{TIME(", "\0{TIME(").split("\0")
    return [{"type": "TextRun", "text": piece, **style} for piece in pieces if piece]


def _opens_section(block: Block, reply: Reply) -> bool:
    """Whether a line is drawn above `block`: a later heading, or where a form begins."""
    if isinstance(block, Field):
        return block is next(field for field in reply.blocks if isinstance(field, Field))
    return isinstance(block, Paragraph) and block.size == "title"


def _elements(block: Block, language: Language) -> list[Element]:
    match block:
        case Paragraph():
            return _paragraph(block)
        case Facts(rows=facts):
            return [_fact(label, value, first=at == 0) for at, (label, value) in enumerate(facts)]
        case Lines(rows=lines):
            return [_boxed([_line(number, text, language) for number, text in lines])] if lines else []
        case Command(shell=shell, text=text):
            shell_name = _rich(text_runs(shell, size="small", isSubtle=True))
            return [_boxed([shell_name, _rich(text_runs(text, fontType="monospace"), spacing="small")])]
        case Copyable(text=text):
            runs = text_runs(text, fontType="monospace")
            return [_boxed([_rich(runs)])] if runs else []
        case Field():
            return [*_problem(block), _input(block, language)]
        case Bars():
            return [_boxed([_bar(row) for row in bar_rows(block, language)])] if block.rows else []


def _folded(label: str, boxes: list[Element], name: str) -> list[Element]:
    """A box that its label shows and hides, so that the card stays short."""
    toggle = {"type": "Action.ToggleVisibility", "title": one_line(label), "targetElements": [name]}
    shown = f"{one_line(label)} \N{BLACK DOWN-POINTING SMALL TRIANGLE}"
    head = _rich(text_runs(shown, color="accent", size="small"))
    (box,) = boxes
    return [
        {"type": "Container", "spacing": "small", "selectAction": toggle, "items": [head]},
        {**box, "id": name, "isVisible": False, "spacing": "small"},
    ]


def _paragraph(paragraph: Paragraph) -> list[Element]:
    style: Element = {}
    if paragraph.size == "title":
        style |= {"size": "large", "weight": "bolder"}
    if paragraph.tone == "subtle":
        style |= {"size": "small", "isSubtle": True} if paragraph.size == "default" else {"isSubtle": True}
    callout = paragraph.tone in _CALLOUTS and paragraph.size == "default"
    if paragraph.tone in _CALLOUTS and not callout:
        style["color"] = paragraph.tone
    runs = _styled(paragraph.text, style)
    if not runs:
        return []
    if callout:
        return [{"type": "Container", "style": paragraph.tone, "items": [_rich(runs)]}]
    return [_rich(runs, **({"spacing": "small"} if paragraph.tone == "subtle" else {}))]


def _styled(text: RichText, style: Mapping[str, Any]) -> list[Element]:
    joined = ((name, "".join([visible(run.text) for run in runs])) for name, runs in groupby(text, _style_of))
    return [element for name, words in joined for element in _runs(words, {**style, **_RUN_STYLES[name]})]


def _rich(runs: Sequence[Element], **options: Any) -> Element:
    return {"type": "RichTextBlock", **options, "inlines": list(runs)}


def _boxed(items: list[Element]) -> Element:
    """Items set apart from the sentences around them, in text that can be selected and copied."""
    return {"type": "Container", "style": "emphasis", "items": items}


def _line(number: int, text: str, language: Language) -> Element:
    """A line to read: its indentation is kept and a long word may wrap, which text to copy must not have."""
    label = text_runs(f"{LINE.in_(language)} {number}\N{EN SPACE}", size="small", isSubtle=True)
    words = text.lstrip(" ")
    indented = "\N{NO-BREAK SPACE}" * (len(text) - len(words)) + " ".join(map(_breakable, words.split(" ")))
    return _rich([*label, *text_runs(indented, fontType="monospace")], spacing="small")


def _breakable(word: str) -> str:
    """`word` with soft breaks where it is too long for a narrow card: behind slashes and commas, then anywhere."""
    if len(word) <= _LONGEST_WORD:
        return word
    for mark in "/\\,":
        word = word.replace(mark, mark + _SOFT_BREAK)
    return _SOFT_BREAK.join(
        piece[at : at + _LONGEST_WORD]
        for piece in word.split(_SOFT_BREAK)
        for at in range(0, max(len(piece), 1), _LONGEST_WORD)
    )


def _fact(label: str, value: RichText, first: bool) -> Element:
    """One row; a row is read whole, label then value, whatever the width."""
    cells = (_rich(text_runs(one_line(label), isSubtle=True)), _rich(_styled(value, {})))
    columns = [
        {"type": "Column", "width": width, "items": [cell] if cell["inlines"] else []}
        for width, cell in zip((1, 2), cells, strict=True)
    ]
    return {"type": "ColumnSet", "spacing": "default" if first else "small", "columns": columns}


def _bar(row: tuple[str, str, str, BarState]) -> Element:
    """One row of a timeline: its bar, its name, and what is said of it; what went wrong stands out."""
    bar, name, said, state = row
    colour = {"color": "attention"} if state in ("failed", "stopped") else {}
    faint = {"isSubtle": True} if state == "pending" else {}
    drawn = text_runs(f"{bar} ", fontType="monospace", **(colour or {"color": "accent"})) if bar else []
    words = [*text_runs(name, fontType="monospace", **faint), *text_runs(f"\N{EN SPACE}{said}", **colour, **faint)]
    return _rich([*drawn, *words], spacing="small")


def _problem(field: Field) -> list[Element]:
    """What is wrong with the value that came back, above its input."""
    return [_rich(text_runs(f"{PROBLEM} {one_line(field.problem)}", color="attention"))] if field.problem else []


def _input(field: Field, language: Language) -> Element:
    """The input with its label: tied to it, and checked before it is sent, where the client can (1.3); else the label
    is written above it, and the answer says what is missing.
    """
    label = one_line(field.label)
    bare: Element = {"type": "Input.ChoiceSet" if field.choices else "Input.Text", "id": field.id}
    if field.choices:
        bare["choices"] = [{"title": one_line(title), "value": visible(value)} for value, title in field.choices]
    else:
        bare |= {"isMultiline": True} if field.multiline else {}
        bare |= {"maxLength": field.most} if field.most > 0 else {}
        bare |= {"placeholder": one_line(field.hint)} if field.hint else {}
    if field.value and (not field.choices or field.value in dict(field.choices)):
        bare["value"] = visible(field.value)
    above = {"type": "Container", "items": [_rich(text_runs(label)), {**bare, "spacing": "small"}]}
    checked = {"isRequired": True, "errorMessage": MISSING.in_(language)} if field.required else {}
    return {**bare, "label": label, **checked, "requires": {"adaptiveCards": "1.3"}, "fallback": above}


def _action(button: Button) -> Element:
    style = {"style": "positive"} if button.primary else {}
    if button.url:
        return {"type": "Action.OpenUrl", "title": one_line(button.label), **style, "url": button.url}
    data = {"v": ACTION_VERSION, "do": _sendable(button.do), "args": _sendable(button.args)}
    unchecked = {"associatedInputs": "none"} if button.bare else {}
    return {"type": "Action.Submit", "title": one_line(button.label), **style, **unchecked, "data": data}


def _sendable(value: Any) -> Any:
    """`value` as JSON can carry it: mappings to dicts, sequences to lists, lone surrogates in strings replaced."""
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case Mapping():
            return {_sendable(key): _sendable(item) for key, item in value.items()}
        case list() | tuple():
            return [_sendable(item) for item in value]
        case _:
            return value
