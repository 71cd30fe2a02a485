"""Orders what was found by cause: the root before its consequences, wrappers last, harmless messages only alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from knowledge.diagnosis import MOST_MATCHES
from knowledge.entry import Entry
from knowledge.matching import Found, rank_of

_ROLES = {"cause": 0, "symptom": 1, "wrapper": 2}


def ranked(found: Iterable[Found], entries: Mapping[str, Entry]) -> list[tuple[Found, tuple[str, ...]]]:
    """At most five, best first, each with what it explains; what another explains does not stand for itself."""
    candidates = list(found)
    failures = [one for one in candidates if one.entry.severity != "info"]
    strong = any(one.confidence != "possible" for one in failures)
    harmless = [one for one in candidates if one.entry.severity == "info"]
    if failures and (strong or not any(one.confidence == "certain" for one in harmless)):
        pool = failures
    else:
        pool = harmless + failures
    pool.sort(key=_order)
    explained: set[str] = set()
    kept: list[tuple[Found, tuple[str, ...]]] = []
    for one in pool:
        if one.entry.id in explained:
            continue
        explains = _explained_by(one, candidates, entries)
        explained.update(explains)
        kept.append((one, tuple(explains)))
    return kept[:MOST_MATCHES]


def _order(one: Found) -> tuple[int, int, int, int, int]:
    info = int(one.entry.severity == "info")
    return (rank_of(one.confidence) // 2, info, _ROLES[one.entry.role], one.entry.tier, one.first)


def _explained_by(top: Found, candidates: Iterable[Found], entries: Mapping[str, Entry]) -> list[str]:
    """What `top` explains: what its entry names and the text shows, and every wrapper that is known to follow it."""
    present = {one.entry.id: one for one in candidates}
    reached: list[str] = []
    waiting = list(top.entry.explains)
    while waiting:
        name = waiting.pop(0)
        if name in reached or name == top.entry.id or name not in entries:
            continue
        if name in present or entries[name].role == "wrapper":
            reached.append(name)
        waiting += entries[name].explains
    if top.entry.role != "wrapper" and top.confidence != "possible":
        reached += [
            one.entry.id
            for one in candidates
            if one.entry.role == "wrapper" and one.entry.id not in reached and one.entry.severity != "info"
        ]
    return reached
