"""The patterns of what failing scripts print (`script_errors.yaml`), and their search in a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from knowledge.catalog.yaml_documents import YamlDocument, load_indexed_documents
from knowledge.catalog.yaml_section import Section, YamlFile
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


class ScriptPatternIndex(NamedTuple):
    """What to search for, with the positions of the patterns that it counts for or against; `fallbacks` by trigger.

    Literals are in lowercase, with collapsed whitespace. The pattern of each of `regexes` is in `regex_positions`.
    """

    texts: Mapping[str, Sequence[int]]
    unless: Mapping[str, Sequence[int]]
    regexes: Sequence[str]
    regex_positions: Sequence[int]
    fallbacks: Mapping[str, int]


def index_patterns(patterns: Sequence[ScriptErrorPattern]) -> ScriptPatternIndex:
    """Build the index of the patterns."""
    texts: dict[str, list[int]] = {}
    unless: dict[str, list[int]] = {}
    said = [(position, pattern) for position, pattern in enumerate(patterns) if pattern.when == "said"]
    for position, pattern in said:
        for positions_by_literal, literals in ((texts, pattern.text), (unless, pattern.unless)):
            for literal in literals:
                positions_by_literal.setdefault(_normalize(literal), []).append(position)
    return ScriptPatternIndex(
        texts,
        unless,
        regexes=[regex for _, pattern in said for regex in pattern.regex],
        regex_positions=[position for position, pattern in said for _ in pattern.regex],
        fallbacks={pattern.when: position for position, pattern in enumerate(patterns) if pattern.when != "said"},
    )


class ScriptErrorPatternSet:
    """A set of patterns that is searched in one pass over a text, however many there are.

    `build_pattern` builds the pattern at a position, when it is first found.
    """

    def __init__(self, index: ScriptPatternIndex, build_pattern: Callable[[int], ScriptErrorPattern]) -> None:
        self._index = index
        self._get_pattern = cache(build_pattern)
        self._literals = LiteralSet((*index.texts, *index.unless))
        self._regexes = PatternSet(index.regexes)

    @classmethod
    def from_patterns(cls, patterns: Sequence[ScriptErrorPattern]) -> ScriptErrorPatternSet:
        """Build the set of `patterns`."""
        return cls(index_patterns(patterns), patterns.__getitem__)

    def get_fallback(self, trigger: PatternTrigger) -> ScriptErrorPattern:
        """Return the pattern for a script that printed no error, or nothing at all."""
        return self._get_pattern(self._index.fallbacks[trigger])

    def match_text(self, text: str) -> ScriptErrorMatch:
        """Search the first 2,000 characters of `text` for all patterns.

        Of those that weigh the same, the first one counts.
        """
        searched = _normalize(text[:_MAX_TEXT_CHARS]).encode("utf-8", "replace")
        literals = [literal.decode() for literal in self._literals.find_in(searched)]
        found = {position for literal in literals for position in self._index.texts.get(literal, ())}
        found.update(self._index.regex_positions[index] for index in self._regexes.find_in(searched))
        vetoed = {position for literal in literals for position in self._index.unless.get(literal, ())}
        matching = [self._get_pattern(position) for position in sorted(found - vetoed)]
        return ScriptErrorMatch(
            max((pattern for pattern in matching if not pattern.is_weight_cap), key=_get_weight, default=None),
            min((pattern.weight for pattern in matching if pattern.is_weight_cap), default=None),
        )


def _normalize(text: str) -> str:
    return collapse_whitespace(text).lower()


def _get_weight(pattern: ScriptErrorPattern) -> int:
    return pattern.weight


def load_pattern_set(path: Path) -> ScriptErrorPatternSet:
    """Load the patterns in `path`. Raise `InvalidFilesError` with every fault of the file."""
    (document,), index = load_indexed_documents([path], "script errors", partial(_build_index, path.name))
    return ScriptErrorPatternSet(ScriptPatternIndex(**index), partial(_parse_pattern, YamlFile(document, path.name)))


def read_patterns(file: YamlFile) -> tuple[ScriptErrorPattern, ...]:
    """Read all patterns in `file` and record faults of their structure in it."""
    items: Any = file.value if isinstance(file.value, list) else []
    return tuple(_parse_pattern(file, position) for position in range(len(items)))


def _build_index(name: str, documents: Sequence[YamlDocument]) -> dict[str, Any]:
    file = YamlFile(documents[0], name)
    patterns = read_patterns(file)
    if not patterns:
        file.add_fault((), "must be a list of patterns")
    known_ids: set[str] = set()
    for position, pattern in enumerate(patterns):
        if pattern.id in known_ids:
            file.add_fault((position, "id"), f"{pattern.id!r} is there twice")
        known_ids.add(pattern.id)
        _check_pattern(file, position, pattern)
    for trigger in _TRIGGERS[1:]:
        if patterns and not any(pattern.when == trigger for pattern in patterns):
            file.add_fault((), f"needs a pattern with 'when: {trigger}'")
    faults = file.list_faults()
    if faults:
        raise InvalidFilesError(faults)
    return index_patterns(patterns)._asdict()


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


def _parse_pattern(file: YamlFile, position: int) -> ScriptErrorPattern:
    section = Section(file, (position,), file.value[position], _KEYS)
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
