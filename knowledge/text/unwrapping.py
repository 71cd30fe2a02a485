"""Join log lines that a terminal cut at its width: a line of full width, then one without a prefix."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.text.normalization import TextLine

_MIN_WIDTH, _MAX_WIDTH = 60, 400
_MAX_LINES = 1_000
_LINE_PREFIXES = ("[", "PACKER", "==> azure-arm", "    azure-arm", "azure-arm", "    ")


def unwrap_lines(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Return the lines of a pasted log joined where they were cut, and the lines of any other text unchanged.

    A joined line has the number of its first part.
    """
    # Only in a log must a line without a prefix be the rest of another line.
    if not 2 <= len(lines) <= _MAX_LINES or not any("PACKER" in line.text[:80] for line in lines[:40]):
        return lines
    width = max(len(line.text) for line in lines)
    if not _MIN_WIDTH <= width <= _MAX_WIDTH:
        return lines
    joined: list[TextLine] = []
    was_cut = False
    for line in lines:
        if was_cut and not line.text.startswith(_LINE_PREFIXES):
            joined[-1] = TextLine(joined[-1].number, joined[-1].text + line.text)
        else:
            joined.append(line)
        was_cut = len(line.text) == width
    return joined
