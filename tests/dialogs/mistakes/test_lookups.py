"""A lookup names the mistake in the template that explains the failed run, and the walk shows what corrects it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dialogs.model.azure import LogDiagnosis, LogTail, TemplateSearchResult, TemplateStatus
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.turn import Person
from dialogs.state.codec import build_codec
from dialogs.state.diagnosis import DIAGNOSIS_LAYOUTS
from knowledge.mistakes.template_mistakes import find_mistakes
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.model.template_mistake import TemplateMistake
from tests.build_logs import begun, powershell, script_failed, shell, stopped
from tests.dialogs.azure.fake_azure import STATUS, FakeAzure, LookingChat
from tests.dialogs.azure.statuses import with_values
from tests.knowledge.preflight.templates import TODAY, build_resource
from tests.shipped_knowledge import DIAGNOSER, ENTRIES

QUOTE_LOG = script_failed(powershell(begun(), ['The string is missing the terminator: ".'], code=1), 1).text()
LINUX_LOG = script_failed(shell(begun(windows=False), ["E: Unable to fetch some archives"], code=100), 100).text()
OWN_WORDS_LOG = script_failed(
    powershell(begun(), ["contoso-agent: enrollment endpoint returned 418"], code=1), 1
).text()
OPEN_QUOTE = 'Write-Error "An error occurred: $_'
SECRET = "Tr4verse-Quarry-58"
AT_THE_LIMIT = {
    "os": "linux",
    "ended": "2026-02-22T05:26:20Z",
    "message": "Timeout waiting for microservice to complete: 'context deadline exceeded'",
}


async def diagnose(text: str, language: Language) -> Diagnosis:
    return DIAGNOSER.diagnose(text, language)


async def find(template_json: str) -> tuple[TemplateMistake, ...]:
    return find_mistakes(template_json, TODAY)


class _Azure(FakeAzure):
    """Diagnoses whole logs with the shipped knowledge."""

    async def diagnose_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogDiagnosis:
        tail = self.tails[status.template_id]
        return LogDiagnosis(tail.file, await diagnose(tail.text, language), tail.size)


def build_chat(
    log: str, *scripts: str, locale: str = "en-US", kind: str = "PowerShell", whole: bool = True, **values: Any
) -> LookingChat:
    """A chat in which the template's last run has this log, and its customizers these scripts."""
    steps = tuple((kind, f"step-{number}") for number in range(1, len(scripts) + 1))
    status = with_values(STATUS, customizers=steps, **{"message": "", **values})
    azure = _Azure("user", status)
    azure.found = TemplateSearchResult((status.template_id,))
    size = len(log) if whole else 10**6
    azure.tails[status.template_id] = LogTail("customization.log", log, len(log), size, folder="abc")
    customizers = [
        {"type": kind, "name": name, "inline": script.split("\n")}
        for (_, name), script in zip(steps, scripts, strict=True)
    ]
    azure.template_texts[status.template_id] = json.dumps(build_resource({"customize": customizers}))
    return LookingChat(azure, locale=locale, entries=ENTRIES, diagnoser=diagnose, find_mistakes=find)


async def look(chat: LookingChat) -> str:
    await chat.act("look")
    shown = await chat.say("yes" if chat.locale == "en-US" else "sì")
    if "Which template" in shown or "Quale modello" in shown:
        shown = await chat.say("win11-golden")
    assert "customization.log" in shown
    return shown


def get_mistake(chat: LookingChat) -> dict[str, Any] | None:
    assert chat.state is not None
    mistake: dict[str, Any] | None = chat.state["diagnosis"].get("mistake")
    return mistake


@pytest.mark.parametrize(
    ("locale", "parts"),
    [
        (
            "en-US",
            (
                "In the template, line 2 of customizer 1: A quote or a comment is never closed.",
                f"▶ line 2  {OPEN_QUOTE}",
                'Fix in the template, line 2 of customizer 1. Close it on this line: "An error occurred: $_.',
                "In the template, line 2 of customizer 1. PowerShell can't parse the script, so none of it runs.",
            ),
        ),
        (
            "it-IT",
            (
                "Nel modello, personalizzatore 1, riga 2. Una virgoletta o un commento non viene mai chiuso.",
                f"▶ riga 2  {OPEN_QUOTE}",
                'Correzione nel modello, personalizzatore 1, riga 2. Aggiungi la chiusura in questa riga: "An error occurred: $_.',
                "Nel modello, personalizzatore 1, riga 2. PowerShell non riesce ad analizzare lo script",
            ),
        ),
    ],
)
async def test_the_mistake_that_explains_the_run_is_shown(locale: str, parts: tuple[str, ...]) -> None:
    chat = build_chat(QUOTE_LOG, f"Write-Host a\n{OPEN_QUOTE}", locale=locale)
    shown = await look(chat)
    for part in parts:
        assert part in shown
    assert shown.count(f" 2  {OPEN_QUOTE}") == 1


async def test_a_mistake_in_another_step_is_not() -> None:
    chat = build_chat(QUOTE_LOG, "Write-Host a", OPEN_QUOTE)
    assert "In the template" not in await look(chat)
    assert get_mistake(chat) is None


