"""Leaves out what a text denies: somebody who writes "it's not a timeout" isn't looking for a timeout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from knowledge.search.phrase_table import PhraseTable

_MAX_WORDS_BETWEEN = 1
"""Words between a denial and what it denies, such as "not a real timeout"."""
_MAX_CONCEPT_WORDS = 3


class Denials:
    """Phrases that deny the concept after them, such as "not a", or before them, such as "is fine"."""

    def __init__(self, before: Iterable[str], after: Iterable[str], concepts: PhraseTable) -> None:
        self._before = PhraseTable({"": before})
        self._after = PhraseTable({"": after})
        self._concepts = concepts

    def remove_denied(self, names: Sequence[str]) -> list[str]:
        """Return the words of a text without the concepts that it denies, and without the denials."""
        words = [name.lower() for name in names]
        denied: set[int] = set()
        for index in range(len(words)):
            denied.update(self._find_denied_after(words, index))
            denied.update(self._find_denied_before(words, index))
        return [name for index, name in enumerate(names) if index not in denied]

    def _find_denied_after(self, words: Sequence[str], index: int) -> range:
        denial = self._before.match_at(words, index)
        if denial is None:
            return range(0)
        for start in range(denial.end, min(denial.end + _MAX_WORDS_BETWEEN + 1, len(words))):
            concept = self._concepts.match_at(words, start)
            if concept is not None:
                return range(index, concept.end)
        return range(0)

    def _find_denied_before(self, words: Sequence[str], index: int) -> range:
        denial = self._after.match_at(words, index)
        if denial is None:
            return range(0)
        for start in range(max(0, index - _MAX_CONCEPT_WORDS), index):
            concept = self._concepts.match_at(words, start)
            if concept is not None and concept.end == index:
                return range(start, denial.end)
        return range(0)
