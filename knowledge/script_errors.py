"""Finds, in the output of the provisioner that failed, the line that a person would point at.

The patterns are knowledge (`script_errors.yaml`). A line counts by what it says; of lines that say as much, the last
that the script printed before it ended counts most. PowerShell's error records are read as such: their message is the
evidence, not the position and category lines around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.entry import LocalText
from knowledge.errors import EntriesInvalid
from knowledge.lines import Line
from knowledge.patterns import Literals, squeezed
from knowledge.reading import Section, Trail, YamlFile

PATTERNS = Path(__file__).parent / "script_errors.yaml"

MOST_LINES = 4_000
_EVIDENCE = 4
_CLOSE = 40  # lines between an error and the end of the script within which it is the last word
_RECORD_MARKS = ("+ ", "At line:", "At C:\\", "At c:\\", "    + ")
_STOP = "Provisioning step had errors"


@dataclass(frozen=True, slots=True)
class ScriptError:
    """One pattern of what scripts print when they fail."""

    id: str
    weight: int
    text: tuple[str, ...]
    unless: tuple[str, ...]
    advice: LocalText | None
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The lines that tell why the script failed, in their order, and the pattern that says the most about it."""

    lines: tuple[Line, ...]
    error: ScriptError | None


@dataclass(slots=True)
class _Scored:
    index: int
    line: Line
    error: ScriptError
    score: float


class ScriptErrors:
    """All patterns, ready to be looked for."""

    def __init__(self, errors: Sequence[ScriptError]) -> None:
        self.errors = errors
        self._literals = Literals(text for error in errors for text in (*error.text, *error.unless))
        self._by_text: dict[bytes, list[ScriptError]] = {}
        for error in errors:
            for text in error.text:
                self._by_text.setdefault(squeezed(text).lower().encode(), []).append(error)

    def of_line(self, body: str) -> ScriptError | None:
        """The pattern that says the most about this line, if any."""
        present = self._literals.within(body.lower().encode("utf-8", "replace"))
        if not present:
            return None
        held = frozenset(present)
        best: ScriptError | None = None
        for text in present:
            for error in self._by_text.get(text, ()):
                veto = any(squeezed(word).lower().encode() in held for word in error.unless)
                if not veto and (best is None or error.weight > best.weight):
                    best = error
        return best

    def spoken(self, output: Sequence[Line]) -> Spoken:
        """What the script itself said before it failed. `output` are the lines of the provisioner that failed."""
        lines = [line for line in output[-MOST_LINES:] if line.source in ("output", "plain") and line.body.strip()]
        while lines and lines[-1].body.startswith(_STOP):
            lines.pop()
        scored: list[_Scored] = []
        for index, line in enumerate(lines):
            if line.body.lstrip().startswith(_RECORD_MARKS):
                continue
            error = self.of_line(squeezed(line.body))
            if error is None:
                continue
            near = 1.0 - min(len(lines) - index, _CLOSE) / _CLOSE
            record = 2.0 if _begins_record(lines, index) else 0.0
            scored.append(_Scored(index, line, error, error.weight + 3.0 * near + record))
        if not scored:
            return Spoken(tuple(lines[-2:]), None)
        best = max(scored, key=lambda one: (one.score, one.index))
        last = max((one for one in scored if one.score >= best.score - 4), key=lambda one: one.index)
        chosen = {best.index: best.line, last.index: last.line}
        for one in sorted(scored, key=lambda one: (-one.score, -one.index)):
            if len(chosen) >= _EVIDENCE:
                break
            if all(squeezed(one.line.body) != squeezed(line.body) for line in chosen.values()):
                chosen[one.index] = one.line
        error = best.error if best.error.advice else next((one.error for one in scored if one.error.advice), None)
        return Spoken(tuple(chosen[index] for index in sorted(chosen)), error)


def _begins_record(lines: Sequence[Line], index: int) -> bool:
    """Whether a PowerShell error record follows: its message stands before the position and category lines."""
    for line in lines[index + 1 : index + 5]:
        body = line.body.lstrip()
        if body.startswith(("At line:", "At C:\\", "At c:\\", "+ CategoryInfo")):
            return True
        if body.startswith("+ "):
            return True
    return False


@cache
def load_script_errors(path: Path = PATTERNS) -> ScriptErrors:
    """The patterns of the file. Raises `EntriesInvalid` with every fault."""
    file = YamlFile(path, path.name)
    items: Any = file.value if isinstance(file.value, list) else []
    errors = [_error(file, (index,), item) for index, item in enumerate(items)]
    if not errors:
        file.fault((), "must be a list of patterns")
    faults = file.faults()
    if faults:
        raise EntriesInvalid(faults)
    return ScriptErrors(errors)


def _error(file: YamlFile, trail: Trail, value: Any) -> ScriptError:
    section = Section(file, trail, value, ("id", "weight", "text", "unless", "advice", "examples"))
    error = ScriptError(
        id=section.text("id"),
        weight=section.number("weight", 1),
        text=section.texts("text"),
        unless=section.texts("unless"),
        advice=section.maybe_local("advice"),
        examples=section.texts("examples"),
    )
    if not error.text:
        section.fault("text", "needs at least one 'text' to look for")
    if not error.examples:
        section.fault("examples", "needs at least one example line")
    return error
