"""Join log lines that a terminal cut at its width: a line of full width, then one without a prefix."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.text.normalization import TextLine

_MIN_WIDTH, _MAX_WIDTH = 60, 400
_MAX_LINES = 1_000
_LINE_PREFIXES = ("[", "PACKER", "==> azure-arm", "    azure-arm", "azure-arm", "    ")


def unwrap_lines(lines: Sequence[TextLine], original: Sequence[TextLine] | None = None) -> Sequence[TextLine]:
    """Return the lines of a pasted log joined where they were cut, and the lines of any other text unchanged.

    A joined line has the number of its first part. `original` are the lines as they were pasted, if `lines` were
    redacted since: only they have the terminal's width.
    """
    measured = lines if original is None else original
    # Only in a log must a line without a prefix be the rest of another line.
    if not 2 <= len(measured) <= _MAX_LINES or not any("PACKER" in line.text[:80] for line in measured[:40]):
        return lines
    width = max(len(line.text) for line in measured)
    if not _MIN_WIDTH <= width <= _MAX_WIDTH:
        return lines
    cut_numbers = {line.number for line in measured if len(line.text) == width}
    joined: list[TextLine] = []
    previous = 0
    for line in lines:
        is_rest = previous in cut_numbers and line.number != previous
        if is_rest and not line.text.startswith(_LINE_PREFIXES):
            joined[-1] = TextLine(joined[-1].number, joined[-1].text + line.text)
        else:
            joined.append(line)
        previous = line.number
    return joined if len(joined) < len(lines) else lines
