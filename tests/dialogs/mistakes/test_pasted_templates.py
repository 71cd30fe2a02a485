"""A pasted template whose submission failed: its mistake speaks for the diagnosis if the error names it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dialogs.model.turn import MessageSent
from knowledge.mistakes.template_mistakes import find_mistakes
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.model.template_mistake import TemplateMistake
from tests.dialogs.fixtures import Chat
from tests.knowledge.preflight.templates import TODAY, build_resource
from tests.shipped_knowledge import DIAGNOSER, ENTRIES

FACT = "In the template, properties.buildTimeoutInMinutes: The build timeout of 5000 minutes isn't between 0 and 960."
ERROR = "Validation failed: Invalid value for field 'ImageTemplate.properties.buildTimeoutInMinutes': 5000"
ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.VirtualMachineImages/imageTemplates/ubuntu-web"


async def diagnose(text: str, language: Language) -> Diagnosis:
    return DIAGNOSER.diagnose(text, language)


async def find(template_json: str) -> tuple[TemplateMistake, ...]:
    return find_mistakes(template_json, TODAY)


def build_chat() -> Chat:
    return Chat(entries=ENTRIES, diagnoser=diagnose, find_mistakes=find)


def print_template(message: str = ERROR, state: str = "Failed", **properties: Any) -> str:
    error = {"provisioningErrorCode": "ValidationFailed", "message": message}
    printed = {"provisioningState": state, "provisioningError": error, **properties}
    return json.dumps(build_resource(printed, id=ID), indent=2)


@pytest.mark.parametrize("before", ["", "it doesn't work:\n"])
async def test_the_mistake_that_the_error_names_is_shown_and_corrected(before: str) -> None:
    chat = build_chat()
    shown = await chat.say(before + print_template(buildTimeoutInMinutes=5000))
    assert FACT in shown
    for _ in range(4):
        if '\n+"' in chat.shown:
            break
        await chat.say("next")
    assert '-"buildTimeoutInMinutes": 5000\n+"buildTimeoutInMinutes": 960' in chat.shown


async def test_where_others_read_nothing_of_the_template_is_shown() -> None:
    text = MessageSent(print_template(buildTimeoutInMinutes=5000))
    assert "n the template, properties" not in await build_chat().turn(text, scope="group")


@pytest.mark.parametrize(
    "text",
    [
        print_template(buildTimeoutInMinutes=60),
        print_template(state="Succeeded", message="", buildTimeoutInMinutes=5000),
        print_template(buildTimeoutInMinutes=5000)[:-40],
        ERROR,
    ],
)
async def test_without_a_mistake_or_a_template_nothing_is_added(text: str) -> None:
    assert "n the template, properties" not in await build_chat().say(text)


async def test_a_status_without_a_template_starts_no_search() -> None:
    searched: list[str] = []

    async def search(template_json: str) -> tuple[TemplateMistake, ...]:
        searched.append(template_json)
        return ()

    status = {
        "lastRunStatus": {"runState": "Failed", "runSubState": "Building", "message": "context deadline exceeded"}
    }
    chat = Chat(entries=ENTRIES, diagnoser=diagnose, find_mistakes=search)
    await chat.say(json.dumps(status, indent=2))
    assert searched == []
    await chat.say(print_template(buildTimeoutInMinutes=5000))
    assert len(searched) == 1
