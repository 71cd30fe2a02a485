"""A support case as it is kept: the form's values, the drafts that were put aside, and their small JSON form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from dialogs.state.json_fields import parse_int, parse_optional_text, parse_text

MAX_TITLE_CHARS = 250
MAX_DESCRIPTION_CHARS = 12_000
MAX_SHORT_TEXT_CHARS = 300
MAX_RESOURCE_ID_CHARS = 400
MAX_DRAFTS = 5
MAX_TOTAL_DRAFT_BYTES = 30_000
"""What all drafts put aside may take together, as they are stored."""
MAX_DIAGNOSIS_NUMBER = 10**15

UNKNOWN = "unknown"
PRODUCTS = ("windows", "linux")
FREQUENCIES = (UNKNOWN, "always", "intermittent", "once")
CLIENTS = (UNKNOWN, "cli", "powershell", "bicep", "devops", "avd", "portal", "other")


@dataclass(frozen=True, slots=True)
class CaseForm:
    """The values of the case's form as the person left them, redacted.

    `frequency` and `client` are of `FREQUENCIES` and `CLIENTS`; `product` is "" while nobody knows it. `english` and
    `english_title` are the same in English, line for line; "" where description and title need no translation. `owner`
    is the id of whose case it is when it is not Image Builder's; `paste` the number of the text that it is about;
    `draft` tells it from every other draft of the conversation, once a ticket is to be filed of it.
    """

    product: str
    severity: str
    title: str
    description: str
    frequency: str = UNKNOWN
    client: str = UNKNOWN
    last_good: str = ""
    changed: str = ""
    impact: str = ""
    template_id: str = ""
    english_title: str = ""
    english_description: str = ""
    owner: str = ""
    diagnosis_number: int = 0
    draft_id: str = ""


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft that was put aside, when (UTC, ISO 8601), and the number that tells it from the others."""

    number: int
    saved_at: str
    form: CaseForm


SavedDrafts = tuple[SavedDraft, ...]

_MAX_FIELD_CHARS: Mapping[str, int] = {
    "product": 20,
    "severity": 20,
    "title": MAX_TITLE_CHARS,
    "description": MAX_DESCRIPTION_CHARS,
    "frequency": 20,
    "client": 20,
    "last_good": MAX_SHORT_TEXT_CHARS,
    "changed": MAX_SHORT_TEXT_CHARS,
    "impact": MAX_SHORT_TEXT_CHARS,
    "template_id": MAX_RESOURCE_ID_CHARS,
    "english_title": MAX_TITLE_CHARS,
    "english_description": MAX_DESCRIPTION_CHARS,
    "owner": 40,
    "draft_id": 60,
}
_STORED_KEYS = {"english_description": "english", "diagnosis_number": "paste", "draft_id": "draft"}
"""Field -> the key it is stored under, where they differ."""


def add_draft(drafts: SavedDrafts, form: CaseForm, saved_at: str) -> SavedDrafts:
    """`drafts` and the one that is put aside now; where it is too much, the oldest go."""
    number = max((draft.number for draft in drafts), default=0) + 1
    kept = (*drafts, SavedDraft(number, saved_at, form))[-MAX_DRAFTS:]
    while len(kept) > 1 and _count_bytes(kept) > MAX_TOTAL_DRAFT_BYTES:
        kept = kept[1:]
    room = MAX_DESCRIPTION_CHARS
    while _count_bytes(kept) > MAX_TOTAL_DRAFT_BYTES:
        room //= 2
        kept = (replace(kept[0], form=shorten_description(form, room)),)
    return kept


def shorten_description(form: CaseForm, max_chars: int) -> CaseForm:
    """`form` with a description of at most `most` characters, in whole lines; its English stays as long, in lines."""
    rows, english = form.description.split("\n"), form.english_description.split("\n")
    kept, room = 0, max_chars
    while kept < len(rows) and len(rows[kept]) < room:
        room -= len(rows[kept]) + 1
        kept += 1
    if not kept:
        return replace(form, description=form.description[:max_chars], english_description="")
    return replace(
        form,
        description="\n".join(rows[:kept]),
        english_description="\n".join(english[:kept]) if form.english_description else "",
    )


def form_to_json(form: CaseForm) -> dict[str, Any]:
    """The form as plain JSON; what is as a new form has it is left out."""
    return {
        _STORED_KEYS.get(field.name, field.name): getattr(form, field.name)
        for field in fields(form)
        if getattr(form, field.name) != field.default
    }


def form_from_json(value: Mapping[str, Any]) -> CaseForm:
    """The form that `form_to_json` wrote, or an earlier version of it. Raises `ShapeError`."""
    read: dict[str, Any] = {
        name: parse_optional_text(value.get(_STORED_KEYS.get(name, name)), size)
        for name, size in _MAX_FIELD_CHARS.items()
    }
    form = CaseForm(
        product=read["product"] or "",
        severity=read["severity"] or "",
        title=parse_text(value.get("title"), MAX_TITLE_CHARS),
        description=parse_text(value.get("description"), MAX_DESCRIPTION_CHARS),
        diagnosis_number=parse_int(value.get("paste", 0), max_value=MAX_DIAGNOSIS_NUMBER),
    )
    return replace(form, **{name: item for name, item in read.items() if item is not None})


def drafts_to_json(drafts: SavedDrafts) -> list[dict[str, Any]]:
    """The drafts as plain JSON."""
    return [{"number": d.number, "at": d.saved_at, "form": form_to_json(d.form)} for d in drafts]


def draft_from_json(value: Mapping[str, Any]) -> SavedDraft:
    """One of the drafts that `drafts_to_json` wrote. Raises `ShapeError`."""
    form = value.get("form")
    return SavedDraft(
        number=parse_int(value.get("number")),
        saved_at=parse_text(value.get("at"), 40),
        form=form_from_json(form if isinstance(form, Mapping) else {}),
    )


def _count_bytes(drafts: SavedDrafts) -> int:
    return len(json.dumps(drafts_to_json(drafts)))
