"""The how-to guides in the conversation: requested in words, opened by buttons, and left for the walkthrough."""

from __future__ import annotations

import pytest

from bot.cards.layout import lay_out_card
from dialogs.model.reply import Reply
from knowledge.catalog.howtos import load_howtos
from knowledge.model.diagnosis import Diagnosis, ExcerptLine
from knowledge.model.entry import COMPLETE_LANGUAGES, Language
from tests.bot.cards.rendering import render_card
from tests.dialogs.fixtures import FAILED, NOTHING, Chat
from tests.dialogs.test_conversation import Line, talk
from tests.shipped_knowledge import ENTRIES

GUIDES = load_howtos().by_id
LOCALES = {"en": "en-US", "it": "it-IT"}

CONVERSATIONS: dict[str, tuple[Language, tuple[Line, ...]]] = {
    "asked without a text": (
        "en",
        (
            Line(
                "where is the log?",
                (
                    "Get the build log",
                    "1. Read the status of the template.",
                    "az image builder show -n <template> -g <rg>",
                    "What to expect. Image build log location",
                    "Replace everything in <…> with your own values.",
                    "Read more: The customization log: https://learn.microsoft.com/",
                    "[1] Other guides",
                    "Start over",
                    "[4] PowerShell instead",
                ),
                ("Back to step", "Get-AzImageBuilderTemplate"),
            ),
            Line("1", ("How-to guides", "[1] Get the build log", "[6] More guides")),
        ),
    ),
    "asked in the middle of a walk": (
        "en",
        (
            Line("FAILED.LOG", ("Step 1 of 3",)),
            Line("next", ("Step 2 of 3",)),
            Line(
                "what permissions do I need to read the log",
                ("Permissions to read the logs", "This step changes something.", "[1] Back to step 2"),
                ("Step 2 of 3",),
            ),
            Line("[Back to step 2]", ("Step 2 of 3", "Delete the template.")),
            Line("how do I change a template?", ("-n win11-golden -g rg-images", "This step deletes something.")),
            Line("[Other guides]", ("How-to guides", "Back to step 2")),
            Line("[Read customization.log]", ("Begin at the end.", "Deprovisioning:")),
            Line("next", ("Step 3 of 3",)),
        ),
    ),
    "after the last step": (
        "en",
        (
            Line("FAILED.LOG", ("Step 1 of 3",)),
            Line("next", ("Step 2 of 3",)),
            Line("next", ("Step 3 of 3",)),
            Line("next", ("Those are all the steps",)),
            Line("where is the log", ("[1] Back to the step",)),
            Line("[Back to the step]", ("Those are all the steps",)),
        ),
    ),
    "by the help": (
        "en",
        (
            Line("help", ("where is the log, how do I read it", "How-to guides")),
            Line("[How-to guides]", ("Choose one", "Get the build log")),
            Line("[More guides]", ("Permissions to read the logs",)),
            Line("[More guides]", ("What to collect for a support case",)),
            Line("[More guides]", ("Check a template before submitting it",)),
            Line("[More guides]", ("The staging resource group",)),
            Line("[More guides]", ("Get the build log",)),
            Line("how-to guides", ("Choose one",)),
        ),
    ),
    "a text that says nothing of a build is offered the guide it comes near to": (
        "en",
        (
            Line(
                "where are the logs of kubernetes", ("couldn't find anything", "[1] Get the build log", "How-to guides")
            ),
            Line("what's for lunch", ("couldn't find anything",), ("Get the build log",)),
        ),
    ),
    "an error, a paste and a report are no question": (
        "en",
        (
            Line("Error: where is the log FAILED.LOG", ("Step 1 of 3",)),
            Line("the log says timeout", ("We're still on this fix",)),
            Line("where is the log\nFAILED.LOG", ("Step 1 of 3",)),
        ),
    ),
    "in italiano": (
        "it",
        (
            Line("FAILED.LOG", ("Passaggio 1 di 3",)),
            Line(
                "dove trovo il log?",
                (
                    "Ottenere il log di compilazione",
                    "1. Leggi lo stato del modello.",
                    "az image builder show -n win11-golden -g rg-images",
                    "Per approfondire: The customization log",
                    "[1] Torna al passaggio 1",
                    "Altre guide",
                    "Ricomincia",
                ),
            ),
            Line("come trovo il log da DevOps", ("Il log di un'esecuzione di Azure DevOps",)),
            Line("[Altre guide]", ("Guide pratiche", "Mostra altre guide")),
            Line("[Mostra altre guide]", ("Sostituire i comandi di deprovisioning",)),
            Line("guide pratiche", ("Ottenere il log",)),
            Line("aiuto", ("dov'è il log", "Guide pratiche")),
            Line("che permessi servono per leggere il log", ("Lettore dei dati del BLOB di archiviazione",)),
            Line("[Torna al passaggio 1]", ("Passaggio 1 di 3",)),
        ),
    ),
    "asked in the other language": (
        "it",
        (Line("how do I read customization.log", ("Leggere customization.log", "Comincia dalla fine.")),),
    ),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(name: str) -> None:
    language, lines = CONVERSATIONS[name]
    await talk(Chat(LOCALES[language]), *lines)


@pytest.mark.parametrize("walking", [False, True], ids=["at first", "in a walk"])
@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
async def test_every_guide_is_reached_by_buttons_and_every_page_is_short(language: Language, walking: bool) -> None:
    chat = Chat(LOCALES[language])
    if walking:
        await chat.say("FAILED.LOG")
    await chat.act("guides")
    reached: set[str] = set()
    for _ in GUIDES:
        guides = [button for button in chat.buttons if button.action_id == "guide"]
        assert len(guides) <= 5
        assert len(chat.buttons) <= 6
        assert ("step" in {button.action_id for button in chat.buttons}) is walking
        reached |= {button.args["id"] for button in guides}
        turned = next(button for button in chat.buttons if button.action_id == "guides")
        await chat.act("guides", dict(turned.args))
    assert reached == set(GUIDES)


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
@pytest.mark.parametrize("name", GUIDES)
async def test_every_guide_is_reached_by_words_and_is_one_whole_card(name: str, language: Language) -> None:
    chat = Chat(LOCALES[language])
    await chat.say("FAILED.LOG")
    shown = await chat.say(GUIDES[name].questions[language][0])
    assert GUIDES[name].title.get(language) in shown
    (reply,) = chat.replies
    assert isinstance(reply, Reply)
    assert render_card(reply) == lay_out_card(reply), "the card is too long to be shown whole"
    assert f"{len(GUIDES[name].steps)}. " in shown


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
async def test_a_guide_changes_nothing_of_what_is_under_way(language: Language) -> None:
    chat = Chat(LOCALES[language])
    await chat.say("FAILED.LOG")
    assert chat.state
    before = {key: value for key, value in chat.state.items() if key != "offered"}
    for guide in GUIDES.values():
        await chat.say(guide.questions[language][0])
        assert {key: value for key, value in chat.state.items() if key != "offered"} == before


@pytest.mark.parametrize(
    ("kind", "guide"),
    [
        ("status", "get-build-log"),
        ("deployment-error", "get-build-log"),
        ("task-log", "log-from-devops"),
        ("build-log", "read-build-log"),
    ],
)
async def test_a_text_that_no_error_fits_comes_with_the_guide_that_helps_on(kind: str, guide: str) -> None:
    found = NOTHING._replace(kind=kind, outcome="failed", excerpt=(ExcerptLine(1, "Failed"),))

    async def diagnose(text: str, language: Language) -> Diagnosis:
        return found

    chat = Chat(diagnoser=diagnose)
    assert "I don't know this error" in await chat.say("something else")
    title = GUIDES[guide].title.get("en")
    assert title in await chat.press(title)


async def test_values_of_a_hostile_text_stay_out_of_the_commands() -> None:
    async def diagnose(text: str, language: Language) -> Diagnosis:
        return FAILED._replace(facts={**FAILED.facts, "template": "x; rm -rf /", "subscription": "$(whoami)"})

    chat = Chat(diagnoser=diagnose)
    await chat.say("FAILED.LOG")
    for name in GUIDES:
        shown = await chat.act("guide", {"id": name})
        assert "rm -rf" not in shown
        assert "whoami" not in shown


@pytest.mark.parametrize(
    ("do", "args", "seen"),
    [
        ("guide", {"id": "of-yesterday"}, "That guide no longer exists."),
        ("guide", {}, "I don't know that button"),
        ("guide", {"id": 7}, "I don't know that button"),
        ("guides", {"first": 900}, "Get the build log"),
        ("guides", {"first": -1}, "I don't know that button"),
        ("guides", {"first": "x"}, "I don't know that button"),
    ],
)
async def test_an_old_or_broken_button_has_a_way_on(do: str, args: dict[str, object], seen: str) -> None:
    chat = Chat()
    assert seen in await chat.act(do, args)
    assert chat.buttons


async def test_the_words_of_entries_are_still_diagnosed() -> None:
    diagnosed = []

    async def diagnose(text: str, language: Language) -> Diagnosis:
        diagnosed.append(text)
        return FAILED

    chat = Chat(diagnoser=diagnose)
    said = [phrase for entry in ENTRIES.values() for phrase in entry.words.get("en", ())]
    for phrase in said:
        await chat.say(phrase)
    # some ask for permissions, a code's meaning, or what failed, and get their own answer
    assert len(diagnosed) >= 0.96 * len(said)
