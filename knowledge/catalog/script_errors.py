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

from knowledge.build_log.script_output import Message, read_messages
from knowledge.catalog.script_patterns import Patterns, ScriptError, read_patterns
from knowledge.text.lines import Line
from knowledge.text.patterns import compiled

PATTERNS = Path(__file__).parents[1] / "script_errors.yaml"

MOST_LINES = 4_000
_EVIDENCE = 5
_OF_ONE_PATTERN = 2
_CLOSE = 40  # messages between an error and the end of the script within which it is the last word
_NEAR = 3.0  # what standing at the end adds, on the scale of the weights (0 to 10)
_RECORD = 2.0
_UNKNOWN_RECORD = 5  # the weight of an error record that no pattern knows
_WEAK = 4.0  # below this the best message says nothing
_KINDRED = 4.0  # how much less an advice's message may score than the best
_WRAPPED = 70
_SHAPE = 160  # characters by which two messages are taken for the same
_MOST_COMPARED = 400
_HEADING = 20  # lines within which a provisioner says that it begins
_STOP = "Provisioning step had errors"
_BEGIN = "Provisioning with "
_PLACES = compiled(r"""'[^']*'|"[^"]*"|[\d.,:/\\~-]+|\S*[\\/]\S*""")
_HOLLOW = re2.compile(
    r"(?i)^(?:\+ exit\b|(?:stopping |windows powershell )?transcript|\*{4,}|(?:end time|username|runas user)\s*:)"
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The lines that tell why the script failed, in their order, and the pattern that says the most about it."""

    lines: tuple[Line, ...]
    error: ScriptError | None


@dataclass(frozen=True, slots=True)
class _Scored:
    index: int
    message: Message
    error: ScriptError | None
    score: float

    @property
    def shape(self) -> bytes:
        """What the message says without names and numbers: noise repeats itself in this."""
        text = self.message.text[:_SHAPE].encode("utf-8", "replace")
        said: list[bytes] = []
        at = 0
        for place in _PLACES.finditer(text):
            said.append(text[at : place.start()])
            at = place.end()
        return b" ".join(b"".join([*said, text[at:]]).split())


class ScriptErrors:
    """All patterns, ready to be looked for."""

    def __init__(self, errors: Sequence[ScriptError]) -> None:
        self.errors = errors
        self._patterns = Patterns([error for error in errors if error.when == "said"])
        self._when = {error.when: error for error in errors if error.when != "said"}

    def of_line(self, body: str) -> ScriptError | None:
        """The pattern that says the most about this line, if any; none when the line is harmless."""
        reading = self._patterns.read(body)
        return None if reading.most == 0 else reading.error

    def spoken(self, output: Sequence[Line]) -> Spoken:
        """What the script itself said before it failed. `output` are the lines of the provisioner that failed.

        At most five lines. Without a sign of an error the last lines are given with the pattern that says so, if
        `output` begins where a script does.
        """
        lines = [line for line in output[-MOST_LINES:] if line.source in ("output", "plain")]
        while lines and (lines[-1].body.startswith(_STOP) or not lines[-1].body.strip()):
            lines.pop()
        script = any(line.body.startswith(_BEGIN) for line in output[:_HEADING])
        messages = read_messages([line for line in lines if not line.body.startswith(_BEGIN)])
        scored = self._scored(messages)
        best = max(scored, key=lambda one: (one.score, one.index), default=None)
        last = [message for message in messages if not _HOLLOW.match(message.text)][-_EVIDENCE:]
        if best is None or best.score < _WEAK:
            error = self._when["nothing-said" if last else "nothing-printed"] if script else None
            return Spoken(tuple(message.line for message in last[-_EVIDENCE if script else -2 :]), error)
        chosen = _chosen(scored, best, last)
        return Spoken(tuple(chosen[number] for number in sorted(chosen)), _advised(scored, best))

    def _scored(self, messages: Sequence[Message]) -> list[_Scored]:
        scored: list[_Scored] = []
        for index, message in enumerate(messages):
            if message.kind == "trace":
                continue
            reading = self._patterns.read(message.text)
            error, weight = reading.error, float(reading.error.weight if reading.error else 0)
            if message.kind == "line":
                if len(message.text) >= _WRAPPED and weight < _UNKNOWN_RECORD and index + 1 < len(messages):
                    whole = self._patterns.read(f"{message.text} {messages[index + 1].text}").error
                    alone = self._patterns.read(messages[index + 1].text).error
                    if whole and whole is not alone and whole.weight > weight:
                        error, weight = whole, float(whole.weight)
                if reading.most is not None:
                    weight = min(weight, reading.most)
                if weight <= 0:
                    continue
            else:
                weight = max(weight, _UNKNOWN_RECORD) + _RECORD
            near = 1.0 - min(len(messages) - 1 - index, _CLOSE) / _CLOSE
            scored.append(_Scored(index, message, error, weight + _NEAR * near))
        return scored


def _chosen(scored: Sequence[_Scored], best: _Scored, last: Sequence[Message]) -> dict[int, Line]:
    """At most five lines by their place: the best, the last word, and the next best that say something else."""
    chosen: dict[int, Line] = {}
    shapes: set[bytes] = set()
    patterns: dict[str, int] = {}
    known: dict[int, bytes] = {}

    def shape(one: _Scored) -> bytes:
        if one.index not in known:
            known[one.index] = one.shape if len(scored) > 1 else b""  # one alone is compared with none
        return known[one.index]

    def take(one: _Scored) -> None:
        chosen[one.index * 10] = one.message.line
        shapes.add(shape(one))
        patterns[_name(one)] = patterns.get(_name(one), 0) + 1

    take(best)
    final = max((one for one in scored if one.score >= best.score - _KINDRED), key=lambda one: one.index)
    if shape(final) not in shapes:
        take(final)
    room = _EVIDENCE - (1 if last and all(last[-1].line is not line for line in chosen.values()) else 0)
    order = sorted(scored, key=lambda one: (-one.score, -one.index))[:_MOST_COMPARED]
    for most in (_OF_ONE_PATTERN, _EVIDENCE):  # first what says something else, then more of the same
        for one in order:
            if len(chosen) < room and shape(one) not in shapes and patterns.get(_name(one), 0) < most:
                take(one)
    if room < _EVIDENCE and all(last[-1].line is not line for line in chosen.values()):
        chosen[10**9] = last[-1].line
    for place, line in enumerate(best.message.rest, best.index * 10 + 1):
        if len(chosen) < _EVIDENCE:
            chosen[place] = line
    return chosen


def _name(one: _Scored) -> str:
    return one.error.id if one.error else ""


def _advised(scored: Sequence[_Scored], best: _Scored) -> ScriptError | None:
    """The best pattern; where it has no advice, the best with one that is about as strong."""
    for one in sorted(scored, key=lambda one: (-one.score, -one.index)):
        if one.score < best.score - _KINDRED:
            break
        if one.error and one.error.advice:
            return one.error
    return best.error


@cache
def load_script_errors(path: Path = PATTERNS) -> ScriptErrors:
    """The patterns of the file. Raises `EntriesInvalid` with every fault."""
    return ScriptErrors(read_patterns(path))
