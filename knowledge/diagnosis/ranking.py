"""Orders what was found by cause: the root before its consequences, wrappers last, harmless messages only alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from knowledge.diagnosis.matching import MatchCandidate, get_confidence_rank
from knowledge.model.diagnosis import MAX_MATCHES
from knowledge.model.entry import Entry

_ROLE_RANKS = {"cause": 0, "symptom": 1, "wrapper": 2}


def rank_candidates(
    found: Iterable[MatchCandidate], entries: Mapping[str, Entry], is_build_log: bool = False
) -> list[tuple[MatchCandidate, tuple[str, ...]]]:
    """At most five, best first, each with what it explains; what another explains does not stand for itself.

    In a build log the wrappers that the status will show are named too, although the log cannot hold them.
    """
    candidates = list(found)
    failures = [one for one in candidates if one.entry.severity != "info"]
    strong = any(one.confidence != "possible" for one in failures)
    harmless = [one for one in candidates if one.entry.severity == "info"]
    if failures and (strong or not any(one.confidence == "certain" for one in harmless)):
        pool = failures
    else:
        pool = harmless + failures
    consequences = {name for one in pool if one.confidence != "possible" for name in one.entry.explains}
    pool.sort(key=lambda one: _compute_sort_key(one, consequences))
    explained: set[str] = set()
    kept: list[tuple[MatchCandidate, tuple[str, ...]]] = []
    for one in pool:
        if one.entry.id in explained:
            continue
        explains = _find_explained(one, candidates, entries, is_build_log)
        explained.update(explains)
        kept.append((one, tuple(explains)))
    return kept[:MAX_MATCHES]


def _compute_sort_key(
    candidate: MatchCandidate, consequences: Set[str]
) -> tuple[int, int, int, int, int, int, int, str]:
    """Confidence, what nothing else here explains, own words before hints, role, tier, place; the id settles ties."""
    entry = candidate.entry
    info, explained = int(entry.severity == "info"), int(entry.id in consequences)
    hint = int(not candidate.decisive)
    return (
        get_confidence_rank(candidate.confidence) // 2,
        info,
        explained,
        hint,
        _ROLE_RANKS[entry.role],
        entry.priority,
        candidate.first_line_index,
        entry.id,
    )


def _find_explained(
    top: MatchCandidate, candidates: Iterable[MatchCandidate], entries: Mapping[str, Entry], is_build_log: bool
) -> list[str]:
    """What `top` explains: what its entry names and the text shows, and the wrappers around it."""
    present = {one.entry.id: one for one in candidates}
    reached: list[str] = []
    waiting = list(top.entry.explains)
    while waiting:
        name = waiting.pop(0)
        if name in reached or name == top.entry.id or name not in entries:
            continue
        if name in present or (is_build_log and entries[name].role == "wrapper" and name in top.entry.explains):
            reached.append(name)
        waiting += entries[name].explains
    if top.entry.role != "wrapper" and top.confidence != "possible":
        reached += [
            one.entry.id
            for one in candidates
            if one.entry.role == "wrapper" and one.entry.id not in reached and one.entry.severity != "info"
        ]
    return reached
