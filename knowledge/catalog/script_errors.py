"""Finds the lines in a failed provisioner's output that a person would point at, and the advice for them.

The patterns are data (`script_errors.yaml`). A message scores by the pattern it contains, higher if it is an error
record or the last line of a traceback, and higher the nearer it is to the end. Where nothing reads like an error, the
last printed lines are the best evidence there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from knowledge.build_log.script_output import ScriptMessage, read_messages
from knowledge.catalog.script_patterns import ScriptErrorPattern, ScriptErrorPatternSet, load_pattern_set
from knowledge.patterns import define_pattern, define_text_pattern
from knowledge.text.lines import LogLine

SCRIPT_ERRORS_PATH = Path(__file__).parents[1] / "script_errors.yaml"

MAX_LINES = 4_000
_MAX_EVIDENCE_LINES = 5
_MAX_LINES_PER_PATTERN = 2
_END_WINDOW_MESSAGES = 40  # distance from the end of the script, in messages, within which the end bonus fades to 0
_END_BONUS = 3.0  # on the scale of the weights (0 to 10)
_RECORD_BONUS = 2.0
_UNKNOWN_RECORD_WEIGHT = 5  # weight of an error record without a known pattern
_MIN_SCORE = 4.0  # if even the best message scores less, none of them is an error
_MAX_SCORE_GAP = 4.0  # how far below the best score a message with advice, or the final message, may be
_MIN_WRAPPED_CHARS = 70  # a shorter line was not wrapped by a console
_MAX_COMPARED_CHARS = 160
_MAX_COMPARED_MESSAGES = 400
_HEADER_LINES = 20  # a provisioner announces itself within its first lines
_STOP_PREFIX = "Provisioning step had errors"
_BEGIN_PREFIX = "Provisioning with "
_VARIABLE_PARTS = define_pattern(r"""'[^']*'|"[^"]*"|[\d.,:/\\~-]+|\S*[\\/]\S*""")
_BOILERPLATE = define_text_pattern(
    r"(?i)^(?:\+ exit\b|(?:stopping |windows powershell )?transcript|\*{4,}|(?:end time|username|runas user)\s*:)"
)


class ScriptFailure(NamedTuple):
    """The lines that show why a script failed, in order, and the pattern that best describes it, if any."""

    lines: tuple[LogLine, ...]
    pattern: ScriptErrorPattern | None


@dataclass(frozen=True, slots=True)
class _ScoredMessage:
    index: int
    message: ScriptMessage
    pattern: ScriptErrorPattern | None
    score: float

    @property
    def pattern_id(self) -> str:
        return self.pattern.id if self.pattern else ""

    @property
    def normalized_text(self) -> bytes:
        """The message without quoted names, numbers, and paths, so that repeated noise compares equal."""
        text = self.message.text[:_MAX_COMPARED_CHARS].encode("utf-8", "replace")
        constant_parts: list[bytes] = []
        end = 0
        for variable_part in _VARIABLE_PARTS.finditer(text):
            constant_parts.append(text[end : variable_part.start()])
            end = variable_part.end()
        return b" ".join(b"".join([*constant_parts, text[end:]]).split())


class ScriptErrorFinder:
    """Searches a script's output for all known patterns. Build it once."""

    def __init__(self, pattern_set: ScriptErrorPatternSet) -> None:
        self._pattern_set = pattern_set

    def find_in_output(self, output: Sequence[LogLine]) -> ScriptFailure:
        """Find at most five lines that show why a script failed.

        `output` holds the lines of the provisioner that failed. If no line reads like an error, the last lines are
        returned, with a fallback pattern that says so if `output` begins where a script does.
        """
        lines = [line for line in output[-MAX_LINES:] if line.source in ("output", "plain")]
        while lines and (lines[-1].body.startswith(_STOP_PREFIX) or not lines[-1].body.strip()):
            lines.pop()
        messages = read_messages([line for line in lines if not line.body.startswith(_BEGIN_PREFIX)])
        last_messages = [message for message in messages if not _BOILERPLATE.match(message.text)][-_MAX_EVIDENCE_LINES:]
        scored = self._score_messages(messages)
        best = max(scored, key=lambda message: (message.score, message.index), default=None)
        if best is None or best.score < _MIN_SCORE:
            is_script = any(line.body.startswith(_BEGIN_PREFIX) for line in output[:_HEADER_LINES])
            return self._build_fallback(last_messages, is_script)
        return ScriptFailure(_choose_lines(scored, best, last_messages), _choose_pattern(scored, best))

    def _build_fallback(self, last_messages: Sequence[ScriptMessage], is_script: bool) -> ScriptFailure:
        lines = tuple(message.line for message in last_messages)
        if not is_script:
            return ScriptFailure(lines[-2:], None)
        return ScriptFailure(lines, self._pattern_set.get_fallback("nothing-said" if lines else "nothing-printed"))

    def _score_messages(self, messages: Sequence[ScriptMessage]) -> list[_ScoredMessage]:
        scored: list[_ScoredMessage] = []
        last_index = len(messages) - 1
        for index, message in enumerate(messages):
            if message.kind == "trace":
                continue
            next_message = messages[index + 1] if index < last_index else None
            pattern, weight = self._weigh_message(message, next_message)
            if weight <= 0:
                continue
            closeness = 1.0 - min(last_index - index, _END_WINDOW_MESSAGES) / _END_WINDOW_MESSAGES
            scored.append(_ScoredMessage(index, message, pattern, weight + _END_BONUS * closeness))
        return scored

    def _weigh_message(
        self, message: ScriptMessage, next_message: ScriptMessage | None
    ) -> tuple[ScriptErrorPattern | None, float]:
        """Return the heaviest pattern in a message and the message's weight; 0 if it says nothing of an error."""
        match = self._pattern_set.match_text(message.text)
        pattern, weight = match.pattern, float(match.pattern.weight if match.pattern else 0)
        if message.kind != "line":
            return pattern, max(weight, _UNKNOWN_RECORD_WEIGHT) + _RECORD_BONUS
        if next_message and weight < _UNKNOWN_RECORD_WEIGHT and len(message.text) >= _MIN_WRAPPED_CHARS:
            wrapped_pattern = self._find_wrapped_pattern(message, next_message)
            if wrapped_pattern and wrapped_pattern.weight > weight:
                pattern, weight = wrapped_pattern, float(wrapped_pattern.weight)
        if match.weight_cap is not None:
            weight = min(weight, match.weight_cap)
        return pattern, weight

    def _find_wrapped_pattern(self, message: ScriptMessage, next_message: ScriptMessage) -> ScriptErrorPattern | None:
        """Return the pattern that occurs only when two lines are read as one, if any."""
        joined = self._pattern_set.match_text(f"{message.text} {next_message.text}").pattern
        return None if joined is self._pattern_set.match_text(next_message.text).pattern else joined


