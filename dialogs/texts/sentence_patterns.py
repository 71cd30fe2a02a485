"""What people ask for in sentences: the expressions of all languages, each with its action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dialogs.texts.typed_phrases import normalize_phrase
from knowledge.patterns import InvalidPatternError, LazyPattern, PatternSet, compile_pattern, define_pattern
from knowledge.yaml_files.yaml_section import Section, YamlFile

_PATTERN_GROUPS = ("sentences", "in_walk", "answers", "shells")
_WORD_LISTS = ("fillers", "not_names", "before_groups", "before_codes")
_FRAMES = "name_frames"
_SPELLINGS = "spellings"


class IntentPatterns:
    """Expressions for actions. The first action with a matching expression counts."""

    def __init__(self, patterns: Mapping[str, Sequence[str]]) -> None:
        self.patterns = patterns
        self._action_ids = tuple(patterns)
        self._positions = [position for position, expressions in enumerate(patterns.values()) for _ in expressions]
        self._set = PatternSet(
            [regex for expressions in patterns.values() for regex in expressions], ignores_case=False
        )

    def find_action(self, sentence: str) -> str | None:
        """Return the id of the action that a sentence, as prepared for comparison, asks for."""
        found = self._set.find_in(sentence.encode("utf-8", "replace"))
        return self._action_ids[min(self._positions[index] for index in found)] if found else None


@dataclass(frozen=True, slots=True)
class SentencePatterns:
    """The expressions and word lists of all languages.

    Attributes:
        sentences: What means an action anywhere.
        in_walk: What means one only during a walkthrough.
        answers: What means `yes` and `no` while a question is open.
        shells: What names a shell in a sentence that asks for something else: by the action that chooses the shell.
        fillers: What may come first in a sentence without changing what is asked for.
        not_names: Words that look like a template's name but aren't.
        before_groups: Words that come before the name of a resource group, besides prepositions.
        before_codes: Words after which a number of one digit is a code, too.
        name_frames: Where any word is the name of a template.
        spellings: Typos and abbreviations, with the word that is meant.
    """

    sentences: IntentPatterns
    in_walk: IntentPatterns
    answers: IntentPatterns
    shells: IntentPatterns
    fillers: frozenset[str]
    not_names: frozenset[str]
    before_groups: frozenset[str]
    before_codes: frozenset[str]
    name_frames: tuple[LazyPattern[bytes], ...]
    spellings: Mapping[str, str]


def read_sentence_patterns(files: Iterable[YamlFile]) -> SentencePatterns:
    """Read the expressions in `files`, English first, which gives the order of the actions. Record faults in them."""
    groups: dict[str, dict[str, list[str]]] = {name: {} for name in _PATTERN_GROUPS}
    frames: list[str] = []
    words: dict[str, set[str]] = {name: set() for name in _WORD_LISTS}
    spellings: dict[str, str] = {}
    for number, file in enumerate(files):
        is_first = number == 0
        section = Section(file, (), file.value or {}, (*_PATTERN_GROUPS, *_WORD_LISTS, _FRAMES, _SPELLINGS))
        for name, patterns in groups.items():
            value = section.get_raw(name) or {}
            actions = Section(file, (name,), value, tuple(value) if is_first else tuple(patterns))
            for action_id in value if is_first else [known for known in patterns if known in value]:
                expressions = actions.get_texts(action_id)
                _check_expressions(actions, action_id, expressions)
                patterns.setdefault(action_id, []).extend(expressions)
        frames += section.get_texts(_FRAMES)
        _check_expressions(section, _FRAMES, section.get_texts(_FRAMES))
        meant = section.get_raw(_SPELLINGS) or {}
        spelled = Section(file, (_SPELLINGS,), meant, tuple(meant))
        spellings |= {wrong: word for word in meant for wrong in spelled.get_texts(word)}
        for name in _WORD_LISTS:
            words[name].update(map(normalize_phrase, section.get_texts(name)))
    return SentencePatterns(
        IntentPatterns(groups["sentences"]),
        IntentPatterns(groups["in_walk"]),
        IntentPatterns(groups["answers"]),
        IntentPatterns(groups["shells"]),
        frozenset(words["fillers"]),
        frozenset(words["not_names"]),
        frozenset(words["before_groups"]),
        frozenset(words["before_codes"]),
        tuple(map(define_pattern, frames)),
        spellings,
    )


def _check_expressions(section: Section, action_id: str, expressions: Sequence[str]) -> None:
    for expression in expressions:
        try:
            compile_pattern(expression)
        except InvalidPatternError as error:
            section.add_fault(action_id, str(error))
