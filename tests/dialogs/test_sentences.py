"""What people ask for in sentences: most get what they mean, and who describes a failure gets a diagnosis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialogs.answers.actions import PERMISSIONS_HOWTO
from dialogs.sentences import BEFORE_GUIDES, find_sentence_action
from dialogs.state.azure_state import AzureState
from dialogs.state.conversation_state import ConversationState, OfferedButton, Walkthrough
from dialogs.texts.catalog import get_texts
from dialogs.typed_actions import find_asked_action, find_typed_action
from knowledge.template.template_id import TemplateId
from tests.dialogs.azure.fake_azure import GOLDEN, FakeAzure, LookingChat
from tests.dialogs.fixtures import Chat
from tests.shipped_knowledge import ENTRIES, KNOWLEDGE_BASE

FOLDER = Path(__file__).parent / "sentences"
QUESTIONS = Path(__file__).parents[1] / "knowledge" / "questions"
TEXTS = get_texts()
CONSENT = (OfferedButton("Yes, go ahead", "look-yes"), OfferedButton("No, thanks", "look-no"))
MAX_TAKEN_FOR_A_REQUEST = 0.04
"""Some of the texts are small talk, or do ask for permissions or a code's meaning."""


def read_sentences(name: str) -> list[dict[str, Any]]:
    found = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    assert len({sentence["id"] for sentence in found}) == len(found)
    return list(found)


def build_state(sentence: dict[str, Any]) -> ConversationState:
    azure = AzureState()
    if known := sentence.get("known"):
        azure = replace(azure, last_template_id=TemplateId(GOLDEN.subscription, "rg-images", known))
    if sentence.get("context") == "consent":
        return ConversationState(azure=replace(azure, pending_input="consent"), last_buttons=CONSENT)
    walk = Walkthrough("build-timeout", 1, 5) if sentence.get("context") == "walk" else None
    return ConversationState(azure=azure, walkthrough=walk)


def find_meaning(text: str, state: ConversationState) -> tuple[str, str]:
    """Return the action that a text leads to, and the template that it names."""
    typed = find_typed_action(text, state, TEXTS.phrases, TEXTS.sentences)
    if typed is None:
        typed = find_asked_action(text, state, TEXTS.phrases, TEXTS.sentences)
        guide = KNOWLEDGE_BASE.howto_search.find_howto(text)
        if guide and not (typed and (typed.args or state.walkthrough or typed.action_id in BEFORE_GUIDES)):
            return ("permissions" if guide == PERMISSIONS_HOWTO else "guide"), ""
    return (typed.action_id, str(typed.args.get("name", ""))) if typed else ("diagnose", "")


@pytest.mark.parametrize(("name", "share"), [("seen", 0.92), ("kept", 0.87), ("later", 0.92)])
def test_most_sentences_do_what_is_meant(name: str, share: float) -> None:
    sentences = read_sentences(name)
    missed = []
    for sentence in sentences:
        action, named = find_meaning(sentence["text"], build_state(sentence))
        is_other = action == "look" and named.casefold() != sentence.get("name", named).casefold()
        if action not in sentence["means"] or is_other:
            missed.append(f"{sentence['id']}: {action}")
    assert len(missed) <= (1 - share) * len(sentences), "\n".join(missed)


def list_descriptions() -> Iterator[str]:
    for entry in ENTRIES.values():
        for language in ("en", "it"):
            yield from entry.words.get(language, ())
    for path in sorted(QUESTIONS.glob("*.yaml")):
        yield from (question["text"] for question in yaml.safe_load(path.read_text("utf-8")))


def test_who_describes_a_failure_asks_for_nothing_else() -> None:
    texts = list(list_descriptions())
    taken = [text for text in texts if find_sentence_action(text, ConversationState(), TEXTS.sentences, TEXTS.phrases)]
    assert len(texts) > 1500
    assert len(taken) <= MAX_TAKEN_FOR_A_REQUEST * len(texts), "\n".join(taken)


@pytest.mark.parametrize(
    "text",
    [
        "win11-golden",
        "why did win11-golden fail?",
        "<at>Image Medic</at>&nbsp;what's wrong with win11-golden",
        "Hi! can you check win11-golden please",
        "perché win11-golden non va?",
    ],
)
async def test_a_template_by_its_name_is_looked_up(text: str) -> None:
    chat = LookingChat(FakeAzure("user"))
    assert "May I read your template" in await chat.say(text) or "Posso leggere il tuo modello" in chat.shown
    assert "win11-golden" in await chat.say("yes")


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("cosa non è riuscito", "failing"),
        ("quali non sono riusciti?", "failing"),
        ("la build non è riuscita", "failed-again"),
        ("non è andata a buon fine", "failed-again"),
        ("stavolta è andata a buon fine", "worked"),
        ("è riuscita", "worked"),
        ("what should I do", "step"),
        ("what can I do about it?", "step"),
        ("cosa devo fare?", "step"),
    ],
)
def test_at_a_step_a_failure_is_no_success(text: str, action: str) -> None:
    assert find_meaning(text, build_state({"context": "walk"})) == (action, "")


async def test_what_failed_may_name_a_resource_group() -> None:
    chat = LookingChat(FakeAzure("user"))
    await chat.say("what failed in rg-nowhere?")
    assert "In resource group rg-nowhere." in await chat.say("yes")


