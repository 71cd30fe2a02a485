"""Many pastes at once: the first answer is sent before the last text is diagnosed."""

from __future__ import annotations

import asyncio

from dialogs.model.turn import MessageSent, Person, Turn
from tests.bot.scripted import build_conversation

PEOPLE = 8


async def test_an_answer_does_not_wait_for_the_diagnoses_behind_it() -> None:
    conversation = build_conversation()
    seen: list[tuple[str, int]] = []

    async def turn(number: int) -> None:
        person = Person("t", f"u{number}")
        await conversation.answer_turn(
            Turn(person, f"c{number}", event=MessageSent("Script exited with non-zero exit status: 1")), None
        )
        seen.append(("answered", number))
        await asyncio.sleep(0)
        seen.append(("sent", number))

    await asyncio.gather(*(turn(number) for number in range(PEOPLE)))
    assert seen.index(("sent", 0)) < seen.index(("answered", 2))
    assert [number for what, number in seen if what == "sent"] == list(range(PEOPLE))
