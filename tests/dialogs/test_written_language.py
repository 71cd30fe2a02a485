"""The language of an answer is the one that the person writes, whatever the language of the client or the error."""

from __future__ import annotations

import json

import pytest

from dialogs.conversation import Conversation
from dialogs.model.turn import MessageSent, Person, Turn
from dialogs.replies.general_replies import EXAMPLE_LOG
from dialogs.resources import DialogResources
from knowledge.input.input_kind import is_description
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.shipped_knowledge import DIAGNOSER, KNOWLEDGE_BASE

SAID = {
    "one's own words in Italian": ("en-US", "la build della mia immagine resta ferma per ore e poi fallisce", "it"),
    "one's own words in English": ("it-IT", "my golden image build is stuck for hours and then it fails", "en"),
    "a message of Azure": (
        "it-IT",
        "The assigned managed identity cannot be used. Please remove the existing one and re-assign the identity",
        "it",
    ),
    "a message of a program": ("it-IT", "Azure Container Instances quota exceeded in the region", "it"),
    "a short build log": ("it-IT", EXAMPLE_LOG, "it"),
    "a command": ("it-IT", "help", "it"),
    "a short request": ("en-US", "cancella la build", "it"),
    "a request about one's data": ("en-US", "elimina i miei dati", "it"),
}


async def diagnose(text: str, language: Language) -> Diagnosis:
    return DIAGNOSER.diagnose(text, language)


async def say(locale: str, *texts: str) -> list[Language]:
    conversation = Conversation(KNOWLEDGE_BASE, DialogResources(diagnose, lambda: "2026-03-01T00:00:00Z"))
    state, languages = None, []
    for text in texts:
        turn = Turn(Person("tenant", "person"), "c", locale=locale, event=MessageSent(text))
        answer = await conversation.answer_turn(turn, state)
        state = json.loads(json.dumps(answer.state))
        languages.append(answer.replies[0].language)
    return languages


@pytest.mark.parametrize("name", SAID)
async def test_the_answer_is_in_the_language_of_the_person(name: str) -> None:
    locale, text, language = SAID[name]
    assert await say(locale, text) == [language]


async def test_italian_stays_and_english_does_not() -> None:
    italian, english = (SAID[name][1] for name in ("one's own words in Italian", "one's own words in English"))
    assert await say("en-US", italian, EXAMPLE_LOG) == ["it", "it"]
    assert await say("it-IT", english, EXAMPLE_LOG) == ["en", "it"]


@pytest.mark.parametrize(("text", "is_own"), [(EXAMPLE_LOG, False), (SAID["one's own words in Italian"][1], True)])
def test_a_build_log_is_nobody_s_own_words(text: str, is_own: bool) -> None:
    assert is_description(text) is is_own
