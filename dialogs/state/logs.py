"""Logs that were read and not followed: kept for a while, so that one of them can be chosen later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dialogs.model.files import LogInFile
from dialogs.state import diagnosis as held
from dialogs.state.json_fields import clean, keyed, rows, text, whole
from knowledge.model.diagnosis import Diagnosis
from knowledge.redaction.redact import redact

MOST_LOGS = 5
MOST_SIZE = 10**13
_NAME = 80
_MATCHES, _EVIDENCE, _EXCERPT, _RUNS, _IDS = 3, 3, 8, 8, 10


@dataclass(frozen=True, slots=True)
class HeldLog:
    """A log that can be chosen by its number: what it is called, its bytes, the gist of its diagnosis."""

    number: int
    name: str
    size: int
    diagnosis: Diagnosis


HeldLogs = tuple[HeldLog, ...]


def shown_name(file: str, member: str = "") -> str:
    """What a log is called to people: the end of its path in an archive, or the file's name; redacted and short."""
    # before it is taken apart, too: what tells that a secret follows may stand in another part of the path
    name = redact(member or file).replace("\\", "/").rstrip("/")
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    name = " ".join(clean(redact("/".join(parts[-2:])), 400).split())
    return name if len(name) <= _NAME else f"{name[: _NAME // 2]}…{name[-_NAME // 2 + 1 :]}"


def with_logs(logs: HeldLogs, file: str, read: Sequence[LogInFile], stamp: int) -> tuple[HeldLogs, HeldLogs]:
    """All the logs that are kept from now on, and among them those that were `read`. Numbers are never given twice:
    `stamp`, which only grows, is the first where no log has a higher one.
    """
    first = max([stamp, *(log.number + 1 for log in logs)])
    new = tuple(
        HeldLog(first + at, shown_name(file, log.name), min(log.size, MOST_SIZE), _gist(log.diagnosis))
        for at, log in enumerate(read[:MOST_LOGS])
    )
    return (*logs, *new)[-MOST_LOGS:], new


def to_json(logs: HeldLogs) -> list[dict[str, Any]]:
    """The logs as plain JSON values."""
    return [
        {"number": log.number, "name": log.name, "size": log.size, "diagnosis": held.to_json(log.diagnosis)}
        for log in logs
    ]


def from_json(value: object) -> HeldLogs:
    """The logs that `to_json` wrote. Raises `ShapeError` for anything else."""
    return tuple(
        HeldLog(
            whole(log.get("number"), most=10**16),
            text(log.get("name"), 400),
            whole(log.get("size"), most=MOST_SIZE),
            held.from_json(log.get("diagnosis")),
        )
        for log in map(keyed, rows(value, MOST_LOGS))
    )


def _gist(diagnosis: Diagnosis) -> Diagnosis:
    kept = held.hold(diagnosis)
    matches = tuple(replace(match, evidence=match.evidence[:_EVIDENCE]) for match in kept.matches[:_MATCHES])
    return replace(
        kept, matches=matches, excerpt=kept.excerpt[-_EXCERPT:], timeline=kept.timeline[-_RUNS:], ids=kept.ids[:_IDS]
    )
