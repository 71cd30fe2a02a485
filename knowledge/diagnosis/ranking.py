"""Orders what was found by cause: the root before its consequences, wrappers last, harmless messages only alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from knowledge.diagnosis.matching import Found, rank_of
from knowledge.model.diagnosis import MOST_MATCHES
from knowledge.model.entry import Entry

_ROLES = {"cause": 0, "symptom": 1, "wrapper": 2}


def ranked(
    found: Iterable[Found], entries: Mapping[str, Entry], of_log: bool = False
) -> list[tuple[Found, tuple[str, ...]]]:
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
    pool.sort(key=lambda one: _order(one, consequences))
    explained: set[str] = set()
    kept: list[tuple[Found, tuple[str, ...]]] = []
    for one in pool:
        if one.entry.id in explained:
            continue
        explains = _explained_by(one, candidates, entries, of_log)
        explained.update(explains)
        kept.append((one, tuple(explains)))
    return kept[:MOST_MATCHES]


def _order(one: Found, consequences: Set[str]) -> tuple[int, int, int, int, int, int, int, str]:
    """Confidence, what nothing else here explains, own words before hints, role, tier, place; the id settles ties."""
    entry = one.entry
    info, explained = int(entry.severity == "info"), int(entry.id in consequences)
    hint = int(not one.decisive)
    return (rank_of(one.confidence) // 2, info, explained, hint, _ROLES[entry.role], entry.tier, one.first, entry.id)


def _explained_by(top: Found, candidates: Iterable[Found], entries: Mapping[str, Entry], of_log: bool) -> list[str]:
    """What `top` explains: what its entry names and the text shows, and the wrappers around it."""
    present = {one.entry.id: one for one in candidates}
    reached: list[str] = []
    waiting = list(top.entry.explains)
    while waiting:
        name = waiting.pop(0)
        if name in reached or name == top.entry.id or name not in entries:
            continue
        if name in present or (of_log and entries[name].role == "wrapper" and name in top.entry.explains):
            reached.append(name)
        waiting += entries[name].explains
    if top.entry.role != "wrapper" and top.confidence != "possible":
        reached += [
            one.entry.id
            for one in candidates
            if one.entry.role == "wrapper" and one.entry.id not in reached and one.entry.severity != "info"
        ]
    return reached
