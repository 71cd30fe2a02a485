"""Small talk in both languages: it gets an answer but no diagnosis, and isn't counted."""

from __future__ import annotations

import json

import pytest

from dialogs.conversation import Conversation
from dialogs.model.turn import MessageSent, Person, Turn
from dialogs.replies.plain_text import render_plain_text
from dialogs.resources import DialogResources
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.shipped_knowledge import DIAGNOSER, KNOWLEDGE_BASE

WELCOME, HELLO, GOOD = "You're welcome.", "Hello.", "Good to hear."
RIGHT, NOTHING, HERE = "OK.", "I couldn't find anything about an image build in that.", "I'm here."
ENGLISH = {
    "Thanks, that did it": WELCOME,
    "thanks a lot for your help": WELCOME,
    "Thank you!": WELCOME,
    "great, thanks": WELCOME,
    "thanks, but what does it mean": NOTHING,
    "thanks, but it still fails": NOTHING,
    "hello there": HELLO,
    "Hi, I'm new here": "What I can do",
    "hi, how are you?": HERE,
    "ok": RIGHT,
    "OK!": RIGHT,
    "perfect": RIGHT,
    "sounds good": RIGHT,
    "I'll try that": RIGHT,
    "works now": GOOD,
    "that fixed it": GOOD,
    "language": "Which language would you like?",
    "win11-golden": "Check your template",
    "rerun win11-golden": "I can't start a build, but you can",
    "list templates": "Check your template",
    "file it": "Draft of a support case",
    "see you tomorrow": NOTHING,
    "are you a bot?": "About me, and what I store",
    "👍": NOTHING,
    "?": "What I can do",
}
ITALIAN = {
    "Grazie, ha funzionato": "Prego.",
    "grazie mille per l'aiuto": "Prego.",
    "ok grazie": "Prego.",
    "grazie, ma che cosa significa": "Non ci trovo nulla",
    "grazie, ma non funziona ancora": "Non ci trovo nulla",
    "ciao": "Ciao.",
    "buongiorno a tutti": "Ciao.",
    "ok": "Va bene.",
    "va bene": "Va bene.",
    "perfetto": "Va bene.",
    "capito": "Va bene.",
    "adesso funziona": "Bene.",
    "lingua": "In quale lingua?",
    "ripeti": "Non ci trovo nulla",
    "a domani": "Non ci trovo nulla",
}
SAID = [*((text, "en-US", answer) for text, answer in ENGLISH.items())]
SAID += [*((text, "it-IT", answer) for text, answer in ITALIAN.items())]
LOG = "\n".join(
    (
        "==> azure-arm: Provisioning with shell script: /tmp/script_1",
        "    azure-arm: curl: (22) The requested URL returned error: 404",
        "==> azure-arm: Provisioning step had errors: Running the cleanup provisioner, if present...",
        "Build 'azure-arm' errored after 3 minutes: Script exited with non-zero exit status: 22. Allowed exit codes are: [0]",
    )
)


async def diagnose(text: str, language: Language) -> Diagnosis:
    return DIAGNOSER.diagnose(text, language)


class Chat:
    """A chat with the shipped knowledge that also says what is counted."""

    def __init__(self, locale: str) -> None:
        self._conversation = Conversation(KNOWLEDGE_BASE, DialogResources(diagnose, lambda: "2026-03-01T00:00:00Z"))
        self._locale = locale
        self.state: dict[str, object] | None = None
        self.counted: list[object] = []

    async def say(self, text: str) -> str:
        turn = Turn(Person("tenant", "person"), "c", locale=self._locale, event=MessageSent(text))
        answer = await self._conversation.answer_turn(turn, self.state)
        self.state = json.loads(json.dumps(answer.state))
        self.counted += answer.usage_events
        return "\n\n".join(map(render_plain_text, answer.replies))


@pytest.mark.parametrize(("text", "locale", "answer"), SAID)
async def test_small_talk_starts_no_diagnosis_and_is_not_counted(text: str, locale: str, answer: str) -> None:
    chat = Chat(locale)
    shown = await chat.say(text)
    assert shown.startswith(answer)
    assert chat.state is not None
    assert chat.state["diagnosis"] is None
    assert chat.counted == []


@pytest.mark.parametrize(("text", "locale", "answer"), SAID)
async def test_small_talk_leaves_the_solution_under_way(text: str, locale: str, answer: str) -> None:
    chat = Chat(locale)
    await chat.say(LOG)
    assert chat.state is not None
    diagnosis, counted = chat.state["diagnosis"], list(chat.counted)
    await chat.say(text)
    assert chat.state["diagnosis"] == diagnosis
    assert [event for event in chat.counted if event not in counted and getattr(event, "kind", "") != "solved"] == []


@pytest.mark.parametrize(
    ("locale", "text", "said"),
    [
        ("en-US", "ok", ("OK.", "Step 1 of")),
        ("it-IT", "va bene", ("Va bene.", "Passaggio 1 di")),
        ("en-US", "no", ("I didn't ask a yes-or-no question", "Step 1 of")),
        ("it-IT", "no", ("Non avevo fatto una domanda", "Passaggio 1 di")),
        ("en-US", "go to step 3", ("Step 3 of",)),
        ("it-IT", "passaggio 2", ("Passaggio 2 di",)),
        ("en-US", "step 9", ("Step 3 of 3",)),
    ],
)
async def test_a_short_word_keeps_the_walkthrough(locale: str, text: str, said: tuple[str, ...]) -> None:
    chat = Chat(locale)
    await chat.say(LOG)
    shown = await chat.say(text)
    for part in said:
        assert part in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timeout", ("Is it one of these?", "Build timeout exceeded")),
        ("policy", ("Is it one of these?", "Deployment blocked by Azure Policy")),
        ("a b c", ("I couldn't find anything",)),
        ("AuthorizationFailed", ("The caller has no permission", "The managed identity isn't authorized")),
    ],
)
async def test_a_word_or_two_get_what_they_may_mean(text: str, said: tuple[str, ...]) -> None:
    shown = await Chat("en-US").say(text)
    for part in said:
        assert part in shown
