"""Reads a text in English or Italian as units of meaning: concepts, rare words and names, numbers, lengths of time."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import re2
import yaml

from knowledge.search.phrase_table import PhraseTable

LEXICON_PATH = Path(__file__).parents[1] / "word_lexicon.yaml"
MAX_TEXT_CHARS = 4_000
"""Characters of a text that are read."""
_MAX_WORDS = 400
_MAX_WORD_CHARS = 64
_MAX_CORRECTIONS = 16
_OPENING_WORDS = 6
"""Words at the start of a text in which a question opens."""
_NAME_PART = re2.compile(r"[A-Z]+[a-z]+|[A-Z]+|[a-z]+")
_JOINED_DURATION = re2.compile(r"^([0-9]{1,4})(m|min|mins|h|hr|hrs|ore)$")
_HEX = re2.compile(r"^0x0*([0-9a-f]+)$")
_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_SEPARATOR_TABLE = bytes(code if code in _WORD_BYTES else ord(" ") for code in range(256))
_ENDINGS = (
    *("azioni", "azione", "ations", "ation", "amento", "amenti", "ando", "endo", "ing", "ies", "ied", "ers"),
    *("ati", "ato", "ata", "ate", "are", "ere", "ire", "ed", "es", "er", "s", "a", "e", "i", "o"),
)
_MIN_STEM_CHARS = 4
_CORRECTED_WEIGHT = 0.8
"""What a word weighs that had to be guessed."""
_NAME_PART_WEIGHT = 0.5


class SearchToken(NamedTuple):
    """One thing said: the terms that it may mean, and the words (spelt right) that say it."""

    terms: tuple[str, ...]
    words: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """What a text says, and what kind of talk it is."""

    tokens: tuple[SearchToken, ...]
    words: tuple[str, ...]
    has_own_terms: bool
    has_foreign_terms: bool
    has_trouble: bool
    is_question: bool


class Lexicon:
    """The field's words in both languages, from `word_lexicon.yaml`."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        concepts = {f"~{name}": [str(form) for form in forms] for name, forms in content["concepts"].items()}
        self.concepts = PhraseTable(concepts)
        self.stop_words = frozenset(str(word) for word in content["stop"])
        self.context_terms = frozenset(f"~{name}" for name in content["context"])
        self._time_units = {str(form): name for name, forms in content["units"].items() for form in forms}
        self._number_words = {str(word): int(number) for word, number in content["numbers"].items()}
        self._trouble_terms = frozenset(f"~{name}" for name in content["trouble"])
        self._trouble_phrases = PhraseTable({"trouble": [str(form) for form in content["trouble_words"]]})
        self._foreign_phrases = PhraseTable({"elsewhere": [str(form) for form in content["elsewhere"]]})
        self._own_phrases = PhraseTable({"own": [str(form) for form in content["own"]]})
        self._question_openings = PhraseTable({"asks": [str(form) for form in content["asks"]]})

    def parse_query(self, text: str, correct_spelling: Callable[[str], str | None]) -> ParsedQuery:
        """Reads `text` (its first 4,000 characters); `spell` gives the known word for one that is not known."""
        names = split_words(text)
        words = [name.lower() for name in names]
        guessed: set[int] = set()
        for index, word in enumerate(words):
            if len(guessed) == _MAX_CORRECTIONS:
                break
            known = word if self._is_known(word) else correct_spelling(word) or word
            if known != word:
                names[index] = words[index] = known
                guessed.add(index)
        units = self._tokenize_words(names, words, guessed)
        return ParsedQuery(
            tokens=units,
            words=tuple(dict.fromkeys(word for unit in units for word in unit.words.split())),
            has_own_terms=self._own_phrases.has_match(words),
            has_foreign_terms=self._foreign_phrases.has_match(words),
            has_trouble=self._trouble_phrases.has_match(words)
            or any(term in self._trouble_terms for unit in units for term in unit.terms),
            is_question=self._question_openings.has_match(words[:_OPENING_WORDS]),
        )

    def tokenize(self, text: str) -> tuple[SearchToken, ...]:
        """What `text` says, taken as spelt right."""
        names = split_words(text)
        return self._tokenize_words(names, [name.lower() for name in names], frozenset())

    def _is_known(self, word: str) -> bool:
        return (
            word in self.stop_words
            or bool(self.concepts.match_at([word], 0))
            or bool(self._trouble_phrases.match_at([word], 0))
        )

    def _tokenize_words(self, names: list[str], words: list[str], corrected: Set[int]) -> tuple[SearchToken, ...]:
        units: list[SearchToken] = []
        index = 0
        while index < len(words):
            found = self.concepts.match_at(words, index)
            if (lasts := self._parse_duration(words, index)) is not None and (found is None or found.end <= index + 2):
                units.append(SearchToken((lasts[0],), lasts[0]))
                index = lasts[1]
                continue
            if found is not None:
                sure = not any(place in corrected for place in range(index, found.end))
                units.append(
                    SearchToken(found.labels, " ".join(words[index : found.end]), 1.0 if sure else _CORRECTED_WEIGHT)
                )
                if found.end == index + 1:
                    units.extend(self._split_name(names[index], is_whole_word=False))
                index = found.end
                continue
            if (skipped := self._trouble_phrases.match_at(words, index)) is not None:
                index = skipped.end
                continue
            units.extend(
                self._tokenize_word(names[index], words[index], 1.0 if index not in corrected else _CORRECTED_WEIGHT)
            )
            index += 1
        return tuple(dict.fromkeys(units))

    def _parse_duration(self, words: list[str], index: int) -> tuple[str, int] | None:
        """A length of time at `index`, as a term, and the index behind it."""
        if words[index][0].isdigit() and (glued := _JOINED_DURATION.match(words[index])):
            return _format_minutes(int(glued[1]), "minutes" if glued[2].startswith("m") else "hours"), index + 1
        if index + 1 >= len(words):
            return None
        number, unit = words[index], self._time_units.get(words[index + 1])
        if unit is None:
            return None
        if number.isdigit() and len(number) <= 4:
            return _format_minutes(int(number), unit), index + 2
        if number in self._number_words:
            return _format_minutes(self._number_words[number], unit), index + 2
        return None

    def _tokenize_word(self, name: str, word: str, weight: float) -> list[SearchToken]:
        if word in self.stop_words or (word.isdigit() and len(word) < 3) or len(word) < 2:
            return []
        if word.startswith("0x") and (hexadecimal := _HEX.match(word)):
            return [SearchToken((hexadecimal[1],), word)]
        return [SearchToken((stem(word),), word, weight), *self._split_name(name, is_whole_word=True)]

    def _split_name(self, name: str, *, is_whole_word: bool) -> list[SearchToken]:
        """The parts of a name such as `runOutputName`, each read by itself."""
        if name.isalpha() and (name[1:].islower() or name.isupper()):
            return []
        parts = [part.lower() for part in _NAME_PART.findall(name)]
        if len(parts) < 2 or not (is_whole_word or len(name) > 6):
            return []
        units = []
        for part in parts:
            if part not in self.stop_words and len(part) > 2:
                found = self.concepts.match_at([part], 0)
                units.append(SearchToken(found.labels if found else (stem(part),), part, _NAME_PART_WEIGHT))
        return units


def load_lexicon(path: Path = LEXICON_PATH) -> Lexicon:
    """The lexicon that ships with the knowledge base."""
    return Lexicon(yaml.safe_load(path.read_text(encoding="utf-8")))


def split_words(text: str) -> list[str]:
    """The words of a text without accents, their case kept; `can't` is `cant`, `l'area` is `l` and `area`."""
    folded = text[:MAX_TEXT_CHARS]
    if not folded.isascii():
        apart = unicodedata.normalize("NFKD", folded.replace("’", "'"))
        folded = "".join(character for character in apart if not unicodedata.combining(character))
    folded = folded.replace("n't", "nt").replace("N'T", "NT")
    names = folded.encode("ascii", "replace").translate(_SEPARATOR_TABLE).decode().split()
    return [name[:_MAX_WORD_CHARS] for name in names[:_MAX_WORDS]]


def stem(word: str) -> str:
    """The word without its English or Italian ending."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM_CHARS:
            return word[: -len(ending)]
    return word


def _format_minutes(number: int, unit: str) -> str:
    return f"{number if unit == 'minutes' else number * 60}m"
