"""A turn as the dialogs see it: who wrote or pressed what, where, in which language; independent of any SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from dialogs.model.files import AttachedFile
from dialogs.model.job import JobDone
from dialogs.model.stored import Stored

ConversationScope = Literal["personal", "group", "channel"]

ACTION_VERSION = 1
"""The version of the cards that this code sends; a button of any other version is treated as outdated."""


@dataclass(frozen=True, slots=True)
class Person:
    """The user: tenant and id as the channel reports them, and a display name.

    `object_id` is the user's Entra object id, "" if the channel doesn't authenticate one.
    """

    tenant: str
    id: str
    name: str = ""
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message: what was written or pasted, and the files with it."""

    text: str = ""
    files: tuple[AttachedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionPressed:
    """A pressed button: its action id, its arguments, the form's fields, and the version of the card it was on.

    `is_foreign`: the card was sent to another member of the same conversation.
    """

    action_id: Annotated[str, Stored("do")]
    args: Mapping[str, object]
    fields: Mapping[str, str]
    version: int
    is_foreign: Annotated[bool, Stored("foreign")] = False


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """The bot is new in the conversation."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in has ended."""

    succeeded: bool


TurnEvent = MessageSent | ActionPressed | MemberJoined | SignedIn | JobDone
"""What a turn answers; `JobDone` is a job of an earlier turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One event of a conversation; if only the person and the place matter, it's an empty message."""

    person: Person
    conversation_id: str
    scope: ConversationScope = "personal"
    locale: str | None = None
    event: TurnEvent = MessageSent()
