"""A reply as plain text: for a terminal, a client without cards, or a screen reader.

`sanitize_text` is the one place that makes untrusted text safe to show: every renderer passes text through it.
"""

from __future__ import annotations

import re

from dialogs.model.duration_bars import DurationBars
from dialogs.model.reply import (
    Block,
    Button,
    Command,
    CopyableText,
    FactTable,
    FoldedSection,
    FormField,
    LogExcerpt,
    Paragraph,
    Reply,
    RichText,
)
from dialogs.replies.duration_bars import BarLine, render_bar_lines
from dialogs.texts.catalog import get_texts
from knowledge.model.entry import Language

PROBLEM_MARK = "\N{BLACK RIGHT-POINTING TRIANGLE}"
DECIDING_MARK = PROBLEM_MARK
"""The mark before the log line that says what broke."""
MAX_LISTED_CHOICES = 12
"""How many of a field's choices to list; all countries or time zones would bury the rest."""

_INVISIBLE = (
    range(0x80, 0xA0),  # C1 controls
    (
        0x00AD,
        0x034F,
        0x061C,
        0x180B,
        0x180C,
        0x180D,
        0x180E,
        0x180F,
    ),  # soft hyphen, grapheme joiner, Mongolian selectors
    (0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),  # letters and a Braille pattern that are blank
    (0x200E, 0x200F),  # direction marks; scripts and emoji need the joiners, titles the soft break
    range(0x202A, 0x202F),  # bidi embeddings and overrides
    range(0x2060, 0x2070),  # invisible operators, bidi isolates, deprecated format controls
    range(0xFE00, 0xFE0E),  # variation selectors
    range(0xFFF9, 0xFFFC),  # annotations
    range(0x1BCA0, 0x1BCA4),  # shorthand format controls
    range(0x1D173, 0x1D17B),  # musical format controls
    range(0xE0000, 0xE0080),  # tags, in which a text for language models can hide
    range(0xE0100, 0xE01F0),  # more variation selectors
)
"""Characters that show nothing. Text could hide in them, or they could reorder what is shown."""

_LINE, _PARAGRAPH = "\n", "\n\n"
_MARKUP = re.compile(r"[*`<>{}\[\]]|__|%[sd(]|^[#-] ")
_STRING_OPENERS = "]PX^_"  # OSC, DCS, SOS, PM, APC: escape sequences with a string up to a terminator


def _build_replacements() -> dict[int, str]:
    """Build the `str.translate` table for characters that are invisible, reorder the line or break the JSON."""
    # C0 controls as their control pictures (U+2400…); C1 controls and bidi controls by their code point
    table = {code: chr(0x2400 + code) for code in range(0x20)}
    table.update({code: f"⟨U+{code:04X}⟩" for codes in _INVISIBLE for code in codes})
    table.update(dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}"))
    table.update({0x7F: "\N{SYMBOL FOR DELETE}", 0x2028: "\n", 0x2029: "\n"})
    # a byte order mark says nothing, and these only choose how the symbol before them is drawn
    table.update(dict.fromkeys((0xFEFF, 0xFE0E, 0xFE0F), ""))
    del table[0x09], table[0x0A]
    return table


_REPLACEMENTS = _build_replacements()
_PRINTABLE_REPLACED = frozenset(chr(code) for code in _REPLACEMENTS if chr(code).isprintable())
"""The characters that are replaced though Python counts them as printable, such as the blank letters."""


def sanitize_text(text: str) -> str:
    """Remove escape sequences from `text`, and make other control characters, bidi overrides and surrogates visible.

    Every line end becomes a line feed; tabs stay. The result is valid Unicode and safe to print. The function is
    idempotent.
    """
    # nearly every text: keep it cheap
    if (text.isascii() and text.isprintable()) or _is_clean(text):
        return text
    if "\x1b" in text:
        text = _strip_escapes(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_REPLACEMENTS)


def sanitize_line(text: str) -> str:
    """Return sanitized text on one line with single spaces, for labels, titles and notifications."""
    return " ".join(sanitize_text(text).split())


def render_plain_text(reply: Reply) -> str:
    """Render a reply as plain text: blocks separated by empty lines, then the numbered buttons."""
    parts = [part] if (part := _render_blocks(reply.blocks, reply.language)) else []
    if buttons := reply.offered_buttons:
        parts.append("\n".join(render_numbered_buttons(buttons)))
    return "\n\n".join(parts)


def _render_blocks(blocks: tuple[Block, ...], language: Language) -> str:
    texts: list[str] = []
    was_row = False
    for block in blocks:
        if part := _render_block(block, language):
            is_row = _is_row(block)
            if texts:
                texts.append(_LINE if is_row and was_row else _PARAGRAPH)
            texts.append(part)
            was_row = is_row
    return "".join(texts)


def _is_row(block: Block) -> bool:
    """Return whether a block is a list row, which needs no blank line before the next one."""
    return isinstance(block, Paragraph) and block.mark in ("✓", "–", "○")


def render_numbered_buttons(buttons: tuple[Button, ...], first_number: int = 1) -> list[str]:
    """Render buttons as lines such as `[1] Next step`; a link button shows its URL."""
    return [
        f"[{number}] {sanitize_line(button.label)}{f': {sanitize_text(button.url)}' if button.url else ''}"
        for number, button in enumerate(buttons, first_number)
    ]


