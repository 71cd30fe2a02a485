"""The patterns of what failing scripts print (`script_errors.yaml`): reading them, and finding them in a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import re2

from knowledge.catalog.yaml_section import KeyPath, Section, YamlFile
from knowledge.model.entry import LocalizedText
from knowledge.model.errors import InvalidEntriesError
from knowledge.text.patterns import InvalidPatternError, collapse_whitespace, compile_pattern

PatternTrigger = Literal["said", "nothing-said", "nothing-printed"]

_KEYS = ("id", "weight", "caps", "when", "text", "regex", "unless", "advice", "examples", "not_examples")
_TRIGGERS: tuple[PatternTrigger, ...] = ("said", "nothing-said", "nothing-printed")
_MAX_TEXT_CHARS = 2_000
_MAX_MEMORY_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class ScriptErrorPattern:
    """One pattern of what scripts print when they fail. One that `caps` says that a line is less bad than it looks."""

    id: str
    weight: int
    text: tuple[str, ...]
    regex: tuple[str, ...]
    unless: tuple[str, ...]
    is_weight_cap: bool
    when: PatternTrigger
    advice: LocalizedText | None
    examples: tuple[str, ...]
    not_examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScriptErrorMatch:
    """What the patterns say of a text: the one that says the most, and the most that the line may count."""

    error: ScriptErrorPattern | None
    weight_cap: int | None


class ScriptErrorPatternSet:
    """All patterns, looked for in one pass over a text, whatever their number."""

    def __init__(self, errors: Sequence[ScriptErrorPattern]) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = _MAX_MEMORY_BYTES
        self._set = re2.Set.SearchSet(options)
        self._targets: list[
            tuple[ScriptErrorPattern, bool]
        ] = []  # the pattern of each index, and whether it speaks for it
        for error in errors:
            for text in error.text:
                self._add(re2.escape(collapse_whitespace(text).lower().encode()), error, True)
            for regex in error.regex:
                self._add(regex.encode(), error, True)
            for text in error.unless:
                self._add(re2.escape(collapse_whitespace(text).lower().encode()), error, False)
        self._set.Compile()

    def _add(self, pattern: bytes, error: ScriptErrorPattern, is_positive: bool) -> None:
        self._set.Add(pattern)
        self._targets.append((error, is_positive))

    def match_text(self, text: str) -> ScriptErrorMatch:
        """What the patterns say of `text`."""
        found = self._set.Match(collapse_whitespace(text[:_MAX_TEXT_CHARS]).lower().encode("utf-8", "replace")) or ()
        spoken: dict[str, ScriptErrorPattern] = {}
        vetoed = set()
        for index in found:
            error, speaks = self._targets[index]
            if speaks:
                spoken[error.id] = error
            else:
                vetoed.add(error.id)
        held = [error for error in spoken.values() if error.id not in vetoed]
        best = max((error for error in held if not error.is_weight_cap), key=lambda error: error.weight, default=None)
        return ScriptErrorMatch(best, min((error.weight for error in held if error.is_weight_cap), default=None))


def read_patterns(path: Path) -> tuple[ScriptErrorPattern, ...]:
    """The patterns of the file. Raises `EntriesInvalid` with every fault."""
    file = YamlFile(path, path.name)
    items: Any = file.value if isinstance(file.value, list) else []
    errors = tuple(_parse_pattern(file, (index,), item) for index, item in enumerate(items))
    if not errors:
        file.add_fault((), "must be a list of patterns")
    known: set[str] = set()
    for index, error in enumerate(errors):
        if error.id in known:
            file.add_fault((index, "id"), f"{error.id!r} is there twice")
        known.add(error.id)
    for when in _TRIGGERS[1:]:
        if errors and not any(error.when == when for error in errors):
            file.add_fault((), f"needs a pattern with 'when: {when}'")
    faults = file.list_faults()
    if faults:
        raise InvalidEntriesError(faults)
    return errors


def _parse_pattern(file: YamlFile, key_path: KeyPath, value: Any) -> ScriptErrorPattern:
    section = Section(file, key_path, value, _KEYS)
    error = ScriptErrorPattern(
        id=section.get_text("id"),
        weight=section.get_int("weight", 1),
        text=section.get_texts("text"),
        regex=section.get_texts("regex"),
        unless=section.get_texts("unless"),
        is_weight_cap=section.get_raw("caps") is True,
        when=section.get_choice("when", _TRIGGERS, "said"),
        advice=section.get_optional_localized("advice"),
        examples=section.get_texts("examples"),
        not_examples=section.get_texts("not_examples"),
    )
    if error.when == "said" and not (error.text or error.regex):
        section.add_fault("id", "needs at least one 'text' or 'regex' to look for")
    if error.when == "said" and not error.examples:
        section.add_fault("examples", "needs at least one example line")
    for regex in error.regex:
        try:
            compile_pattern(regex)
        except InvalidPatternError as bad:
            section.add_fault("regex", str(bad))
    return error
