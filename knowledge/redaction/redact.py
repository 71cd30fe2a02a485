"""Hides secrets in foreign text: what leaves a log passes through here first. Errs on the side of hiding.

`redact` never changes the number of lines, is idempotent, and takes time linear in its input. It reads a byte view that
is as long as the text (one byte a character), so that positions need no conversion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from knowledge.redaction import command_secrets as commands
from knowledge.redaction import named_secrets as heads
from knowledge.redaction import token_secrets as tokens
from knowledge.redaction.identifiers import mask_identifiers
from knowledge.redaction.named_secrets import find_continuations
from knowledge.redaction.patterns import RulePrefilter, Span, build_byte_view

__all__ = ["REDACTED", "mask_identifiers", "redact", "redact_lines"]

REDACTED = "[REDACTED]"
_REDACTED_BYTES = REDACTED.encode("ascii")
_MAX_PASSES = 6


_PREFILTER = RulePrefilter([*heads.PREFILTERED_RULES, *tokens.PREFILTERED_RULES, *commands.PREFILTERED_RULES])


def redact(text: str) -> str:
    """`text` with every secret replaced by `[REDACTED]`; names of keys stay. The number of lines stays."""
    if not text:
        return text
    for attempt in range(2 * _MAX_PASSES):
        spans = _find_secret_spans(text)
        if not spans:
            return text
        text = _replace_spans(text, spans if attempt < _MAX_PASSES else _find_line_spans(text, spans))
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


def _find_secret_spans(text: str) -> list[Span]:
    """The stretches to hide: sorted, apart, each within a line, none hidden already."""
    view = build_byte_view(text)
    found = [span for rule in _PREFILTER.select_rules(view) for span in rule(view)]
    if not found:
        return []
    merged = _merge_spans(found)
    merged = _merge_spans([*merged, *find_continuations(view, merged)])
    return _expand_to_whole_marks(
        view, [span for start, end in merged for span in _split_span_by_line(view, start, end)]
    )


def _expand_to_whole_marks(view: bytes, spans: list[Span]) -> list[Span]:
    """The spans, each mark of an earlier pass wholly inside or outside them; a mark alone hides nothing."""
    if _REDACTED_BYTES not in view:
        return spans
    grown: list[Span] = []
    for start, end in spans:
        mark = view.rfind(_REDACTED_BYTES, max(0, start - len(_REDACTED_BYTES) + 1), start + len(_REDACTED_BYTES) - 1)
        if 0 <= mark < start:
            start = mark
        mark = view.find(_REDACTED_BYTES, max(start, end - len(_REDACTED_BYTES) + 1), end + len(_REDACTED_BYTES) - 1)
        if mark >= 0 and mark < end:
            end = max(end, mark + len(_REDACTED_BYTES))
        grown.append((start, end))
    return [(start, end) for start, end in _merge_spans(grown) if view[start:end].replace(_REDACTED_BYTES, b"").strip()]


def _merge_spans(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def _split_span_by_line(view: bytes, start: int, end: int) -> Iterator[Span]:
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


def _find_line_spans(text: str, spans: list[Span]) -> list[Span]:
    """The whole lines that hold the spans."""
    lines: list[Span] = []
    for start, _ in spans:
        if not lines or start > lines[-1][1]:
            end = text.find("\n", start)
            lines.append((text.rfind("\n", 0, start) + 1, len(text) if end < 0 else end))
    return lines


def _replace_spans(text: str, spans: list[Span]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces.append(text[at:start])
        pieces.append(REDACTED)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)
