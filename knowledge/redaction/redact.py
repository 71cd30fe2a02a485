"""Hide the secrets in untrusted text. Everything shown from a log passes through here first; when in doubt, hide it.

`redact` never changes the number of lines, is idempotent, and takes time linear in its input. It works on a byte view
with one byte per character, so offsets need no conversion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from knowledge.redaction import (
    command_secrets,
    format_secrets,
    input_secrets,
    named_secrets,
    place_secrets,
    split_secrets,
    token_secrets,
)
from knowledge.redaction.encoded_scripts import EncodedScripts
from knowledge.redaction.escapes import ESCAPE_SIGN, find_behind_escapes
from knowledge.redaction.known_values import find_values, list_values
from knowledge.redaction.patterns import RulePrefilter, Span, build_byte_view

REDACTED = "[REDACTED]"
_REDACTED_BYTES = REDACTED.encode("ascii")
_MAX_PASSES = 6
_LINES_AROUND = 3
"""How many lines before and after a hidden secret are read again."""


@cache
def _get_prefilter() -> RulePrefilter:
    """Return all rules with their signs. The first call reads the files of places and formats."""
    scripts = EncodedScripts(redact)
    return RulePrefilter(
        [
            *named_secrets.build_prefiltered_rules(),
            *split_secrets.PREFILTERED_RULES,
            *token_secrets.build_prefiltered_rules(scripts),
            *scripts.build_prefiltered_rules(),
            *command_secrets.PREFILTERED_RULES,
            *input_secrets.build_prefiltered_rules(),
            *place_secrets.build_prefiltered_rules(),
            *format_secrets.build_prefiltered_rules(),
            (ESCAPE_SIGN, _find_behind_escapes),
        ]
    )


class RedactedText(NamedTuple):
    """A text without its secrets, and those of them that can be looked for in what else comes from the same text."""

    text: str
    values: tuple[bytes, ...]


def redact(text: str) -> str:
    """Return `text` with every secret replaced by `[REDACTED]`; names of keys and line breaks stay.

    A value that's recognized as a secret in one place is hidden in all of them.
    """
    if not text:
        return text
    view = build_byte_view(text)
    found = _find_secret_spans(view)
    return _hide_found(text, view, found).text if found else text  # nothing to hide in most texts


def redact_text(text: str) -> RedactedText:
    """Return `text` redacted, with the values that were hidden."""
    view = build_byte_view(text)
    return _hide_found(text, view, _find_secret_spans(view))


def _hide_found(text: str, view: bytes, found: list[Span]) -> RedactedText:
    """Hide `found`, then what that exposes, and all of these values everywhere."""
    if not found:
        return RedactedText(text, ())
    values = list_values(view, found)
    spans = _add_values(view, found, values)
    changed = _list_line_numbers(view, spans)
    lines = _replace_spans(text, spans).split("\n")
    # Hiding one secret can expose another to a rule, so the lines around are read again until nothing is found. After
    # the first few passes, whole lines are hidden.
    for attempt in range(1, 2 * _MAX_PASSES):
        changed, new_values = _redact_again(lines, changed, hides_lines=attempt >= _MAX_PASSES)
        new_values = [value for value in new_values if value not in values]
        if new_values:
            values += new_values
            changed |= _hide_values_in_lines(lines, new_values)
        if not changed:
            return RedactedText("\n".join(lines), tuple(values))
    # A text that still has something new was crafted for this, and is hidden as a whole.
    return RedactedText("\n".join(REDACTED if line.strip() else line for line in lines), tuple(values))


def hide_values(text: str, values: Sequence[bytes]) -> str:
    """Return `text` redacted, and without `values`, which another part of the same text gave away."""
    view = build_byte_view(text)
    return redact(_replace_spans(text, _add_values(view, [], values)))


def _redact_again(lines: list[str], changed: set[int], *, hides_lines: bool) -> tuple[set[int], list[bytes]]:
    """Redact the lines around the `changed` ones in place. Return the lines that changed, and the values found."""
    newly_changed: set[int] = set()
    values: list[bytes] = []
    for first, last in _group_lines(changed, len(lines)):
        # A rule for how texts begin must not apply to lines from the middle: an empty line comes first.
        head = "\n" if first else ""
        text = head + "\n".join(lines[first : last + 1])
        view = build_byte_view(text)
        spans = _find_secret_spans(view)
        if spans:
            values += list_values(view, spans)
            spans = _find_line_spans(text, spans) if hides_lines else spans
            newly_changed |= {first + number - len(head) for number in _list_line_numbers(view, spans)}
            lines[first : last + 1] = _replace_spans(text, spans)[len(head) :].split("\n")
    return newly_changed, values


def _hide_values_in_lines(lines: list[str], values: Sequence[bytes]) -> set[int]:
    text = "\n".join(lines)
    view = build_byte_view(text)
    spans = _add_values(view, [], values)
    lines[:] = _replace_spans(text, spans).split("\n")
    return _list_line_numbers(view, spans)


def _group_lines(changed: set[int], line_count: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last line of each group of lines around the changed ones."""
    first = last = -1
    for number in sorted(changed):
        if last >= 0 and number - _LINES_AROUND > last + 1:
            yield first, last
            last = -1
        first = first if last >= 0 else max(0, number - _LINES_AROUND)
        last = min(line_count - 1, number + _LINES_AROUND)
    if last >= 0:
        yield first, last


def _list_line_numbers(view: bytes, spans: Sequence[Span]) -> set[int]:
    """Return the numbers, from 0, of the lines that `spans` are on."""
    numbers: set[int] = set()
    number = position = 0
    for start, _ in spans:
        number += view.count(b"\n", position, start)
        position = start
        numbers.add(number)
    return numbers


def _add_values(view: bytes, spans: list[Span], values: Sequence[bytes]) -> list[Span]:
    """Return `spans` and the places of `values`."""
    found = list(find_values(view, values))
    return _expand_to_whole_marks(view, _merge_spans([*spans, *found])) if found else spans


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


def _find_secret_spans(view: bytes) -> list[Span]:
    """Return the spans to hide: sorted, not overlapping, each within one line, and none already hidden."""
    found = _apply_rules(view)
    if not found:
        return []
    merged = _merge_spans(found)
    merged = _merge_spans([*merged, *split_secrets.find_continuations(view, merged)])
    return _expand_to_whole_marks(
        view, [span for start, end in merged for span in _split_span_by_line(view, start, end)]
    )


def _apply_rules(view: bytes) -> list[Span]:
    return [span for rule in _get_prefilter().select_rules(view) for span in rule(view)]


def _find_behind_escapes(view: bytes) -> Iterator[Span]:
    """Yield what the other rules find once the escapes are undone."""
    yield from find_behind_escapes(view, _apply_other_rules)


def _apply_other_rules(view: bytes) -> list[Span]:
    rules = _get_prefilter().select_rules(view)
    return [span for rule in rules if rule is not _find_behind_escapes for span in rule(view)]


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
