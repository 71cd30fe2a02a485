"""A support case as it is stored: the form's values, the saved drafts, and their compact JSON form."""

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
"""The limit for all saved drafts together, as JSON: the rest of the state has to fit beside them."""
MAX_DIAGNOSIS_NUMBER = 10**15

UNKNOWN = "unknown"
PRODUCTS = ("windows", "linux")
FREQUENCIES = (UNKNOWN, "always", "intermittent", "once")
CLIENTS = (UNKNOWN, "cli", "powershell", "bicep", "devops", "avd", "portal", "other")


@dataclass(frozen=True, slots=True)
class CaseForm:
    """The values of the case form as the user left them, redacted.

    Attributes:
        product: One of `PRODUCTS`, "" while unknown.
        frequency: One of `FREQUENCIES`.
        client: One of `CLIENTS`.
        english_title: The English title; "" when the title needs no translation.
        english_description: The English description, line for line; "" when none is needed.
        owner: The id of the team that the case belongs to when it is not Image Builder's.
        diagnosis_number: The number of the diagnosis that the case is about.
        draft_id: Identifies the draft within the conversation once a ticket is to be filed from it.
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
    """A saved draft: its number within the conversation, when it was saved (UTC, ISO 8601), and its form."""

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
"""Field -> its stored key, where they differ."""


def add_draft(drafts: SavedDrafts, form: CaseForm, saved_at: str) -> SavedDrafts:
    """Return `drafts` with `form` added. When they are too many or too large, the oldest are dropped."""
    number = max((draft.number for draft in drafts), default=0) + 1
    kept = (*drafts, SavedDraft(number, saved_at, form))[-MAX_DRAFTS:]
    while len(kept) > 1 and _count_bytes(kept) > MAX_TOTAL_DRAFT_BYTES:
        kept = kept[1:]
    # only the new draft is left here: halve its description until it fits, since JSON escapes can inflate any text
    max_chars = MAX_DESCRIPTION_CHARS
    while _count_bytes(kept) > MAX_TOTAL_DRAFT_BYTES:
        max_chars //= 2
        kept = (replace(kept[0], form=shorten_description(form, max_chars)),)
    return kept


def shorten_description(form: CaseForm, max_chars: int) -> CaseForm:
    """Return `form` with its description cut to whole lines of at most `max_chars` characters in total.

    The English description keeps the same number of lines, because the two correspond line for line.
    """
    lines, english_lines = form.description.split("\n"), form.english_description.split("\n")
    count, room = 0, max_chars
    while count < len(lines) and len(lines[count]) < room:
        room -= len(lines[count]) + 1
        count += 1
    if not count:
        return replace(form, description=form.description[:max_chars], english_description="")
    return replace(
        form,
        description="\n".join(lines[:count]),
        english_description="\n".join(english_lines[:count]) if form.english_description else "",
    )


def form_to_json(form: CaseForm) -> dict[str, Any]:
    """Return the form as plain JSON, without fields that have their default value."""
    return {
        _STORED_KEYS.get(field.name, field.name): getattr(form, field.name)
        for field in fields(form)
        if getattr(form, field.name) != field.default
    }


def form_from_json(value: Mapping[str, Any]) -> CaseForm:
    """Read what this or an earlier version of `form_to_json` wrote. Raise `DecodeError` for another shape."""
    texts: dict[str, str | None] = {
        name: parse_optional_text(value.get(_STORED_KEYS.get(name, name)), max_chars)
        for name, max_chars in _MAX_FIELD_CHARS.items()
    }
    form = CaseForm(
        product=texts["product"] or "",
        severity=texts["severity"] or "",
        title=parse_text(value.get("title"), MAX_TITLE_CHARS),
        description=parse_text(value.get("description"), MAX_DESCRIPTION_CHARS),
        diagnosis_number=parse_int(value.get("paste", 0), max_value=MAX_DIAGNOSIS_NUMBER),
    )
    known: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
    return replace(form, **known)


def drafts_to_json(drafts: SavedDrafts) -> list[dict[str, Any]]:
    """Return the drafts as plain JSON."""
    return [{"number": d.number, "at": d.saved_at, "form": form_to_json(d.form)} for d in drafts]


def draft_from_json(value: Mapping[str, Any]) -> SavedDraft:
    """Read one of the drafts that `drafts_to_json` wrote. Raise `DecodeError` for another shape."""
    form = value.get("form")
    return SavedDraft(
        number=parse_int(value.get("number")),
        saved_at=parse_text(value.get("at"), 40),
        form=form_from_json(form if isinstance(form, Mapping) else {}),
    )


def _count_bytes(drafts: SavedDrafts) -> int:
    return len(json.dumps(drafts_to_json(drafts)))
