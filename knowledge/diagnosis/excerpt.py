"""Choose the input's lines to show: the deciding one, one before and one after it, and the other errors.

Lines are redacted together with their neighbors, since a secret may span several lines.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from knowledge.build_log.noise import is_noise
from knowledge.build_log.script_output import is_frame
from knowledge.diagnosis.script_position import find_position_above
from knowledge.model.diagnosis import ExcerptLine
from knowledge.redaction.redact import redact_lines
from knowledge.text.lines import LogLine, get_number

MAX_EVIDENCE_CHARS = 1500
"""Maximum length of a line of evidence. A status message is one long line, and support needs all of it."""
MAX_LINE_CHARS = 400
MAX_EXCERPT_LINES = 5
_CHARS_BEFORE_FOCUS = 60
_MIN_CHARS_AFTER_FOCUS = 120
_MAX_SKIPPED_LINES = 6  # how far away the line before or after the deciding one may be
_STEP_EDGES = ("Provisioning with ", "Provisioning step had errors", "Cancelling ", "Build '")
"""What a step begins and ends with: the lines beyond belong to another step."""
_REDACTED_LINES_BEFORE = 3
_REDACTED_LINES_AFTER = 1
_MAX_GROUP_LINES = 20
_LEADING_MARKS = re.compile(r"(?:\W|error\b)+", re.IGNORECASE)


def redact_evidence(lines: Sequence[LogLine], evidence: Iterable[LogLine]) -> Mapping[LogLine, str]:
    """Return the redacted text of every line in `evidence`, which are among `lines`."""
    wanted = set(evidence)
    indexes = sorted({index for line in wanted for index in find_line_indexes(lines, line)})
    redacted: dict[LogLine, str] = {}
    for first, last in _group_neighbors(indexes):
        start = max(0, first - _REDACTED_LINES_BEFORE)
        texts = redact_lines([line.body for line in lines[start : last + _REDACTED_LINES_AFTER + 1]])
        for index in range(first, last + 1):
            if lines[index] in wanted:
                redacted.setdefault(lines[index], texts[index - start].strip())
    return redacted


def find_line_indexes(lines: Sequence[LogLine], line: LogLine) -> Iterator[int]:
    """Yield the indexes of `line` in `lines`, which are in order: one line of the log may have become several."""
    for index in range(bisect_left(lines, line.number, key=get_number), len(lines)):
        if lines[index].number != line.number:
            return
        if lines[index] == line:
            yield index


def _group_neighbors(indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of each group of lines that are close enough to be redacted as one text."""
    if not indexes:
        return
    first = last = indexes[0]
    for index in indexes[1:]:
        if index - last > _REDACTED_LINES_BEFORE or index - first >= _MAX_GROUP_LINES:
            yield first, last
            first = index
        last = index
    yield first, last


def shorten_line(text: str, max_chars: int = MAX_LINE_CHARS) -> str:
    """Return `text` without surrounding blanks, cut to `max_chars` characters with an ellipsis."""
    text = text.strip()
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"


def shorten_around(text: str, focus: str, max_chars: int) -> str:
    """Return `text` cut to `max_chars` characters that include `focus`: Azure wraps errors in other errors."""
    if len(text) <= max_chars:
        return text.strip()
    position = text.find(focus) if focus else -1
    if position < max_chars - _MIN_CHARS_AFTER_FOCUS:
        return shorten_line(text, max_chars)
    start = position - _CHARS_BEFORE_FOCUS
    return f"…{shorten_line(text[start:], max_chars - 1)}"


class EvidenceLines:
    """The lines that prove a diagnosis, ready to show: redacted, wrapped messages joined, no duplicates.

    `continuations` maps the number of a message's first line to its other lines.
    """

    def __init__(
        self,
        lines: Sequence[LogLine],
        evidence: Iterable[LogLine],
        continuations: Mapping[int, Sequence[LogLine]],
        deciding: LogLine | None,
        focus: str = "",
    ) -> None:
        """Redact `evidence` and `continuations`, which are among `lines`. Long lines are cut around `focus`."""
        self._focus = focus
        self._continuations = continuations
        self._deciding_number = deciding.number if deciding else 0
        joined = [line for further in continuations.values() for line in further]
        self._joined_numbers = {line.number for line in joined}
        wanted = [*evidence, *joined]
        self._texts = redact_evidence(lines, [*wanted, *([deciding] if deciding else [])])

    def render(self, lines: Iterable[LogLine], max_lines: int, max_chars: int) -> tuple[ExcerptLine, ...]:
        """Return at most `max_lines` of `lines`, in the order of the input; if there are more, the first of them."""
        chosen: dict[int, ExcerptLine] = {}
        numbers_by_text: dict[str, int] = {}
        for line in lines:
            if line.number in chosen or line.number in self._joined_numbers:
                continue
            text = self._join(line)
            said = _strip_marks(text)
            twin = numbers_by_text.get(said)
            if not text or (twin is None and len(chosen) >= max_lines):
                continue
            if twin is not None and line.number != self._deciding_number:
                continue
            if twin is not None:
                del chosen[twin]
            numbers_by_text[said] = line.number
            chosen[line.number] = ExcerptLine(line.number, shorten_around(text, self._focus, max_chars))
        return tuple(chosen[number] for number in sorted(chosen))

    def _join(self, line: LogLine) -> str:
        text, continuation = self._texts.get(line, ""), self._continuations.get(line.number)
        if not continuation:
            return text
        further = (self._texts.get(part, "") for part in continuation)
        return " ".join(filter(None, (text, *further)))


def _strip_marks(text: str) -> str:
    """Return a message without what it may be wrapped in: it's the same message without it."""
    leading = _LEADING_MARKS.match(text)
    start, end = leading.end() if leading else 0, len(text)
    # a search for the marks at the end would try each of those before
    while end > start and not (text[end - 1].isalnum() or text[end - 1] == "_"):
        end -= 1
    return text[start:end]


def choose_excerpt(
    lines: Sequence[LogLine], deciding: LogLine | None, evidence: Sequence[LogLine], continued: Sequence[LogLine]
) -> list[LogLine]:
    """Return the lines to show, most important first: the deciding one, its neighbors, then the other evidence.

    `continued` are the deciding message's other lines; its neighbor comes after them.
    """
    if deciding is None:
        return list(evidence[:MAX_EXCERPT_LINES])
    last = continued[-1] if continued else deciding
    index = next(find_line_indexes(lines, deciding), None)
    last_index = next(find_line_indexes(lines, last), index)
    neighbors: list[LogLine] = []
    if index is not None and last_index is not None:
        before = lines[max(0, index - _MAX_SKIPPED_LINES) : index]
        # what follows a parser's message is the position of the next one
        is_parser_message = find_position_above(before) is not None
        after = () if is_parser_message else lines[last_index + 1 : last_index + 1 + _MAX_SKIPPED_LINES]
        for side in (reversed(before), after):
            in_step = takewhile(lambda line: not line.body.startswith(_STEP_EDGES), side)
            neighbors += [line for line in in_step if _is_worth_showing(line)][:1]
    return [deciding, *neighbors, *evidence]


def _is_worth_showing(line: LogLine) -> bool:
    return (
        line.source in ("output", "plain")
        and any(map(str.isalnum, line.body))
        and not is_noise(line.body)
        and not is_frame(line.body)
    )
