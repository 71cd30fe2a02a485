"""The texts of an entry that are searched, by field, and how much each field counts."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.model.entry import Entry
from knowledge.search.bm25f_index import FieldWeights

FIELDS: Mapping[str, FieldWeights] = {
    "words": FieldWeights(3.0, 0.5, 1.0),
    "title": FieldWeights(2.0, 0.4, 1.0),
    "symptom": FieldWeights(1.4, 0.5, 1.0),
    "signature": FieldWeights(1.4, 0.5, 1.0),
    "cause": FieldWeights(0.8, 0.7, 0.6),
}


def extract_texts(entry: Entry) -> dict[str, list[str]]:
    """Return the texts of an entry in all languages, by search field."""
    return {
        "words": [phrase for phrases in entry.words.values() for phrase in phrases],
        "title": [*entry.title.list_all(), entry.id.replace("-", " ")],
        "symptom": [*entry.symptom.list_all()],
        "signature": [text for signature in entry.signatures for text in signature.text],
        "cause": [*entry.cause.list_all()],
    }
