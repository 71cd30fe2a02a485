"""Messages as they are stored: each kind has its own keys, which an earlier release wrote and a later one must read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.cards.message_json import message_from_json, message_to_json
from bot.cards.messages import (
    CardMessage,
    FileMessage,
    Message,
    SignInMessage,
    TextMessage,
    append_note,
    build_reply_message,
)
from bot.state.json_text import decode_json, encode_json
from dialogs.model.reply import Button, LogExcerpt, Reply

CARD = {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "Reading"}]}
REPLY = Reply((LogExcerpt(((7, "it broke"),)),), (Button("Next", "next"),))
FILE = {"contentType": "x", "name": "case.md", "content": {}}
STORED: list[tuple[Message, dict[str, Any]]] = [
    (TextMessage("Hello"), {"text": "Hello"}),
    (TextMessage("Hello", replaced_activity_id="7"), {"text": "Hello", "replaces": "7"}),
    (CardMessage(CARD, "Reading"), {"card": CARD, "summary": "Reading"}),
    (
        CardMessage(CARD, "Reading", asks_feedback=True, replaced_activity_id="7"),
        {"card": CARD, "summary": "Reading", "feedback": True, "replaces": "7"},
    ),
    (FileMessage(FILE, "case.md"), {"attachment": FILE, "summary": "case.md"}),
    (SignInMessage("it"), {"sign_in": "it"}),
]


@pytest.mark.parametrize(("message", "stored"), STORED)
def test_each_kind_of_message_has_its_own_keys_and_comes_back(message: Message, stored: dict[str, Any]) -> None:
    assert message_to_json(message) == stored
    assert message_from_json(stored) == message


@pytest.mark.parametrize(
    "broken",
    [
        None, "text", [], {}, {"text": 5}, {"text": None}, {"card": CARD}, {"card": [], "summary": "s"}, {"summary": "s"},
        {"card": CARD, "summary": 5}, {"attachment": "x", "summary": "s"}, {"sign_in": True}, {"text": "x", "replaces": 7},
    ],
)  # fmt: skip
def test_anything_else_is_no_message(broken: object) -> None:
    assert message_from_json(broken) is None


def test_a_note_is_one_more_line_of_a_text_or_card() -> None:
    assert append_note(TextMessage("Reading"), "50%") == TextMessage("Reading\n\n50%")
    noted = append_note(CardMessage(CARD, "Reading", asks_feedback=True), "50%")
    assert isinstance(noted, CardMessage)
    assert [element["text"] for element in noted.card["body"]] == ["Reading", "50%"]
    assert (noted.summary, noted.asks_feedback, len(CARD["body"])) == ("Reading", True, 1)
    assert append_note(SignInMessage("en"), "50%") == SignInMessage("en")


@pytest.mark.parametrize(
    ("reply", "options"),
    [
        (REPLY, {}),
        (REPLY, {"owner_id": "ada"}),
        (REPLY, {"should_include_hints": False}),
        (replace(REPLY, placement="stays"), {}),
        (Reply((LogExcerpt(tuple((n, "è 😀" * 100) for n in range(60))),)), {}),
    ],
)
def test_what_is_stored_and_sent_is_the_card_as_it_is_now(reply: Reply, options: dict[str, Any]) -> None:
    message = build_reply_message(reply, **options)
    assert decode_json(encode_json(message.encoded_card)) == message.card
    noted = append_note(message, "50%")
    assert isinstance(noted, CardMessage)
    assert decode_json(encode_json(noted.encoded_card)) == noted.card != message.card
