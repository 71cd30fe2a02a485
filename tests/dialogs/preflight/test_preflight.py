"""What is said about a template: pasted, from Azure, or not to be checked; in both languages."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from bot.template_check.check_text import check_text
from dialogs.conversation import Conversation
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.files import AttachedFile
from dialogs.model.preflight import CheckProblem, CheckProblemReason, TemplateCheck, TemplateFinding
from dialogs.model.reply import FoldedSection
from dialogs.model.turn import MessageSent
from knowledge.model.entry import Language
from knowledge.preflight.rule_catalog import load_rules
from tests.bot.template_check.test_checker import ASKING, OPEN_QUOTE, QUOTED_FLAG, SECRET, build_template
from tests.dialogs.azure.fake_azure import GOLDEN, FakeAzure, LookingChat
from tests.dialogs.fixtures import Chat

RULES = load_rules()
SECRET_STEP = {"type": "Shell", "name": "database", "inline": [f"export DB_PASSWORD={SECRET}"]}
FAILED_RUN = {"lastRunStatus": {"runState": "Failed", "runSubState": "Customizing", "message": "It broke."}}


class FakeChecker:
    """Checks in this process. `problem` is what it finds instead; `texts` are what it was given."""

    def __init__(self) -> None:
        self.problem: CheckProblemReason | None = None
        self.check: TemplateCheck | None = None
        self.texts: list[str] = []

    async def __call__(self, text: str, language: Language, name: str = "", is_live: bool = False) -> TemplateCheck:
        self.texts.append(text)
        if self.check is not None:
            return self.check
        if self.problem:
            return TemplateCheck(name, problem=CheckProblem(self.problem, 3, 7))
        return check_text(text, RULES, date(2026, 3, 1), language, name, is_live)


def open_chat(locale: str = "en-US", azure: FakeAzure | None = None) -> LookingChat:
    return LookingChat(azure, locale, check_template=FakeChecker())


def labels(chat: Chat) -> list[str]:
    return [button.label for button in chat.buttons]


@pytest.mark.parametrize(
    ("locale", "steps", "said"),
    [
        ("en-US", [OPEN_QUOTE], ["web: 2 errors", "✖ Will fail: ", "customizer 1 tools · script line 2 · line\u00a0"]),
        (
            "it-IT",
            [OPEN_QUOTE],
            ["web: 2 errori", "✖ Non riuscirà: ", "personalizzatore 1 tools · riga 2 dello script"],
        ),
        ("en-US", [ASKING], ["▲ Might fail: ", "customizer 1 · script line 1 · line\u00a0"]),
        ("en-US", [SECRET_STEP], ["▲ Warning: An inline command seems to contain a secret"]),
        ("it-IT", [SECRET_STEP], ["▲ Avviso: Un comando inline sembra contenere un segreto"]),
        ("en-US", [ASKING, ASKING], ["and in another place"]),
        ("it-IT", [ASKING, ASKING], ["e in un altro punto"]),
        (
            "en-US",
            [{"type": "Shell", "scriptUri": "https://example.com/setup.sh", "sha256Checksum": "a" * 64}],
            ["Not checked: permissions", "scripts that the template only links to (setup.sh)"],
        ),
    ],
)
async def test_a_pasted_template_gets_a_list(locale: str, steps: list[dict[str, Any]], said: list[str]) -> None:
    chat = open_chat(locale)
    shown = await chat.say(build_template(*steps))
    for words in said:
        assert words in shown
    assert ("Non esaminato" if locale == "it-IT" else "Not checked: ") in shown


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en-US", "I found nothing that would fail"), ("it-IT", "non ho trovato nulla che causerebbe un errore")],
)
async def test_nothing_found_is_an_answer(locale: str, said: str) -> None:
    chat = open_chat(locale)
    chat_checker = chat.conversation._resources.check_template
    assert isinstance(chat_checker, FakeChecker)
    chat_checker.check = TemplateCheck("web")
    shown = await chat.say(build_template())
    assert f"web: {said}" in shown
    assert "Show the fix" not in labels(chat)


async def test_at_most_six_are_shown_and_the_rest_is_folded() -> None:
    chat = open_chat()
    checker = chat.conversation._resources.check_template
    assert isinstance(checker, FakeChecker)
    findings = tuple(TemplateFinding(f"rule-{number}", "warning", f"Mistake {number}") for number in range(9))
    checker.check = TemplateCheck("web", findings, (0, 9, 0))
    shown = await chat.say(build_template())
    (folded,) = (block for block in chat.replies[0].blocks if isinstance(block, FoldedSection))
    assert folded.label == "3 more"
    assert len(folded.blocks) == 3
    assert "Mistake 8" in shown


async def test_the_fix_of_each_finding_follows() -> None:
    chat = open_chat()
    await chat.say(build_template(OPEN_QUOTE, ASKING))
    shown = await chat.press("Show the fix")
    assert "Finding 1 of " in shown
    assert "Fix: " in shown
    seen = [shown]
    while "Next finding" in labels(chat):
        seen.append(await chat.press("Next finding"))
    (asking,) = (each for each in seen if "apt" in each and "+" in each)
    assert '"sudo apt-get -y install nginx"' in asking
    assert "web: " in await chat.press("All findings")


@pytest.mark.parametrize(
    ("locale", "save", "warning"),
    [
        ("en-US", "Save the corrected template", "I don't keep secrets"),
        ("it-IT", "Salva il modello corretto", "Non conservo segreti"),
    ],
)
async def test_the_corrected_template_is_a_file_without_secrets(locale: str, save: str, warning: str) -> None:
    chat = open_chat(locale)
    await chat.say(build_template(ASKING, SECRET_STEP))
    shown = await chat.press(save)
    assert "web-corrected.json" in shown
    assert warning in shown
    (offered,) = chat.offered_files
    content = chat.conversation.read_offered_file(chat.state, offered.args)
    assert content is not None
    assert len(content) == offered.size
    steps = json.loads(content)["properties"]["customize"]
    assert steps[0]["inline"] == ["sudo apt-get -y install nginx"]
    assert SECRET not in content.decode()


async def test_without_secrets_nothing_has_to_be_filled_in() -> None:
    chat = open_chat()
    await chat.say(build_template(ASKING))
    assert "secrets" not in await chat.press("Save the corrected template")


async def test_nothing_to_correct_is_nothing_to_save() -> None:
    chat = open_chat()
    await chat.say(build_template(OPEN_QUOTE))
    assert "Save the corrected template" not in labels(chat)


async def test_only_the_last_template_is_kept_and_never_its_text() -> None:
    chat = open_chat()
    await chat.say(build_template(ASKING, SECRET_STEP))
    old = chat.button("Save the corrected template")
    fix = chat.button("Show the fix")
    await chat.press("Save the corrected template")
    (offered,) = chat.offered_files
    assert SECRET not in json.dumps(chat.state)
    assert "sudo apt-get install nginx" not in json.dumps({**(chat.state or {}), "preflight": None})
    await chat.say(build_template(QUOTED_FLAG))
    for button in (old, fix):
        assert "I no longer have that template" in await chat.act(button.action_id, dict(button.args))
    assert chat.conversation.read_offered_file(chat.state, offered.args) is None


@pytest.mark.parametrize("args", [{}, {"check": "x"}, {"check": -1, "number": 99}, {"number": []}])
@pytest.mark.parametrize("action", ["preflight-fix", "preflight-save", "preflight-list"])
async def test_a_made_up_button_gets_a_sentence(action: str, args: dict[str, Any]) -> None:
    chat = open_chat()
    await chat.say(build_template(ASKING))
    assert await chat.act(action, args)
    assert not chat.offered_files


@pytest.mark.parametrize(
    ("reason", "en", "it"),
    [
        ("too-large", "app.py preflight FILE", "app.py preflight FILE"),
        ("too-slow", "it took too long", "richiedeva troppo tempo"),
        ("not-json", "at line 3, column 7", "alla riga 3, colonna 7"),
        ("bicep", "bicep build FILE", "bicep build FILE"),
        ("no-template", "no image template", "un modello di immagine"),
        ("broken", "on my side", "da parte mia"),
    ],
)
async def test_what_is_not_checked_has_one_sentence(reason: CheckProblemReason, en: str, it: str) -> None:
    for locale, said in (("en-US", en), ("it-IT", it)):
        chat = open_chat(locale)
        checker = chat.conversation._resources.check_template
        assert isinstance(checker, FakeChecker)
        checker.problem = reason
        assert said in await chat.say(build_template())
        assert len(chat.replies) == 1
        assert len(chat.replies[0].blocks) == 1
        assert chat.buttons


async def test_a_failed_run_is_diagnosed_first_and_leads_to_the_check() -> None:
    chat = open_chat()
    shown = await chat.say(build_template(ASKING, **FAILED_RUN))
    assert "Might fail" not in shown
    assert "▲ Might fail: " in await chat.press("Check the template")


@pytest.mark.parametrize("state", ["Running", "Canceled"])
async def test_a_state_is_explained_first(state: str) -> None:
    chat = open_chat()
    await chat.say(build_template(ASKING, lastRunStatus={"runState": state}))
    assert "▲ Might fail: " in await chat.press("Check the template")


async def test_a_paste_keeps_what_is_in_progress() -> None:
    chat = open_chat()
    await chat.say("FAILED.LOG please review the build log")
    walk = (chat.state or {})["walk"]
    await chat.say(build_template(ASKING))
    assert (chat.state or {})["walk"] == walk


async def test_the_answer_is_in_the_language_of_the_words_around_it() -> None:
    chat = open_chat()
    assert "Non esaminato" in await chat.say(f"ciao, puoi controllare il mio modello?\n\n{build_template(ASKING)}")


async def test_words_with_a_file_are_about_the_file() -> None:
    chat = open_chat()
    shown = await chat.turn(MessageSent("check this template", (AttachedFile("golden.json", "x"),)))
    assert len(chat.replies) == 1
    assert "golden.json" in shown or "can't open files" in shown


async def test_without_a_checker_a_template_is_a_text_like_any_other() -> None:
    assert "Might fail" not in await Chat().say(build_template(ASKING))


def build_deployed(*steps: dict[str, Any]) -> str:
    """A template as Azure returns it: on one line."""
    return json.dumps(json.loads(build_template(*steps, provisioningState="Succeeded")) | {"id": "/x"})


async def open_live_chat(locale: str = "en-US", *steps: dict[str, Any]) -> LookingChat:
    azure = FakeAzure("user")
    azure.template_texts[GOLDEN] = build_deployed(*steps)
    return open_chat(locale, azure)


@pytest.mark.parametrize(
    ("locale", "text", "yes"),
    [
        ("en-US", "check win11-golden", "yes"),
        ("en-US", "is win11-golden ok?", "yes"),
        ("en-US", "preflight win11-golden", "yes"),
        ("en-US", "check the template win11-golden", "yes"),
        ("en-US", "will win11-golden build?", "yes"),
        ("en-US", "can you validate win11-golden before I run it", "yes"),
        ("it-IT", "controlla win11-golden", "sì"),
        ("it-IT", "win11-golden va bene?", "sì"),
        ("it-IT", "puoi verificare il modello win11-golden?", "sì"),
        ("it-IT", "win11-golden si compilerà?", "sì"),
    ],
)
async def test_a_template_in_azure_is_checked_after_consent(locale: str, text: str, yes: str) -> None:
    chat = await open_live_chat(locale, ASKING)
    assert "apt" not in await chat.say(text)
    shown = await chat.say(yes)
    assert "win11-golden: " in shown
    assert "apt" in shown
    assert chat.azure is not None
    assert ("template", GOLDEN) in chat.azure.asked
    assert ("status", GOLDEN) not in chat.azure.asked


@pytest.mark.parametrize("text", ["look at win11-golden", "check on win11-golden", "check the log of win11-golden"])
async def test_who_asks_about_its_run_sees_its_run(text: str) -> None:
    chat = await open_live_chat("en-US", ASKING)
    await chat.say(text)
    await chat.say("yes")
    assert chat.azure is not None
    assert ("template", GOLDEN) not in chat.azure.asked


async def test_check_again_reads_it_again() -> None:
    chat = await open_live_chat("en-US", ASKING)
    await chat.say("check win11-golden")
    await chat.say("yes")
    assert chat.azure is not None
    chat.azure.template_texts[GOLDEN] = build_deployed()
    assert "apt" not in await chat.press("Check again")


async def test_the_status_card_leads_to_the_check_and_back() -> None:
    chat = await open_live_chat("en-US", ASKING)
    await chat.say("look at win11-golden")
    await chat.say("yes")
    assert "apt" in await chat.press("Check the template")
    assert "Template win11-golden" in await chat.press("Last run")


async def test_my_template_is_the_one_that_is_asked_for_next() -> None:
    chat = await open_live_chat("en-US", ASKING)
    await chat.say("check my template")
    assert "Which template?" in await chat.say("yes")
    assert "apt" in await chat.say("win11-golden")


async def test_one_of_several_is_checked() -> None:
    chat = await open_live_chat("en-US", ASKING)
    await chat.say("check win12-golden")
    await chat.say("yes")
    assert "apt" in await chat.press("win11-golden")


async def test_a_refusal_is_explained_and_the_check_tried_again() -> None:
    chat = await open_live_chat("en-US", ASKING)
    assert chat.azure is not None
    chat.azure.refusals["template"] = AzureRefusal("no-network")
    await chat.say("check win11-golden")
    await chat.say("yes")
    assert "Try again" in labels(chat)
    chat.azure.refusals.clear()
    assert "apt" in await chat.press("Try again")


@pytest.mark.parametrize(
    ("locale", "text", "said"),
    [
        ("en-US", "check win11-golden", "az image builder show -n win11-golden -g <rg> -o json"),
        ("it-IT", "controlla win11-golden", "az image builder show -n win11-golden -g <rg> -o json"),
    ],
)
async def test_without_lookups_the_command_is_shown(locale: str, text: str, said: str) -> None:
    chat = open_chat(locale)
    assert said in await chat.say(text)
    (switch,) = chat.replies[0].switches
    assert "Invoke-AzRestMethod" in await chat.press(switch.label)


async def test_in_a_group_no_file_is_offered() -> None:
    chat = open_chat()
    await chat.turn(chat.turn_of(build_template(ASKING), "personal").event)
    assert "Save the corrected template" in labels(chat)
    turn = chat.turn_of(build_template(ASKING), "channel")
    answer = await Conversation.answer_turn(chat.conversation, turn, None)
    assert "Save the corrected template" not in [button.label for button in answer.replies[0].buttons]


async def test_the_language_of_the_help_mentions_it_once() -> None:
    for locale, word in (("en-US", "check win11-golden"), ("it-IT", "controlla win11-golden")):
        chat = open_chat(locale)
        assert (await chat.say("help")).count(word) == 1


@pytest.mark.parametrize("has_lookups", [True, False])
async def test_before_it_is_run_again_the_template_can_be_checked(has_lookups: bool) -> None:
    """Where that's a press: without lookups, it would only show a command."""
    chat = await open_live_chat("en-US", ASKING) if has_lookups else open_chat()
    await chat.say("FAILED.LOG")
    for _ in range(9):
        if "It worked" in labels(chat):
            break
        assert "Check the template" not in labels(chat)
        await chat.press("Done, next")
    assert "It failed again" in labels(chat)
    assert ("Check the template" in labels(chat)) == has_lookups
