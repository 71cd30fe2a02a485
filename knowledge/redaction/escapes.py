"""Read lines without their escapes, to find secrets in places that are escaped: `net%20user%20svc%20x`.

The commas of a list of arguments and the bars of a table count as escapes of a blank. The offsets of what is found lead
back to the text as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice

from knowledge.redaction.patterns import BytePattern, Span
from knowledge.redaction.values import find_line_end

_ESCAPE = (
    r"%[2-7][0-9A-Fa-f]|\\u00[2-9A-Fa-f][0-9A-Fa-f]|\\[nrt]|&(?:quot|amp|lt|gt|#39|#34);"
    r"|[\"'],[ \t]*[\"']|[ \t]\|[ \t]"
)
_ESCAPES = BytePattern(f"(?:{_ESCAPE})+")
_SINGLE_ESCAPE = re.compile(_ESCAPE.encode())
"""One after the other in a run of escapes, in which each begins where the one before ends: that takes linear time."""
ESCAPE_SIGN = r"%[2-7][0-9a-f]|\\(?:u00|[nrt])|&(?:quot|amp|lt|gt|#39|#34);|[\"'],[ \t]*[\"']|[ \t]\|[ \t]"
"""What a text with an escape has, in any case of its letters."""
_DECODED = {b"\\n": 10, b"\\r": 10, b"&quot;": 34, b"&amp;": 38, b"&lt;": 60, b"&gt;": 62, b"&#39;": 39, b"&#34;": 34}
_MAX_PER_TEXT = 20_001
"""How many escapes to undo. A text with more isn't a log."""


def find_behind_escapes(view: bytes, find: Callable[[bytes], Sequence[Span]]) -> list[Span]:
    """Return what `find` finds in the lines that have escapes, once these are undone, as spans of `view`."""
    decoded = bytearray()
    offsets: list[int] = []
    line_end = position = -1
    remaining = _MAX_PER_TEXT
    for match in _ESCAPES.finditer(view):
        if not remaining:
            break
        start, end = match.span()
        if start >= line_end:
            if line_end >= 0:
                _append(decoded, offsets, view, position, line_end + 1)
            position = view.rfind(b"\n", 0, start) + 1
            line_end = find_line_end(view, start)
        if start > position:
            _append(decoded, offsets, view, position, start)
        for escape in islice(_SINGLE_ESCAPE.finditer(view, start, end), remaining):
            decoded.append(_decode(escape[0]))
            offsets.append(escape.start())
            position = escape.end()
            remaining -= 1
    if not offsets:
        return []
    _append(decoded, offsets, view, position, line_end)
    offsets.append(line_end)
    return [(offsets[start], offsets[end]) for start, end in find(bytes(decoded))]


def _decode(escape: bytes) -> int:
    """Return the character that an escape stands for. What separates arguments or cells stands for a blank."""
    if escape.startswith((b"%", b"\\u00")):
        return int(escape[-2:], 16)
    return _DECODED.get(escape, 32)


def _append(decoded: bytearray, offsets: list[int], view: bytes, start: int, end: int) -> None:
    """Add the bytes from `start` to `end` as they are."""
    part = view[start:end]
    decoded += part
    offsets.extend(range(start, start + len(part)))
