"""Logs that were read and not followed: kept for a while, so that one of them can be chosen later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dialogs.model.files import AttachedLog
from dialogs.state import diagnosis as held
from dialogs.state.json_fields import clean_text, parse_int, parse_list, parse_mapping, parse_text
from knowledge.model.diagnosis import Diagnosis
from knowledge.redaction.redact import redact

MAX_LOGS = 5
MAX_SIZE_BYTES = 10**13
_MAX_NAME_CHARS = 80
_MAX_MATCHES, _MAX_EVIDENCE_LINES, _MAX_EXCERPT_LINES, _MAX_PROVISIONER_RUNS, _MAX_IDS = 3, 3, 8, 8, 10


@dataclass(frozen=True, slots=True)
class StoredLog:
    """A log that can be chosen by its number: what it is called, its bytes, the gist of its diagnosis."""

    number: int
    name: str
    size: int
    diagnosis: Diagnosis


StoredLogs = tuple[StoredLog, ...]


def build_display_name(file_name: str, member_name: str = "") -> str:
    """What a log is called to people: the end of its path in an archive, or the file's name; redacted and short."""
    # before it is taken apart, too: what tells that a secret follows may stand in another part of the path
    name = redact(member_name or file_name).replace("\\", "/").rstrip("/")
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    name = " ".join(clean_text(redact("/".join(parts[-2:])), 400).split())
    return (
        name if len(name) <= _MAX_NAME_CHARS else f"{name[: _MAX_NAME_CHARS // 2]}…{name[-_MAX_NAME_CHARS // 2 + 1 :]}"
    )


def add_logs(
    logs: StoredLogs, file_name: str, read_logs: Sequence[AttachedLog], first_number: int
) -> tuple[StoredLogs, StoredLogs]:
    """All the logs that are kept from now on, and among them those that were `read`. Numbers are never given twice:
    `stamp`, which only grows, is the first where no log has a higher one.
    """
    first = max([first_number, *(log.number + 1 for log in logs)])
    new = tuple(
        StoredLog(
            first + at,
            build_display_name(file_name, log.name),
            min(log.size, MAX_SIZE_BYTES),
            _summarize_diagnosis(log.diagnosis),
        )
        for at, log in enumerate(read_logs[:MAX_LOGS])
    )
    return (*logs, *new)[-MAX_LOGS:], new


def logs_to_json(logs: StoredLogs) -> list[dict[str, Any]]:
    """The logs as plain JSON values."""
    return [
        {"number": log.number, "name": log.name, "size": log.size, "diagnosis": held.diagnosis_to_json(log.diagnosis)}
        for log in logs
    ]


def logs_from_json(value: object) -> StoredLogs:
    """The logs that `to_json` wrote. Raises `ShapeError` for anything else."""
    return tuple(
        StoredLog(
            parse_int(log.get("number"), max_value=10**16),
            parse_text(log.get("name"), 400),
            parse_int(log.get("size"), max_value=MAX_SIZE_BYTES),
            held.diagnosis_from_json(log.get("diagnosis")),
        )
        for log in map(parse_mapping, parse_list(value, MAX_LOGS))
    )


def _summarize_diagnosis(diagnosis: Diagnosis) -> Diagnosis:
    kept = held.truncate_diagnosis(diagnosis)
    matches = tuple(
        replace(match, evidence=match.evidence[:_MAX_EVIDENCE_LINES]) for match in kept.matches[:_MAX_MATCHES]
    )
    return replace(
        kept,
        matches=matches,
        excerpt=kept.excerpt[-_MAX_EXCERPT_LINES:],
        timeline=kept.timeline[-_MAX_PROVISIONER_RUNS:],
        ids=kept.ids[:_MAX_IDS],
    )