def flatten_runs(text: RichText) -> str:
    """Join the runs into one sanitized string without styles."""
    joined = "".join([run.text for run in text])
    return joined if _is_clean(joined) else "".join([sanitize_text(run.text) for run in text])


def summarize_runs(text: RichText) -> str:
    """Join the runs for a notification, on one line; literal text that a client could read as markup is left out."""
    return sanitize_line("".join("…" if run.style == "code" and _MARKUP.search(run.text) else run.text for run in text))


def get_field_text(field: FormField) -> str:
    """Return a field's value as the user sees it: the label of its choice, or its text."""
    return next((label for value, label in field.choices if value == field.value), "" if field.choices else field.value)


def format_line_label(number: int, language: Language) -> str:
    """Return the label before a log line, such as `line 7`."""
    return f"{get_texts().get('reply.line', language)} {number}"


def list_line_marks(excerpt: LogExcerpt) -> list[str]:
    """Return the prefix of each line of an excerpt: a mark for the deciding line, equally wide blanks for others."""
    decides = [number == excerpt.deciding for number, _ in excerpt.rows]
    if not any(decides):
        return [""] * len(decides)
    return [f"{DECIDING_MARK} " if is_deciding else "  " for is_deciding in decides]


def format_hint(hint: str, language: Language) -> str:
    """Return what an empty field shows, such as `such as ITA`."""
    return f"{get_texts().get('reply.hint', language)} {sanitize_line(hint)}"


def _render_block(block: Block, language: Language) -> str:
    match block:
        case Paragraph(text=text, mark=mark):
            return f"{mark} {flatten_runs(text)}" if mark else flatten_runs(text)
        case FoldedSection(blocks=blocks):
            return _render_blocks(blocks, language)
        case FactTable(rows=facts):
            heading = f"{sanitize_line(block.folded_label)}:\n" if block.folded_label else ""
            return heading + "\n".join(f"{sanitize_line(label)}: {flatten_runs(value)}" for label, value in facts)
        case LogExcerpt(rows=lines):
            rows = zip(list_line_marks(block), lines, strict=True)
            return "\n".join(
                [f"{mark}{format_line_label(number, language)}  {sanitize_text(text)}" for mark, (number, text) in rows]
            )
        case Command(shell=shell, text=text):
            return f"{shell}:\n{sanitize_text(text)}"
        case CopyableText(text=text):
            return sanitize_text(text)
        case FormField():
            return _render_field(block, language)
        case DurationBars():
            return "\n".join(line.text for line in render_timeline(block, language))


def render_timeline(bars: DurationBars, language: Language, width: int | None = None) -> list[BarLine]:
    """Render a timeline as aligned lines, wrapped at `width` columns if that's given."""
    names = [sanitize_line(bar.name) for bar in bars.rows]
    rows = [bar if name == bar.name else bar._replace(name=name) for bar, name in zip(bars.rows, names, strict=True)]
    return render_bar_lines(DurationBars(tuple(rows)), lambda key: get_texts().get(key, language), width)


def _render_field(field: FormField, language: Language) -> str:
    value = sanitize_text(get_field_text(field))
    separator = "\n" if "\n" in value else " "
    problem = f"{PROBLEM_MARK} {sanitize_line(field.problem)}\n" if field.problem else ""
    hint = f"({format_hint(field.hint, language)})" if field.hint and not value else ""
    line = f"{problem}{sanitize_line(field.label)}:{separator}{value}{hint}".rstrip(" ")
    if not field.choices:
        return line
    labels = [sanitize_line(label) for _, label in field.choices[:MAX_LISTED_CHOICES]]
    ellipsis = ("…",) if len(field.choices) > MAX_LISTED_CHOICES else ()
    return f"{line} ({get_texts().get('reply.choices', language)}: {', '.join((*labels, *ellipsis))})"


def _is_clean(text: str) -> bool:
    """Return whether sanitizing would leave `text` as it is. Tabs and line feeds need a closer look."""
    return text.isprintable() and (text.isascii() or _PRINTABLE_REPLACED.isdisjoint(text))


def _strip_escapes(text: str) -> str:
    """Remove ANSI escape sequences, segment by segment, so that the cost is linear for any input."""
    head, *segments = text.split("\x1b")
    parts = [head]
    for index, segment in enumerate(segments):
        is_terminated = index + 1 < len(segments) and segments[index + 1].startswith("\\")
        parts.append(_strip_escape_sequence(segment, is_terminated))
    return "".join(parts)


def _strip_escape_sequence(segment: str, is_terminated: bool) -> str:
    """Return what follows the escape sequence at the start of `segment`, whose ESC is already removed.

    `is_terminated`: the next segment starts with a string terminator.
    """
    if not segment:
        return ""
    if segment[0] in _STRING_OPENERS:
        string, bell, rest = segment.partition("\x07")
        if bell and "\n" not in string:
            return rest
        # a string that's never closed is shown: hiding it would let a log hide the text after it
        return "" if is_terminated and "\n" not in segment else segment[1:]
    # parameters and intermediate bytes, then the final byte: CSI (`[`) allows digits and `:;<=>?` as well
    index = 1 if segment[0] == "[" else 0
    while index < len(segment) and " " <= segment[index] <= ("?" if segment[0] == "[" else "/"):
        index += 1
    return segment[index + 1 :] if index < len(segment) and "0" <= segment[index] <= "~" else segment[index:]
