"""Ranks candidates by cause: a root cause before its consequences, wrappers last, harmless messages only if alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from knowledge.diagnosis.candidate import MatchCandidate, get_confidence_rank
from knowledge.model.diagnosis import MAX_MATCHES
from knowledge.model.entry import Entry

_STATUS_OF_FAILED_BUILD = "packer-build-failed"
_ROLE_RANKS = {"cause": 0, "symptom": 1, "wrapper": 2}


class RankedCandidate(NamedTuple):
    """A candidate, and the ids of the entries that it explains."""

    candidate: MatchCandidate
    explains: tuple[str, ...]


def rank_candidates(
    candidates: Sequence[MatchCandidate], entries: Mapping[str, Entry], is_build_log: bool
) -> list[RankedCandidate]:
    """Return at most five candidates, best first. A candidate that a better one explains isn't listed.

    For a build log, an explained wrapper is named even if it wasn't found: the log can't contain it, but the template's
    status will show it.
    """
    failures = [candidate for candidate in candidates if candidate.entry.severity != "info"]
    harmless = [candidate for candidate in candidates if candidate.entry.severity == "info"]
    has_strong_failure = any(candidate.confidence != "possible" for candidate in failures)
    if failures and (has_strong_failure or not any(candidate.confidence == "certain" for candidate in harmless)):
        pool = failures
    else:
        pool = harmless + failures
    # A mere possibility doesn't explain anything away.
    consequences = {
        name for candidate in pool if candidate.confidence != "possible" for name in candidate.entry.explains
    }
    pool.sort(key=lambda candidate: _compute_sort_key(candidate, consequences))
    explained: set[str] = set()
    ranked: list[RankedCandidate] = []
    for candidate in pool:
        if candidate.entry.id not in explained:
            explains = _find_explained(candidate, candidates, entries, is_build_log)
            explained.update(explains)
            ranked.append(RankedCandidate(candidate, tuple(_select_proven(explains, candidates))))
    return ranked[:MAX_MATCHES]


def _compute_sort_key(
    candidate: MatchCandidate, consequences: Set[str]
) -> tuple[int, bool, bool, bool, int, int, int, str]:
    """Return a candidate's sort key: those that are more than possible come first, and causes first among them.

    Certain and likely candidates rank alike: a likely cause says more than a certain consequence. The id breaks ties.
    """
    entry = candidate.entry
    return (
        get_confidence_rank(candidate.confidence) // 2,
        entry.severity == "info",
        entry.id in consequences,
        not candidate.decisive,
        _ROLE_RANKS[entry.role],
        entry.priority,
        candidate.first_line_index,
        entry.id,
    )


def _select_proven(names: Sequence[str], candidates: Sequence[MatchCandidate]) -> list[str]:
    """Return the explained entries that the text shows: a mere possibility isn't a consequence of anything.

    What the status says about every failed build is kept, even if the log doesn't repeat it.
    """
    proven = {candidate.entry.id for candidate in candidates if candidate.confidence != "possible"}
    return [name for name in names if name in proven or name == _STATUS_OF_FAILED_BUILD]


def _find_explained(
    top: MatchCandidate, candidates: Sequence[MatchCandidate], entries: Mapping[str, Entry], is_build_log: bool
) -> list[str]:
    """Return the ids that `top` explains: those found that its entry leads to, and the wrappers around it."""
    present = {candidate.entry.id for candidate in candidates}
    explained: list[str] = []
    pending = list(top.entry.explains)
    visited = {top.entry.id}  # entries may explain each other in a cycle
    while pending:
        name = pending.pop(0)
        if name in visited or name not in entries:
            continue
        visited.add(name)
        is_direct_wrapper = entries[name].role == "wrapper" and name in top.entry.explains
        if name in present or (is_build_log and is_direct_wrapper):
            explained.append(name)
        pending += entries[name].explains
    if top.entry.role != "wrapper" and top.confidence != "possible":
        explained += [
            candidate.entry.id
            for candidate in candidates
            if candidate.entry.role == "wrapper"
            and candidate.entry.id not in explained
            and candidate.entry.severity != "info"
        ]
    return explained
