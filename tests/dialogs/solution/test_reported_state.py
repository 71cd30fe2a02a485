"""A status without an error is reported as that, in a chat, in a terminal, and in the counts."""

from __future__ import annotations

import pytest

from bot.cli.diagnosis_report import DiagnosisReport
from dialogs.model.turn import MessageSent, Person, Turn
from dialogs.solution.usage_events import collect_usage_events
from dialogs.state.conversation_state import ConversationState
from knowledge.catalog.findings import load_findings
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.dialogs.fixtures import Chat
from tests.shipped_knowledge import DIAGNOSER

RUN = '"lastRunStatus": {"startTime": "2026-11-26T04:54:34.61Z", "endTime": "0001-01-01T00:00:00Z", "runState": '
TEMPLATE = '{"type": "Microsoft.VirtualMachineImages/imageTemplates", "properties": {"provisioningState": '
STATUSES = {
    "running": RUN + '"Running", "runSubState": "Queued", "message": ""}',
    "canceling": RUN + '"Canceling", "message": "Canceling image build"}',
    "canceled": RUN + '"Canceled", "message": "The build was canceled"}',
    "changing": TEMPLATE + '"Creating"}}',
    "no-run": TEMPLATE + '"Succeeded"}}',
}
SAID: dict[Language, dict[str, tuple[str, str]]] = {
    "en": {
        "running": ("This run hasn't ended yet", "Azure says Running, Queued"),
        "canceling": ("Azure is canceling this run", "when the state is Canceled"),
        "canceled": ("This run was canceled", "The activity log of the template says who"),
        "changing": ("Azure is still working on this template", "The state is Creating"),
        "no-run": ("There's no error in this status", "It says Succeeded and nothing about a run"),
    },
    "it": {
        "running": ("Questa esecuzione non è ancora terminata", "Azure indica Running, Queued"),
        "canceling": ("Azure sta annullando questa esecuzione", "quando lo stato sarà Canceled"),
        "canceled": ("Questa esecuzione è stata annullata", "Il log attività del modello indica"),
        "changing": ("Azure sta ancora lavorando su questo modello", "Lo stato è Creating"),
        "no-run": ("In questo stato non c'è alcun errore", "Indica Succeeded e non dice nulla"),
    },
}


async def diagnose(text: str, language: Language) -> Diagnosis:
    return DIAGNOSER.diagnose(text, language)


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("state", STATUSES)
async def test_a_status_without_an_error_is_told_for_what_it_is(state: str, language: Language) -> None:
    shown = await Chat(language, diagnoser=diagnose).say(STATUSES[state])
    for part in SAID[language][state]:
        assert part in shown
    assert not any(part in shown for part in ("I don't know", "Non conosco"))


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("state", STATUSES)
def test_a_terminal_says_so_in_one_line(state: str, language: Language) -> None:
    report = DiagnosisReport(DIAGNOSER.entries, language, load_findings())
    _, line, *_ = report.render(DIAGNOSER.diagnose(STATUSES[state], language)).splitlines()
    words = {"en": ("running", "cancel", "working", "no error", "hasn't"), "it": ("annull", "non", "lavorando")}
    assert any(word in line for word in words[language])
    assert "{" not in line


@pytest.mark.parametrize("state", STATUSES)
def test_it_is_not_counted_as_unrecognized(state: str) -> None:
    turn = Turn(Person("tenant", "person"), "conversation", locale="en", event=MessageSent(STATUSES[state]))
    after = ConversationState(diagnosis=DIAGNOSER.diagnose(STATUSES[state]), diagnosis_number=1)
    assert collect_usage_events(turn, ConversationState(), after) == ()
