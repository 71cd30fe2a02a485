"""Join log lines that a terminal cut at its width: a line of full width, then one without a prefix."""

from __future__ import annotations

from collections.abc import Set
from itertools import islice, pairwise
from operator import itemgetter

from knowledge.text.text_lines import TextLines

_MIN_WIDTH, _MAX_WIDTH = 60, 400
_MAX_LINES = 1_000
_get_first_char = itemgetter(slice(1))
_LINE_PREFIXES = ("[", "PACKER", "==> azure-arm", "    azure-arm", "azure-arm", "    ")


def may_be_wrapped(lines: TextLines) -> bool:
    """Return whether a line could be the rest of the one before; in most logs, all but the first have a prefix."""
    first_chars = map(_get_first_char, islice(lines.texts, 1, _MAX_LINES))
    return list(first_chars).count("[") < len(lines) - 1


def unwrap_lines(lines: TextLines, original: TextLines | None = None) -> TextLines:
    """Return the lines of a pasted log joined where they were cut, and the lines of any other text unchanged.

    A joined line has the number of its first part. `original` are the lines as they were pasted, if `lines` were
    redacted since: only they have the terminal's width.
    """
    measured = lines if original is None else original
    # Only in a log must a line without a prefix be the rest of another line.
    if not 2 <= len(measured) <= _MAX_LINES or not any("PACKER" in text[:80] for text in measured.texts[:40]):
        return lines
    width = max(map(len, measured.texts))
    if not _MIN_WIDTH <= width <= _MAX_WIDTH:
        return lines
    cut_numbers = {number for number, text in zip(measured.numbers, measured.texts, strict=True) if len(text) == width}
    rests = [
        index
        for index, (before, number) in enumerate(pairwise(lines.numbers), 1)
        if before in cut_numbers and number != before and not lines.texts[index].startswith(_LINE_PREFIXES)
    ]
    return _join_rests(lines, frozenset(rests)) if rests else lines


def _join_rests(lines: TextLines, rests: Set[int]) -> TextLines:
    """Return the lines with those at the indexes `rests` joined to the ones before them."""
    numbers: list[int] = []
    texts: list[str] = []
    for index, (number, text) in enumerate(zip(lines.numbers, lines.texts, strict=True)):
        if index in rests:
            texts[-1] += text
        else:
            numbers.append(number)
            texts.append(text)
    return TextLines(numbers, texts)
