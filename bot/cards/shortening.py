"""Shorten the blocks of a reply to an allowance, with notes that say how much was left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile
from typing import TypeVar

from dialogs.model.duration_bars import DurationBars
from dialogs.model.reply import (
    Block,
    Command,
    CopyableText,
    FactTable,
    FoldedSection,
    FormField,
    LogExcerpt,
    Paragraph,
    Reply,
    RichText,
    TextRun,
)
from dialogs.texts.catalog import get_texts
from knowledge.model.entry import Language

_MAX_LABEL_CHARS = 80  # of a button

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of each kind of block is shown.

    Attributes:
        max_rows: Lines of a log.
        max_row_chars: Characters of such a line.
        max_copyable_chars: Characters of a text to copy.
        max_command_chars: Characters of a command.
        max_run_chars: Characters of a run of our text, of a label or of a value.
        max_blocks: Blocks of a reply, form fields not counted. If `max_run_chars` is finite, also the runs of a
            paragraph and the rows of a table.
    """

    max_rows: float = math.inf
    max_row_chars: float = math.inf
    max_copyable_chars: float = math.inf
    max_command_chars: float = math.inf
    max_run_chars: float = math.inf
    max_blocks: float = math.inf

    def limit_rows(self, rows: Sequence[T]) -> Sequence[T]:
        """Return as many runs or table rows as are shown: all, unless our own text is shortened too."""
        return rows if math.isinf(self.max_run_chars) else rows[: int(self.max_blocks)]


FULL_ALLOWANCE = Allowance()
"""Shows everything."""


def truncate_button_labels(reply: Reply) -> Reply:
    """Shorten the labels of the buttons to what Teams shows."""
    if all(len(button.label) <= _MAX_LABEL_CHARS for button in reply.buttons):
        return reply
    return replace(
        reply,
        buttons=tuple(
            button
            if len(button.label) <= _MAX_LABEL_CHARS
            else replace(button, label=f"{button.label[: _MAX_LABEL_CHARS - 1]}…")
            for button in reply.buttons
        ),
    )


def shorten_reply(reply: Reply, allowance: Allowance) -> Reply:
    """Shorten the blocks of `reply` to the allowance; form fields always stay."""
    if allowance == FULL_ALLOWANCE:
        return reply
    blocks: list[Block] = []
    shown_count = omitted_count = 0
    for block in reply.blocks:
        shown_count += not isinstance(block, FormField)
        if isinstance(block, FormField) or shown_count <= allowance.max_blocks:
            blocks.extend(_shorten_block(block, allowance, reply.language))
        else:
            omitted_count += 1
    if omitted_count:
        blocks.append(_build_note(get_texts().format_text("reply.more-blocks", reply.language, count=omitted_count)))
    return replace(reply, blocks=tuple(blocks))


def truncate_text(text: str, max_chars: float, language: Language) -> str:
    """Cut `text` after `max_chars` characters and say how many more there are."""
    if len(text) <= max_chars:
        return text
    texts = get_texts()
    count = texts.get_header(language).format_count(len(text) - int(max_chars))
    return f"{text[: int(max_chars)]} {texts.format_text('reply.more-characters', language, count=count)}"


def _shorten_block(block: Block, allowance: Allowance, language: Language) -> Iterator[Block]:
    match block:
        case LogExcerpt():
            yield from _shorten_excerpt(block, allowance, language)
        case CopyableText(text=text):
            yield from _shorten_lines(text, allowance.max_copyable_chars, language, block)
        case Command(text=text):
            yield from _shorten_lines(text, allowance.max_command_chars, language, block)
        case Paragraph(text=text):
            yield block._replace(text=_shorten_runs(text, allowance, language))
        case FoldedSection(blocks=blocks):
            inner = tuple(short for one in blocks for short in _shorten_block(one, allowance, language))
            yield replace(block, blocks=inner)
        case FactTable():
            yield from _shorten_facts(block, allowance, language)
        case FormField():
            yield _shorten_field(block, allowance, language)
        case DurationBars():
            yield from _shorten_bars(block, allowance, language)


def _shorten_excerpt(excerpt: LogExcerpt, allowance: Allowance, language: Language) -> Iterator[Block]:
    kept = excerpt.limit(allowance.max_rows)
    rows = tuple((number, truncate_text(text, allowance.max_row_chars, language)) for number, text in kept.rows)
    yield kept._replace(rows=rows)
    yield from _note_more_lines(len(excerpt.rows) - len(rows), language)


def _shorten_facts(table: FactTable, allowance: Allowance, language: Language) -> Iterator[Block]:
    rows = allowance.limit_rows(table.rows)
    yield FactTable(
        tuple(
            (truncate_text(label, allowance.max_run_chars, language), _shorten_runs(value, allowance, language))
            for label, value in rows
        ),
        truncate_text(table.folded_label, allowance.max_run_chars, language),
    )
    yield from _note_more_lines(len(table.rows) - len(rows), language)


def _shorten_bars(bars: DurationBars, allowance: Allowance, language: Language) -> Iterator[Block]:
    rows = allowance.limit_rows(bars.rows)
    yield DurationBars(
        tuple(bar._replace(name=truncate_text(bar.name, allowance.max_run_chars, language)) for bar in rows)
    )
    yield from _note_more_lines(len(bars.rows) - len(rows), language)


def _shorten_field(field: FormField, allowance: Allowance, language: Language) -> FormField:
    def shorten(text: str) -> str:
        return truncate_text(text, allowance.max_run_chars, language)

    return replace(
        field,
        label=shorten(field.label),
        # the value of a choice is an id, which must not change
        value=field.value if field.choices else shorten(field.value),
        choices=tuple((value, shorten(label)) for value, label in field.choices),
        problem=shorten(field.problem),
        hint=shorten(field.hint),
    )


def _shorten_lines(text: str, max_chars: float, language: Language, block: Command | CopyableText) -> Iterator[Block]:
    """Yield the first lines of a text to copy, and a note; never a part of a line, unless the first one is too long."""
    if len(text) <= max_chars:
        yield block
        return
    lines = text.split("\n")
    ends = accumulate(len(line) + 1 for line in lines)
    kept_count = sum(1 for _ in takewhile(lambda end: end <= max_chars, ends))
    kept_text = "\n".join(lines[:kept_count]) if kept_count else truncate_text(lines[0], max_chars, language)
    yield replace(block, text=kept_text)
    yield from _note_more_lines(len(lines) - max(kept_count, 1), language)


def _shorten_runs(text: RichText, allowance: Allowance, language: Language) -> RichText:
    runs = allowance.limit_rows(text)
    shortened = tuple(run._replace(text=truncate_text(run.text, allowance.max_run_chars, language)) for run in runs)
    return shortened if len(runs) == len(text) else (*shortened, TextRun(" …"))


def _note_more_lines(count: int, language: Language) -> Iterator[Block]:
    if count == 1:
        yield _build_note(get_texts().get("reply.one-more-line", language))
    elif count > 1:
        yield _build_note(get_texts().format_text("reply.more-lines", language, count=count))


def _build_note(text: str) -> Paragraph:
    return Paragraph((TextRun(text),), tone="subtle")
