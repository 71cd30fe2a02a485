"""Forget me: requested in either language, confirmed, and then nothing of the conversation is in the state."""

from __future__ import annotations

import json

import pytest

from dialogs.model.effects import Forget
from dialogs.state.conversation_json import state_to_json
from dialogs.state.conversation_state import ConversationState
from tests.dialogs.fixtures import Chat


@pytest.mark.parametrize(
    ("locale", "words", "asked", "yes", "done"),
    [
        ("en-US", "Forget me", "Delete it all now?", "Delete it all", "Deleted."),
        ("it-IT", "dimenticami", "Elimino tutto adesso?", "Elimina tutto", "non conservo più nulla"),
    ],
)
async def test_it_asks_and_then_nothing_is_left(locale: str, words: str, asked: str, yes: str, done: str) -> None:
    chat = Chat(locale)
    await chat.say("The string is missing the terminator")
    await chat.say("next")
    assert asked in await chat.say(words)
    assert not any(button.primary for button in chat.replies[-1].buttons), "what can't be undone isn't suggested"
    assert chat.state
    assert chat.state["diagnosis"], "nothing goes before the person says so"
    assert done in await chat.say(yes)
    assert chat.effects == (Forget(),)
    fresh = state_to_json(ConversationState())
    assert {**chat.state, "offered": []} == fresh
    assert "terminator" not in json.dumps(chat.state)


async def test_keeping_it_changes_nothing() -> None:
    chat = Chat("en-US")
    await chat.say("The string is missing the terminator")
    await chat.say("forget me")
    kept = {**chat.state, "offered": []}  # type: ignore[dict-item]
    await chat.say("Keep it")
    assert {**chat.state, "offered": []} == kept  # type: ignore[dict-item]
    assert chat.effects == ()
