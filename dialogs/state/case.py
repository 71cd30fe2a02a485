"""A support case as it is kept: the form's values, the drafts that were put aside, and their small JSON form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from dialogs.state.json_fields import maybe_text, text, whole

TITLE = 250
DESCRIPTION = 12_000
SHORT = 300
RESOURCE = 400
MOST_DRAFTS = 5
MOST_DRAFT_BYTES = 30_000
"""What all drafts put aside may take together, as they are stored."""
MOST_PASTE = 10**15

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
    english: str = ""
    owner: str = ""
    paste: int = 0
    draft: str = ""


@dataclass(frozen=True, slots=True)
class PutAside:
    """A draft that was put aside, when (UTC, ISO 8601), and the number that tells it from the others."""

    number: int
    at: str
    form: CaseForm


Drafts = tuple[PutAside, ...]

_SIZES: Mapping[str, int] = {
    "product": 20,
    "severity": 20,
    "title": TITLE,
    "description": DESCRIPTION,
    "frequency": 20,
    "client": 20,
    "last_good": SHORT,
    "changed": SHORT,
    "impact": SHORT,
    "template_id": RESOURCE,
    "english_title": TITLE,
    "english": DESCRIPTION,
    "owner": 40,
    "draft": 60,
}


def with_draft(drafts: Drafts, form: CaseForm, at: str) -> Drafts:
    """`drafts` and the one that is put aside now; where it is too much, the oldest go."""
    number = max((draft.number for draft in drafts), default=0) + 1
    kept = (*drafts, PutAside(number, at, form))[-MOST_DRAFTS:]
    while len(kept) > 1 and _bytes(kept) > MOST_DRAFT_BYTES:
        kept = kept[1:]
    room = DESCRIPTION
    while _bytes(kept) > MOST_DRAFT_BYTES:
        room //= 2
        kept = (replace(kept[0], form=shortened(form, room)),)
    return kept


def shortened(form: CaseForm, most: int) -> CaseForm:
    """`form` with a description of at most `most` characters, in whole lines; its English stays as long, in lines."""
    rows, english = form.description.split("\n"), form.english.split("\n")
    kept, room = 0, most
    while kept < len(rows) and len(rows[kept]) < room:
        room -= len(rows[kept]) + 1
        kept += 1
    if not kept:
        return replace(form, description=form.description[:most], english="")
    return replace(form, description="\n".join(rows[:kept]), english="\n".join(english[:kept]) if form.english else "")


def form_to_json(form: CaseForm) -> dict[str, Any]:
    """The form as plain JSON; what is as a new form has it is left out."""
    return {
        field.name: getattr(form, field.name) for field in fields(form) if getattr(form, field.name) != field.default
    }


def form_from_json(value: Mapping[str, Any]) -> CaseForm:
    """The form that `form_to_json` wrote, or an earlier version of it. Raises `ShapeError`."""
    read: dict[str, Any] = {name: maybe_text(value.get(name), size) for name, size in _SIZES.items()}
    form = CaseForm(
        product=read["product"] or "",
        severity=read["severity"] or "",
        title=text(value.get("title"), TITLE),
        description=text(value.get("description"), DESCRIPTION),
        paste=whole(value.get("paste", 0), most=MOST_PASTE),
    )
    return replace(form, **{name: item for name, item in read.items() if item is not None})


def drafts_to_json(drafts: Drafts) -> list[dict[str, Any]]:
    """The drafts as plain JSON."""
    return [{"number": d.number, "at": d.at, "form": form_to_json(d.form)} for d in drafts]


def draft_from_json(value: Mapping[str, Any]) -> PutAside:
    """One of the drafts that `drafts_to_json` wrote. Raises `ShapeError`."""
    form = value.get("form")
    return PutAside(
        number=whole(value.get("number")),
        at=text(value.get("at"), 40),
        form=form_from_json(form if isinstance(form, Mapping) else {}),
    )


def _bytes(drafts: Drafts) -> int:
    return len(json.dumps(drafts_to_json(drafts)))
