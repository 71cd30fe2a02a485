"""Every button is pressed, from the welcome and from every kind of paste: no rule is broken, and no turn is a dead end."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import AsyncIterator

import pytest

from dialogs.conversation import Conversation
from dialogs.replies.shell_commands import SHELL_ACTIONS
from dialogs.solution.shared_chat import MAX_EXCERPT_LINES
from knowledge.catalog.howtos import load_howtos
from knowledge.model.entry import Language
from tests.bot.scripted import build_conversation
from tests.shipped_knowledge import ENTRIES
from tests.shipped_texts import TEXTS
from tests.store_rules.pastes import PASTES, QUESTIONS, SECRET
from tests.store_rules.rules import TARGET, faults
from tests.store_rules.talking import Json, Talk, Turned, inputs

pytestmark = pytest.mark.property

CHANNEL = {"id": "19:x@thread.tacv2;messageid=1", "conversationType": "channel", "isGroup": True, "tenantId": "contoso"}
_LINE = re.compile(r"^(?:line|riga) \d+ ", re.MULTILINE)

DEPTH = 3  # presses from a paste; from the welcome, all there are

# The example's text comes before its diagnosis, as if it had been pasted. A case is there to be copied whole: a long one
# takes several cards, and beside another language there is the English copy that the engineer reads.
MORE_MESSAGES = {"example": 2, "post": 5}


@pytest.fixture(scope="module")
def conversation() -> Conversation:
    return build_conversation()


async def walk(
    talk: Talk, first: Turned, most: float = float("inf")
) -> AsyncIterator[tuple[str, Json, Turned, Turned]]:
    """Every possible press from `first` on: the path, the button, the turn before, and the turn after."""
    seen = {first.kind}
    waiting = deque([(first, 0, "")])
    while waiting:
        before, depth, way = waiting.popleft()
        for button in before.buttons:
            after = await talk.press(button, before)
            there = f"{way} > {button['title']}"
            yield there, button, before, after
            # the cards for the other shell lead the same ways
            if after.kind not in seen and depth + 1 < most and button["data"]["do"] not in SHELL_ACTIONS:
                seen.add(after.kind)
                waiting.append((after, depth + 1, there))


async def broken_on(
    talk: Talk, first: Turned, most: float = float("inf"), pressed: list[Json] | None = None
) -> list[str]:
    """The rules that a turn on the way breaks. The buttons that were pressed are added to `pressed`."""
    found = [f"at once: {fault}" for fault in faults(first, talk.language)]
    known: set[str] = set()
    async for way, button, before, after in walk(talk, first, most):
        if pressed is not None:
            pressed.append(button)
        if after.sight == before.sight:
            found.append(f"{way}: the same card again")
        if after.sight not in known:
            known.add(after.sight)
            most_messages = MORE_MESSAGES.get(button["data"]["do"], 1)
            found += [f"{way}: {fault}" for fault in faults(after, talk.language, most_messages)]
    return found


@pytest.mark.parametrize("language", ["en", "it"])
async def test_every_button_from_the_welcome_on_leads_further_and_every_entry_and_guide_is_reached(
    conversation: Conversation, language: Language
) -> None:
    talk = Talk(conversation, language)
    pressed: list[Json] = []
    assert not await broken_on(talk, await talk.join(), pressed=pressed)
    reached: set[str] = set()
    for button in pressed:
        args = button["data"]["args"]
        reached |= {args.get("entry"), args.get("id"), *args.get("path", [])[-1:]}
    assert set(ENTRIES) | set(load_howtos().by_id) <= reached


@pytest.mark.parametrize("name", PASTES)
@pytest.mark.parametrize("language", ["en", "it"])
async def test_every_button_from_a_paste_on_leads_further(
    conversation: Conversation, language: Language, name: str
) -> None:
    talk = Talk(conversation, language)
    assert not await broken_on(talk, await talk.say(PASTES[name]), DEPTH)


@pytest.mark.parametrize("language", ["en", "it"])
async def test_every_button_from_a_question_on_leads_further(conversation: Conversation, language: Language) -> None:
    talk = Talk(conversation, language)
    assert not await broken_on(talk, await talk.say(QUESTIONS[language]), DEPTH)


@pytest.mark.parametrize("language", ["en", "it"])
async def test_the_pastes_bring_every_kind_of_answer(conversation: Conversation, language: Language) -> None:
    talk = Talk(conversation, language)
    told = [(await talk.say(text)).text for text in (*PASTES.values(), QUESTIONS[language])]
    for key in (
        "unmatched.title", "succeeded.title", "harmless.ask", "diagnosis.several",
        "certainty.likely", "certainty.described", "certainty.certain-line",
    ):  # fmt: skip
        words = TEXTS[language][key].replace("`", "").partition("{")[0]
        assert any(words in one for one in told), key


@pytest.mark.parametrize("language", ["en", "it"])
async def test_every_button_of_a_channel_leads_further_and_shows_little_of_the_log(
    conversation: Conversation, language: Language
) -> None:
    talk = Talk(conversation, language, CHANNEL)
    read = 0
    for name, text in PASTES.items():
        first = await talk.say(text)
        assert not await broken_on(talk, first, 2), name
        async for way, _, _, after in walk(talk, first, 2):
            for one in (*first.cards, *after.cards):
                assert not list(inputs(one)), way
                assert len(_LINE.findall(one["fallbackText"])) <= MAX_EXCERPT_LINES, way
                read += bool(_LINE.findall(one["fallbackText"]))
    assert read


@pytest.mark.parametrize("language", ["en", "it"])
async def test_a_secret_stands_on_no_card_and_in_no_state(conversation: Conversation, language: Language) -> None:
    talk = Talk(conversation, language)
    first = await talk.say(PASTES["a log with a secret"])
    assert first.buttons
    assert SECRET not in json.dumps([first.messages, first.state])
    async for way, _, _, after in walk(talk, first, DEPTH):
        assert SECRET not in json.dumps([after.messages, after.state]), way


def test_the_rules_can_be_broken() -> None:
    bad = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": "",
        "body": [
            {"type": "TextBlock", "text": "x", "color": "#ff0000"},
            {"type": "Image", "url": "https://example.com/a.png"},
            {"type": "ColumnSet", "columns": [{"type": "Column", "width": "400px"}]},
            {"type": "Input.Text", "id": "bare"},
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "**help.title** of {name}: None"}]},
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "help.title"}]},
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "This is the way of the log"}]},
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "l" * TARGET}]},
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": "More", "url": "https://example.com"},
            *({"type": "Action.Submit", "title": "l" * 41, "style": "positive"} for _ in range(7)),
        ],
    }
    message = {"card": bad, "summary": ""}
    told = "\n".join(faults(Turned({}, (message, message)), "it"))
    for rule in (
        "2 messages", "same card twice", "summary of 0", "no fallbackText", "bytes", "version 1.5", "without alternative",
        "TextBlock is not known", "no tone", "fixed width", "has no label", "7 buttons", "more than one primary",
        "label of 41", "one label", "leaves Teams", "key instead", "filled in", "markup", "another language",
    ):  # fmt: skip
        assert rule in told, rule
    assert "dead end" in "".join(faults(Turned({}, ({"card": {**bad, "actions": []}, "summary": "x"},)), "it"))
    assert faults(Turned({}, ({"text": " "},)), "en") == ["an empty message"]
    assert len(faults(Turned({}, ()), "en")) == 1
