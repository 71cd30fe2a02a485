"""Hide the secrets in untrusted text. Everything shown from a log passes through here first; when in doubt, hide it.

`redact` never changes the number of lines, is idempotent, and takes time linear in its input. It works on a byte view
with one byte per character, so offsets need no conversion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from knowledge.redaction import (
    command_secrets,
    format_secrets,
    input_secrets,
    named_secrets,
    place_secrets,
    split_secrets,
    token_secrets,
)
from knowledge.redaction.patterns import RulePrefilter, Span, build_byte_view

REDACTED = "[REDACTED]"
_REDACTED_BYTES = REDACTED.encode("ascii")
_MAX_PASSES = 6


@cache
def _get_prefilter() -> RulePrefilter:
    """Return all rules with their signs. The first call reads the files of places and formats."""
    return RulePrefilter(
        [
            *named_secrets.PREFILTERED_RULES,
            *split_secrets.PREFILTERED_RULES,
            *token_secrets.PREFILTERED_RULES,
            *command_secrets.PREFILTERED_RULES,
            *place_secrets.build_prefiltered_rules(),
            *input_secrets.build_prefiltered_rules(),
            *format_secrets.build_prefiltered_rules(),
        ]
    )


def redact(text: str) -> str:
    """Return `text` with every secret replaced by `[REDACTED]`; names of keys and line breaks stay."""
    if not text:
        return text
    # Hiding one secret can expose another to a rule, so passes repeat until one finds nothing. After the first few,
    # whole lines are hidden.
    for attempt in range(2 * _MAX_PASSES):
        spans = _find_secret_spans(text)
        if not spans:
            return text
        text = _replace_spans(text, spans if attempt < _MAX_PASSES else _find_line_spans(text, spans))
    # A text that still has something new was crafted for this, and is hidden as a whole.
    return "\n".join(REDACTED if line.strip() else line for line in text.split("\n"))


def redact_lines(lines: Sequence[str]) -> list[str]:
    """Return `lines` redacted as one text, to find secrets that span lines, such as private keys."""
    redacted = redact("\n".join(lines)).split("\n")
    result: list[str] = []
    index = 0
    for line in lines:
        line_count = line.count("\n") + 1
        result.append("\n".join(redacted[index : index + line_count]))
        index += line_count
    return result


def _find_secret_spans(text: str) -> list[Span]:
    """Return the spans to hide: sorted, not overlapping, each within one line, and none already hidden."""
    view = build_byte_view(text)
    found = [span for rule in _get_prefilter().select_rules(view) for span in rule(view)]
    if not found:
        return []
    merged = _merge_spans(found)
    merged = _merge_spans([*merged, *split_secrets.find_continuations(view, merged)])
    return _expand_to_whole_marks(
        view, [span for start, end in merged for span in _split_span_by_line(view, start, end)]
    )


def _expand_to_whole_marks(view: bytes, spans: list[Span]) -> list[Span]:
    """Expand `spans` so that none cuts a `[REDACTED]` of an earlier pass, and drop those that contain nothing else."""
    if _REDACTED_BYTES not in view:
        return spans
    length = len(_REDACTED_BYTES)
    expanded: list[Span] = []
    for start, end in spans:
        mark = view.rfind(_REDACTED_BYTES, max(0, start - length + 1), start + length - 1)
        if 0 <= mark < start:
            start = mark
        mark = view.find(_REDACTED_BYTES, max(start, end - length + 1), end + length - 1)
        if 0 <= mark < end:
            end = max(end, mark + length)
        expanded.append((start, end))
    merged = _merge_spans(expanded)
    return [(start, end) for start, end in merged if view[start:end].replace(_REDACTED_BYTES, b"").strip()]


def _merge_spans(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def _split_span_by_line(view: bytes, start: int, end: int) -> Iterator[Span]:
    """Yield the part of the span on each line, without blanks at its ends."""
    line_start = start
    for part in view[start:end].split(b"\n"):
        left, right = line_start, line_start + len(part)
        while right > left and view[right - 1] in b" \t\r":
            right -= 1
        while left < right and view[left] in b" \t":
            left += 1
        if right > left:
            yield left, right
        line_start += len(part) + 1


def _find_line_spans(text: str, spans: list[Span]) -> list[Span]:
    """Return the spans of the whole lines that contain `spans`."""
    lines: list[Span] = []
    for start, _ in spans:
        if not lines or start > lines[-1][1]:
            end = text.find("\n", start)
            lines.append((text.rfind("\n", 0, start) + 1, len(text) if end < 0 else end))
    return lines


def _replace_spans(text: str, spans: list[Span]) -> str:
    parts: list[str] = []
    pos = 0
    for start, end in spans:
        parts.append(text[pos:start])
        parts.append(REDACTED)
        pos = end
    parts.append(text[pos:])
    return "".join(parts)
