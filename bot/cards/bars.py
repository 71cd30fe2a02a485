"""Lay out a timeline on a card: aligned columns for the name, the bar, and the time of each step."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.cards.text_runs import CardElement, break_long_words, build_rich_text, build_sanitized_runs, build_text_runs
from dialogs.model.duration_bars import DurationBars
from dialogs.replies.duration_bars import BarRow, PieceKind, build_bar_rows
from dialogs.replies.plain_text import sanitize_text
from dialogs.texts.catalog import get_texts
from knowledge.model.entry import Language

_COLUMN_WIDTHS = (6, 5, 4)
_WIDE_COLUMN_WIDTHS = (6, 9)
"""Without a bar, a text has more room."""

_NUMBER_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:h|min|s)\b)")


def build_bars(bars: DurationBars, language: Language) -> list[CardElement]:
    """Build the rows of a timeline."""
    rows = build_bar_rows(bars, lambda key: get_texts().get(key, language))
    return [element for row in rows for element in _build_bar(row)]


def _build_bar(row: BarRow) -> list[CardElement]:
    """Build one row of a timeline in three columns: name, bar, and time; and below the bar, what's to note.

    What went wrong is highlighted. Steps of Image Builder's own are fainter than the person's.
    """
    is_failure = row.state in ("failed", "stopped")
    is_faint = row.is_own or row.state in ("pending", "waiting", "unseen")
    style: CardElement = {"size": "small"}
    style |= {"color": "attention", "weight": "bolder"} if is_failure else {"isSubtle": is_faint}
    mark = f"{row.mark}\N{NO-BREAK SPACE}" if row.mark else ""
    name = build_sanitized_runs(mark + break_long_words(sanitize_text(row.name)), style)
    description = build_sanitized_runs(_bind_units(sanitize_text(row.description)), style)
    if not row.has_time:
        return [_build_columns(_WIDE_COLUMN_WIDTHS, (name, description))]
    bar = [run for text, kind in row.pieces for run in _build_piece(text, kind, row)]
    elements = [_build_columns(_COLUMN_WIDTHS, (name, bar, description))]
    if row.note:
        note = build_text_runs(
            _bind_units(row.note), size="small", weight="bolder", **({"color": "attention"} if is_failure else {})
        )
        elements.append({**_build_columns(_WIDE_COLUMN_WIDTHS, ([], note)), "spacing": "none"})
    return elements


def _bind_units(text: str) -> str:
    """Keep each number of a duration on one line with its unit."""
    return _NUMBER_BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", text)


def _build_piece(text: str, kind: PieceKind, row: BarRow) -> list[CardElement]:
    """Build a piece of a bar; what is left of a limit is faint."""
    if row.state in ("failed", "stopped"):
        color: CardElement = {"color": "attention"}
    else:
        color = {"isSubtle": True} if row.is_own or kind == "free" else {"color": "accent"}
    return build_sanitized_runs(text, {"fontType": "monospace", "size": "small", **color})


def _build_columns(widths: Sequence[int], cells: Sequence[list[CardElement]]) -> CardElement:
    # a RichTextBlock without inlines is invalid
    columns = [
        {"type": "Column", "width": width, "items": [build_rich_text(runs)] if runs else []}
        for width, runs in zip(widths, cells, strict=True)
    ]
    return {"type": "ColumnSet", "spacing": "small", "columns": columns}
