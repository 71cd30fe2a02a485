"""A walkthrough is one card: over real HTTP, the answer to a button replaces the card."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.state.store import build_state_key
from tests.bot.scripted import build_conversation
from tests.bot.stand_ins import Chat, cards, pressed

TEXT = "==> azure-arm: Timeout waiting for SSH."


@pytest.fixture
def chat(chat: Chat) -> Chat:
    """With the real conversation."""
    conversation = build_conversation()
    chat.conversation.answer_turn, chat.conversation.hand_off = conversation.answer_turn, conversation.hand_off  # type: ignore[assignment, attr-defined, method-assign]
    return chat


def last(chat: Chat) -> tuple[str, str]:
    """How the last message came, and where to."""
    return chat.teams.methods[-1], chat.teams.paths[-1].split("/activities")[1]  # the answer comes after any typing


async def test_a_walk_is_one_card(chat: Chat) -> None:
    await chat.send(TEXT)
    for step in (2, 3):
        await chat.send(value=pressed(chat, "done"), replyToId="card-1")
        assert last(chat) == ("PUT", "/card-1")
        shown = json.dumps(cards(chat)[-1], ensure_ascii=False)
        assert "✓" in shown
        assert f"Step {step + 1} of" in shown
    await chat.send(value=pressed(chat, "draft"), replyToId="card-1")
    assert last(chat) == ("PUT", "/card-1")
    await chat.send(value={**pressed(chat, "cancel-case"), "title": "T"}, replyToId="card-1")
    assert last(chat) == ("PUT", "/card-1")
    await chat.send(value=pressed(chat, "failed-again"), replyToId="card-1")
    assert last(chat) == ("PUT", "/card-1")
    assert chat.teams.methods == ["POST", *["PUT"] * 5]


async def test_a_typed_word_is_answered_below(chat: Chat) -> None:
    await chat.send(TEXT)
    await chat.send("next")
    assert chat.teams.methods == ["POST", "POST"]
    assert "○" in json.dumps(cards(chat)[-1], ensure_ascii=False)


@pytest.mark.parametrize("reply_to", [None, "", 5, "x" * 600, "a\nb", {}])
async def test_a_press_that_does_not_say_where_is_answered_below(chat: Chat, reply_to: Any) -> None:
    await chat.send(TEXT)
    await chat.send(value=pressed(chat, "done"), replyToId=reply_to)
    assert chat.teams.methods == ["POST", "POST"]


async def test_what_people_come_back_to_stays(chat: Chat) -> None:
    """The welcome, and a case that is there to be copied, keep their place; so does a card when a press went wrong."""
    await chat.post(chat.activity(type="conversationUpdate", membersAdded=[{"id": "28:bot"}]))
    await chat.send(value=pressed(chat, "guided"), replyToId="welcome")
    await chat.send(TEXT)
    await chat.send(value=pressed(chat, "draft"), replyToId="card")
    await chat.send(value={**pressed(chat, "post"), "title": "T", "product": "linux"}, replyToId="card")
    await chat.send(value=pressed(chat, "draft"), replyToId="posted")
    await chat.send(value={"v": 1, "do": "no such button"}, replyToId="card")
    assert chat.teams.methods == ["POST", "POST", "POST", "PUT", *["POST"] * 4]


@pytest.mark.parametrize("status", [400, 403, 404, 405])
async def test_where_a_card_cannot_be_replaced_the_answer_is_sent(chat: Chat, status: int) -> None:
    await chat.send(TEXT)
    chat.teams.refuse_way = lambda method, path: status if method == "PUT" else None
    await chat.send(value=pressed(chat, "done"), replyToId="card-1")
    assert chat.teams.methods == ["POST", "POST"]
    assert "Step 3 of" in json.dumps(cards(chat)[-1])


async def test_a_press_that_is_delivered_twice_is_done_once(chat: Chat) -> None:
    await chat.send(TEXT)
    press = chat.activity(value=pressed(chat, "done"), replyToId="card-1")
    for _ in range(3):
        assert (await chat.post(press)).status == 201
    assert chat.teams.methods == ["POST", "PUT"]
    assert "Step 3 of" in json.dumps(cards(chat)[-1])


async def test_a_card_that_may_have_been_replaced_is_replaced_again(chat: Chat) -> None:
    """A replacement with an unknown outcome can safely be repeated: the card is there once."""
    await chat.send(TEXT)
    failures = iter([504])
    chat.teams.refuse_way = lambda method, path: next(failures, None) if method == "PUT" else None
    await chat.send(value=pressed(chat, "done"), replyToId="card-1")
    assert chat.teams.methods == ["POST", "PUT"]


async def test_a_replacement_that_waits_comes_before_the_next_answer(chat: Chat) -> None:
    await chat.send(TEXT)
    chat.teams.refuse_way = lambda method, path: 503
    await chat.post(chat.activity(value=pressed(chat, "done"), replyToId="card-1"))
    stored = await chat.store.load(build_state_key("contoso", "a:1", "29:ada"))
    assert stored
    assert [row["message"]["replaces"] for row in stored.value["outbox"]] == ["card-1"]
    chat.teams.refuse_way = lambda method, path: None
    await chat.send("next")
    assert chat.teams.methods == ["POST", "PUT", "POST"]
