"""Messages as plain values, which no SDK has touched yet, and a reply's card as such a message."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import InitVar, dataclass, field, replace
from functools import cached_property
from typing import Any, assert_never

from bot.cards.buttons import KEEP_CARD_KEY
from bot.cards.size import fit_card
from bot.cards.summary import build_summary
from bot.cards.text_runs import CardElement
from bot.state.json_text import EncodedJson, encode_json
from dialogs.model.reply import Reply
from knowledge.model.entry import Language

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
OWNER_KEY = "_by"
"""What a button also sends where others can press it: the hashed id of the person whose card it is."""


@dataclass(frozen=True, slots=True)
class _Replacement:
    """`replaced_activity_id` is the bot's own activity that the message replaces; "" if it is a new one."""

    replaced_activity_id: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class TextMessage(_Replacement):
    """A plain text."""

    text: str


@dataclass(frozen=True)
class CardMessage(_Replacement):
    """An Adaptive Card, and the summary that notifies of it.

    `asks_feedback`: the client may ask whether the diagnosis on it was right. `known_json`: the card's JSON, if it's
    known. A card isn't changed in place once a message has it.
    """

    card: CardElement
    summary: str
    asks_feedback: bool = False
    known_json: InitVar[bytes | None] = None

    def __post_init__(self, known_json: bytes | None) -> None:
        if known_json is not None:
            vars(self)["encoded_card"] = EncodedJson(known_json)

    @cached_property
    def encoded_card(self) -> EncodedJson:
        """The card's JSON, which is both stored and sent."""
        return EncodedJson(encode_json(self.card))


@dataclass(frozen=True, slots=True)
class FileMessage(_Replacement):
    """One of Teams' own cards about a file, as an attachment, and the summary that notifies of it."""

    attachment: Mapping[str, Any]
    summary: str


@dataclass(frozen=True, slots=True)
class SignInMessage(_Replacement):
    """A placeholder for the sign-in card, which the channel builds when it sends the message."""

    language: Language


ResponseMessage = TextMessage | CardMessage
"""A message that an HTTP response can hold."""
Message = ResponseMessage | FileMessage | SignInMessage


def build_reply_message(
    reply: Reply, should_include_hints: bool = True, owner_id: str = "", asks_feedback: bool = False
) -> CardMessage:
    """Build a message with the card of a reply. It has no text: Teams would split a message that has both.

    Args:
        reply: What to show.
        should_include_hints: Whether to include what only Teams' clients know; the test client warns of it.
        owner_id: The person whose card it is, if others can press its buttons; else "".
        asks_feedback: Whether the client may ask if the diagnosis in the reply was right.
    """
    card, card_json = fit_card(reply)
    is_as_rendered = should_include_hints and reply.may_be_replaced and not owner_id
    if not should_include_hints:
        card.pop("msteams", None)
    for data in _iterate_action_data(card) if owner_id or not reply.may_be_replaced else ():
        if not reply.may_be_replaced:
            data.setdefault(KEEP_CARD_KEY, True)
        if owner_id:
            data[OWNER_KEY] = hash_owner_id(owner_id)
    # the feedback buttons are Teams' own: the message asks for them, the card doesn't hold them
    should_ask = asks_feedback and should_include_hints
    return CardMessage(card, build_summary(reply), should_ask, card_json if is_as_rendered else None)


def append_note(message: Message, note: str) -> Message:
    """Return a card or text with `note` as one more line, any other message as it is; the note must be our own text."""
    match message:
        case TextMessage(text):
            return replace(message, text=f"{text}\n\n{note}")
        case CardMessage(card):
            line = {"type": "TextBlock", "text": note, "wrap": True, "isSubtle": True, "spacing": "Small"}
            return replace(message, card={**card, "body": [*card["body"], line]})
        case FileMessage() | SignInMessage():
            return message
        case _:
            assert_never(message)


def hash_owner_id(person_id: str) -> str:
    """Return a short hash of a person's id, which shows whose card it is without naming the person."""
    return hashlib.blake2b(person_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _iterate_action_data(card: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the data that each button of a card sends, those beside its commands too."""
    yield from (action["data"] for action in card.get("actions", []) if "data" in action)
    pending: list[Mapping[str, Any]] = list(card["body"])
    while pending:
        element = pending.pop()
        actions = [*element.get("actions", []), element.get("selectAction", {})]
        yield from (action["data"] for action in actions if "data" in action)
        pending += element.get("items", [])
