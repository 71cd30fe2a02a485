"""A support case as it is stored: the form's values, and the saved drafts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Annotated

from dialogs.model.stored import Stored
from dialogs.state.codec import Layout, build_codec

MAX_TITLE_CHARS = 250
MAX_DESCRIPTION_CHARS = 12_000
MAX_SHORT_TEXT_CHARS = 300
MAX_RESOURCE_ID_CHARS = 400
MAX_DRAFTS = 5
MAX_TOTAL_DRAFT_BYTES = 30_000
"""The limit for all saved drafts together, as JSON: the rest of the state has to fit beside them."""
MAX_DIAGNOSIS_NUMBER = 10**15

DiagnosisNumber = Annotated[int, Stored("paste", max_value=MAX_DIAGNOSIS_NUMBER)]

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
    title: Annotated[str, Stored(max_chars=MAX_TITLE_CHARS)]
    description: Annotated[str, Stored(max_chars=MAX_DESCRIPTION_CHARS)]
    frequency: str = UNKNOWN
    client: str = UNKNOWN
    last_good: str = ""
    changed: str = ""
    impact: str = ""
    template_id: str = ""
    english_title: Annotated[str, Stored(max_chars=MAX_TITLE_CHARS)] = ""
    english_description: Annotated[str, Stored("english", max_chars=MAX_DESCRIPTION_CHARS)] = ""
    owner: str = ""
    diagnosis_number: DiagnosisNumber = 0
    draft_id: Annotated[str, Stored("draft")] = ""


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A saved draft: its number within the conversation, when it was saved (UTC, ISO 8601), and its form."""

    number: int
    saved_at: Annotated[str, Stored("at")]
    form: CaseForm


SavedDrafts = tuple[SavedDraft, ...]

CASE_LAYOUTS = {CaseForm: Layout(omits_defaults=True)}
_DRAFTS = build_codec(SavedDrafts, CASE_LAYOUTS)


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


def _count_bytes(drafts: SavedDrafts) -> int:
    return len(json.dumps(_DRAFTS.encode(drafts)))
