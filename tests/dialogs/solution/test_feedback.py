"""Feedback on a diagnosis, in words and by buttons, and what of it is counted."""

from __future__ import annotations

import pytest

from dialogs.conversation import Conversation
from dialogs.model.turn import ACTION_VERSION, ActionPressed, MessageSent, Person, Turn, TurnEvent
from dialogs.replies.plain_text import render_plain_text
from dialogs.resources import DialogResources
from dialogs.solution.usage_events import UsageEvent
from knowledge.model.entry import Language
from tests.dialogs.fixtures import ENTRIES, FAILED, KNOWLEDGE_BASE, NOTHING, diagnose

TEXT = "The string is missing the terminator"
ANNA = Person("t", "29:anna")


class Talk:
    """A conversation that records what is counted."""

    def __init__(self, language: Language = "en") -> None:
        self.conversation = Conversation(KNOWLEDGE_BASE, DialogResources(diagnose, lambda: "2026-01-02T03:04:05Z"))
        self.language, self.state = language, None
        self.notes: list[UsageEvent] = []
        self.labels: dict[str, tuple[str, dict[str, object]]] = {}

    async def _turn(self, event: TurnEvent) -> str:
        turn = Turn(ANNA, "c", locale=self.language, event=event)
        answer = await self.conversation.answer_turn(turn, self.state)
        self.state = answer.state  # type: ignore[assignment]
        self.notes += answer.usage_events
        self.labels = {b.label: (b.action_id, dict(b.args)) for reply in answer.replies for b in reply.buttons}
        return "\n".join(map(render_plain_text, answer.replies))

    async def say(self, text: str) -> str:
        return await self._turn(MessageSent(text))

    async def press(self, label: str) -> str:
        do, args = self.labels[label]
        return await self._turn(ActionPressed(do, args, {}, ACTION_VERSION))


async def test_what_is_recognised_is_counted_with_its_confidence() -> None:
    talk = Talk()
    await talk.say(TEXT)
    assert talk.notes == [UsageEvent("recognised", "script-nonzero-exit", "certain")]
    await talk.say("hello")
    await talk.say("next")
    assert len(talk.notes) == 1, "only a new text is counted"


@pytest.mark.parametrize(
    ("language", "right", "wrong", "thanks"),
    [("en", "that was right", "wrong", "Thank you"), ("it", "era giusto", "sbagliato", "Grazie")],
)
async def test_a_judgement_is_counted_once(language: Language, right: str, wrong: str, thanks: str) -> None:
    talk = Talk(language)
    await talk.say(TEXT)
    talk.notes.clear()
    assert thanks in await talk.say(right)
    assert thanks in await talk.say(right)
    assert thanks in await talk.say(wrong)
    assert talk.notes == [UsageEvent("right", "script-nonzero-exit")]


async def test_a_wrong_diagnosis_asks_what_it_was() -> None:
    talk = Talk()
    await talk.say(TEXT)
    talk.notes.clear()
    said = await talk.say("that's wrong")
    assert "none of your text" in said
    other = next(label for label, (do, _) in talk.labels.items() if do == "really")
    entry = talk.labels[other][1]["entry"]
    said = await talk.press(other)
    assert ENTRIES[str(entry)].title.get("en") in said, "the walk goes on there"
    assert talk.notes == [
        UsageEvent("wrong", "script-nonzero-exit"),
        UsageEvent("really", str(entry), "script-nonzero-exit"),
    ]


async def test_when_a_step_worked_the_judgement_is_asked_for() -> None:
    talk = Talk()
    await talk.say(TEXT)
    await talk.say("it worked")
    assert talk.notes[-1] == UsageEvent("solved", "script-nonzero-exit")
    assert {"The diagnosis was right", "It was wrong"} <= talk.labels.keys()
    await talk.press("The diagnosis was right")
    assert talk.notes[-1] == UsageEvent("right", "script-nonzero-exit")
    await talk.say("it worked")
    assert "The diagnosis was right" not in talk.labels, "nobody is asked twice"


async def test_a_judgement_of_nothing_is_answered() -> None:
    talk = Talk()
    assert await talk.say("wrong")
    assert await talk.say("right")
    assert talk.notes == []


async def test_an_entry_that_is_unknown_or_was_shown_is_not_what_it_really_was() -> None:
    talk = Talk()
    await talk.say(TEXT)
    paste = talk.state["paste"]  # type: ignore[index]
    talk.notes.clear()
    for entry in ("script-nonzero-exit", "no-such-entry"):
        await talk._turn(ActionPressed("really", {"entry": entry, "paste": paste}, {}, ACTION_VERSION))
    await talk._turn(ActionPressed("really", {"entry": 7, "paste": "x"}, {}, ACTION_VERSION))
    assert talk.notes == []


async def test_an_unrecognised_log_is_counted_by_its_phase() -> None:
    talk = Talk()

    async def unknown(text: str, language: Language) -> object:
        return FAILED._replace(matches=(), phase="customize") if "log" in text else NOTHING

    talk.conversation = Conversation(KNOWLEDGE_BASE, DialogResources(unknown, lambda: "2026-01-02T03:04:05Z"))  # type: ignore[arg-type]
    await talk.say("a log of something")
    assert talk.notes == [UsageEvent("unrecognised", "", "build-log customize")]
    await talk.say("chatter")
    assert len(talk.notes) == 1
