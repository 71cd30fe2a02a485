"""Read the JSON of a Teams activity as an `InboundActivity`.

The JSON is untrusted: every field's type is checked before it's used, and nothing that a person can send raises here.
Only a body that isn't a Teams activity at all is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.cards.buttons import KEEP_CARD_KEY
from bot.cards.messages import OWNER_KEY, hash_owner_id
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
from dialogs.model.turn import ActionPressed, ConversationScope, MemberJoined, MessageSent, Person, Turn
from knowledge.azure_names import is_assigned_guid

MAX_ID_CHARS = 512
MAX_NAME_CHARS = 100
MAX_FILES = 5
"""How many files of a message are read: as many as a conversation may have waiting jobs."""
RESERVED_KEYS = frozenset({"v", "do", "args", "msteams", KEEP_CARD_KEY, OWNER_KEY})
"""What a button sends; a form's fields are additional keys, so no field may have one of these names."""


def read_activity(body: object) -> InboundActivity:
    """Read what the activity in a request's body asks for.

    Raises:
        RequestRefusedError: With status 400; the body is no Teams activity, or lacks what each of them has.
    """
    if not isinstance(body, dict):
        raise RequestRefusedError(400, "The body must be a JSON object: one Bot Framework activity.")
    activity_type = body.get("type")
    if not isinstance(activity_type, str) or not activity_type:
        raise RequestRefusedError(400, "The activity has no `type`.")
    if body.get("channelId") != "msteams":
        raise RequestRefusedError(400, "The activity's `channelId` must be msteams: this bot serves Microsoft Teams.")
    activity_id = body.get("id")
    incoming = _read_activity_of_type(activity_type, body, _read_turn(body))
    if not isinstance(activity_id, str) or not 0 < len(activity_id) <= MAX_ID_CHARS:
        return incoming
    return replace(incoming, activity_key=compute_activity_key(activity_type, activity_id))


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
    """Return `incoming` as a button press, None if the button isn't ours.

    Args:
        incoming: Who pressed it, and where.
        body: The activity, which names the card.
        value: The button's data.
    """
    action = _parse_action(value)
    if action is None or not isinstance(value, dict):
        return None
    person_hash = hash_owner_id(incoming.turn.person.id)
    action = replace(action, is_foreign=value.get(OWNER_KEY, person_hash) != person_hash)
    # someone else's card stays: the person who pressed gets a new message
    can_replace_card = not action.is_foreign and not value.get(KEEP_CARD_KEY)
    return replace(
        incoming,
        intent="answer",
        turn=replace(incoming.turn, event=action),
        replaced_activity_id=_read_pressed_card_id(body) if can_replace_card else "",
        can_replace_card=can_replace_card,
    )


def read_team_id(body: Mapping[str, Any]) -> str:
    """Return the id of the team that an activity's channel belongs to, "" if it has no usable one."""
    team_id = as_mapping(as_mapping(body.get("channelData")).get("team")).get("id")
    if isinstance(team_id, str) and 0 < len(team_id) <= MAX_ID_CHARS and team_id.isprintable():
        return team_id
    return ""


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
        # RFC 5646 asks to support 35 characters
        locale=locale if isinstance(locale, str) and 0 < len(locale) <= 35 else None,
    )


def _parse_object_id(item: object) -> str:
    """Return a person's Entra object id in lower case, so that ids can be compared; "" if it is none."""
    return item.lower() if isinstance(item, str) and is_assigned_guid(item) else ""


def _read_scope(conversation: Mapping[str, Any]) -> ConversationScope:
    conversation_type = conversation.get("conversationType")
    if conversation_type == "channel":
        return "channel"
    if conversation_type in ("personal", None) and not conversation.get("isGroup"):
        return "personal"
    return "group"


def _read_message(body: Mapping[str, Any], turn: Turn) -> InboundActivity:
    text = body.get("text")
    mentions = extract_mentions(body)
    # leading blank lines stay: the diagnosis quotes line numbers
    text = strip_mentions(text, mentions) if isinstance(text, str) and text.strip() else ""
    value = body.get("value")
    if value is not None:
        if incoming := read_button_press(InboundActivity("nothing", turn), body, value):
            return incoming
        if not text:
            return InboundActivity("say", turn, "strange-button")
    attachments = [item for item in as_list(body.get("attachments")) if isinstance(item, dict)]
    attached_text = "\n".join(filter(None, (extract_text(item, mentions) for item in attachments)))
    # Teams repeats a formatted message as HTML; if the plain text is missing or truncated, the HTML is the message
    if len(text) * 2 < len(attached_text):
        text = attached_text
    files = [file for file in map(parse_file, attachments) if file] if turn.scope == "personal" else []
    notice = next((found for item in attachments if (found := find_unreadable_notice(item, turn.scope))), None)
    if notice and not text and not files:
        return InboundActivity("say", turn, notice)
    if notice and notice != "file-in-group":
        notice = "unread-beside" if files else "unread"
    elif len(files) > MAX_FILES:
        notice = "files-many"
    return InboundActivity("answer", replace(turn, event=MessageSent(text, tuple(files[:MAX_FILES]))), notice)


def _build_join(turn: Turn) -> InboundActivity:
    return InboundActivity("answer", replace(turn, event=MemberJoined()))


def _was_bot_added(body: Mapping[str, Any], turn: Turn) -> bool:
    """Return whether the bot is new in the conversation; a group isn't greeted again for every new member."""
    bot_id = as_mapping(body.get("recipient")).get("id")
    added_ids = [as_mapping(member).get("id") for member in as_list(body.get("membersAdded"))]
    return bool(added_ids) and (turn.scope == "personal" or bool(bot_id and bot_id in added_ids))


def _parse_action(value: object) -> ActionPressed | None:
    """Parse a button's data (`v`, `do`, `args`) and the form's fields beside them; return None if it is not ours."""
    if not isinstance(value, dict):
        return None
    version, action_id, args = value.get("v"), value.get("do"), value.get("args", {})
    if not isinstance(version, int) or isinstance(version, bool):  # a bool is an int in Python
        return None
    if not isinstance(action_id, str) or not 0 < len(action_id) <= 64 or not isinstance(args, dict):
        return None
    fields = {key: _parse_field(item) for key, item in value.items() if key not in RESERVED_KEYS}
    if None in fields.values():
        return None
    return ActionPressed(action_id, args, {key: item for key, item in fields.items() if item is not None}, version)


def _read_pressed_card_id(body: Mapping[str, Any]) -> str:
    """Return the id of the activity whose card was pressed, "" if it is unknown."""
    activity_id = body.get("replyToId")
    if isinstance(activity_id, str) and 0 < len(activity_id) <= MAX_ID_CHARS and activity_id.isprintable():
        return activity_id
    return ""


def _parse_field(item: object) -> str | None:
    """Return a form field's value as text, None if it isn't one. Some clients send toggles and numbers as such."""
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
