"""The patterns of what failing scripts print (`script_errors.yaml`), and their search in a text."""

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
    """One pattern of what scripts print when they fail.

    `weight` says how much a line with this pattern tells about the cause, from 0 to 10. If `is_weight_cap` is set, the
    pattern marks lines that look worse than they are: they count for no more than `weight`.
    """

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
    """The heaviest pattern found in a text, and the most that the text may count; `None` where there is none."""

    pattern: ScriptErrorPattern | None
    weight_cap: int | None


class ScriptErrorPatternSet:
    """A set of patterns that is searched in one pass over a text, however many there are."""

    def __init__(self, patterns: Sequence[ScriptErrorPattern]) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = _MAX_MEMORY_BYTES
        self._set = re2.Set.SearchSet(options)
        # By the index of each expression in the set: its pattern, and whether finding it counts for or against it.
        self._targets: list[tuple[ScriptErrorPattern, bool]] = []
        for pattern in patterns:
            for text in pattern.text:
                self._add(_escape_literal(text), pattern, True)
            for regex in pattern.regex:
                self._add(regex.encode(), pattern, True)
            for text in pattern.unless:
                self._add(_escape_literal(text), pattern, False)
        self._set.Compile()

    def _add(self, expression: bytes, pattern: ScriptErrorPattern, is_positive: bool) -> None:
        self._set.Add(expression)
        self._targets.append((pattern, is_positive))

    def match_text(self, text: str) -> ScriptErrorMatch:
        """Search the first 2,000 characters of `text` for all patterns."""
        searched = collapse_whitespace(text[:_MAX_TEXT_CHARS]).lower().encode("utf-8", "replace")
        found: dict[str, ScriptErrorPattern] = {}
        vetoed: set[str] = set()
        for index in self._set.Match(searched) or ():
            pattern, is_positive = self._targets[index]
            if is_positive:
                found[pattern.id] = pattern
            else:
                vetoed.add(pattern.id)
        matching = [pattern for pattern in found.values() if pattern.id not in vetoed]
        return ScriptErrorMatch(
            max((pattern for pattern in matching if not pattern.is_weight_cap), key=_get_weight, default=None),
            min((pattern.weight for pattern in matching if pattern.is_weight_cap), default=None),
        )


def _escape_literal(text: str) -> bytes:
    return re2.escape(collapse_whitespace(text).lower().encode())


def _get_weight(pattern: ScriptErrorPattern) -> int:
    return pattern.weight


def read_patterns(path: Path) -> tuple[ScriptErrorPattern, ...]:
    """Read the patterns in `path`. Raise `InvalidEntriesError` with every fault of the file."""
    file = YamlFile(path, path.name)
    items: Any = file.value if isinstance(file.value, list) else []
    patterns = tuple(_parse_pattern(file, (index,), item) for index, item in enumerate(items))
    if not patterns:
        file.add_fault((), "must be a list of patterns")
    known_ids: set[str] = set()
    for index, pattern in enumerate(patterns):
        if pattern.id in known_ids:
            file.add_fault((index, "id"), f"{pattern.id!r} is there twice")
        known_ids.add(pattern.id)
    for trigger in _TRIGGERS[1:]:
        if patterns and not any(pattern.when == trigger for pattern in patterns):
            file.add_fault((), f"needs a pattern with 'when: {trigger}'")
    faults = file.list_faults()
    if faults:
        raise InvalidEntriesError(faults)
    return patterns


def _parse_pattern(file: YamlFile, key_path: KeyPath, value: Any) -> ScriptErrorPattern:
    section = Section(file, key_path, value, _KEYS)
    pattern = ScriptErrorPattern(
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
    if pattern.when == "said" and not (pattern.text or pattern.regex):
        section.add_fault("id", "needs at least one 'text' or 'regex' to look for")
    if pattern.when == "said" and not pattern.examples:
        section.add_fault("examples", "needs at least one example line")
    for regex in pattern.regex:
        try:
            compile_pattern(regex)
        except InvalidPatternError as error:
            section.add_fault("regex", str(error))
    return pattern
