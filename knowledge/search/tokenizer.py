"""Reads a text in English or Italian as units of meaning: concepts, rare words and names, numbers, lengths of time."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import re2
import yaml

from knowledge.search.phrase_table import Forms

LEXICON = Path(__file__).parents[1] / "word_lexicon.yaml"
LONGEST = 4_000
"""Characters of a text that are read."""
_MOST_WORDS = 400
_LONGEST_WORD = 64
_MOST_GUESSES = 16
_OPENING = 6
"""Words at the start of a text in which a question opens."""
_PART = re2.compile(r"[A-Z]+[a-z]+|[A-Z]+|[a-z]+")
_GLUED = re2.compile(r"^([0-9]{1,4})(m|min|mins|h|hr|hrs|ore)$")
_HEX = re2.compile(r"^0x0*([0-9a-f]+)$")
_KEPT = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_GAPS = bytes(code if code in _KEPT else ord(" ") for code in range(256))
_ENDINGS = (
    *("azioni", "azione", "ations", "ation", "amento", "amenti", "ando", "endo", "ing", "ies", "ied", "ers"),
    *("ati", "ato", "ata", "ate", "are", "ere", "ire", "ed", "es", "er", "s", "a", "e", "i", "o"),
)
_SHORTEST_STEM = 4
_MISSPELT = 0.8
"""What a word weighs that had to be guessed."""
_PART_OF_NAME = 0.5


class Unit(NamedTuple):
    """One thing said: the terms that it may mean, and the words (spelt right) that say it."""

    terms: tuple[str, ...]
    words: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says, and what kind of talk it is."""

    units: tuple[Unit, ...]
    words: tuple[str, ...]
    own: bool
    elsewhere: bool
    trouble: bool
    asks: bool


class Lexicon:
    """The field's words in both languages, from `word_lexicon.yaml`."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        concepts = {f"~{name}": [str(form) for form in forms] for name, forms in content["concepts"].items()}
        self.forms = Forms(concepts)
        self.stop = frozenset(str(word) for word in content["stop"])
        self.context = frozenset(f"~{name}" for name in content["context"])
        self._units = {str(form): name for name, forms in content["units"].items() for form in forms}
        self._numbers = {str(word): int(number) for word, number in content["numbers"].items()}
        self._trouble = frozenset(f"~{name}" for name in content["trouble"])
        self._trouble_words = Forms({"trouble": [str(form) for form in content["trouble_words"]]})
        self._elsewhere = Forms({"elsewhere": [str(form) for form in content["elsewhere"]]})
        self._own = Forms({"own": [str(form) for form in content["own"]]})
        self._asks = Forms({"asks": [str(form) for form in content["asks"]]})

    def read(self, text: str, spell: Callable[[str], str | None]) -> Reading:
        """Reads `text` (its first 4,000 characters); `spell` gives the known word for one that is not known."""
        names = names_of(text)
        words = [name.lower() for name in names]
        guessed: set[int] = set()
        for index, word in enumerate(words):
            if len(guessed) == _MOST_GUESSES:
                break
            known = word if self._knows(word) else spell(word) or word
            if known != word:
                names[index] = words[index] = known
                guessed.add(index)
        units = self._units_of(names, words, guessed)
        return Reading(
            units=units,
            words=tuple(dict.fromkeys(word for unit in units for word in unit.words.split())),
            own=self._own.anywhere(words),
            elsewhere=self._elsewhere.anywhere(words),
            trouble=self._trouble_words.anywhere(words)
            or any(term in self._trouble for unit in units for term in unit.terms),
            asks=self._asks.anywhere(words[:_OPENING]),
        )

    def units_of(self, text: str) -> tuple[Unit, ...]:
        """What `text` says, taken as spelt right."""
        names = names_of(text)
        return self._units_of(names, [name.lower() for name in names], frozenset())

    def _knows(self, word: str) -> bool:
        return word in self.stop or bool(self.forms.at([word], 0)) or bool(self._trouble_words.at([word], 0))

    def _units_of(self, names: list[str], words: list[str], guessed: Set[int]) -> tuple[Unit, ...]:
        units: list[Unit] = []
        index = 0
        while index < len(words):
            found = self.forms.at(words, index)
            if (lasts := self._minutes(words, index)) is not None and (found is None or found.end <= index + 2):
                units.append(Unit((lasts[0],), lasts[0]))
                index = lasts[1]
                continue
            if found is not None:
                sure = not any(place in guessed for place in range(index, found.end))
                units.append(Unit(found.labels, " ".join(words[index : found.end]), 1.0 if sure else _MISSPELT))
                if found.end == index + 1:
                    units.extend(self._parts(names[index], whole=False))
                index = found.end
                continue
            if (skipped := self._trouble_words.at(words, index)) is not None:
                index = skipped.end
                continue
            units.extend(self._word(names[index], words[index], 1.0 if index not in guessed else _MISSPELT))
            index += 1
        return tuple(dict.fromkeys(units))

    def _minutes(self, words: list[str], index: int) -> tuple[str, int] | None:
        """A length of time at `index`, as a term, and the index behind it."""
        if words[index][0].isdigit() and (glued := _GLUED.match(words[index])):
            return _lasting(int(glued[1]), "minutes" if glued[2].startswith("m") else "hours"), index + 1
        if index + 1 >= len(words):
            return None
        number, unit = words[index], self._units.get(words[index + 1])
        if unit is None:
            return None
        if number.isdigit() and len(number) <= 4:
            return _lasting(int(number), unit), index + 2
        if number in self._numbers:
            return _lasting(self._numbers[number], unit), index + 2
        return None

    def _word(self, name: str, word: str, weight: float) -> list[Unit]:
        if word in self.stop or (word.isdigit() and len(word) < 3) or len(word) < 2:
            return []
        if word.startswith("0x") and (hexadecimal := _HEX.match(word)):
            return [Unit((hexadecimal[1],), word)]
        return [Unit((stem(word),), word, weight), *self._parts(name, whole=True)]

    def _parts(self, name: str, *, whole: bool) -> list[Unit]:
        """The parts of a name such as `runOutputName`, each read by itself."""
        if name.isalpha() and (name[1:].islower() or name.isupper()):
            return []
        parts = [part.lower() for part in _PART.findall(name)]
        if len(parts) < 2 or not (whole or len(name) > 6):
            return []
        units = []
        for part in parts:
            if part not in self.stop and len(part) > 2:
                found = self.forms.at([part], 0)
                units.append(Unit(found.labels if found else (stem(part),), part, _PART_OF_NAME))
        return units


def load_lexicon(path: Path = LEXICON) -> Lexicon:
    """The lexicon that ships with the knowledge base."""
    return Lexicon(yaml.safe_load(path.read_text(encoding="utf-8")))


def names_of(text: str) -> list[str]:
    """The words of a text without accents, their case kept; `can't` is `cant`, `l'area` is `l` and `area`."""
    folded = text[:LONGEST]
    if not folded.isascii():
        apart = unicodedata.normalize("NFKD", folded.replace("’", "'"))
        folded = "".join(character for character in apart if not unicodedata.combining(character))
    folded = folded.replace("n't", "nt").replace("N'T", "NT")
    names = folded.encode("ascii", "replace").translate(_GAPS).decode().split()
    return [name[:_LONGEST_WORD] for name in names[:_MOST_WORDS]]


def stem(word: str) -> str:
    """The word without its English or Italian ending."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def _lasting(number: int, unit: str) -> str:
    return f"{number if unit == 'minutes' else number * 60}m"
