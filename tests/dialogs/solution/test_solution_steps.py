"""A walkthrough leaves out steps for the other operating system, and other ways to do what is done already."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Entry, Language, Step, StepCode
from tests.dialogs.fixtures import ENTRIES, FAILED, NOTHING, SCRIPT, Chat, both, match


def step(name: str, os: str = "") -> Step:
    return Step(both(f"{name}.", f"{name}."), None, None, None, "reads", None, os=os)


MIXED = SCRIPT._replace(
    steps=(step("Elevate", "windows"), step("Prepend sudo", "linux"), step("Print"), step("Restart", "windows"))
)
MIXED_ENTRIES: Mapping[str, Entry] = {**ENTRIES, MIXED.id: MIXED}


def build_chat(os: str | None, entries: Mapping[str, Entry] = MIXED_ENTRIES) -> Chat:
    async def diagnose(text: str, language: Language) -> Diagnosis:
        if "LOG" not in text:
            return NOTHING
        return FAILED._replace(os=os, matches=(match(SCRIPT, "certain", (11, "It broke.")),))

    return Chat(entries=entries, diagnoser=diagnose)


CASES: list[tuple[str | None, list[str]]] = [
    ("windows", ["Step 1 of 3. Elevate.", "Step 2 of 3. Print.", "Step 3 of 3. Restart."]),
    ("linux", ["Step 1 of 2. Prepend sudo.", "Step 2 of 2. Print."]),
    (
        None,
        [
            "Step 1 of 4. Windows only. Elevate.",
            "Step 2 of 4. Linux only. Prepend sudo.",
            "Step 3 of 4. Print.",
            "Step 4 of 4. Windows only. Restart.",
        ],
    ),
]


@pytest.mark.parametrize(("os", "steps"), CASES)
async def test_a_walkthrough_has_the_steps_of_its_system(os: str | None, steps: list[str]) -> None:
    chat = build_chat(os)
    shown = await chat.say("LOG")
    for number, expected in enumerate(steps):
        assert expected in shown
        shown = await chat.say("it didn't help" if number == len(steps) - 1 else "next")
    assert "Those are all the steps" in shown


async def test_codes_are_a_table_below_the_step() -> None:
    codes = (StepCode("3010", None), StepCode("404", both("not there", "non esiste")))
    entry = SCRIPT._replace(steps=(step("Compare the code")._replace(codes=codes),))
    shown = await build_chat("windows", {**ENTRIES, entry.id: entry}).say("LOG")
    assert "\n\n3010: success; a restart is needed (add it to validExitCodes)\n404: not there\n\n" in shown


async def test_undo_and_what_is_told_count_the_same_steps() -> None:
    chat = build_chat("linux")
    await chat.say("LOG")
    await chat.say("next")
    assert "Step 1 of 2. Prepend sudo." in await chat.say("undo")
    await chat.say("next")
    assert "Back to step 2" in await chat.say("where is the log?")
    assert "I noted that after step 2." in await chat.say("it worked")


async def test_an_entry_of_one_system_tells_which_where_the_text_does_not() -> None:
    chat = build_chat(None, {**MIXED_ENTRIES, MIXED.id: MIXED._replace(os=("linux",))})
    assert "Step 1 of 2. Prepend sudo." in await chat.say("LOG")


async def test_a_walkthrough_of_an_earlier_release_goes_on_with_the_next_step_that_fits() -> None:
    chat = build_chat("linux")
    await chat.say("LOG")
    assert chat.state
    chat.state["walk"]["step"] = 0
    assert "Step 1 of 2. Prepend sudo." in await chat.say("where was I?")


async def test_a_case_numbers_the_steps_as_the_cards_do() -> None:
    chat = build_chat("linux")
    await chat.say("LOG")
    await chat.say("next")
    await chat.say("draft")
    text = await chat.press("Copy the text", product="linux")
    assert "step 1" in text
    assert "Prepend sudo" in text


WAYS = SCRIPT._replace(steps=(step("Close the quote"), step("Or use a file"), step("Otherwise ask"), step("Run it")))
WAYS_ENTRIES: Mapping[str, Entry] = {**ENTRIES, WAYS.id: WAYS}


async def test_who_has_done_a_step_needs_no_other_way_to_do_it() -> None:
    chat = build_chat("windows", WAYS_ENTRIES)
    await chat.say("LOG")
    assert "Step 4 of 4. Run it." in await chat.say("done")
    assert "Step 1 of 4. Close the quote." in await chat.say("undo")
    assert "Step 2 of 4. Or use a file." in await chat.say("doesn't apply")
    assert "Step 4 of 4. Run it." in await chat.say("done")
    assert "Step 2 of 4. Or use a file." in await chat.say("undo")
