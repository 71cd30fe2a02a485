"""A turn as the conversation sees it: who said or pressed what, where, in which language. No SDK's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Scope = Literal["personal", "group", "channel"]

ACTION_VERSION = 1


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking: tenant and id as the channel gives them, and a name to greet."""

    tenant: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button that was pressed: its verb, its arguments, the fields of its form, the version of the card it was on.

    `foreign`: the card belongs to somebody else of the same conversation.
    """

    do: str
    args: Mapping[str, Any]
    fields: Mapping[str, str]
    version: int
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that a person did. Exactly one of `text`, `action` and `joined` says what."""

    person: Person
    conversation: str
    scope: Scope = "personal"
    locale: str | None = None
    text: str = ""
    action: Action | None = None
    joined: bool = False
