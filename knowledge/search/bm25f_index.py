"""An inverted index over documents with weighted fields, scored by BM25F.

BM25F adds up a term's occurrences over all fields, each weighted and normalized by the field's length, before it
saturates the sum. See Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from knowledge.search.tokenizer import SearchToken

_SATURATION = 2.0
_MIN_IDF = 0.4
"""A term below this occurs in most documents and isn't indexed at all."""

TokenizedDocument = Mapping[str, Sequence[Sequence[SearchToken]]]
"""The texts of each field of a document, as tokens."""


class FieldWeights(NamedTuple):
    """How much a field counts."""

    weight: float
    length_normalization: float
    """How strongly long texts reduce the field's weight, 0 to 1."""
    mention_weight: float
    """How much a term in the field counts toward the document having it, 0 to 1."""


class Bm25fIndex:
    """An index of documents, which are identified by position.

    `idf` holds the inverse document frequency of every term. `postings` holds for each term that is not too common the
    documents that have it, each with the term's share of the document's score.
    """

    def __init__(self, documents: Sequence[TokenizedDocument], fields: Mapping[str, FieldWeights]) -> None:
        self.idf = _compute_idf(documents, fields)
        self.postings = _build_postings(documents, fields, self.idf)


def _compute_idf(documents: Sequence[TokenizedDocument], fields: Mapping[str, FieldWeights]) -> dict[str, float]:
    document_counts: dict[str, float] = {}
    for document in documents:
        mentions: dict[str, float] = {}
        for name, field in fields.items():
            for term in {term for text in document[name] for token in text for term in token.terms}:
                mentions[term] = max(mentions.get(term, 0.0), field.mention_weight)
        for term, mention in mentions.items():
            document_counts[term] = document_counts.get(term, 0.0) + mention
    return {term: _compute_term_idf(len(documents), count) for term, count in document_counts.items()}


def _compute_term_idf(total: int, containing: float) -> float:
    return math.log(1 + (total - containing + 0.5) / (containing + 0.5))


def _build_postings(
    documents: Sequence[TokenizedDocument], fields: Mapping[str, FieldWeights], idf: Mapping[str, float]
) -> dict[str, list[tuple[int, float]]]:
    average_lengths = {
        name: max(1.0, sum(_count_tokens(document[name]) for document in documents) / max(1, len(documents)))
        for name in fields
    }
    postings: dict[str, list[tuple[int, float]]] = {}
    for index, document in enumerate(documents):
        weights: dict[str, float] = {}
        for name, field in fields.items():
            relative_length = _count_tokens(document[name]) / average_lengths[name]
            normalization = 1 - field.length_normalization + field.length_normalization * relative_length
            for text in document[name]:
                for token in text:
                    for term in token.terms:
                        weights[term] = weights.get(term, 0.0) + field.weight * token.weight / normalization
        for term, weight in weights.items():
            if idf[term] >= _MIN_IDF:
                share = idf[term] * weight / (_SATURATION + weight)
                postings.setdefault(term, []).append((index, share))
    return postings


def _count_tokens(texts: Sequence[Sequence[SearchToken]]) -> int:
    return sum(len(text) for text in texts)
