"""What is typed: greetings, every command that Teams offers, what can't be understood; in both languages."""

from __future__ import annotations

import json

import pytest

from bot.cli.app_package import SOURCE_FOLDER, extract_texts
from dialogs.conversation import Conversation
from dialogs.typed_commands import parse_command
from knowledge.model.entry import Language
from tests.bot.scripted import build_conversation
from tests.reporting import failures_together
from tests.shipped_texts import PHRASES, TEXTS
from tests.store_rules.pastes import INVALID, PASTES
from tests.store_rules.rules import faults
from tests.store_rules.talking import LOCALES, Talk, Turned

pytestmark = pytest.mark.property

LANGUAGES: tuple[Language, ...] = ("en", "it")
NEXT = {"en": ("paste", "type", "help"), "it": ("incoll", "scriv", "aiuto")}  # words that say what to do next
GREETINGS = {
    "en": ("Hi", "hi", "Hello", "HELLO!", "Help", "help me", "/help"),
    "it": ("Ciao", "ciao!", "Salve", "Aiuto", "aiuto", "Buongiorno", "Hi", "Hello", "Help"),
}


@pytest.fixture(scope="module")
def conversation() -> Conversation:
    return build_conversation()


def titles(language: Language, scope: str) -> list[str]:
    """The commands that Teams offers in a language and scope."""
    manifest = json.loads((SOURCE_FOLDER / "manifest.json").read_text("utf-8"))
    told = (
        dict(extract_texts(manifest))
        if language == "en"
        else json.loads((SOURCE_FOLDER / "it.json").read_text("utf-8"))
    )
    lists = manifest["bots"][0]["commandLists"]
    at = next(at for at, commands in enumerate(lists) if scope in commands["scopes"])
    return [told[f"bots[0].commandLists[{at}].commands[{n}].title"] for n in range(len(lists[at]["commands"]))]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_greeting_is_answered_with_what_to_do(conversation: Conversation, language: Language) -> None:
    with failures_together() as failures:
        for text in GREETINGS[language]:
            told = await Talk(conversation, language).say(text)
            with failures.check(text):
                assert faults(told, language) == []
                assert any(word in told.text.casefold() for word in NEXT[language])
                assert len(told.buttons) > 1


@pytest.mark.parametrize("walking", [False, True], ids=["at first", "in a walk"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_command_is_answered(conversation: Conversation, language: Language, walking: bool) -> None:
    talk = Talk(conversation, language)
    before = await talk.say(PASTES["the example"]) if walking else await talk.join()
    with failures_together() as failures:
        for title in titles(language, "personal"):
            intent = str(parse_command(title, PHRASES))
            spoken: Language = {"english": "en", "italian": "it"}.get(intent, language)  # type: ignore[assignment]
            told = await talk.say(title, before)
            with failures.check(title):
                assert faults(told, spoken, 2 if intent == "example" else 1) == []
                assert TEXTS[language]["talk.not-recognised"] not in told.text
                assert not walking or TEXTS[language]["trouble.no-walk"] not in told.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_command_does_what_its_button_does(conversation: Conversation, language: Language) -> None:
    talk = Talk(conversation, language)
    last = await talk.say(PASTES["the example"])
    starts = [await talk.join(), await talk.say("help"), last]
    while not any(button["data"]["do"] == "worked" for button in last.buttons):
        last = await talk.say("next", last)  # until the step after which the build runs
    starts.append(last)
    with failures_together() as failures:
        for title in titles(language, "personal"):
            intent = parse_command(title, PHRASES)
            buttons = [(one, before) for before in starts for one in before.buttons if one["data"]["do"] == intent]
            with failures.check(title):
                assert buttons or intent in ("cancel", "others", "restart", "english", "italian")
                for button, before in buttons:
                    typed, pressed = await talk.say(title, before), await talk.press(button, before)
                    assert typed.sight == pressed.sight


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_other_candidates_are_the_same_typed_and_pressed(
    conversation: Conversation, language: Language
) -> None:
    talk = Talk(conversation, language)
    compared = 0
    for text in PASTES.values():
        before = await talk.say(text)
        for button in (one for one in before.buttons if one["data"]["do"] == "others"):
            typed = await talk.say({"en": "other candidates", "it": "altre ipotesi"}[language], before)
            assert typed.sight == (await talk.press(button, before)).sight
            compared += 1
    assert compared


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scope", ["channel", "groupChat"])
async def test_every_command_of_a_group_is_answered(conversation: Conversation, language: Language, scope: str) -> None:
    where = {"id": "19:x@thread.v2", "conversationType": scope, "isGroup": True, "tenantId": "contoso"}
    talk = Talk(conversation, language, where)
    walking = await talk.say(PASTES["the example"])
    assert faults(walking, language) == []
    for title in titles(language, "groupChat"):
        for state in (None, walking.state):
            told = await talk.take(state, text=title)
            assert faults(told, language) == []
            assert TEXTS[language]["talk.not-recognised"] not in told.text
            assert state is None or TEXTS[language]["trouble.no-walk"] not in told.text


@pytest.mark.parametrize("walking", [False, True], ids=["at first", "in a walk"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_cannot_be_followed_is_answered_with_what_to_do(
    conversation: Conversation, language: Language, walking: bool
) -> None:
    talk = Talk(conversation, language)
    before = await talk.say(PASTES["the example"]) if walking else Turned(None, ())
    with failures_together() as failures:
        for name, fields in INVALID.items():
            with failures.check(name):
                told = await talk.take(before.state, **fields)
                assert faults(told, language) == []
                assert any(word in told.text.casefold() for word in NEXT[language]) or told.buttons
                after = await talk.say({"en": "help", "it": "aiuto"}[language], told)
                assert TEXTS[language]["help.title"] in after.text


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en-US", "en"), ("en-GB", "en"), ("it-IT", "it"), ("it-CH", "it"), ("it", "it"), ("IT_it", "it"), ("de-DE", "en"), (None, "en"), (7, "en")],
)  # fmt: skip
async def test_the_language_is_the_clients(conversation: Conversation, locale: object, language: Language) -> None:
    talk = Talk(conversation, "en")
    for more in (
        {"text": "help"},
        {"text": PASTES["the example"]},
        {"type": "conversationUpdate", "membersAdded": [{}]},
    ):
        told = await talk.take(None, **{**more, "locale": locale})
        assert {card["lang"] for card in told.cards} == {language}
        assert faults(told, language) == []


@pytest.mark.parametrize(("language", "other", "word"), [("en", "it", "italiano"), ("it", "en", "english")])
async def test_a_language_that_is_asked_for_stays(
    conversation: Conversation, language: Language, other: Language, word: str
) -> None:
    talk = Talk(conversation, language)
    told = await talk.say(word, await talk.say(PASTES["the example"]))
    for said in ("2", "hello", PASTES["the example"]):
        assert faults(told, other) == []
        told = await talk.say(said, told)
    assert {card["lang"] for card in told.cards} == {other}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_welcome_states_what_it_does_what_it_cannot_and_how_to_begin(
    conversation: Conversation, language: Language
) -> None:
    told = await Talk(conversation, language).join()
    assert faults(told, language) == []
    assert len(told.messages) == 1
    for key in ("welcome.what", "welcome.limits.off"):
        assert TEXTS[language][key] in told.text
    assert [button.get("style") for button in told.buttons] == ["positive", None, None]
    assert set(LOCALES) == set(TEXTS)
