"""Whole conversations, as tables of what is said or pressed and what is answered."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dialogs.model.effects import AskFeedback
from dialogs.model.turn import MemberJoined
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.dialogs.fixtures import CORRELATION, ENTRIES, FAILED, Chat


@dataclass(frozen=True)
class Line:
    """What the person does (`[x]` presses the button x) and what must, and must not, be seen then."""

    says: str
    seen: tuple[str, ...]
    unseen: tuple[str, ...] = ()


async def talk(chat: Chat, *lines: Line) -> None:
    for line in lines:
        pressed = line.says.startswith("[") and line.says.endswith("]")
        shown = await (chat.press(line.says[1:-1]) if pressed else chat.say(line.says))
        for part in line.seen:
            assert part in shown, f"after {line.says!r}: {part!r} is not in\n{shown}"
        for part in line.unseen:
            assert part not in shown, f"after {line.says!r}: {part!r} is in\n{shown}"


CONVERSATIONS = {
    "solved at the second step": (
        Line(
            "FAILED.LOG",
            (
                "Script ended with a non-zero exit code",
                "✖ Script ended with a non-zero exit code\n\nDuring the build\n\nCertain: the text says so.",
                "line 11  The string is missing the terminator.",
                "line 27  Script exited",
                "Run result: failed. Phase reached: customizing. "
                "The powershell provisioner failed after 5 s with exit code 1.",
                "Running it again won't help.",
                "Running it again. the script stays broken.",
                "Cause. The script itself is broken",
                "Also in the log, but only a result of this: Packer build failed.",
                "Step 1 of 3. Read the state.",
                "az image builder show -n win11-golden -g rg-images",
                "What to expect. Failed.",
                "[3] Other causes (1)",
                "[6] PowerShell instead",
            ),
            ("our own conclusion", "only part of the log", "<template>", "Step 2", "Get-AzImageBuilderTemplate"),
        ),
        Line(
            "[Done, next]",
            (
                "Step 2 of 3. Delete the template.",
                "This step deletes something.",
                "Before you delete anything: the customization.log",
                "Done, next",
                "✓ Read the state.",
                "○ Submit",
            ),
            ("Step 1 of", "It worked"),
        ),
        Line("it worked", ("“Script ended with a non-zero exit code” is solved. I noted that after step 2", "Start over"), ("?",)),
    ),
    "nothing helps": (
        Line("FAILED.LOG", ("Step 1 of 3",)),
        Line("next", ("Step 2 of 3",)),
        Line(
            "it didn't help",
            ("Step 3 of 3", "✖ Delete the template. (failed again", "It failed again"),
            ("Done, next",),
        ),
        Line("[It failed again]", ("Those are all the steps", "Other known errors match", "Draft a support case")),
        Line("[Other causes (1)]", ("Build timeout exceeded (possible)", "line 4  waiting")),
        Line("[Build timeout exceeded]", ("Possible: Build timeout exceeded", "Step 1 of 1. Raise the limit.")),
        Line("[It failed again]", ("Those are all the steps for “Build timeout exceeded”",)),
        Line(
            "[Draft a support case]",
            (
                "“Script ended with a non-zero exit code”, step 1 (done): Read the state.",
                "“Script ended with a non-zero exit code”, step 2 (done, the build failed again)",
                "“Script ended with a non-zero exit code”, step 3",
                "“Build timeout exceeded”, step 1",
            ),
        ),
    ),
    "likely, and a part of the log": (
        Line(
            "LIKELY",
            (
                "Likely: I saw only part of the log",
                "I saw only part of the log",
                "How to tell them apart:",
                "Build timeout exceeded. it ran for hours",
            ),
        ),
        Line("[Build timeout exceeded]", ("You picked this one.", "Step 1 of 1")),
    ),
    "a finding": (
        Line(
            "A.FINDING",
            (
                "✖ A quote in tools.ps1 is never closed\n\nA customizer (powershell) · script line 5\n\n"
                "Certain: line 11 says so.\n\n▶ line 11  The string is missing the terminator.\n\n"
                "Step 1 of 4. Close the quote in tools.ps1. Look above it.\n\nRunning it again won't help until this is fixed.",
                "  line 10  Installing the tools\n▶ line 11  The string is missing the terminator.\n  line 27  Script",
                "Cause. The file tools.ps1 has a quote too few.",
                "Type of failure. Script ended with a non-zero exit code. The script itself is broken",
                "Who can fix it: the owner of the script.",
                "The powershell provisioner failed after 5 s with exit code 1.",
            ),
            ("the script stays broken", "Read the state", "Does running it again help?"),
        ),
        Line(
            "next",
            (
                "A quote in tools.ps1 is never closed\n\n✓ Close the quote in tools.ps1.",
                "▶ line 11  The string is missing the terminator.",
                "Step 2 of 4. Test the script alone.",
            ),
            ("line 10", "line 27"),
        ),
        Line("next", ("Step 3 of 4. Delete the template.",)),
        Line("[Other causes (1)]", ("Build timeout exceeded (possible)",), ("never closed",)),
        Line("[Back to the step]", ("Step 3 of 4",)),
        Line("draft", ("Title: Azure VM Image Builder: A quote in tools.ps1 is never closed (win11-golden)",)),
        Line("back", ("Step 3 of 4",)),
        Line("it worked", ("“A quote in tools.ps1 is never closed” is solved. I noted that after step 3",)),
    ),
    "another candidate than the finding's": (
        Line("A.FINDING", ("never closed",)),
        Line("[Other causes (1)]", ("Build timeout exceeded",)),
        Line(
            "[Build timeout exceeded]",
            ("Possible: Build timeout exceeded", "line 4  waiting", "Step 1 of 1. Raise the limit."),
            ("never closed", "▶", "Close the quote"),
        ),
    ),
    "a finding in a Packer build": (
        Line(
            "IN.PACKER",
            ("This is your own Packer build", "Step 1 of 3. Close the quote"),
            ("Delete the template", "az image builder"),
        ),
        Line("next", ("Step 2 of 3",)),
        Line("next", ("Step 3 of 3. Run packer build again.",)),
    ),
    "an error that nobody knows yet": (
        Line(
            "UNKNOWN.STEP",
            (
                "I don't know this error yet\n\n"
                "The build failed in a customizer (powershell). It ran for 5 s. This is the error:\n\n"
                "  line 10  Enrolling\n▶ line 11  contoso-agent: enrollment endpoint returned 418",
                "It looks like it comes from the script or what it installs, not from Image Builder.",
                "Guided questions",
                "Draft a support case",
            ),
            ("Step 1", "Kind of text", "Exit code"),
        ),
        Line("draft", ("Title: Azure VM Image Builder: contoso-agent: enrollment endpoint returned 418",)),
    ),
    "an error of Azure that nobody knows yet": (
        Line(
            "UNKNOWN.IN.AZURE",
            (
                "The run got as far as: deploying the build VM. This is the error:\n\ncontoso-agent: enrollment",
                "It comes from Azure, not from a script.",
            ),
        ),
    ),
    "a finding in a text that doesn't show the step": (
        Line(
            "WITHOUT.STEP",
            ("A quote in tools.ps1 is never closed", "Close the quote in tools.ps1. Running it again", "▶ line 11"),
            ("I don't know", "Done, next"),
        ),
    ),
    "succeeded, but": (
        Line(
            "SURVIVED",
            (
                "The build in this log succeeded",
                "But a command in it failed, in line 11: A quote in tools.ps1 is never closed.",
                "▶ line 11",
                "the last command decides",
            ),
        ),
    ),
    "one's own words": (
        Line(
            "DESCRIBED",
            ("Build timeout exceeded (from your description)", "exit code (from your description)"),
            ("(possible)", "line "),
        ),
        Line("[Build timeout exceeded]", ("During the build\n\nBased on your description.",), ("line ",)),
    ),
    "several possible": (
        Line(
            "UNSURE",
            (
                "nothing in it singles one out",
                "Build timeout exceeded (possible)",
                "The run ends after hours.",
                "The log says that a script exited with a status.",
                "Which one describes what you see?",
            ),
            ("Step 1",),
        ),
        Line("[Script ended with a non-zero exit code]", ("Possible: Script ended", "Step 1 of 3")),
    ),
    "one possible, inferred, without steps": (
        Line("ONE.POSSIBLE", ("Possible: VMs from the image", "our own conclusion", "no steps for it"), ("It worked",)),
    ),
    "a wrapper": (Line("WRAPPER", ("only says that something failed", "from users' reports")),),
    "harmless": (
        Line("HARMLESS", ("Harmless.", "line 7  Builds finished", "paste the rest"), ("Step 1", "Done, next")),
        Line("next", ("No fix is in progress",)),
    ),
    "succeeded": (Line("SUCCEEDED", ("succeeded", "Harmless messages in it: No artifacts"), ("Step 1",)),),
    "unmatched": (
        Line(
            "UNMATCHED",
            (
                "I don't know this error",
                "Kind of text: a build log",
                "Outcome: failed",
                "Phase reached: customizing",
                "Last provisioner: powershell",
                "Exit code: 42",
                "line 11  The string is missing",
                "Guided questions",
                "Draft a support case",
            ),
            ("Step 1",),
        ),
    ),
    "a diagnosis of an entry that is gone": (Line("GONE", ("I don't know this error",)),),
    "junk, empty, small talk": (
        Line("hi", ("Hello. Paste an error", "Show me an example")),
        Line("", ("I didn't get any text",)),
        Line("   \n ", ("I didn't get any text",)),
        Line("asdf", ("I couldn't find anything about an image build",)),
        Line("Thank you!", ("You're welcome.",)),
        Line(
            "help", ("What I can do", "don't read from Azure here", "I hide passwords, keys, and tokens before I show")
        ),
        Line("7", ("I couldn't find anything",)),
        Line("other candidates", ("I haven't diagnosed a text yet",)),
        Line("it worked", ("Good to hear.",)),
    ),
    "words within a longer text are no command": (
        Line("please help, FAILED.LOG, in english", ("Step 1 of 3",)),
        Line("thanks, but what does it mean", ("I couldn't find", "We're still on this fix:", "Step 1 of 3")),
        Line("next", ("Step 2 of 3",)),
        Line("", ("I didn't get any text", "Step 2 of 3")),
    ),
    "cancel and start over": (
        Line("FAILED.LOG", ("Step 1 of 3",)),
        Line("cancel", ("Canceled.", "for a support case")),
        Line("next", ("No fix is in progress",)),
        Line("draft a case", (f"Correlation ID: {CORRELATION}",)),
        Line("start over", ("we're starting over",)),
        Line("draft a case", ("Not known: Subscription, ",)),
    ),
    "a new paste keeps what was tried": (
        Line("FAILED.LOG", ("Step 1 of 3",)),
        Line("next", ("Step 2 of 3",)),
        Line("LIKELY", ("Step 1 of 3",)),
        Line("draft", ("step 1 (done): Read the state.",)),
    ),
    "numbers and labels can be typed": (
        Line("FAILED.LOG", ("[1] Done, next",)),
        Line("1", ("Step 2 of 3",)),
        Line("other causes (1)", ("Other possible causes",)),
        Line("back to the step", ("Step 2 of 3",)),
        Line("1", ("Step 3 of 3",)),
        Line("1", ("“Script ended with a non-zero exit code” is solved. I noted that after step 3",)),
    ),
    "the example": (Line("[Show me an example]", ("Here's an example", "missing the terminator", "Step 1 of 3")),),
    "the language is asked for and kept": (
        Line("FAILED.LOG", ("Step 1 of 3",)),
        Line("italiano", ("Continuo in italiano.", "Passaggio 1 di 3. Leggi lo stato.")),
        Line("avanti", ("Passaggio 2 di 3",)),
        Line("ricomincia", ("Ricominciamo",)),
        Line("asdf", ("Non ci trovo nulla",)),
        Line("in english please", ("I'll go on in English.",)),
    ),
    "guided": (
        Line("[I have no error text]", ("What happened?", "The build failed, or it hangs", "VMs from the image don't work")),
        Line("[The build failed, or it hangs]", ("Which of these do you see?", "Build timeout exceeded. The run ends after hours.")),
        Line("[Back]", ("What happened?",)),
        Line("[The build failed, or it hangs]", ("Which of these do you see?",)),
        Line("[Build timeout exceeded]", ("You picked this one.", "Step 1 of 1")),
        Line("guided", ("What happened?",)),
        Line("[None of these]", ("isn't one of the errors I know", "Draft a support case", "Back")),
        Line("[Back]", ("What happened?",)),
    ),
}

ITALIAN = {
    "da incolla a risolto": (
        Line(
            "FAILED.LOG",
            (
                "Script terminato con codice di uscita diverso da zero",
                "Certo: lo dice il testo.",
                "riga 11  The string is missing",
                "Errore nel provisioner powershell dopo 5 s con codice di uscita 1.",
                "Rieseguire non serve.",
                "Nuova esecuzione. lo script resta errato.",
                "Passaggio 1 di 3. Leggi lo stato.",
            ),
        ),
        Line("[Fatto, avanti]", ("Questo passaggio elimina qualcosa.", "Prima di procedere: il customization.log")),
        Line("funziona", ("annotato dopo il passaggio 2",)),
    ),
    "cortesie": (
        Line("Buongiorno!", ("Ciao.",)),
        Line("aiuto", ("Che cosa so fare", "non leggo da Azure")),
        Line("grazie mille", ("Prego.",)),
        Line("guidami", ("Che cosa è successo?",)),
        Line("annulla", ("Annullato.",)),
        Line("altri", ("Non ho ancora diagnosticato un testo",)),
        Line("apri un caso", ("Bozza di una richiesta di supporto", "Non disponibile: Sottoscrizione, ")),
    ),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(name: str) -> None:
    chat = Chat()
    await chat.turn(MemberJoined())
    await talk(chat, *CONVERSATIONS[name])


@pytest.mark.parametrize("name", ITALIAN)
async def test_conversation_in_italian(name: str) -> None:
    await talk(Chat("it-IT"), *ITALIAN[name])


@pytest.mark.parametrize(
    ("locale", "seen"),
    [
        ("it-IT", "Incolla"),
        ("it", "Incolla"),
        ("IT_ch", "Incolla"),
        ("en-US", "Paste"),
        ("item", "Paste"),
        (None, "Paste"),
    ],
)
async def test_welcome_is_in_the_language_of_the_client(locale: str | None, seen: str) -> None:
    assert seen in await Chat(locale).turn(MemberJoined())


async def test_welcome_says_what_it_cannot_do_and_what_it_hides() -> None:
    chat = Chat()
    shown = await chat.turn(MemberJoined())
    assert "don't read from Azure here" in shown
    assert "I hide passwords, keys, and tokens" in shown
    assert [button.label for button in chat.buttons] == ["Show me an example", "I have no error text", "Help"]


OLD_BUTTONS = {
    "another version": (("next", {}, 99), "another version of Image Medic"),
    "unknown verb": (("launch-rockets", {}, 1), "I don't know that button"),
    "wrong types": (("next", {"entry": 7, "step": "x", "paste": None}, 1), "I don't know that button"),
    "unhashable": (("choose", {"entry": ["a"], "paste": {}}, 1), "I don't know that button"),
    "a step below zero": (("next", {"entry": "build-timeout", "step": -4, "paste": 1}, 1), "I don't know that button"),
    "truth for a number": (("next", {"entry": "build-timeout", "step": True, "paste": 1}, 1), "I don't know"),
    "entry gone": (("choose", {"entry": "of-yesterday", "paste": 1}, 1), "no longer exists"),
    "entry of a step gone": (("next", {"entry": "of-yesterday", "step": 0, "paste": 1}, 1), "no longer exists"),
    "walk gone": (("next", {}, 1), "No fix is in progress"),
    "no step to show": (("step", {}, 1), "No fix is in progress"),
    "questions changed": (("guided", {"path": ["nowhere", "else"]}, 1), "These questions have changed"),
    "path of another type": (("guided", {"path": {"a": 1}}, 1), "I don't know that button"),
    "step beyond the last": (("next", {"entry": "build-timeout", "step": 900, "paste": 1}, 1), "all the steps"),
}


@pytest.mark.parametrize("name", OLD_BUTTONS)
async def test_a_button_that_cannot_be_followed_gets_a_helpful_answer(name: str) -> None:
    (do, args, version), seen = OLD_BUTTONS[name]
    chat = Chat()
    shown = await chat.act(do, args, version=version)
    assert seen in shown
    assert chat.buttons


async def test_a_card_of_an_earlier_text_shows_placeholders_not_values_of_the_new_one() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    old = chat.button("Done, next")
    await chat.say("LIKELY")
    shown = await chat.act(old.action_id, dict(old.args))
    assert "I no longer have the text for this card" in shown
    assert "-n <template> -g <rg>" in shown
    assert "win11-golden" not in shown


async def test_a_colleague_who_presses_a_button_starts_their_own_walk() -> None:
    mine, theirs = Chat(), Chat()
    await mine.say("FAILED.LOG")
    button = mine.button("Done, next")
    shown = await theirs.act(button.action_id, dict(button.args))
    assert "Step 2 of 3" in shown
    assert "win11-golden" not in shown
    assert "Step 3 of 3" in await theirs.say("next")


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"v": 0},
        {"v": 2},
        {"v": True},
        {"v": 1},
        {"v": 1, "paste": "x"},
        {"v": 1, "paste": 1, "tried": {}},
        {"py": []},
    ],
)
async def test_a_state_that_cannot_be_read_is_said_and_started_afresh(broken: dict[str, object]) -> None:
    chat = Chat()
    chat.state = broken
    shown = await chat.say("FAILED.LOG")
    assert "I can't read what we said before" in shown
    assert "Step 1 of 3" in shown
    assert "can't read what we said before" not in await chat.say("next")


async def test_a_fault_is_raised_and_the_conversation_goes_on_after_it() -> None:
    """The runtime gives the person a reference and counts the failed turn; here it's enough that nothing is lost."""

    async def failing(text: str, language: Language) -> Diagnosis:
        if "hunter2" in text:
            raise RuntimeError("the fault")
        return FAILED

    chat = Chat(diagnoser=failing)
    await chat.say("FAILED.LOG")
    with pytest.raises(RuntimeError, match="the fault"):
        await chat.say("a text with hunter2 in it")
    assert "Step 2 of 3" in await chat.say("next")


async def test_an_entry_removed_since_leaves_no_dead_end() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    later = Chat(entries={key: entry for key, entry in ENTRIES.items() if key != FAILED.matches[0].entry})
    later.state = chat.state
    assert "no longer exists" in await later.say("next")
    later.state = chat.state
    assert "Build timeout exceeded" in await later.say("other candidates")
    later.state = chat.state
    assert "Draft of a support case" in await later.say("draft")


async def test_feedback_is_asked_below_the_diagnosis_whatever_comes_before_it() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    assert chat.effects == (AskFeedback(reply_index=0),)
    await chat.say("example")
    assert (len(chat.replies), chat.effects) == (2, (AskFeedback(reply_index=1),))
    chat.state = {"broken": True}
    await chat.say("FAILED.LOG")
    assert (len(chat.replies), chat.effects) == (2, (AskFeedback(reply_index=1),))
