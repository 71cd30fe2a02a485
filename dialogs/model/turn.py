"""A turn as the dialogs see it: who wrote or pressed what, where, in which language; independent of any SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dialogs.model.files import AttachedFile
from dialogs.model.job import JobDone

ConversationScope = Literal["personal", "group", "channel"]

ACTION_VERSION = 1
"""The version of the cards that this code sends; a button of any other version is answered as outdated."""


@dataclass(frozen=True, slots=True)
class Person:
    """The user: tenant and id as the channel reports them, and a display name.

    `object_id` is the user's Entra object id, "" when the channel does not authenticate one.
    """

    tenant: str
    id: str
    name: str = ""
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class ActionPressed:
    """A pressed button: its action id, its arguments, the form's fields, and the version of the card it was on.

    `is_foreign`: the card was sent to another member of the same conversation.
    """

    action_id: str
    args: Mapping[str, Any]
    fields: Mapping[str, str]
    version: int
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One event of a conversation. Exactly one of the fields from `text` on is set, but `files` may come with `text`.

    `has_signed_in`: the user has just signed in (True), or the sign-in failed (False). `job_done`: a job of an earlier
    turn has ended.
    """

    person: Person
    conversation_id: str
    scope: ConversationScope = "personal"
    locale: str | None = None
    text: str = ""
    action: ActionPressed | None = None
    has_joined: bool = False
    has_signed_in: bool | None = None
    job_done: JobDone | None = None
    files: tuple[AttachedFile, ...] = ()
