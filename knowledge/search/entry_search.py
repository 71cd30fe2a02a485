"""Finds the entry that a person describes in their own words, in any language of the lexicon.

Each entry is scored by BM25F over its concepts and stems, with bonuses for words that occur exactly as written and for
phrases of the entry that the text repeats. It counts less if the text doesn't mention the entry's subject. The weights
were tuned by leaving out a fifth of all entries' phrases at a time, and searching for those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from knowledge.catalog.word_lexicon import load_word_lexicon
from knowledge.model.entry import Entry
from knowledge.search.bm25f_index import Bm25fIndex, TokenizedDocument
from knowledge.search.entry_subjects import EntrySubjects
from knowledge.search.entry_texts import FIELDS, extract_texts
from knowledge.search.min_score import MIN_SCORE, compute_min_score, is_about_other, is_mere_question
from knowledge.search.spelling import SpellingCorrector
from knowledge.search.tokenizer import ParsedQuery, SearchToken, load_lexicon, split_words

MAX_RESULTS = 5
"""The most matches that a search returns."""


@dataclass(frozen=True, slots=True)
class EntrySearchHit:
    """An entry that fits a text. `strength` is `likely` only if the text clearly singles it out."""

    entry: str
    score: float
    strength: Literal["likely", "possible"]


_PHRASE_FIELDS = ("words", "title", "symptom", "signature")
_PHRASE_BONUS = 0.7
"""Factor for the score of the entry's phrase that the text repeats best."""
_EXACT_WORD_BONUS = 0.8
"""Factor for the score of words that occur in the entry exactly as written."""
_MAX_CANDIDATES = 12
_ROLE_FACTORS: Mapping[str, float] = {"wrapper": 0.9, "symptom": 0.95}
"""A possible consequence ranks slightly below the entry that names its cause."""
_PLAIN_WORD_FACTOR = 0.8
"""Weight of a word that isn't in the lexicon: however rare, it's hardly ever what a question is about."""
_MIN_CLEAR_SCORE = 6.0
"""Below this, an entry for anything that may have failed is the better answer."""
_MIN_SCORE_BESIDE_WRAPPER = 4.0
"""The same if that entry names no cause."""
_MIN_SCORE_RATIO = 0.4
"""Share of the best score that another match needs in order to be shown."""
_FAILED_STEP_TERM = "~exit-code"
"""Without this, a question only mentions a script; it isn't what failed."""
_MIN_LIKELY_SCORE = 13.0
_MIN_LEAD_RATIO = 1.25
"""How far a likely match must be ahead of the second one."""
_MIN_COVERAGE = 0.4
"""Share of a text's weight that a likely match must share."""
_MIN_KNOWN_COVERAGE = 0.6
"""The same share among the terms that occur in any entry."""
_MIN_INFORMATIVE_WEIGHT = 1.5
_MIN_INFORMATIVE_TOKENS = 2
_MIN_UNAMBIGUOUS_WEIGHT = 4.0
"""A term this rare tells by itself that the text is about an image build."""


class _Phrase(NamedTuple):
    tokens: tuple[SearchToken, ...]
    total_weight: float


