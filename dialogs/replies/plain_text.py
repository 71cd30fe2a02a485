"""A reply as plain text: for a terminal, for a client that shows no cards, and for a screen reader.

`visible` is the one place that makes text of people, logs and Azure safe to show: every renderer passes text through
it.
"""

from __future__ import annotations

from dialogs.model.reply import (
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
)
from dialogs.replies.durations import build_bar_rows
from knowledge.model.entry import Language, LocalizedText

LINE_LABEL = LocalizedText(en="line", it="riga")
PROBLEM_MARK = "\N{BLACK RIGHT-POINTING TRIANGLE}"
HINT_LABEL = LocalizedText(en="such as", it="ad esempio")
MAX_LISTED_CHOICES = 12
"""Choices of a field that are named in a text; a list of countries or time zones would bury the rest."""
CHOICES_LABEL = LocalizedText(en="choose one of", it="scegli tra")

_STRING_OPENERS = "]PX^_"  # OSC, DCS, SOS, PM, APC: escape sequences that carry a string


def _build_replacements() -> dict[int, str]:
    """What is shown in place of a character that would be invisible, reorder the line or break the JSON."""
    table = {code: chr(0x2400 + code) for code in range(0x20)}
    table.update(
        {code: f"⟨U+{code:04X}⟩" for code in (*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    )
    table.update(dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}"))
    table.update({0x7F: "\N{SYMBOL FOR DELETE}", 0x2028: "\n", 0x2029: "\n", 0xFEFF: ""})
    del table[0x09], table[0x0A]
    return table


_REPLACEMENTS = _build_replacements()


def sanitize_text(text: str) -> str:
    """`text` without escape sequences, its other control characters, bidi overrides and lone surrogates made visible.

    Every line end becomes a line feed; tabs stay. The result is valid Unicode and safe to print; passing it through
    again changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    if "\x1b" in text:
        text = _strip_escapes(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_REPLACEMENTS)


def sanitize_line(text: str) -> str:
    """`text` made visible, on one line, with single spaces: for labels, titles and notifications."""
    return " ".join(sanitize_text(text).split())


def render_plain_text(reply: Reply) -> str:
    """The whole reply as plain text: blocks from top to bottom, an empty line between them, numbered buttons last."""
    parts = [part for block in reply.blocks if (part := _render_block(block, reply.language))]
    if reply.buttons:
        parts.append("\n".join(render_numbered_buttons(reply.buttons)))
    return "\n\n".join(parts)


def render_numbered_buttons(buttons: tuple[Button, ...], first_number: int = 1) -> list[str]:
    """The buttons as lines, `[1] Next step`, counted from `first`; a page to open with its address."""
    return [
        f"[{number}] {sanitize_line(button.label)}{f': {sanitize_text(button.url)}' if button.url else ''}"
        for number, button in enumerate(buttons, first_number)
    ]


def flatten_runs(text: RichText) -> str:
    """The runs as one visible string, without their styles."""
    return "".join(sanitize_text(run.text) for run in text)


def get_field_text(field: FormField) -> str:
    """What a field holds, in the words that a person would see: the label of its choice, or its text."""
    return next((label for value, label in field.choices if value == field.value), "" if field.choices else field.value)


def _render_block(block: Block, language: Language) -> str:
    match block:
        case Paragraph(text=text):
            return flatten_runs(text)
        case FactTable(rows=facts):
            folded = f"{sanitize_line(block.folded_label)}:\n" if block.folded_label else ""
            return folded + "\n".join(f"{sanitize_line(label)}: {flatten_runs(value)}" for label, value in facts)
        case LogExcerpt(rows=lines):
            return "\n".join(f"{LINE_LABEL.get(language)} {number}  {sanitize_text(text)}" for number, text in lines)
        case Command(shell=shell, text=text):
            return f"{shell}:\n{sanitize_text(text)}"
        case CopyableText(text=text):
            return sanitize_text(text)
        case FormField():
            return _render_field(block, language)
        case DurationBars():
            rows = [
                (f"{bar} " if bar else "", sanitize_text(name), said)
                for bar, name, said, _ in build_bar_rows(block, language)
            ]
            return "\n".join(f"{bar}{name}  {said}".rstrip() for bar, name, said in rows)


def _render_field(field: FormField, language: Language) -> str:
    value = sanitize_text(get_field_text(field))
    between = "\n" if "\n" in value else " "
    problem = f"{PROBLEM_MARK} {sanitize_line(field.problem)}\n" if field.problem else ""
    hint = f"({HINT_LABEL.get(language)} {sanitize_line(field.hint)})" if field.hint and not value else ""
    line = f"{problem}{sanitize_line(field.label)}:{between}{value}{hint}".rstrip(" ")
    if not field.choices:
        return line
    named = [sanitize_line(label) for _, label in field.choices[:MAX_LISTED_CHOICES]]
    more = ("…",) if len(field.choices) > MAX_LISTED_CHOICES else ()
    return f"{line} ({CHOICES_LABEL.get(language)}: {', '.join((*named, *more))})"


def _strip_escapes(text: str) -> str:
    """`text` without ANSI escape sequences; read piece by piece, so that the cost is linear for any input."""
    head, *pieces = text.split("\x1b")
    kept = [head]
    for at, piece in enumerate(pieces):
        closed = at + 1 < len(pieces) and pieces[at + 1].startswith("\\")
        kept.append(_strip_escape_sequence(piece, closed))
    return "".join(kept)


def _strip_escape_sequence(piece: str, is_terminated: bool) -> str:
    """What follows the sequence that began just before `piece`; `closed`: the next escape is a string terminator."""
    if not piece:
        return ""
    if piece[0] in _STRING_OPENERS:
        string, bell, rest = piece.partition("\x07")
        if bell and "\n" not in string:
            return rest
        return "" if is_terminated and "\n" not in piece else piece[1:]  # never closed: its text is not hidden
    at = 1 if piece[0] == "[" else 0
    while at < len(piece) and " " <= piece[at] <= ("?" if piece[0] == "[" else "/"):
        at += 1
    return piece[at + 1 :] if at < len(piece) and "0" <= piece[at] <= "~" else piece[at:]
