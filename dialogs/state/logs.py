"""Logs that were read but not followed up: kept for a while, so that the user can choose one later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from dialogs.model.files import MAX_SIZE_BYTES, AttachedLog
from dialogs.model.stored import Stored
from dialogs.state.diagnosis import truncate_diagnosis
from dialogs.state.json_fields import clean_text
from knowledge.model.diagnosis import Diagnosis
from knowledge.redaction.redact import redact

MAX_LOGS = 5
_MAX_NAME_CHARS = 80
# tighter than for the diagnosis under way: five of these share the state with it
_MAX_MATCHES, _MAX_EVIDENCE_LINES, _MAX_EXCERPT_LINES, _MAX_PROVISIONER_RUNS, _MAX_IDS = 3, 3, 8, 8, 10


@dataclass(frozen=True, slots=True)
class StoredLog:
    """A log that can be chosen by its number: its name, size in bytes, and abridged diagnosis."""

    number: Annotated[int, Stored(max_value=10**16)]
    name: str
    size: Annotated[int, Stored(max_value=MAX_SIZE_BYTES)]
    diagnosis: Diagnosis


StoredLogs = tuple[StoredLog, ...]


def build_display_name(file_name: str, member_name: str = "") -> str:
    """Return the short, redacted name to show for a log: the end of its path in an archive, or the file's name."""
    # redact before splitting as well as after: the word that marks a secret may be in another path segment
    name = redact(member_name or file_name).replace("\\", "/").rstrip("/")
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    name = " ".join(clean_text(redact("/".join(parts[-2:])), 400).split())
    return (
        name if len(name) <= _MAX_NAME_CHARS else f"{name[: _MAX_NAME_CHARS // 2]}…{name[-_MAX_NAME_CHARS // 2 + 1 :]}"
    )


def add_logs(
    logs: StoredLogs, file_name: str, read_logs: Sequence[AttachedLog], first_number: int
) -> tuple[StoredLogs, StoredLogs]:
    """Return all the logs to keep, and among them the new ones.

    Numbers are never reused, since old cards refer to them: counting starts at `first_number`, which grows with time,
    or above the highest number in use.
    """
    first = max([first_number, *(log.number + 1 for log in logs)])
    new = tuple(
        StoredLog(
            first + index,
            build_display_name(file_name, log.name),
            min(log.size, MAX_SIZE_BYTES),
            _summarize_diagnosis(log.diagnosis),
        )
        for index, log in enumerate(read_logs[:MAX_LOGS])
    )
    return (*logs, *new)[-MAX_LOGS:], new


def _summarize_diagnosis(diagnosis: Diagnosis) -> Diagnosis:
    stored = truncate_diagnosis(diagnosis)
    matches = tuple(
        match._replace(evidence=match.evidence[:_MAX_EVIDENCE_LINES]) for match in stored.matches[:_MAX_MATCHES]
    )
    return stored._replace(
        matches=matches,
        excerpt=stored.excerpt[-_MAX_EXCERPT_LINES:],
        timeline=stored.timeline[-_MAX_PROVISIONER_RUNS:],
        ids=stored.ids[:_MAX_IDS],
    )
