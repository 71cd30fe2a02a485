"""A person who sends too much is told so, in their language; everyone else is served."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.turns.turn_runner import TurnLimits, TurnRunner
from bot.workload.rate_limiter import RateLimiter
from tests.bot.local_server import serve
from tests.bot.stand_ins import Chat, build_local_app

ENGLISH, ITALIAN = "That was too fast for me", "Troppi messaggi in poco tempo"


@pytest_asyncio.fixture
async def chat(chat: Chat) -> AsyncIterator[Chat]:
    """The chat, with a limit of three."""
    limits = TurnLimits(rate_limiter=RateLimiter(3, clock=lambda: 0.0))
    turns = TurnRunner(chat.conversation, chat.store, limits)
    runner, chat.url = await serve(build_local_app(turns, chat.store))
    yield chat
    await runner.cleanup()


@pytest.mark.parametrize(("locale", "said"), [("en-US", ENGLISH), ("it-IT", ITALIAN)])
async def test_who_sends_too_much_is_told_once_and_others_are_served(chat: Chat, locale: str, said: str) -> None:
    for number in range(3):
        assert await chat.send(f"{number}", locale=locale) == [f"{number + 1} heard {number}"]
    [told] = await chat.send("more", locale=locale)
    assert told.startswith(said)
    assert " 3 " in told
    for _ in range(5):
        response = await chat.post(chat.activity("more", locale=locale))
        assert response.status == 429
    assert len(chat.conversation.heard) == 3
    # the same person in another chat, and another person here
    assert (await chat.post(chat.activity("more", conversation={"id": "a:2"}))).status == 429
    assert await chat.send("hi", **{"from": {"id": "29:bob"}}) == ["1 heard hi"]


async def test_a_press_over_the_limit_is_answered_in_words_each_time(chat: Chat) -> None:
    for _ in range(3):
        await chat.send("hi")
    for _ in range(3):
        value = {"action": {"type": "Action.Execute", "data": {"do": "help", "v": 1}}, "trigger": "manual"}
        response = await chat.post(chat.activity(type="invoke", name="adaptiveCard/action", value=value))
        assert response.status == 200
        assert ENGLISH in await response.text()
    assert len(chat.conversation.heard) == 3
