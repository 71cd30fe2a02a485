"""Small entries for tests of the matcher and the ranking, independent of the shipped knowledge."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.model.entry import Entry, LocalizedText, Signature

_TEXT = LocalizedText({"en": "in English", "it": "in italiano"})
_PLAIN = Entry(
    id="plain",
    phase="build",
    area="scripts",
    severity="error",
    retry="no",
    role="cause",
    priority=2,
    basis="reported",
    reviewed="2026-01-01",
    os=("linux", "windows"),
    title=_TEXT,
    symptom=_TEXT,
    cause=_TEXT,
    retry_note=None,
    signatures=(),
    explains=(),
    steps=(),
    look_alikes=(),
    references=(),
    examples=(),
    near_misses=(),
    words={},
)


def entry(name: str, *signatures: Signature, **fields: object) -> Entry:
    """Return an entry with these signatures and fields; every other field has a plain value."""
    return _PLAIN._replace(id=name, signatures=signatures, **fields)  # type: ignore[arg-type]


def base(*entries: Entry) -> Mapping[str, Entry]:
    """Return the entries by id."""
    return {one.id: one for one in entries}
