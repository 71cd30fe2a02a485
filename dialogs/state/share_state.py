"""What a conversation remembers for sharing a lookup: where the person asked for it, and what may be posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from dialogs.model.reply import RichText, TextRun
from dialogs.model.stored import Stored
from dialogs.state.codec import Layout, Layouts, build_codec
from dialogs.state.json_fields import parse_mapping
from knowledge.model.entry import Language
from knowledge.template.template_id import TemplateId

SHARE_HOURS = 24
"""How long after a lookup was requested in a conversation it may be shared there."""
MAX_CONVERSATION_ID_CHARS = 512
MAX_RUNS = 40
"""The most runs of one text that is shared."""
MAX_RUN_CHARS = 600


def _parse_template_id(value: object) -> TemplateId | None:
    """Return the stored template, None when its names don't fit (any more)."""
    return None if value is None else TemplateId.from_args(parse_mapping(value))


@dataclass(frozen=True, slots=True)
class AskedPlace:
    """The group chat or channel where the person asked for a lookup.

    `template_id` is the first template that was shown for it, None until then: no other is offered there.
    """

    conversation_id: Annotated[str, Stored("conversation", max_chars=MAX_CONVERSATION_ID_CHARS)]
    scope: Literal["group", "channel"]
    asked_at: Annotated[str, Stored("at")]
    template_id: Annotated[TemplateId | None, Stored("ref", decode=_parse_template_id)] = None


_Text = Annotated[RichText, Stored(max_items=MAX_RUNS)]


@dataclass(frozen=True, slots=True)
class LookSummary:
    """What may be posted of a lookup, ready to show and without secrets and ids; nothing else ever is.

    `line` is the line that decides, "" if there is none, and `line_number` its number.
    """

    language: Language
    looked_at: Annotated[str, Stored("at")]
    title: _Text
    run: _Text
    finding: _Text = ()
    line_number: Annotated[int, Stored("number")] = 0
    line: str = ""
    advice: _Text = ()


@dataclass(frozen=True, slots=True)
class ShareState:
    """Where a lookup may be shared, which parts, and the outcome.

    Attributes:
        place: Where the person asked for the lookup; None if they didn't ask in a group.
        look: What of the last look may be posted there; None if it was asked for elsewhere, or is posted already.
        shared_by: The last line of the post, of the preview that was shown; empty until one was.
        was_posted: Whether the last lookup was posted.
    """

    place: AskedPlace | None = None
    look: LookSummary | None = None
    shared_by: Annotated[RichText, Stored("by", max_items=MAX_RUNS)] = ()
    was_posted: Annotated[bool, Stored("posted")] = False

    def find_place(self, template_id: TemplateId, now: str) -> AskedPlace | None:
        """Return where a look at this template may be shared; None if it wasn't asked for in a group, or long ago."""
        place = self.place
        if place is None or place.template_id not in (None, template_id) or not _is_recent(place.asked_at, now):
            return None
        return replace(place, template_id=template_id)

    def without_look(self) -> ShareState:
        """Return this state without anything to post: earlier cards and previews no longer share anything."""
        return replace(self, look=None, shared_by=())


def _is_recent(asked_at: str, now: str) -> bool:
    """Return whether less than `SHARE_HOURS` are between two times (UTC, ISO 8601)."""
    try:
        return datetime.fromisoformat(now) - datetime.fromisoformat(asked_at) < timedelta(hours=SHARE_HOURS)
    except (ValueError, TypeError):
        return False


def build_share_layouts(template_layouts: Layouts) -> Layouts:
    """Build how the classes of this module are stored, with those of the templates in them."""
    layouts: Mapping[type, Layout] = {TextRun: Layout({"text": Stored(max_chars=MAX_RUN_CHARS)}, is_row=True)}
    codec = build_codec(ShareState, {**template_layouts, **layouts})
    return {ShareState: codec}
