"""Finds, in the output of the provisioner that failed, the lines that a person would point at.

The patterns are knowledge (`script_errors.yaml`). A message counts by what it says, more when it is an error record or
the last line of a traceback, and more the nearer it stands to the end. Where nothing reads like an error, the last
lines that were printed are all there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import re2

from knowledge.build_log.script_output import ScriptMessage, read_messages
from knowledge.catalog.script_patterns import ScriptErrorPattern, ScriptErrorPatternSet, read_patterns
from knowledge.text.lines import LogLine
from knowledge.text.patterns import compile_pattern

SCRIPT_ERRORS_PATH = Path(__file__).parents[1] / "script_errors.yaml"

MAX_LINES = 4_000
_MAX_EVIDENCE_LINES = 5
_MAX_LINES_PER_PATTERN = 2
_END_WINDOW_MESSAGES = 40  # messages between an error and the end of the script within which it is the last word
_END_BONUS = 3.0  # what standing at the end adds, on the scale of the weights (0 to 10)
_RECORD_BONUS = 2.0
_UNKNOWN_RECORD_WEIGHT = 5  # the weight of an error record that no pattern knows
_MIN_SCORE = 4.0  # below this the best message says nothing
_MAX_SCORE_GAP = 4.0  # how much less an advice's message may score than the best
_MIN_WRAPPED_CHARS = 70
_MAX_COMPARED_CHARS = 160  # characters by which two messages are taken for the same
_MAX_COMPARED_MESSAGES = 400
_HEADER_LINES = 20  # lines within which a provisioner says that it begins
_STOP_PREFIX = "Provisioning step had errors"
_BEGIN_PREFIX = "Provisioning with "
_VARIABLE_PARTS = compile_pattern(r"""'[^']*'|"[^"]*"|[\d.,:/\\~-]+|\S*[\\/]\S*""")
_BOILERPLATE = re2.compile(
    r"(?i)^(?:\+ exit\b|(?:stopping |windows powershell )?transcript|\*{4,}|(?:end time|username|runas user)\s*:)"
)


@dataclass(frozen=True, slots=True)
class ScriptFailure:
    """The lines that tell why the script failed, in their order, and the pattern that says the most about it."""

    lines: tuple[LogLine, ...]
    error: ScriptErrorPattern | None


@dataclass(frozen=True, slots=True)
class _ScoredMessage:
    index: int
    message: ScriptMessage
    error: ScriptErrorPattern | None
    score: float

    @property
    def normalized_text(self) -> bytes:
        """What the message says without names and numbers: noise repeats itself in this."""
        text = self.message.text[:_MAX_COMPARED_CHARS].encode("utf-8", "replace")
        said: list[bytes] = []
        at = 0
        for place in _VARIABLE_PARTS.finditer(text):
            said.append(text[at : place.start()])
            at = place.end()
        return b" ".join(b"".join([*said, text[at:]]).split())


