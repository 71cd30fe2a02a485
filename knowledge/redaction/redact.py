"""Hides secrets in foreign text: what leaves a log passes through here first. Errs on the side of hiding.

`redact` never changes the number of lines, is idempotent, and takes time linear in its input. It reads a byte view that
is as long as the text (one byte a character), so that positions need no conversion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from knowledge.redaction import commands as commands
from knowledge.redaction import named as heads
from knowledge.redaction import tokens as tokens
from knowledge.redaction.identifiers import mask_identifiers
from knowledge.redaction.named import continued
from knowledge.redaction.patterns import Screen, Span, byte_view

__all__ = ["REDACTED", "mask_identifiers", "redact", "redact_lines"]

REDACTED = "[REDACTED]"
_MARK = REDACTED.encode("ascii")
_PASSES = 6


_SCREEN = Screen([*heads.SIGNS, *tokens.SIGNS, *commands.SIGNS])


def redact(text: str) -> str:
    """`text` with every secret replaced by `[REDACTED]`; names of keys stay. The number of lines stays."""
    if not text:
        return text
    for attempt in range(2 * _PASSES):
        spans = _spans(text)
        if not spans:
            return text
        text = _replaced(text, spans if attempt < _PASSES else _lines_of(text, spans))
    # A text made to reveal something new on every pass shows nothing at all.
    return "\n".join(REDACTED if line.strip() else line for line in text.split("\n"))


def redact_lines(lines: Sequence[str]) -> list[str]:
    """The same for lines that belong together, such as a private key's: one line out for each line in."""
    redacted = redact("\n".join(lines)).split("\n")
    result: list[str] = []
    at = 0
    for line in lines:
        breaks = line.count("\n") + 1
        result.append("\n".join(redacted[at : at + breaks]))
        at += breaks
    return result


def _spans(text: str) -> list[Span]:
    """The stretches to hide: sorted, apart, each within a line, none hidden already."""
    view = byte_view(text)
    found = [span for rule in _SCREEN.rules(view) for span in rule(view)]
    if not found:
        return []
    merged = _merged(found)
    merged = _merged([*merged, *continued(view, merged)])
    return _whole_marks(view, [span for start, end in merged for span in _by_line(view, start, end)])


def _whole_marks(view: bytes, spans: list[Span]) -> list[Span]:
    """The spans, each mark of an earlier pass wholly inside or outside them; a mark alone hides nothing."""
    if _MARK not in view:
        return spans
    grown: list[Span] = []
    for start, end in spans:
        mark = view.rfind(_MARK, max(0, start - len(_MARK) + 1), start + len(_MARK) - 1)
        if 0 <= mark < start:
            start = mark
        mark = view.find(_MARK, max(start, end - len(_MARK) + 1), end + len(_MARK) - 1)
        if mark >= 0 and mark < end:
            end = max(end, mark + len(_MARK))
        grown.append((start, end))
    return [(start, end) for start, end in _merged(grown) if view[start:end].replace(_MARK, b"").strip()]


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def _by_line(view: bytes, start: int, end: int) -> Iterator[Span]:
    at = start
    for piece in view[start:end].split(b"\n"):
        left, right = at, at + len(piece)
        while right > left and view[right - 1] in b" \t\r":
            right -= 1
        while left < right and view[left] in b" \t":
            left += 1
        if right > left:
            yield left, right
        at += len(piece) + 1


def _lines_of(text: str, spans: list[Span]) -> list[Span]:
    """The whole lines that hold the spans."""
    lines: list[Span] = []
    for start, _ in spans:
        if not lines or start > lines[-1][1]:
            end = text.find("\n", start)
            lines.append((text.rfind("\n", 0, start) + 1, len(text) if end < 0 else end))
    return lines


def _replaced(text: str, spans: list[Span]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces.append(text[at:start])
        pieces.append(REDACTED)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)