async def test_without_lookups_a_name_gets_the_commands() -> None:
    assert "az image builder show -n win11-golden" in await Chat().say("why did win11-golden fail?")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("rerun win11-golden", "az image builder run -n win11-golden"),
        ("can you please cancel win11-golden", "az image builder cancel -n win11-golden"),
        ("delete win11-golden", "az image builder delete -n win11-golden"),
        ("rilancia win11-golden", "az image builder run -n win11-golden"),
        (
            "how do I rerun win11-golden in PowerShell?",
            "Start-AzImageBuilderTemplate -ResourceGroupName <rg> -Name win11-golden",
        ),
        ("annulla win11-golden con powershell", "Stop-AzImageBuilderTemplate"),
    ],
)
async def test_what_it_never_does_is_answered_with_the_command(text: str, command: str) -> None:
    assert command in await Chat().say(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what does 3010 mean?", "Windows: success; a restart is needed"),
        ("what does 1 mean?", "Meaning: general error; the code alone says no more (from robocopy: success"),
        ("what does 2 mean?", "Windows: file not found (from robocopy: success)\nLinux: a shell command"),
        ("exit code 1603", "1603"),
        ("cosa vuol dire 3010", "Windows: operazione riuscita; serve un riavvio"),
        ("0x12345678", "I don't know this code"),
        ("what does DeploymentFailed mean", "It only says that something failed"),
        ("what does 5 mean", "access denied"),
        ("What does exit code 5 mean?", "access denied"),
        ("what is 5", "access denied"),
        ("is 5 bad?", "access denied"),
        ("5, what is that", "access denied"),
        ("it ended with 5", "access denied"),
        ("exit 1", "general error"),
        ("error 5", "access denied"),
        ("5", "access denied"),
        ("cosa vuol dire 5", "accesso negato"),
        ("cos'è il 5?", "accesso negato"),
        ("codice di uscita 5", "accesso negato"),
        ("cosa significa il codice 5", "accesso negato"),
        (
            "what does robocopy 3 mean",
            "success (files were copied; the target has files or folders that the source lacks)",
        ),
        ("robocopy exit code 9", "failure (files were copied; some files or folders couldn't be copied)"),
        ("cosa significa il codice 1 di robocopy", "esito positivo (sono stati copiati file)"),
        ("VMExtensionProvisioningError", "An extension on a virtual machine reported an error"),
        ("what does CannotDeleteResource mean", "still contains others"),
        ("TooManyRequests", "Read more: Throttling errors: https://learn.microsoft.com/"),
        ("cosa significa TooManyRequests", "troppe richieste"),
        ('"code": "TooManyRequests"', "Azure answered 429"),
        ('{"code":"CannotDeleteResource"}', "still contains others"),
        ("Code: VMExtensionProvisioningError", "An extension on a virtual machine"),
        ("ERROR: (TooManyRequests)", "Azure answered 429"),
    ],
)
async def test_a_code_is_explained(text: str, said: str) -> None:
    italian = text.startswith(("cos", "codice"))
    assert said in await Chat("it-IT" if italian else "en-US").say(text)


@pytest.mark.parametrize(
    "text", ["what does step 5 mean", "5 templates", "the build ran for 5 h", "password: Sup3rSecret9"]
)
async def test_what_only_has_a_digit_is_no_code(text: str) -> None:
    asked = find_asked_action(text, ConversationState(), TEXTS.phrases, TEXTS.sentences)
    assert asked is None or asked.action_id != "code"


async def test_a_bare_digit_is_the_number_of_a_choice_where_there_is_one() -> None:
    chat = Chat()
    await chat.say("help")
    assert "general error" not in await chat.say("1")
    await chat.say("help")
    assert "I don't know this code" not in await chat.say("9")
    assert "access denied" in await chat.say("what does 5 mean")


async def test_yes_and_no_answer_the_question_at_hand() -> None:
    chat = Chat()
    assert "Delete it all now?" in await chat.say("forget me")
    await chat.say("yes please")
    assert chat.state is not None
    assert chat.state["diagnosis"] is None
    await chat.say("forget me")
    assert "What I can do" in await chat.say("no, rather not")


async def test_in_a_walk_why_and_no_are_answered() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    assert "Cause. The script itself is broken" in await chat.say("why?")
    assert "Step 2 of" in await chat.say("done")
    assert "Step 3 of" in await chat.say("done")
    assert "Those are all the steps" in await chat.say("no")


async def test_an_unknown_word_ends_no_walk_and_undo_goes_back() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    assert "Step 2 of" in await chat.say("done")
    assert "Step 2 of" in await chat.say("banana")
    assert "Step 1 of" in await chat.say("undo")


@pytest.mark.parametrize(("text", "said"), [("undo", "Step 2 of"), ("it failed again", "Step 3 of")])
async def test_what_was_solved_too_soon_goes_on(text: str, said: str) -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    await chat.say("done")
    assert "It isn't solved" in await chat.say("it worked")
    assert said in await chat.say(text)
    assert chat.state is not None
    assert "worked" not in [tried["outcome"] for tried in chat.state["tried"]]


async def test_undo_brings_back_a_solution_that_another_answer_took_the_place_of() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    await chat.say("next")
    await chat.say("UNMATCHED")
    assert "Step 2 of" in await chat.say("undo")


async def test_a_refusal_with_a_resource_id_is_diagnosed() -> None:
    scope = "/subscriptions/0b1f6486-1c2d-4e3f-8a9b-0c1d2e3f4a5b/resourceGroups/rg/providers/Microsoft.VirtualMachineImages/imageTemplates/t"
    said = f"(Conflict) Update/Upgrade of image templates is currently not supported. {scope}"
    assert find_meaning(said, ConversationState()) == ("diagnose", "")


async def test_a_program_s_output_is_no_sentence() -> None:
    said = "##[error]The operation was canceled. running azure image builder task, template name: t_1700000000000"
    assert find_meaning(said, ConversationState()) == ("diagnose", "")