class ScriptErrorFinder:
    """All patterns, ready to be looked for."""

    def __init__(self, errors: Sequence[ScriptErrorPattern]) -> None:
        self.patterns = errors
        self._pattern_set = ScriptErrorPatternSet([error for error in errors if error.when == "said"])
        self._fallback_patterns = {error.when: error for error in errors if error.when != "said"}

    def find_in_line(self, body: str) -> ScriptErrorPattern | None:
        """The pattern that says the most about this line, if any; none when the line is harmless."""
        reading = self._pattern_set.match_text(body)
        return None if reading.weight_cap == 0 else reading.error

    def find_in_output(self, output: Sequence[LogLine]) -> ScriptFailure:
        """What the script itself said before it failed. `output` are the lines of the provisioner that failed.

        At most five lines. Without a sign of an error the last lines are given with the pattern that says so, if
        `output` begins where a script does.
        """
        lines = [line for line in output[-MAX_LINES:] if line.source in ("output", "plain")]
        while lines and (lines[-1].body.startswith(_STOP_PREFIX) or not lines[-1].body.strip()):
            lines.pop()
        script = any(line.body.startswith(_BEGIN_PREFIX) for line in output[:_HEADER_LINES])
        messages = read_messages([line for line in lines if not line.body.startswith(_BEGIN_PREFIX)])
        scored = self._score_messages(messages)
        best = max(scored, key=lambda one: (one.score, one.index), default=None)
        last = [message for message in messages if not _BOILERPLATE.match(message.text)][-_MAX_EVIDENCE_LINES:]
        if best is None or best.score < _MIN_SCORE:
            error = self._fallback_patterns["nothing-said" if last else "nothing-printed"] if script else None
            return ScriptFailure(
                tuple(message.line for message in last[-_MAX_EVIDENCE_LINES if script else -2 :]), error
            )
        chosen = _choose_lines(scored, best, last)
        return ScriptFailure(tuple(chosen[number] for number in sorted(chosen)), _pick_advice_pattern(scored, best))

    def _score_messages(self, messages: Sequence[ScriptMessage]) -> list[_ScoredMessage]:
        scored: list[_ScoredMessage] = []
        for index, message in enumerate(messages):
            if message.kind == "trace":
                continue
            reading = self._pattern_set.match_text(message.text)
            error, weight = reading.error, float(reading.error.weight if reading.error else 0)
            if message.kind == "line":
                if (
                    len(message.text) >= _MIN_WRAPPED_CHARS
                    and weight < _UNKNOWN_RECORD_WEIGHT
                    and index + 1 < len(messages)
                ):
                    whole = self._pattern_set.match_text(f"{message.text} {messages[index + 1].text}").error
                    alone = self._pattern_set.match_text(messages[index + 1].text).error
                    if whole and whole is not alone and whole.weight > weight:
                        error, weight = whole, float(whole.weight)
                if reading.weight_cap is not None:
                    weight = min(weight, reading.weight_cap)
                if weight <= 0:
                    continue
            else:
                weight = max(weight, _UNKNOWN_RECORD_WEIGHT) + _RECORD_BONUS
            near = 1.0 - min(len(messages) - 1 - index, _END_WINDOW_MESSAGES) / _END_WINDOW_MESSAGES
            scored.append(_ScoredMessage(index, message, error, weight + _END_BONUS * near))
        return scored


def _choose_lines(
    scored: Sequence[_ScoredMessage], best: _ScoredMessage, last_messages: Sequence[ScriptMessage]
) -> dict[int, LogLine]:
    """At most five lines by their place: the best, the last word, and the next best that say something else."""
    chosen: dict[int, LogLine] = {}
    shapes: set[bytes] = set()
    patterns: dict[str, int] = {}
    known: dict[int, bytes] = {}

    def get_normalized_text(one: _ScoredMessage) -> bytes:
        if one.index not in known:
            known[one.index] = one.normalized_text if len(scored) > 1 else b""  # one alone is compared with none
        return known[one.index]

    def choose(one: _ScoredMessage) -> None:
        chosen[one.index * 10] = one.message.line
        shapes.add(get_normalized_text(one))
        patterns[_get_pattern_id(one)] = patterns.get(_get_pattern_id(one), 0) + 1

    choose(best)
    final = max((one for one in scored if one.score >= best.score - _MAX_SCORE_GAP), key=lambda one: one.index)
    if get_normalized_text(final) not in shapes:
        choose(final)
    room = _MAX_EVIDENCE_LINES - (
        1 if last_messages and all(last_messages[-1].line is not line for line in chosen.values()) else 0
    )
    order = sorted(scored, key=lambda one: (-one.score, -one.index))[:_MAX_COMPARED_MESSAGES]
    for most in (_MAX_LINES_PER_PATTERN, _MAX_EVIDENCE_LINES):  # first what says something else, then more of the same
        for one in order:
            if (
                len(chosen) < room
                and get_normalized_text(one) not in shapes
                and patterns.get(_get_pattern_id(one), 0) < most
            ):
                choose(one)
    if room < _MAX_EVIDENCE_LINES and all(last_messages[-1].line is not line for line in chosen.values()):
        chosen[10**9] = last_messages[-1].line
    for place, line in enumerate(best.message.continuation_lines, best.index * 10 + 1):
        if len(chosen) < _MAX_EVIDENCE_LINES:
            chosen[place] = line
    return chosen


def _get_pattern_id(one: _ScoredMessage) -> str:
    return one.error.id if one.error else ""


def _pick_advice_pattern(scored: Sequence[_ScoredMessage], best: _ScoredMessage) -> ScriptErrorPattern | None:
    """The best pattern; where it has no advice, the best with one that is about as strong."""
    for one in sorted(scored, key=lambda one: (-one.score, -one.index)):
        if one.score < best.score - _MAX_SCORE_GAP:
            break
        if one.error and one.error.advice:
            return one.error
    return best.error


@cache
def load_script_errors(path: Path = SCRIPT_ERRORS_PATH) -> ScriptErrorFinder:
    """The patterns of the file. Raises `EntriesInvalid` with every fault."""
    return ScriptErrorFinder(read_patterns(path))
