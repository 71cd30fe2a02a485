"""Measures how well a text fits what entries are about, from `needs` and `against` in the lexicon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

_LACK_FACTOR = 0.75
"""Factor for each group of an entry's subject that a text doesn't mention."""
_AGAINST_FACTOR = 0.7
"""Factor for an entry that something in a text speaks against."""


class EntrySubjects:
    """What each entry is about and what speaks against it, as terms. Entries are identified by position."""

    def __init__(self, entries: Sequence[str], lexicon: Mapping[str, Any]) -> None:
        concepts, needs, against = lexicon["concepts"], lexicon["needs"], lexicon["against"]
        self._needs = [tuple(_read_terms(group, concepts) for group in needs.get(entry, ())) for entry in entries]
        self._fallbacks = [
            (entries.index(entry), _read_terms(names, concepts))
            for entry, names in lexicon["fallbacks"].items()
            if entry in entries
        ]
        self._against = [_read_terms(against.get(entry, ()), concepts) for entry in entries]

    def compute_fit(self, index: int, terms: Set[str]) -> float:
        """Return a factor of at most 1: less if `terms` lack parts of an entry's subject or speak against it."""
        fit = 1.0 if self._against[index].isdisjoint(terms) else _AGAINST_FACTOR
        return fit * _LACK_FACTOR ** self.count_lacking(index, terms)

    def find_fallback(self, terms: Set[str]) -> int | None:
        """Return the entry for a text that says little more than that something failed, or `None`."""
        return next((index for index, names in self._fallbacks if not names.isdisjoint(terms)), None)

    def is_fallback(self, index: int) -> bool:
        """Whether an entry is for a text that says little more than that something failed."""
        return any(index == fallback for fallback, _ in self._fallbacks)

    def count_lacking(self, index: int, terms: Set[str]) -> int:
        """Count the groups of an entry's subject that have none of `terms`."""
        return sum(group.isdisjoint(terms) for group in self._needs[index])


def _read_terms(names: Iterable[object], concepts: Mapping[str, Any]) -> frozenset[str]:
    """Return the terms for the names of concepts, or for other words and numbers."""
    return frozenset(f"~{name}" if name in concepts else str(name) for name in names)
