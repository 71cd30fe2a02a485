"""The patterns of what failing scripts print (`script_errors.yaml`): reading them, and finding them in a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import re2

from knowledge.catalog.yaml_section import Section, Trail, YamlFile
from knowledge.model.entry import LocalText
from knowledge.model.errors import EntriesInvalid
from knowledge.text.patterns import BadPattern, compiled, squeezed

When = Literal["said", "nothing-said", "nothing-printed"]

_KEYS = ("id", "weight", "caps", "when", "text", "regex", "unless", "advice", "examples", "not_examples")
_WHENS: tuple[When, ...] = ("said", "nothing-said", "nothing-printed")
_LONGEST = 2_000
_MEMORY = 64 << 20


@dataclass(frozen=True, slots=True)
class ScriptError:
    """One pattern of what scripts print when they fail. One that `caps` says that a line is less bad than it looks."""

    id: str
    weight: int
    text: tuple[str, ...]
    regex: tuple[str, ...]
    unless: tuple[str, ...]
    caps: bool
    when: When
    advice: LocalText | None
    examples: tuple[str, ...]
    not_examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the patterns say of a text: the one that says the most, and the most that the line may count."""

    error: ScriptError | None
    most: int | None


class Patterns:
    """All patterns, looked for in one pass over a text, whatever their number."""

    def __init__(self, errors: Sequence[ScriptError]) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = _MEMORY
        self._set = re2.Set.SearchSet(options)
        self._says: list[tuple[ScriptError, bool]] = []  # the pattern of each index, and whether it speaks for it
        for error in errors:
            for text in error.text:
                self._add(re2.escape(squeezed(text).lower().encode()), error, True)
            for regex in error.regex:
                self._add(regex.encode(), error, True)
            for text in error.unless:
                self._add(re2.escape(squeezed(text).lower().encode()), error, False)
        self._set.Compile()

    def _add(self, pattern: bytes, error: ScriptError, speaks: bool) -> None:
        self._set.Add(pattern)
        self._says.append((error, speaks))

    def read(self, text: str) -> Reading:
        """What the patterns say of `text`."""
        found = self._set.Match(squeezed(text[:_LONGEST]).lower().encode("utf-8", "replace")) or ()
        spoken: dict[str, ScriptError] = {}
        vetoed = set()
        for index in found:
            error, speaks = self._says[index]
            if speaks:
                spoken[error.id] = error
            else:
                vetoed.add(error.id)
        held = [error for error in spoken.values() if error.id not in vetoed]
        best = max((error for error in held if not error.caps), key=lambda error: error.weight, default=None)
        return Reading(best, min((error.weight for error in held if error.caps), default=None))


def read_patterns(path: Path) -> tuple[ScriptError, ...]:
    """The patterns of the file. Raises `EntriesInvalid` with every fault."""
    file = YamlFile(path, path.name)
    items: Any = file.value if isinstance(file.value, list) else []
    errors = tuple(_error(file, (index,), item) for index, item in enumerate(items))
    if not errors:
        file.fault((), "must be a list of patterns")
    known: set[str] = set()
    for index, error in enumerate(errors):
        if error.id in known:
            file.fault((index, "id"), f"{error.id!r} is there twice")
        known.add(error.id)
    for when in _WHENS[1:]:
        if errors and not any(error.when == when for error in errors):
            file.fault((), f"needs a pattern with 'when: {when}'")
    faults = file.faults()
    if faults:
        raise EntriesInvalid(faults)
    return errors


def _error(file: YamlFile, trail: Trail, value: Any) -> ScriptError:
    section = Section(file, trail, value, _KEYS)
    error = ScriptError(
        id=section.text("id"),
        weight=section.number("weight", 1),
        text=section.texts("text"),
        regex=section.texts("regex"),
        unless=section.texts("unless"),
        caps=section.raw("caps") is True,
        when=section.one_of("when", _WHENS, "said"),
        advice=section.maybe_local("advice"),
        examples=section.texts("examples"),
        not_examples=section.texts("not_examples"),
    )
    if error.when == "said" and not (error.text or error.regex):
        section.fault("id", "needs at least one 'text' or 'regex' to look for")
    if error.when == "said" and not error.examples:
        section.fault("examples", "needs at least one example line")
    for regex in error.regex:
        try:
            compiled(regex)
        except BadPattern as bad:
            section.fault("regex", str(bad))
    return error
