"""Finds the entry that a person describes in their own words, in English or Italian."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from knowledge.model.entry import Entry, LocalText
from knowledge.search.spelling import Speller
from knowledge.search.tokenizer import Lexicon, Reading, Unit, load_lexicon, names_of

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
    mention: float
    """How much a word in it makes the entry one of those that have the word, 0 to 1."""


_FIELDS: Mapping[str, _Field] = {
    "words": _Field(3.0, 0.5, 1.0),
    "title": _Field(2.0, 0.4, 1.0),
    "sign": _Field(1.4, 0.5, 1.0),
    "signature": _Field(1.4, 0.5, 1.0),
    "cause": _Field(0.8, 0.7, 0.6),
    "steps": _Field(0.2, 0.8, 0.3),
}
_SATURATION = 3.0
_PHRASES = 0.6
"""What a phrase of the entry, found again in the text, adds to the score."""
_ECHO = 0.4
"""What a word adds that stands in the entry as it is written, beside what it means."""
_LEAST_RARITY = 0.4
"""A term that most entries have is not looked up at all."""
_CANDIDATES = 12
_WORTH: Mapping[str, float] = {"wrapper": 0.9, "symptom": 0.95}
"""An entry behind which another may stand gives way to the one that names the cause."""
_PHRASE_FIELDS = ("words", "title", "sign", "signature")
_LEAST_SCORE = 2.5
_LEAST_SHARE = 0.4
"""How near a match must come to the best one to be shown beside it."""
_FOREIGN = 6.0
"""How much more it takes when the text speaks of another tool."""
_CURIOUS = 2.5
"""How much more it takes when the text asks about a thing and tells of no trouble."""
_LEAST_LIKELY = 9.0
_LEAST_LEAD = 1.25
_LEAST_COVER = 0.4
_LEAST_KNOWN_COVER = 0.6
_TELLING = 1.5
_LEAST_TELLING = 2
_UNMISTAKABLE = 3.5


class _Phrase(NamedTuple):
    units: tuple[Unit, ...]
    mass: float


class Words:
    """An index of what the entries say. Build it once."""

    def __init__(self, entries: Mapping[str, Entry], lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or load_lexicon()
        self._ids = tuple(entries)
        self._worth = tuple(_WORTH.get(entry.role, 1.0) for entry in entries.values())
        texts = [_texts(entry) for entry in entries.values()]
        said = [
            {name: [self._lexicon.units_of(text) for text in parts] for name, parts in fields.items()}
            for fields in texts
        ]
        self._rarity = self._rarities(said)
        self._commonest = max(self._rarity.values(), default=1.0)
        self._postings = self._weighed(said, self._rarity)
        self._terms = [
            {term for parts in fields.values() for part in parts for unit in part for term in unit.terms}
            for fields in said
        ]
        self._phrases = [self._phrases_of(fields) for fields in said]
        spelt = [
            {name: [_echoes(names_of(text)) for text in parts] for name, parts in fields.items()} for fields in texts
        ]
        self._echo_rarity = self._rarities(spelt)
        self._echoes = self._weighed(spelt, self._echo_rarity)
        self._speller = Speller(self._echo_rarity.keys() | self._lexicon.forms.words())

    def search(self, text: str) -> list[WordMatch]:
        """The entries that `text` speaks for, best first, at most five; none when it gives no ground."""
        reading = self._lexicon.read(text, self._spelt)
        if not reading.units:
            return []
        foreign = reading.elsewhere and not reading.own
        curious = reading.asks and not reading.trouble
        least = _LEAST_SCORE * (_FOREIGN if foreign else _CURIOUS if curious else 1)
        scores = self._scores(reading)
        best = sorted(scores, key=lambda index: (-scores[index], index))[:_CANDIDATES]
        said = {term for unit in reading.units for term in unit.terms}
        for index in best:
            scores[index] += _PHRASES * self._nearest_phrase(index, said)
            scores[index] *= self._worth[index]
        best.sort(key=lambda index: (-scores[index], index))
        best = [index for index in best if scores[index] >= least]
        if not best:
            return []
        floor = scores[best[0]] * _LEAST_SHARE
        likely = not (foreign or curious) and self._singles_out(reading, scores, best)
        matches = [
            WordMatch(self._ids[index], round(scores[index], 3), "possible") for index in best if scores[index] >= floor
        ]
        if likely:
            matches[0] = replace(matches[0], strength="likely")
        return matches[:MOST]

    def _spelt(self, word: str) -> str | None:
        return word if word in self._echo_rarity else self._speller.nearest(word)

    def _rarities(self, said: Sequence[Mapping[str, Sequence[Sequence[Unit]]]]) -> dict[str, float]:
        """Of every term, how much it tells: more the fewer entries have it."""
        having: dict[str, float] = {}
        for fields in said:
            mentions: dict[str, float] = {}
            for name, field in _FIELDS.items():
                for term in {term for part in fields[name] for unit in part for term in unit.terms}:
                    mentions[term] = max(mentions.get(term, 0.0), field.mention)
            for term, mention in mentions.items():
                having[term] = having.get(term, 0.0) + mention
        total = len(said)
        return {term: _rarity(total, count) for term, count in having.items()}

    def _weighed(
        self, said: Sequence[Mapping[str, Sequence[Sequence[Unit]]]], rarity: Mapping[str, float]
    ) -> dict[str, list[tuple[int, float]]]:
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
                if rarity[term] >= _LEAST_RARITY:
                    share = rarity[term] * weight / (_SATURATION + weight)
                    postings.setdefault(term, []).append((index, share))
        return postings

    def _phrases_of(self, fields: Mapping[str, Sequence[Sequence[Unit]]]) -> list[_Phrase]:
        return [
            _Phrase(tuple(units), sum(self._told(unit) for unit in units))
            for name in _PHRASE_FIELDS
            for units in fields[name]
            if units
        ]

    def _told(self, unit: Unit) -> float:
        return unit.weight * max((self._rarity.get(term, self._commonest) for term in unit.terms), default=0.0)

    def _scores(self, reading: Reading) -> dict[int, float]:
        scores: dict[int, float] = {}
        for unit in reading.units:
            shares: dict[int, float] = {}
            for term in unit.terms:
                for index, share in self._postings.get(term, ()):
                    if share > shares.get(index, 0.0):
                        shares[index] = share
            for index, share in shares.items():
                scores[index] = scores.get(index, 0.0) + share * unit.weight
        for word in reading.words:
            for index, share in self._echoes.get(word, ()):
                scores[index] = scores.get(index, 0.0) + share * _ECHO
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
        top = scores[best[0]]
        if top < _LEAST_LIKELY or (len(best) > 1 and top < scores[best[1]] * _LEAST_LEAD):
            return False
        known = unknown = covered = 0.0
        telling = 0
        context = reading.own
        for unit in reading.units:
            told = self._told(unit)
            if not self._terms[best[0]].isdisjoint(unit.terms):
                covered += told
                telling += told >= _TELLING
                context = context or not self._lexicon.context.isdisjoint(unit.terms) or told >= _UNMISTAKABLE
            if any(term in self._rarity for term in unit.terms):
                known += told
            else:
                unknown += told
        return (
            context
            and telling >= _LEAST_TELLING
            and covered >= _LEAST_KNOWN_COVER * known
            and covered >= _LEAST_COVER * (known + unknown)
        )


def _echoes(names: Iterable[str]) -> tuple[Unit, ...]:
    """The words as they are written."""
    return tuple(Unit((name.lower(),), name) for name in names)


def _rarity(total: int, having: float) -> float:
    return math.log(1 + (total - having + 0.5) / (having + 0.5))


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
