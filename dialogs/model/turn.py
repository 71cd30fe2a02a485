"""A turn as the conversation sees it: who said or pressed what, where, in which language. No SDK's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dialogs.model.files import AttachedFile
from dialogs.model.job import JobDone

ConversationScope = Literal["personal", "group", "channel"]

ACTION_VERSION = 1


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking: tenant and id as the channel gives them, and a name to greet.

    `object_id` is the person's id in Entra, "" where the channel does not vouch for one.
    """

    tenant: str
    id: str
    name: str = ""
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class ActionPressed:
    """A button that was pressed: its verb, its arguments, the fields of its form, the version of the card it was on.

    `foreign`: the card belongs to somebody else of the same conversation.
    """

    action_id: str
    args: Mapping[str, Any]
    fields: Mapping[str, str]
    version: int
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that a person did, or that happened for them. One of the fields from `text` on says what.

    `files` came with the `text`, or without one. `signed_in`: the person has just signed in (True), or could not be
    (False). `done`: a work of an earlier turn ended.
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
