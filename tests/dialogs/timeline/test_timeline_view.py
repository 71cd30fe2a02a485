"""When the answer to a text shows its timeline, and when a card folds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dialogs.context import DialogContext
from dialogs.model.reply import DurationBars, FoldedSection, Paragraph
from dialogs.replies.plain_text import flatten_runs
from dialogs.state.diagnosis import LOOKUP_ID
from dialogs.texts.catalog import get_texts
from dialogs.timeline.timeline_view import build_timeline_blocks
from knowledge.model.diagnosis import Diagnosis
from tests.build_logs import BuildLog, begun, powershell, script_failed, stopped
from tests.dialogs.fixtures import KNOWLEDGE_BASE
from tests.shipped_knowledge import DIAGNOSER

CONTEXT = DialogContext("en", KNOWLEDGE_BASE, get_texts(), "2026-03-01T00:00:00Z")
STATUS = (
    '{"endTime": "2026-11-28T14:00:12.123456789Z", "startTime": "2026-11-28T10:00:02Z", "runState": "Failed", '
    '"message": "Timeout waiting for microservice to complete: \'context deadline exceeded\'"'
)


def failed() -> BuildLog:
    return script_failed(powershell(begun(), ["no"], code=1), 1)


def hung() -> BuildLog:
    log = begun().write_ui("Provisioning with Powershell...").write_output("Installing").wait(6_900)
    return stopped(log)  # type: ignore[arg-type]


def of_log(build: Callable[[], BuildLog]) -> Diagnosis:
    return DIAGNOSER.diagnose(build().text())


@pytest.mark.parametrize(
    ("diagnosis", "kinds"),
    [
        pytest.param(lambda: of_log(failed), [FoldedSection], id="a log that failed"),
        pytest.param(lambda: of_log(hung), [DurationBars], id="a log that was stopped proves it"),
        pytest.param(lambda: DIAGNOSER.diagnose(STATUS + "}"), [Paragraph], id="a status without the limit"),
        pytest.param(
            lambda: DIAGNOSER.diagnose(f'{STATUS}, "buildTimeoutInMinutes": 240}}'),
            [DurationBars],
            id="a status with the limit",
        ),
        pytest.param(lambda: DIAGNOSER.diagnose("the build timed out"), [], id="a description"),
        pytest.param(
            lambda: replace(of_log(failed), ids=((LOOKUP_ID, "/subscriptions/x"),)), [], id="a template's card has it"
        ),
    ],
)
def test_where_a_timeline_is_shown(diagnosis: Callable[[], Diagnosis], kinds: list[type]) -> None:
    assert [type(block) for block in build_timeline_blocks(CONTEXT, diagnosis(), is_folded=True)] == kinds


def test_others_dont_see_it() -> None:
    public = replace(CONTEXT, is_public=True)
    assert build_timeline_blocks(public, of_log(hung)) == []


def test_a_status_says_how_long_the_run_took() -> None:
    (paragraph,) = build_timeline_blocks(CONTEXT, DIAGNOSER.diagnose(STATUS + "}"))
    assert isinstance(paragraph, Paragraph)
    assert flatten_runs(paragraph.text).startswith("The run took 4 h. The time limit isn't in this text")


def test_several_steps_in_one_row_are_counted() -> None:
    log = begun()
    for _ in range(20):
        powershell(log, ["done"])
    [folded] = build_timeline_blocks(CONTEXT, of_log(lambda: script_failed(powershell(log, ["no"], code=1), 1)), True)
    assert isinstance(folded, FoldedSection)
    [bars] = folded.blocks
    assert isinstance(bars, DurationBars)
    assert [row.name for row in bars.rows if row.name.startswith("…")] == ["… 12 more"]
