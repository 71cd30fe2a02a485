"""The patterns of what failing scripts print (`script_errors.yaml`), and their search in a text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from knowledge.catalog.yaml_documents import YamlDocument, load_indexed_documents
from knowledge.catalog.yaml_section import KeyPath, Section, YamlFile
from knowledge.model.entry import LocalizedText
from knowledge.model.errors import InvalidFilesError
from knowledge.patterns import InvalidPatternError, LiteralSet, PatternSet, collapse_whitespace, compile_pattern

PatternTrigger = Literal["said", "nothing-said", "nothing-printed"]

_KEYS = ("id", "weight", "caps", "when", "text", "regex", "unless", "advice", "examples", "not_examples")
_TRIGGERS: tuple[PatternTrigger, ...] = ("said", "nothing-said", "nothing-printed")
_MAX_TEXT_CHARS = 2_000


class ScriptErrorPattern(NamedTuple):
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


class ScriptErrorMatch(NamedTuple):
    """The heaviest pattern found in a text, and the most that the text may count; `None` where there is none."""

    pattern: ScriptErrorPattern | None
    weight_cap: int | None


class ScriptErrorPatternSet:
    """A set of patterns that is searched in one pass over a text, however many there are."""

    def __init__(self, patterns: Sequence[ScriptErrorPattern]) -> None:
        self._patterns = patterns
        # The positions of the patterns that a literal counts for, and of those that it counts against.
        self._positions_by_text: dict[bytes, list[int]] = {}
        self._positions_by_unless: dict[bytes, list[int]] = {}
        for position, pattern in enumerate(patterns):
            for text in pattern.text:
                self._positions_by_text.setdefault(_normalize(text), []).append(position)
            for text in pattern.unless:
                self._positions_by_unless.setdefault(_normalize(text), []).append(position)
        self._literals = LiteralSet(text for pattern in patterns for text in (*pattern.text, *pattern.unless))
        self._positions_by_regex = [position for position, pattern in enumerate(patterns) for _ in pattern.regex]
        self._regexes = PatternSet([regex for pattern in patterns for regex in pattern.regex])

    def match_text(self, text: str) -> ScriptErrorMatch:
        """Search the first 2,000 characters of `text` for all patterns.

        Of those that weigh the same, the first one counts.
        """
        searched = _normalize(text[:_MAX_TEXT_CHARS])
        literals = self._literals.find_in(searched)
        found = {position for literal in literals for position in self._positions_by_text.get(literal, ())}
        found.update(self._positions_by_regex[index] for index in self._regexes.find_in(searched))
        vetoed = {position for literal in literals for position in self._positions_by_unless.get(literal, ())}
        matching = [self._patterns[position] for position in sorted(found - vetoed)]
        return ScriptErrorMatch(
            max((pattern for pattern in matching if not pattern.is_weight_cap), key=_get_weight, default=None),
            min((pattern.weight for pattern in matching if pattern.is_weight_cap), default=None),
        )


def _normalize(text: str) -> bytes:
    return collapse_whitespace(text).lower().encode("utf-8", "replace")


def _get_weight(pattern: ScriptErrorPattern) -> int:
    return pattern.weight


def read_patterns(path: Path) -> tuple[ScriptErrorPattern, ...]:
    """Read the patterns in `path`. Raise `InvalidFilesError` with every fault of the file."""
    (document,), _ = load_indexed_documents([path], "script errors", partial(_check_patterns, path.name))
    return _parse_patterns(YamlFile(document, path.name))


def _check_patterns(name: str, documents: Sequence[YamlDocument]) -> None:
    file = YamlFile(documents[0], name)
    patterns = _parse_patterns(file)
    if not patterns:
        file.add_fault((), "must be a list of patterns")
    known_ids: set[str] = set()
    for index, pattern in enumerate(patterns):
        if pattern.id in known_ids:
            file.add_fault((index, "id"), f"{pattern.id!r} is there twice")
        known_ids.add(pattern.id)
        _check_pattern(file, index, pattern)
    for trigger in _TRIGGERS[1:]:
        if patterns and not any(pattern.when == trigger for pattern in patterns):
            file.add_fault((), f"needs a pattern with 'when: {trigger}'")
    faults = file.list_faults()
    if faults:
        raise InvalidFilesError(faults)


def _check_pattern(file: YamlFile, index: int, pattern: ScriptErrorPattern) -> None:
    if pattern.when == "said" and not (pattern.text or pattern.regex):
        file.add_fault((index, "id"), "needs at least one 'text' or 'regex' to look for")
    if pattern.when == "said" and not pattern.examples:
        file.add_fault((index, "examples"), "needs at least one example line")
    for regex in pattern.regex:
        try:
            compile_pattern(regex)
        except InvalidPatternError as error:
            file.add_fault((index, "regex"), str(error))


def _parse_patterns(file: YamlFile) -> tuple[ScriptErrorPattern, ...]:
    items: Any = file.value if isinstance(file.value, list) else []
    return tuple(_parse_pattern(file, (index,), item) for index, item in enumerate(items))


def _parse_pattern(file: YamlFile, key_path: KeyPath, value: Any) -> ScriptErrorPattern:
    section = Section(file, key_path, value, _KEYS)
    return ScriptErrorPattern(
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
