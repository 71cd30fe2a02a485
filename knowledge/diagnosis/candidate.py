"""The evidence for an entry in one input, collected from all its signatures and observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from knowledge.model.diagnosis import Confidence
from knowledge.model.entry import Entry, LocalizedText
from knowledge.text.lines import LogLine

_CONFIDENCE_RANKS: dict[Confidence, int] = {"certain": 0, "likely": 1, "possible": 2}


class MatchCandidate(NamedTuple):
    """An entry that might explain the input, with its confidence, the lines that prove it, and captured values.

    `decisive` is true if more than a supporting signature was found. `headline` is the headline of the signature that
    counted most, if it has one. `is_general` is set if only the kind of failed step points to the entry.
    """

    entry: Entry
    confidence: Confidence
    evidence: Sequence[LogLine] = ()
    values: Mapping[str, str] = MappingProxyType({})
    first_line_index: int = 0
    decisive: bool = False
    headline: LocalizedText | None = None
    is_general: bool = False

    @property
    def is_mere_hint(self) -> bool:
        """Whether only a supporting signature points to the entry."""
        return self.confidence == "possible" and not self.decisive and bool(self.evidence)


def merge_candidate(candidates: dict[str, MatchCandidate], new: MatchCandidate) -> None:
    """Add `new` to `candidates`, merged with a candidate for the same entry.

    The higher confidence wins, and its evidence comes first.
    """
    old = candidates.get(new.entry.id)
    if old is None:
        candidates[new.entry.id] = new
        return
    better, other = (old, new) if _CONFIDENCE_RANKS[old.confidence] <= _CONFIDENCE_RANKS[new.confidence] else (new, old)
    line_numbers = {line.number for line in better.evidence}
    candidates[new.entry.id] = better._replace(
        evidence=[*better.evidence, *(line for line in other.evidence if line.number not in line_numbers)],
        values={**other.values, **better.values},
        first_line_index=min(old.first_line_index, new.first_line_index),
        is_general=(old.is_general or not old.decisive) and (new.is_general or not new.decisive),
        decisive=old.decisive or new.decisive,
        headline=better.headline or other.headline,
    )


def get_confidence_rank(confidence: Confidence) -> int:
    """Return 0 for certain, 1 for likely, and 2 for possible."""
    return _CONFIDENCE_RANKS[confidence]
