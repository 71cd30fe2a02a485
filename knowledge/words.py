"""Finds the entry that a person describes in their own words, in English or Italian."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from knowledge.entry import Entry, LocalText
from knowledge.word_reading import Lexicon, Reading, Unit, load_lexicon, stem
from knowledge.word_spelling import Speller

MOST = 5
"""Matches that a search gives at most."""


@dataclass(frozen=True, slots=True)
class WordMatch:
    """An entry that the words of a text speak for; `likely` when they single it out."""

    entry: str
    score: float
    strength: Literal["likely", "possible"]


class _Field(NamedTuple):
    weight: float
    evenness: float
    """How much a long text is held against the field, 0 to 1."""


_FIELDS: Mapping[str, _Field] = {
    "words": _Field(3.0, 0.5),
    "title": _Field(2.0, 0.4),
    "sign": _Field(1.4, 0.5),
    "signature": _Field(1.4, 0.5),
    "cause": _Field(0.8, 0.7),
    "steps": _Field(0.3, 0.8),
}
_SATURATION = 1.2
_PHRASES = 0.6
"""What a phrase of the entry, found again in the text, adds to the score."""
_CANDIDATES = 12
_LEAST_SCORE = 4.0
_LEAST_LIKELY = 10.0
_LEAST_LEAD = 1.25
_LEAST_COVER = 0.5


class _Phrase(NamedTuple):
    units: tuple[Unit, ...]
    mass: float


class Words:
    """An index of what the entries say. Build it once."""

    def __init__(self, entries: Mapping[str, Entry], lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or load_lexicon()
        self._ids = tuple(entries)
        self._info = tuple(entry.severity == "info" for entry in entries.values())
        texts = [_texts(entry) for entry in entries.values()]
        said = [
            {name: [self._lexicon.read(text).units for text in parts] for name, parts in fields.items()} for fields in texts
        ]
        self._rarity = self._rarities(said)
        self._commonest = max(self._rarity.values(), default=1.0)
        self._postings = self._weighed(said)
        self._phrases = [self._phrases_of(fields) for fields in said]
        surface = {word for fields in texts for parts in fields.values() for text in parts for word in self._lexicon.surface(text)}
        self._surface = surface
        self._speller = Speller(word for word in surface | self._lexicon.forms.single_words() if not word.isdigit())

    def search(self, text: str) -> list[WordMatch]:
        """The entries that `text` speaks for, best first, at most five; none when it gives no ground."""
        reading = self._lexicon.read(text, self._spelt)
        if not reading.units or (reading.elsewhere and not reading.own):
            return []
        scores = self._scores(reading.units)
        best = sorted(scores, key=lambda index: (-scores[index], index))[:_CANDIDATES]
        said = {term for unit in reading.units for term in unit.terms}
        for index in best:
            scores[index] += _PHRASES * self._nearest_phrase(index, said)
        best.sort(key=lambda index: (-scores[index], index))
        best = [index for index in best if scores[index] >= _LEAST_SCORE]
        if not best:
            return []
        likely = self._singles_out(reading, scores, best)
        floor = scores[best[0]] * 0.4
        return [
            WordMatch(self._ids[index], round(scores[index], 3), "likely" if likely and index == best[0] else "possible")
            for index in best[:MOST]
            if scores[index] >= floor
        ]

    def _spelt(self, word: str) -> str | None:
        return word if word in self._surface or stem(word) in self._rarity else self._speller.nearest(word)

    def _rarities(self, said: Sequence[Mapping[str, Sequence[Sequence[Unit]]]]) -> dict[str, float]:
        """Of every term, how much it tells: more the fewer entries have it."""
        having: dict[str, int] = {}
        for fields in said:
            own = {term for parts in fields.values() for part in parts for unit in part for term in unit.terms}
            for term in own:
                having[term] = having.get(term, 0) + 1
        total = len(said)
        return {term: math.log(1 + (total - count + 0.5) / (count + 0.5)) for term, count in having.items()}

    def _weighed(self, said: Sequence[Mapping[str, Sequence[Sequence[Unit]]]]) -> dict[str, list[tuple[int, float]]]:
        """Of every term, the entries that have it, with what it adds to their score."""
        usual = {
            name: max(1.0, sum(len(part) for fields in said for part in fields[name]) / max(1, len(said)))
            for name in _FIELDS
        }
        postings: dict[str, list[tuple[int, float]]] = {}
        for index, fields in enumerate(said):
            weights: dict[str, float] = {}
            for name, field in _FIELDS.items():
                length = sum(len(part) for part in fields[name])
                even = 1 - field.evenness + field.evenness * length / usual[name]
                for part in fields[name]:
                    for unit in part:
                        for term in unit.terms:
                            weights[term] = weights.get(term, 0.0) + field.weight * unit.weight / even
            for term, weight in weights.items():
                share = self._rarity[term] * weight / (_SATURATION + weight)
                postings.setdefault(term, []).append((index, share))
        return postings

    def _phrases_of(self, fields: Mapping[str, Sequence[Sequence[Unit]]]) -> list[_Phrase]:
        phrases = []
        for name in ("words", "title", "sign"):
            for units in fields[name]:
                if units:
                    phrases.append(_Phrase(tuple(units), sum(self._told(unit) for unit in units)))
        return phrases

    def _told(self, unit: Unit) -> float:
        return unit.weight * max((self._rarity.get(term, self._commonest) for term in unit.terms), default=0.0)

    def _scores(self, units: Iterable[Unit]) -> dict[int, float]:
        scores: dict[int, float] = {}
        for unit in units:
            shares: dict[int, float] = {}
            for term in unit.terms:
                for index, share in self._postings.get(term, ()):
                    if share > shares.get(index, 0.0):
                        shares[index] = share
            for index, share in shares.items():
                scores[index] = scores.get(index, 0.0) + share * unit.weight
        return scores

    def _nearest_phrase(self, index: int, said: set[str]) -> float:
        best = 0.0
        for phrase in self._phrases[index]:
            shared = sum(self._told(unit) for unit in phrase.units if not said.isdisjoint(unit.terms))
            if phrase.mass:
                best = max(best, shared * shared / phrase.mass)
        return best

    def _singles_out(self, reading: Reading, scores: Mapping[int, float], best: Sequence[int]) -> bool:
        """Whether the words speak for the first entry alone, and enough of them do."""
        if not reading.trouble and reading.asks:
            return False
        top = scores[best[0]]
        if top < _LEAST_LIKELY or (len(best) > 1 and top < scores[best[1]] * _LEAST_LEAD):
            return False
        total = covered = 0.0
        telling = 0
        context = reading.own
        for unit in reading.units:
            told = self._told(unit)
            total += told
            if any(index == best[0] for term in unit.terms for index, _ in self._postings.get(term, ())):
                covered += told
                telling += told >= 1.5
                context = context or not self._lexicon.context.isdisjoint(unit.terms) or told >= 3.5
        return context and telling >= 2 and covered >= _LEAST_COVER * total


def _texts(entry: Entry) -> dict[str, list[str]]:
    """What the entry says, by field, in both languages."""
    return {
        "words": [phrase for phrases in entry.words.values() for phrase in phrases],
        "title": [*_both(entry.title), entry.id.replace("-", " ")],
        "sign": _both(entry.sign),
        "signature": [text for signature in entry.signatures for text in signature.text],
        "cause": _both(entry.cause),
        "steps": [text for step in entry.steps for text in _both(step.do)],
    }


def _both(text: LocalText) -> list[str]:
    return [text.en, text.it]