class _LineSelection:
    """Evidence lines chosen so far, with what they say, so that repetitions can be left out."""

    def __init__(self, is_single: bool) -> None:
        self._lines: dict[tuple[int, int], LogLine] = {}  # by message index and position in the message
        self._normalized_texts: dict[int, bytes] = {}  # a cache: normalizing is expensive
        self._chosen_texts: set[bytes] = set()
        self._counts_by_pattern: dict[str, int] = {}
        self._is_single = is_single

    def __len__(self) -> int:
        return len(self._lines)

    def contains(self, line: LogLine) -> bool:
        return any(chosen is line for chosen in self._lines.values())

    def is_repetition(self, message: _ScoredMessage) -> bool:
        return self._normalize(message) in self._chosen_texts

    def add(self, message: _ScoredMessage) -> None:
        self._lines[message.index, 0] = message.message.line
        self._chosen_texts.add(self._normalize(message))
        self._counts_by_pattern[message.pattern_id] = self._counts_by_pattern.get(message.pattern_id, 0) + 1

    def add_best(self, messages: Sequence[_ScoredMessage], max_lines: int) -> None:
        """Add messages in order up to `max_lines` lines: first different patterns, then more of the same."""
        for max_per_pattern in (_MAX_LINES_PER_PATTERN, _MAX_EVIDENCE_LINES):
            for message in messages:
                if len(self) >= max_lines:
                    return
                if (
                    not self.is_repetition(message)
                    and self._counts_by_pattern.get(message.pattern_id, 0) < max_per_pattern
                ):
                    self.add(message)

    def add_at_end(self, line: LogLine) -> None:
        self._lines[10**9, 0] = line

    def add_continuation(self, message: _ScoredMessage) -> None:
        """Add the lines in which a message continues, as long as there is room."""
        for position, line in enumerate(message.message.continuation_lines, 1):
            if len(self) < _MAX_EVIDENCE_LINES:
                self._lines[message.index, position] = line

    def list_lines(self) -> tuple[LogLine, ...]:
        return tuple(self._lines[key] for key in sorted(self._lines))

    def _normalize(self, message: _ScoredMessage) -> bytes:
        if self._is_single:
            return b""  # nothing to compare with
        if message.index not in self._normalized_texts:
            self._normalized_texts[message.index] = message.normalized_text
        return self._normalized_texts[message.index]


def _choose_lines(
    scored: Sequence[_ScoredMessage], best: _ScoredMessage, last_messages: Sequence[ScriptMessage]
) -> tuple[LogLine, ...]:
    """Choose at most five lines: the best, the final strong one, the next best with other content, and the last."""
    selection = _LineSelection(is_single=len(scored) == 1)
    selection.add(best)
    final = max(
        (message for message in scored if message.score >= best.score - _MAX_SCORE_GAP),
        key=lambda message: message.index,
    )
    if not selection.is_repetition(final):
        selection.add(final)
    last_line = last_messages[-1].line if last_messages else None
    reserves_last = last_line is not None and not selection.contains(last_line)
    by_score = sorted(scored, key=lambda message: (-message.score, -message.index))[:_MAX_COMPARED_MESSAGES]
    selection.add_best(by_score, _MAX_EVIDENCE_LINES - reserves_last)
    if last_line is not None and not selection.contains(last_line):
        selection.add_at_end(last_line)
    selection.add_continuation(best)
    return selection.list_lines()


def _choose_pattern(scored: Sequence[_ScoredMessage], best: _ScoredMessage) -> ScriptErrorPattern | None:
    """Choose the strongest pattern with advice among those that score about as high as the best, else the best."""
    for message in sorted(scored, key=lambda message: (-message.score, -message.index)):
        if message.score < best.score - _MAX_SCORE_GAP:
            break
        if message.pattern and message.pattern.advice:
            return message.pattern
    return best.pattern


@cache
def load_script_errors(path: Path = SCRIPT_ERRORS_PATH) -> ScriptErrorFinder:
    """Load the patterns in `path`. Raise `InvalidFilesError` with every fault of the file."""
    return ScriptErrorFinder(load_pattern_set(path))
