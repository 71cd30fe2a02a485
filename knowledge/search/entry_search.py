"""Finds the entry that a person describes in their own words, in English or Italian."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from knowledge.model.entry import Entry, LocalizedText
from knowledge.search.spelling import SpellingCorrector
from knowledge.search.tokenizer import Lexicon, ParsedQuery, SearchToken, load_lexicon, split_words

MAX_RESULTS = 5
"""Matches that a search gives at most."""


@dataclass(frozen=True, slots=True)
class EntrySearchHit:
    """An entry that the words of a text speak for; `likely` when they single it out."""

    entry: str
    score: float
    strength: Literal["likely", "possible"]


class _FieldWeights(NamedTuple):
    weight: float
    length_normalization: float
    """How much a long text is held against the field, 0 to 1."""
    mention_weight: float
    """How much a word in it makes the entry one of those that have the word, 0 to 1."""


_FIELDS: Mapping[str, _FieldWeights] = {
    "words": _FieldWeights(3.0, 0.5, 1.0),
    "title": _FieldWeights(2.0, 0.4, 1.0),
    "sign": _FieldWeights(1.4, 0.5, 1.0),
    "signature": _FieldWeights(1.4, 0.5, 1.0),
    "cause": _FieldWeights(0.8, 0.7, 0.6),
    "steps": _FieldWeights(0.2, 0.8, 0.3),
}
_SATURATION = 3.0
_PHRASE_BONUS = 0.6
"""What a phrase of the entry, found again in the text, adds to the score."""
_EXACT_WORD_BONUS = 0.4
"""What a word adds that stands in the entry as it is written, beside what it means."""
_MIN_IDF = 0.4
"""A term that most entries have is not looked up at all."""
_MAX_CANDIDATES = 12
_ROLE_FACTORS: Mapping[str, float] = {"wrapper": 0.9, "symptom": 0.95}
"""An entry behind which another may stand gives way to the one that names the cause."""
_PHRASE_FIELDS = ("words", "title", "sign", "signature")
_MIN_SCORE = 2.5
_MIN_SCORE_RATIO = 0.4
"""How near a match must come to the best one to be shown beside it."""
_FOREIGN_FACTOR = 6.0
"""How much more it takes when the text speaks of another tool."""
_QUESTION_FACTOR = 2.5
"""How much more it takes when the text asks about a thing and tells of no trouble."""
_MIN_LIKELY_SCORE = 9.0
_MIN_LEAD_RATIO = 1.25
_MIN_COVERAGE = 0.4
_MIN_KNOWN_COVERAGE = 0.6
_MIN_INFORMATIVE_WEIGHT = 1.5
_MIN_INFORMATIVE_TOKENS = 2
_MIN_UNAMBIGUOUS_WEIGHT = 3.5


class _Phrase(NamedTuple):
    tokens: tuple[SearchToken, ...]
    total_weight: float


class EntrySearch:
    """An index of what the entries say. Build it once."""

    def __init__(self, entries: Mapping[str, Entry], lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or load_lexicon()
        self._ids = tuple(entries)
        self._entry_factors = tuple(_ROLE_FACTORS.get(entry.role, 1.0) for entry in entries.values())
        texts = [_extract_texts(entry) for entry in entries.values()]
        said = [
            {name: [self._lexicon.tokenize(text) for text in parts] for name, parts in fields.items()}
            for fields in texts
        ]
        self._idf = self._compute_idf(said)
        self._max_idf = max(self._idf.values(), default=1.0)
        self._postings = self._build_postings(said, self._idf)
        self._entry_terms = [
            {term for parts in fields.values() for part in parts for unit in part for term in unit.terms}
            for fields in said
        ]
        self._phrases = [self._build_phrases(fields) for fields in said]
        spelt = [
            {name: [_tokenize_exact(split_words(text)) for text in parts] for name, parts in fields.items()}
            for fields in texts
        ]
        self._exact_idf = self._compute_idf(spelt)
        self._exact_postings = self._build_postings(spelt, self._exact_idf)
        self._speller = SpellingCorrector(self._exact_idf.keys() | self._lexicon.concepts.list_words())

    def search(self, text: str) -> list[EntrySearchHit]:
        """The entries that `text` speaks for, best first, at most five; none when it gives no ground."""
        reading = self._lexicon.parse_query(text, self._correct_spelling)
        if not reading.tokens:
            return []
        foreign = reading.has_foreign_terms and not reading.has_own_terms
        curious = reading.is_question and not reading.has_trouble
        least = _MIN_SCORE * (_FOREIGN_FACTOR if foreign else _QUESTION_FACTOR if curious else 1)
        scores = self._compute_scores(reading)
        best = sorted(scores, key=lambda index: (-scores[index], index))[:_MAX_CANDIDATES]
        said = {term for unit in reading.tokens for term in unit.terms}
        for index in best:
            scores[index] += _PHRASE_BONUS * self._score_nearest_phrase(index, said)
            scores[index] *= self._entry_factors[index]
        best.sort(key=lambda index: (-scores[index], index))
        best = [index for index in best if scores[index] >= least]
        if not best:
            return []
        floor = scores[best[0]] * _MIN_SCORE_RATIO
        likely = not (foreign or curious) and self._is_likely_match(reading, scores, best)
        matches = [
            EntrySearchHit(self._ids[index], round(scores[index], 3), "possible")
            for index in best
            if scores[index] >= floor
        ]
        if likely:
            matches[0] = replace(matches[0], strength="likely")
        return matches[:MAX_RESULTS]

    def _correct_spelling(self, word: str) -> str | None:
        return word if word in self._exact_idf else self._speller.find_nearest(word)

    def _compute_idf(
        self, fields_by_entry: Sequence[Mapping[str, Sequence[Sequence[SearchToken]]]]
    ) -> dict[str, float]:
        """Of every term, how much it tells: more the fewer entries have it."""
        having: dict[str, float] = {}
        for fields in fields_by_entry:
            mentions: dict[str, float] = {}
            for name, field in _FIELDS.items():
                for term in {term for part in fields[name] for unit in part for term in unit.terms}:
                    mentions[term] = max(mentions.get(term, 0.0), field.mention_weight)
            for term, mention in mentions.items():
                having[term] = having.get(term, 0.0) + mention
        total = len(fields_by_entry)
        return {term: _compute_term_idf(total, count) for term, count in having.items()}

    def _build_postings(
        self, fields_by_entry: Sequence[Mapping[str, Sequence[Sequence[SearchToken]]]], idf: Mapping[str, float]
    ) -> dict[str, list[tuple[int, float]]]:
        """Of every term, the entries that have it, with what it adds to their score."""
        usual = {
            name: max(
                1.0,
                sum(len(part) for fields in fields_by_entry for part in fields[name]) / max(1, len(fields_by_entry)),
            )
            for name in _FIELDS
        }
        postings: dict[str, list[tuple[int, float]]] = {}
        for index, fields in enumerate(fields_by_entry):
            weights: dict[str, float] = {}
            for name, field in _FIELDS.items():
                length = sum(len(part) for part in fields[name])
                even = 1 - field.length_normalization + field.length_normalization * length / usual[name]
                for part in fields[name]:
                    for unit in part:
                        for term in unit.terms:
                            weights[term] = weights.get(term, 0.0) + field.weight * unit.weight / even
            for term, weight in weights.items():
                if idf[term] >= _MIN_IDF:
                    share = idf[term] * weight / (_SATURATION + weight)
                    postings.setdefault(term, []).append((index, share))
        return postings

    def _build_phrases(self, fields: Mapping[str, Sequence[Sequence[SearchToken]]]) -> list[_Phrase]:
        return [
            _Phrase(tuple(units), sum(self._compute_weight(unit) for unit in units))
            for name in _PHRASE_FIELDS
            for units in fields[name]
            if units
        ]

    def _compute_weight(self, token: SearchToken) -> float:
        return token.weight * max((self._idf.get(term, self._max_idf) for term in token.terms), default=0.0)

    def _compute_scores(self, query: ParsedQuery) -> dict[int, float]:
        scores: dict[int, float] = {}
        for unit in query.tokens:
            shares: dict[int, float] = {}
            for term in unit.terms:
                for index, share in self._postings.get(term, ()):
                    if share > shares.get(index, 0.0):
                        shares[index] = share
            for index, share in shares.items():
                scores[index] = scores.get(index, 0.0) + share * unit.weight
        for word in query.words:
            for index, share in self._exact_postings.get(word, ()):
                scores[index] = scores.get(index, 0.0) + share * _EXACT_WORD_BONUS
        return scores

    def _score_nearest_phrase(self, index: int, query_terms: set[str]) -> float:
        best = 0.0
        for phrase in self._phrases[index]:
            shared = sum(self._compute_weight(unit) for unit in phrase.tokens if not query_terms.isdisjoint(unit.terms))
            if phrase.total_weight:
                best = max(best, shared * shared / phrase.total_weight)
        return best

    def _is_likely_match(self, query: ParsedQuery, scores: Mapping[int, float], best: Sequence[int]) -> bool:
        """Whether the words speak for the first entry alone, and enough of them do."""
        top = scores[best[0]]
        if top < _MIN_LIKELY_SCORE or (len(best) > 1 and top < scores[best[1]] * _MIN_LEAD_RATIO):
            return False
        known = unknown = covered = 0.0
        telling = 0
        context = query.has_own_terms
        for unit in query.tokens:
            told = self._compute_weight(unit)
            if not self._entry_terms[best[0]].isdisjoint(unit.terms):
                covered += told
                telling += told >= _MIN_INFORMATIVE_WEIGHT
                context = (
                    context or not self._lexicon.context_terms.isdisjoint(unit.terms) or told >= _MIN_UNAMBIGUOUS_WEIGHT
                )
            if any(term in self._idf for term in unit.terms):
                known += told
            else:
                unknown += told
        return (
            context
            and telling >= _MIN_INFORMATIVE_TOKENS
            and covered >= _MIN_KNOWN_COVERAGE * known
            and covered >= _MIN_COVERAGE * (known + unknown)
        )


def _tokenize_exact(names: Iterable[str]) -> tuple[SearchToken, ...]:
    """The words as they are written."""
    return tuple(SearchToken((name.lower(),), name) for name in names)


def _compute_term_idf(total: int, containing: float) -> float:
    return math.log(1 + (total - containing + 0.5) / (containing + 0.5))


def _extract_texts(entry: Entry) -> dict[str, list[str]]:
    """What the entry says, by field, in both languages."""
    return {
        "words": [phrase for phrases in entry.words.values() for phrase in phrases],
        "title": [*_list_translations(entry.title), entry.id.replace("-", " ")],
        "sign": _list_translations(entry.symptom),
        "signature": [text for signature in entry.signatures for text in signature.text],
        "cause": _list_translations(entry.cause),
        "steps": [text for step in entry.steps for text in _list_translations(step.do)],
    }


def _list_translations(text: LocalizedText) -> list[str]:
    return [text.en, text.it]