class EntrySearch:
    """A search index over the texts of all entries. Build it once: that takes a few tenths of a second."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._lexicon = load_lexicon()
        self._ids = tuple(entries)
        self._role_factors = tuple(_ROLE_FACTORS.get(entry.role, 1.0) for entry in entries.values())
        self._wrappers = frozenset(index for index, entry in enumerate(entries.values()) if entry.role == "wrapper")
        self._subjects = EntrySubjects(self._ids, load_word_lexicon())
        texts_by_entry = [extract_texts(entry) for entry in entries.values()]
        # Each token is kept once: otherwise the garbage collector's work grows faster than the entries do.
        kept: dict[SearchToken, SearchToken] = {}
        documents: list[TokenizedDocument] = [
            {name: [_keep_once(self._lexicon.tokenize(text), kept) for text in texts] for name, texts in fields.items()}
            for fields in texts_by_entry
        ]
        self._index = Bm25fIndex(documents, FIELDS)
        self._max_idf = max(self._index.idf.values(), default=1.0)
        self._entry_terms = [
            {term for texts in document.values() for text in texts for token in text for term in token.terms}
            for document in documents
        ]
        self._phrases = [self._build_phrases(document) for document in documents]
        self._exact_index = Bm25fIndex(
            [
                {
                    name: [_keep_once(_tokenize_exactly(split_words(text)), kept) for text in texts]
                    for name, texts in fields.items()
                }
                for fields in texts_by_entry
            ],
            FIELDS,
        )
        self._speller = SpellingCorrector(self._exact_index.idf.keys() | self._lexicon.concepts.list_words())

    def search(self, text: str, *, is_small_talk: bool = False) -> list[EntrySearchHit]:
        """Return at most five entries that fit `text`, best first; none if too little of it points to an entry.

        A text that `is_small_talk`, at first sight, must name an entry's subject the more clearly.
        """
        query = self._lexicon.parse_query(text, self._correct_spelling)
        if not query.tokens:
            return []
        has_context = query.has_own_terms or not self._lexicon.context_terms.isdisjoint(query.terms)
        min_score = compute_min_score(query, has_context=has_context, is_small_talk=is_small_talk)
        scores = self._compute_scores(query)
        ranked = [index for index in self._rank_candidates(query, scores) if scores[index] >= min_score]
        if has_context and query.has_trouble and not is_about_other(query):
            ranked = self._add_fallback(query, scores, ranked)
        if not ranked:
            return []
        best_score = scores[ranked[0]]
        hits = [
            EntrySearchHit(self._ids[index], round(scores[index], 3), "possible")
            for index in ranked
            if scores[index] >= best_score * _MIN_SCORE_RATIO
        ]
        # Only the first can be likely, so all others stay possible.
        is_clearly_ours = not (query.has_foreign_terms or is_about_other(query))
        if (
            is_clearly_ours
            and not (is_mere_question(query) or is_small_talk)
            and self._is_likely(query, scores, ranked)
        ):
            hits[0] = replace(hits[0], strength="likely")
        return hits[:MAX_RESULTS]

    def _add_fallback(self, query: ParsedQuery, scores: dict[int, float], ranked: list[int]) -> list[int]:
        """Put the general entry before entries that the query hardly points to."""
        fallback = self._subjects.find_fallback(query.terms)
        if fallback is None:
            return ranked
        # A wrapper names no cause, so almost anything that was found is better.
        min_score = _MIN_SCORE_BESIDE_WRAPPER if fallback in self._wrappers else _MIN_CLEAR_SCORE
        if ranked and scores[ranked[0]] >= min_score:
            return ranked
        scores[fallback] = scores[ranked[0]] if ranked else MIN_SCORE
        return [fallback, *(index for index in ranked if index != fallback)]

    def _correct_spelling(self, word: str) -> str | None:
        """Return what a word means: itself, the nearest known word, or two known words that were run together."""
        if word in self._exact_index.idf or self._lexicon.stem(word) in self._index.idf:
            return word
        return self._speller.find_nearest(word) or self._speller.split_compound(word)

    def _build_phrases(self, document: TokenizedDocument) -> list[_Phrase]:
        return [
            _Phrase(tuple(tokens), sum(self._compute_weight(token) for token in tokens))
            for name in _PHRASE_FIELDS
            for tokens in document[name]
            if tokens
        ]

    def _compute_weight(self, token: SearchToken) -> float:
        return token.weight * max((self._index.idf.get(term, self._max_idf) for term in token.terms), default=0.0)

    def _compute_scores(self, query: ParsedQuery) -> dict[int, float]:
        """Return the BM25F score of every entry that has a term of the query, by the entry's index."""
        scores: dict[int, float] = {}
        for token in query.tokens:
            # A token's terms are alternatives, so only the best one counts for an entry.
            shares: dict[int, float] = {}
            for term in token.terms:
                for index, share in self._index.postings.get(term, ()):
                    if share > shares.get(index, 0.0):
                        shares[index] = share
            weight = token.weight * (_PLAIN_WORD_FACTOR if _is_plain(token) else 1.0)
            for index, share in shares.items():
                scores[index] = scores.get(index, 0.0) + share * weight
        plain_words = {word for token in query.tokens if _is_plain(token) for word in token.words.split()}
        for word in query.words:
            weight = _EXACT_WORD_BONUS * (_PLAIN_WORD_FACTOR if word in plain_words else 1.0)
            for index, share in self._exact_index.postings.get(word, ()):
                scores[index] = scores.get(index, 0.0) + share * weight
        return scores

    def _rank_candidates(self, query: ParsedQuery, scores: dict[int, float]) -> list[int]:
        """Adjust scores by subjects, phrases, and roles, and return the indexes of the best entries, best first."""
        fits = {index: self._subjects.compute_fit(index, query.terms) for index in scores}
        for index, fit in fits.items():
            scores[index] *= fit
        candidates = sorted(scores, key=lambda index: (-scores[index], index))[:_MAX_CANDIDATES]
        for index in candidates:
            scores[index] += _PHRASE_BONUS * fits[index] * self._score_nearest_phrase(index, query.terms)
            scores[index] *= self._role_factors[index]
        return sorted(candidates, key=lambda index: (-scores[index], index))

    def _score_nearest_phrase(self, index: int, query_terms: Set[str]) -> float:
        best = 0.0
        for phrase in self._phrases[index]:
            shared = sum(
                self._compute_weight(token) for token in phrase.tokens if not query_terms.isdisjoint(token.terms)
            )
            if phrase.total_weight:
                best = max(best, shared * shared / phrase.total_weight)
        return best

    def _is_likely(self, query: ParsedQuery, scores: Mapping[int, float], ranked: Sequence[int]) -> bool:
        """Whether the query points to the first entry alone and shares enough of its content with it."""
        best = ranked[0]
        if scores[best] < _MIN_LIKELY_SCORE or self._subjects.count_lacking(best, query.terms):
            return False
        if self._subjects.is_fallback(best) and _FAILED_STEP_TERM not in query.terms:
            return False
        if len(ranked) > 1 and scores[best] < scores[ranked[1]] * _MIN_LEAD_RATIO:
            return False
        known = unknown = covered = 0.0
        informative_tokens = 0
        has_context = query.has_own_terms
        for token in query.tokens:
            weight = self._compute_weight(token)
            if not self._entry_terms[best].isdisjoint(token.terms):
                covered += weight
                informative_tokens += weight >= _MIN_INFORMATIVE_WEIGHT
                has_context = (
                    has_context
                    or not self._lexicon.context_terms.isdisjoint(token.terms)
                    or weight >= _MIN_UNAMBIGUOUS_WEIGHT
                )
            if any(term in self._index.idf for term in token.terms):
                known += weight
            else:
                unknown += weight
        return (
            has_context
            and informative_tokens >= _MIN_INFORMATIVE_TOKENS
            and covered >= _MIN_KNOWN_COVERAGE * known
            and covered >= _MIN_COVERAGE * (known + unknown)
        )


def _is_plain(token: SearchToken) -> bool:
    """Whether a token is a word that the lexicon doesn't know, rather than a concept, a number, or a duration."""
    return all(term.isalpha() for term in token.terms)


def _keep_once(
    tokens: Iterable[SearchToken], kept: MutableMapping[SearchToken, SearchToken]
) -> tuple[SearchToken, ...]:
    """Return `tokens`, each as the equal one among `kept`, where new ones are added."""
    return tuple(kept.setdefault(token, token) for token in tokens)


def _tokenize_exactly(names: Iterable[str]) -> tuple[SearchToken, ...]:
    """Make a token of each word as it is written, without stemming and concepts."""
    return tuple(SearchToken((name.lower(),), name) for name in names)
