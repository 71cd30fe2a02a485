"""Find all places of many literal texts at once, in any case.

Vectorscan does this about twice as fast as RE2. Windows on Arm has no package of it; RE2 finds the same places there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from knowledge.patterns import LiteralSet
from knowledge.vectorscan import compile_literals

WINDOW_BYTES = 64 << 10
"""How much text is searched at a time, which bounds the number of hits."""
_MAX_DROPPED_HITS = 10_000
"""How many hits of dropped literals to skip before the others are compiled again, which takes as long."""

LiteralHit = tuple[int, int, bytes]
"""Where a literal starts, its length below zero, and the literal in lowercase.

Hits sort in the order of the text. Of two that start in the same place, the longer comes first. A plain tuple, because
a text may have very many.
"""
_Place = tuple[int, int]
"""A literal's index, and the offset at which it ends."""
_Scan = Callable[[bytes, AbstractSet[int]], tuple[list[_Place], int]]
"""Returns the places of literals in a text, and for those whose indexes are in the set, only how many there are."""


class CompiledLiterals:
    """Literals, ready to be searched for by several threads. Case doesn't count for letters in ASCII."""

    def __init__(self, literals: Iterable[bytes]) -> None:
        """Compile the search, which takes about 10 ms for 1,000 literals."""
        self.literals = sorted({literal.lower() for literal in literals})
        self.max_length = max(map(len, self.literals), default=1)
        self.scan = _compile_scan(self.literals)


class LiteralSearch:
    """A search through one text, in which literals can be dropped that occur too often."""

    def __init__(self, compiled: CompiledLiterals) -> None:
        self._compiled = compiled
        self._dropped: set[int] = set()
        self._dropped_hits = 0

    def drop(self, literal: bytes) -> None:
        """Leave out a literal from the next window on."""
        if literal in self._compiled.literals:
            self._dropped.add(self._compiled.literals.index(literal))

    def find_hits(self, block: bytes, begin: int) -> list[LiteralHit]:
        """Return all hits that start in the `WINDOW_BYTES` from `begin`, in the order of the text."""
        if self._dropped_hits > _MAX_DROPPED_HITS:
            kept = [literal for index, literal in enumerate(self._compiled.literals) if index not in self._dropped]
            self._compiled, self._dropped, self._dropped_hits = CompiledLiterals(kept), set(), 0
        literals = self._compiled.literals
        end = begin + WINDOW_BYTES
        # a literal may start in this window and end in the next
        places, dropped_hits = self._compiled.scan(block[begin : end + self._compiled.max_length - 1], self._dropped)
        self._dropped_hits += dropped_hits
        hits = [(begin + last - len(literals[index]), -len(literals[index]), literals[index]) for index, last in places]
        hits.sort()
        while hits and hits[-1][0] >= end:
            del hits[-1]
        return hits


def _compile_scan(literals: Sequence[bytes]) -> _Scan:
    compiled = compile_literals(literals, ignores_case=True, finds_first=False)
    if compiled is None:
        return build_plain_scan(literals)

    def scan(window: bytes, dropped: AbstractSet[int]) -> tuple[list[_Place], int]:
        places: list[_Place] = []
        dropped_hits = 0

        def add(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal dropped_hits
            if index in dropped:
                dropped_hits += 1
            else:
                places.append((index, end))

        compiled(window, add)
        return places, dropped_hits

    return scan


def build_plain_scan(literals: Sequence[bytes]) -> _Scan:
    """Build a scan without Vectorscan: RE2 tells which literals are there, then each is looked for."""
    literal_set = LiteralSet(literals)
    index_by_literal = {literal: index for index, literal in enumerate(literals)}

    def scan(window: bytes, dropped: AbstractSet[int]) -> tuple[list[_Place], int]:
        lowercase = window.lower()
        places: list[_Place] = []
        found = [literal for literal in literal_set.find_in(lowercase) if index_by_literal[literal] not in dropped]
        for literal in found:
            start = lowercase.find(literal)
            while start >= 0:
                places.append((index_by_literal[literal], start + len(literal)))
                start = lowercase.find(literal, start + 1)
        return places, 0

    return scan
