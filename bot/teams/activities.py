"""Read a Teams activity's JSON as the conversation's `Incoming`.

What comes in is untrusted: every field is checked for its type before it is used, and nothing here raises for what a
person can send. Only a body that is no activity at all is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.cards.messages import KEEP_CARD_KEY, OWNER_KEY, hash_owner_id
from bot.errors import RequestRefusedError
from bot.teams.message_text import (
    as_list,
    as_mapping,
    extract_mentions,
    extract_text,
    find_unreadable_notice,
    parse_file,
    strip_mentions,
)
from bot.turns.conversation_document import compute_activity_key
from bot.turns.inbound import InboundActivity
from dialogs.model.turn import ActionPressed, ConversationScope, Person, Turn

MAX_ID_CHARS = 512
MAX_NAME_CHARS = 100
MAX_FILES = 5
"""Files of one message that are read: as many as works of a conversation may wait."""
RESERVED_KEYS = frozenset({"v", "do", "args", "msteams", KEEP_CARD_KEY, OWNER_KEY})
"""Clients send a form's fields beside these, so that a field of such a name would take their place."""

_GUID = re.compile(r"(?!0{8}-0)[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def read_activity(body: object) -> InboundActivity:
    """What the activity in a request's body asks for.

    Raises:
        RefusedRequest: (400) the body is no activity of the Teams channel, or lacks what every one of them has.
    """
    if not isinstance(body, dict):
        raise RequestRefusedError(400, "The body must be a JSON object: one Bot Framework activity.")
    kind = body.get("type")
    if not isinstance(kind, str) or not kind:
        raise RequestRefusedError(400, "The activity has no `type`.")
    if body.get("channelId") != "msteams":
        raise RequestRefusedError(400, "The activity's `channelId` must be msteams: this bot serves Microsoft Teams.")
    identifier = body.get("id")
    incoming = _read_activity_of_type(kind, body, _read_turn(body))
    if not isinstance(identifier, str) or not 0 < len(identifier) <= MAX_ID_CHARS:
        return incoming
    return replace(incoming, activity_key=compute_activity_key(kind, identifier))


def _read_activity_of_type(activity_type: str, body: Mapping[str, Any], turn: Turn) -> InboundActivity:
    if activity_type == "message":
        return _read_message(body, turn)
    if activity_type == "installationUpdate":
        action = body.get("action")
        if action in ("add", "add-upgrade"):
            return _build_join(turn)
        return InboundActivity("forget" if action in ("remove", "remove-upgrade") else "nothing", turn)
    if activity_type == "conversationUpdate" and _was_bot_added(body, turn):
        return _build_join(turn)
    return InboundActivity("nothing", turn)


def read_button_press(incoming: InboundActivity, body: Mapping[str, Any], value: object) -> InboundActivity | None:
    """`incoming` as the press of the button whose data is `value`, on the card that `body` answers; None if the button
    is not ours.
    """
    action, person = _parse_action(value), incoming.turn.person
    if action is None or not isinstance(value, dict):
        return None
    action = replace(action, is_foreign=value.get(OWNER_KEY, hash_owner_id(person.id)) != hash_owner_id(person.id))
    takes_place = not action.is_foreign and not value.get(KEEP_CARD_KEY)
    return replace(
        incoming,
        intent="answer",
        turn=replace(incoming.turn, action=action),
        replaced_activity_id=_read_pressed_card_id(body) if takes_place else "",
        can_replace_card=takes_place,
    )


def _read_turn(body: Mapping[str, Any]) -> Turn:
    conversation = as_mapping(body.get("conversation"))
    sender = as_mapping(body.get("from"))
    tenant = (
        as_mapping(as_mapping(body.get("channelData")).get("tenant")).get("id") or conversation.get("tenantId") or ""
    )
    name, locale = sender.get("name"), body.get("locale")
    return Turn(
        person=Person(
            tenant=_parse_id(tenant, "tenant id") if tenant else "",
            id=_parse_id(sender.get("id"), "from.id"),
            name=" ".join(name.split())[:MAX_NAME_CHARS] if isinstance(name, str) else "",
            object_id=_parse_object_id(sender.get("aadObjectId")),
        ),
        conversation_id=_parse_id(conversation.get("id"), "conversation.id"),
        scope=_read_scope(conversation),
        locale=locale if isinstance(locale, str) and 0 < len(locale) <= 35 else None,
    )


def _parse_object_id(item: object) -> str:
    """The person's id in Entra as every comparison needs it; "" for what is none."""
    return item.lower() if isinstance(item, str) and _GUID.fullmatch(item) else ""


def _read_scope(conversation: Mapping[str, Any]) -> ConversationScope:
    kind = conversation.get("conversationType")
    if kind == "channel":
        return "channel"
    if kind in ("personal", None) and not conversation.get("isGroup"):
        return "personal"
    return "group"


def _read_message(body: Mapping[str, Any], turn: Turn) -> InboundActivity:
    text = body.get("text")
    mentions = extract_mentions(body)
    # blank lines stay: the diagnosis counts physical lines
    text = strip_mentions(text, mentions) if isinstance(text, str) and text.strip() else ""
    value = body.get("value")
    if value is not None:
        if incoming := read_button_press(InboundActivity("nothing", turn), body, value):
            return incoming
        if not text:
            return InboundActivity("say", turn, "strange-button")
    attachments = [item for item in as_list(body.get("attachments")) if isinstance(item, dict)]
    pasted = "\n".join(filter(None, (extract_text(item, mentions) for item in attachments)))
    # Teams repeats a formatted message as HTML; where the plain text is missing or cut, the HTML is the message
    if len(text) * 2 < len(pasted):
        text = pasted
    unread = next((said for item in attachments if (said := find_unreadable_notice(item, turn.scope))), None)
    files = [file for file in map(parse_file, attachments) if file] if turn.scope == "personal" else []
    if unread and not text and not files:
        return InboundActivity("say", turn, unread)
    if unread and unread != "file-in-group":
        unread = "unread-beside" if files else "unread"
    elif len(files) > MAX_FILES:
        unread = "files-many"
    return InboundActivity("answer", replace(turn, text=text, files=tuple(files[:MAX_FILES])), unread)


def _build_join(turn: Turn) -> InboundActivity:
    return InboundActivity("answer", replace(turn, has_joined=True))


def _was_bot_added(body: Mapping[str, Any], turn: Turn) -> bool:
    """Whether the bot is new there: a group is not greeted again for each member who comes."""
    bot = as_mapping(body.get("recipient")).get("id")
    added = as_list(body.get("membersAdded"))
    return bool(added) and (turn.scope == "personal" or any(bot and as_mapping(one).get("id") == bot for one in added))


def _parse_action(value: object) -> ActionPressed | None:
    """The button's data (`v`, `do`, `args`) and the form's fields, which stand beside them. None if it is not ours."""
    if not isinstance(value, dict):
        return None
    version, do, args = value.get("v"), value.get("do"), value.get("args", {})
    if not isinstance(version, int) or isinstance(version, bool):
        return None
    if not isinstance(do, str) or not 0 < len(do) <= 64 or not isinstance(args, dict):
        return None
    fields = {key: _parse_field(item) for key, item in value.items() if key not in RESERVED_KEYS}
    if None in fields.values():
        return None
    return ActionPressed(do, args, {key: item for key, item in fields.items() if item is not None}, version)


def _read_pressed_card_id(body: Mapping[str, Any]) -> str:
    """The activity of the card that was pressed, "" where it is not told."""
    identifier = body.get("replyToId")
    known = isinstance(identifier, str) and 0 < len(identifier) <= MAX_ID_CHARS and identifier.isprintable()
    return identifier if isinstance(identifier, str) and known else ""


def _parse_field(item: object) -> str | None:
    """A form field's value as text: inputs send strings, a toggle or a number of some clients sends itself."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int | float):
        return str(item)
    if item is None:
        return ""
    return item if isinstance(item, str) else None


def _parse_id(item: object, name: str) -> str:
    if not isinstance(item, str) or not item or len(item) > MAX_ID_CHARS or not item.isprintable():
        raise RequestRefusedError(
            400, f"The activity's {name} must be a text of 1 to {MAX_ID_CHARS} printable characters."
        )
    return item
