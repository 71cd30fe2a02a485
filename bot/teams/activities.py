"""Read a Teams activity's JSON as the conversation's `Incoming`.

What comes in is untrusted: every field is checked for its type before it is used, and nothing here raises for what a
person can send. Only a body that is no activity at all is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.cards.messages import KEEP, OWNER, owner_of
from bot.errors import RefusedRequest
from bot.teams.message_text import as_list, as_mapping, cannot_read, file_of, mentions_of, text_of, without_mentions
from bot.turns.conversation_document import mark_of
from bot.turns.inbound import Incoming
from dialogs.model.turn import Action, Person, Scope, Turn

LONGEST_ID = 512
LONGEST_NAME = 100
MOST_FILES = 5
"""Files of one message that are read: as many as works of a conversation may wait."""
NO_FIELDS = frozenset({"v", "do", "args", "msteams", KEEP, OWNER})
"""Clients send a form's fields beside these, so that a field of such a name would take their place."""

_GUID = re.compile(r"(?!0{8}-0)[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def read_activity(body: object) -> Incoming:
    """What the activity in a request's body asks for.

    Raises:
        RefusedRequest: (400) the body is no activity of the Teams channel, or lacks what every one of them has.
    """
    if not isinstance(body, dict):
        raise RefusedRequest(400, "The body must be a JSON object: one Bot Framework activity.")
    kind = body.get("type")
    if not isinstance(kind, str) or not kind:
        raise RefusedRequest(400, "The activity has no `type`.")
    if body.get("channelId") != "msteams":
        raise RefusedRequest(400, "The activity's `channelId` must be msteams: this bot serves Microsoft Teams.")
    identifier = body.get("id")
    incoming = _wanted(kind, body, _who_and_where(body))
    if not isinstance(identifier, str) or not 0 < len(identifier) <= LONGEST_ID:
        return incoming
    return replace(incoming, mark=mark_of(kind, identifier))


def _wanted(kind: str, body: Mapping[str, Any], turn: Turn) -> Incoming:
    if kind == "message":
        return _message(body, turn)
    if kind == "installationUpdate":
        action = body.get("action")
        if action in ("add", "add-upgrade"):
            return _joined(turn)
        return Incoming("forget" if action in ("remove", "remove-upgrade") else "nothing", turn)
    if kind == "conversationUpdate" and _has_joined(body, turn):
        return _joined(turn)
    return Incoming("nothing", turn)


def pressed(incoming: Incoming, body: Mapping[str, Any], value: object) -> Incoming | None:
    """`incoming` as the press of the button whose data is `value`, on the card that `body` answers; None if the button
    is not ours.
    """
    action, person = _action(value), incoming.turn.person
    if action is None or not isinstance(value, dict):
        return None
    action = replace(action, foreign=value.get(OWNER, owner_of(person.id)) != owner_of(person.id))
    takes_place = not action.foreign and not value.get(KEEP)
    return replace(
        incoming,
        wants="answer",
        turn=replace(incoming.turn, action=action),
        replaces=_pressed_card(body) if takes_place else "",
        takes_place=takes_place,
    )


def _who_and_where(body: Mapping[str, Any]) -> Turn:
    conversation = as_mapping(body.get("conversation"))
    sender = as_mapping(body.get("from"))
    tenant = (
        as_mapping(as_mapping(body.get("channelData")).get("tenant")).get("id") or conversation.get("tenantId") or ""
    )
    name, locale = sender.get("name"), body.get("locale")
    return Turn(
        person=Person(
            tenant=_id(tenant, "tenant id") if tenant else "",
            id=_id(sender.get("id"), "from.id"),
            name=" ".join(name.split())[:LONGEST_NAME] if isinstance(name, str) else "",
            object_id=_object_id(sender.get("aadObjectId")),
        ),
        conversation=_id(conversation.get("id"), "conversation.id"),
        scope=_scope(conversation),
        locale=locale if isinstance(locale, str) and 0 < len(locale) <= 35 else None,
    )


def _object_id(item: object) -> str:
    """The person's id in Entra as every comparison needs it; "" for what is none."""
    return item.lower() if isinstance(item, str) and _GUID.fullmatch(item) else ""


def _scope(conversation: Mapping[str, Any]) -> Scope:
    kind = conversation.get("conversationType")
    if kind == "channel":
        return "channel"
    if kind in ("personal", None) and not conversation.get("isGroup"):
        return "personal"
    return "group"


def _message(body: Mapping[str, Any], turn: Turn) -> Incoming:
    text = body.get("text")
    mentions = mentions_of(body)
    # blank lines stay: the diagnosis counts physical lines
    text = without_mentions(text, mentions) if isinstance(text, str) and text.strip() else ""
    value = body.get("value")
    if value is not None:
        if incoming := pressed(Incoming("nothing", turn), body, value):
            return incoming
        if not text:
            return Incoming("say", turn, "strange-button")
    attachments = [item for item in as_list(body.get("attachments")) if isinstance(item, dict)]
    pasted = "\n".join(filter(None, (text_of(item, mentions) for item in attachments)))
    # Teams repeats a formatted message as HTML; where the plain text is missing or cut, the HTML is the message
    if len(text) * 2 < len(pasted):
        text = pasted
    unread = next((said for item in attachments if (said := cannot_read(item, turn.scope))), None)
    files = [file for file in map(file_of, attachments) if file] if turn.scope == "personal" else []
    if unread and not text and not files:
        return Incoming("say", turn, unread)
    if unread and unread != "file-in-group":
        unread = "unread-beside" if files else "unread"
    elif len(files) > MOST_FILES:
        unread = "files-many"
    return Incoming("answer", replace(turn, text=text, files=tuple(files[:MOST_FILES])), unread)


def _joined(turn: Turn) -> Incoming:
    return Incoming("answer", replace(turn, joined=True))


def _has_joined(body: Mapping[str, Any], turn: Turn) -> bool:
    """Whether the bot is new there: a group is not greeted again for each member who comes."""
    bot = as_mapping(body.get("recipient")).get("id")
    added = as_list(body.get("membersAdded"))
    return bool(added) and (turn.scope == "personal" or any(bot and as_mapping(one).get("id") == bot for one in added))


def _action(value: object) -> Action | None:
    """The button's data (`v`, `do`, `args`) and the form's fields, which stand beside them. None if it is not ours."""
    if not isinstance(value, dict):
        return None
    version, do, args = value.get("v"), value.get("do"), value.get("args", {})
    if not isinstance(version, int) or isinstance(version, bool):
        return None
    if not isinstance(do, str) or not 0 < len(do) <= 64 or not isinstance(args, dict):
        return None
    fields = {key: _field(item) for key, item in value.items() if key not in NO_FIELDS}
    if None in fields.values():
        return None
    return Action(do, args, {key: item for key, item in fields.items() if item is not None}, version)


def _pressed_card(body: Mapping[str, Any]) -> str:
    """The activity of the card that was pressed, "" where it is not told."""
    identifier = body.get("replyToId")
    known = isinstance(identifier, str) and 0 < len(identifier) <= LONGEST_ID and identifier.isprintable()
    return identifier if isinstance(identifier, str) and known else ""


def _field(item: object) -> str | None:
    """A form field's value as text: inputs send strings, a toggle or a number of some clients sends itself."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int | float):
        return str(item)
    if item is None:
        return ""
    return item if isinstance(item, str) else None


def _id(item: object, name: str) -> str:
    if not isinstance(item, str) or not item or len(item) > LONGEST_ID or not item.isprintable():
        raise RefusedRequest(400, f"The activity's {name} must be a text of 1 to {LONGEST_ID} printable characters.")
    return item
