"""Joins log lines that a terminal cut at its width: a line as long as the longest, then one without a prefix."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.text.normalization import TextLine

_MIN_WIDTH, _MAX_WIDTH = 60, 400
_MAX_LINES = 1_000
_LINE_PREFIXES = ("[", "PACKER", "==> azure-arm", "    azure-arm", "azure-arm", "    ")


def unwrap_lines(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """The lines of a pasted log joined where they were cut; any other text as it is. A joined line keeps its number."""
    if not 2 <= len(lines) <= _MAX_LINES or not any("PACKER" in piece.text[:80] for piece in lines[:40]):
        return lines
    width = max(len(piece.text) for piece in lines)
    if not _MIN_WIDTH <= width <= _MAX_WIDTH:
        return lines
    joined: list[TextLine] = []
    cut = False
    for piece in lines:
        if cut and not piece.text.startswith(_LINE_PREFIXES):
            joined[-1] = TextLine(joined[-1].number, joined[-1].text + piece.text)
        else:
            joined.append(piece)
        cut = len(piece.text) == width
    return joined