async def test_the_walk_shows_the_correction_as_a_diff() -> None:
    log = stopped(shell(begun(windows=False), ["Do you want to continue? [Y/n] "]).wait(14_000)).text()
    chat = build_chat(log, f"echo a\nsudo apt-get install nginx # --password={SECRET}", kind="Shell", **AT_THE_LIMIT)
    shown = await look(chat)
    mistake = get_mistake(chat)
    assert mistake is not None, shown
    assert mistake["rule"] == "apt-without-yes"
    assert "Likely: the log shows the silence, and the template shows a reason for it." in shown
    chat.state = json.loads(json.dumps(chat.state))
    for _ in range(6):
        if "+sudo apt-get -y install nginx" in chat.shown:
            break
        await chat.say("skip")
    assert " echo a\n-sudo apt-get install nginx" in chat.shown
    assert "+sudo apt-get -y install nginx" in chat.shown
    assert SECRET not in json.dumps(chat.state) + chat.shown


async def test_an_error_makes_a_partial_log_certain() -> None:
    chat = build_chat(QUOTE_LOG, OPEN_QUOTE, whole=False)
    assert "Certain: the log points here, and the template has the mistake." in await look(chat)
    assert chat.state is not None
    assert chat.state["diagnosis"]["matches"][0]["confidence"] == "certain"
    chat = build_chat(QUOTE_LOG, "Write-Host a", whole=False)
    await look(chat)
    assert chat.state is not None
    assert chat.state["diagnosis"]["matches"][0]["confidence"] == "likely"


async def test_an_unknown_error_has_a_possible_cause_in_its_step() -> None:
    shown = await look(build_chat(OWN_WORDS_LOG, OPEN_QUOTE))
    assert "A possible cause in the template, line 1 of customizer 1: A quote or a comment is never closed." in shown
    assert "A possible cause" not in await look(build_chat(OWN_WORDS_LOG, "Write-Host a"))


@pytest.mark.parametrize("run_state", ["Running", "Succeeded", "Canceled"])
async def test_only_a_failed_run_needs_an_explanation(run_state: str) -> None:
    chat = build_chat(QUOTE_LOG, OPEN_QUOTE, run_state=run_state)
    assert "In the template" not in await look(chat)
    assert chat.azure is not None
    assert "template" not in [what for what, _ in chat.azure.asked]


@pytest.mark.parametrize("reason", ["denied", "busy", "not-found", "unexpected"])
async def test_a_template_that_cannot_be_read_costs_nothing_else(reason: Any) -> None:
    chat = build_chat(QUOTE_LOG, OPEN_QUOTE)
    assert chat.azure is not None
    chat.azure.refusals["template"] = AzureRefusal(reason)
    shown = await look(chat)
    assert "a quote is never closed" in shown
    assert "In the template" not in shown


async def test_a_template_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialogs.mistakes.mistake_lookup.MAX_SECONDS", 0.01)
    chat = build_chat(QUOTE_LOG, OPEN_QUOTE)
    assert chat.azure is not None
    chat.azure.hanging = "template"
    assert "a quote is never closed" in await look(chat)


async def test_the_same_error_as_in_the_text_shows_its_line_with_the_status() -> None:
    chat = build_chat(QUOTE_LOG, OPEN_QUOTE)
    await chat.say(QUOTE_LOG)
    shown = await look(chat)
    assert "The same error as the one we're working on." in shown
    assert "In the template, line 1 of customizer 1: A quote or a comment is never closed." in shown
    assert "In the template, line 1 of customizer 1" in await chat.say("why")


async def test_the_whole_log_finds_the_step_that_its_end_did_not_tell() -> None:
    chat = build_chat("the end of the log", OPEN_QUOTE, whole=False)
    assert "In the template" not in await look(chat)
    assert chat.azure is not None
    template_id = STATUS.template_id
    chat.azure.tails[template_id] = replace(chat.azure.tails[template_id], text=QUOTE_LOG)
    await chat.act("whole-log", {**template_id.to_args()})
    assert "In the template, line 1 of customizer 1: A quote" in await chat.finish_job()


async def test_another_entry_that_the_person_picks_does_not_have_the_mistake() -> None:
    chat = build_chat(QUOTE_LOG, OPEN_QUOTE)
    await look(chat)
    assert chat.state is not None
    shown = await chat.act("choose", {"entry": "build-timeout", "paste": chat.state["paste"]})
    assert "Build timeout" in shown
    assert "In the template" not in shown


def test_a_stored_mistake_is_read_again_and_costs_a_diagnosis_without_one_nothing() -> None:
    codec = build_codec(Diagnosis, DIAGNOSIS_LAYOUTS)
    without = DIAGNOSER.diagnose(QUOTE_LOG, "en")
    assert "mistake" not in codec.encode(without)
    mistake = TemplateMistake(
        "apt-without-yes", False, True, {"command": "apt"}, "customizer", 2, 3, "$.a", "apt install", ("-a", "+b")
    )
    document = codec.encode(without._replace(mistake=mistake))
    assert codec.decode(json.loads(json.dumps(document))).mistake == mistake
    # what a later release adds, and what it doesn't know
    document["mistake"] = {"rule": "of-tomorrow", "later": [1]}
    assert codec.decode(document).mistake == TemplateMistake("of-tomorrow")


async def test_a_mistake_of_another_release_is_not_shown() -> None:
    chat = build_chat(QUOTE_LOG, OPEN_QUOTE)
    await look(chat)
    assert chat.state is not None
    chat.state["diagnosis"]["mistake"]["rule"] = "of-tomorrow"
    shown = await chat.say("why")
    assert "a quote is never closed" in shown
    assert "In the template" not in shown
