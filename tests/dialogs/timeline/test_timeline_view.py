"""When the answer to a text shows its timeline, and when a card folds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dialogs.context import DialogContext
from dialogs.model.duration_bars import DurationBars
from dialogs.model.reply import Block, FoldedSection, Paragraph
from dialogs.replies.plain_text import flatten_runs
from dialogs.state.diagnosis import LOOKUP_ID, truncate_diagnosis
from dialogs.texts.catalog import get_texts
from dialogs.timeline.log_timeline import MAX_SHORT_ROWS
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
            lambda: of_log(failed)._replace(ids=((LOOKUP_ID, "/subscriptions/x"),)), [], id="a template's card has it"
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


def list_names(bars: Block) -> list[str]:
    assert isinstance(bars, DurationBars)
    return [row.name for row in bars.rows]


def long_log() -> BuildLog:
    log = begun()
    for _ in range(30):
        powershell(log, ["done"])
    return log


def test_several_steps_in_one_row_are_counted() -> None:
    diagnosis = of_log(lambda: script_failed(powershell(long_log(), ["no"], code=1), 1))
    [folded] = build_timeline_blocks(CONTEXT, diagnosis, is_folded=True)
    assert isinstance(folded, FoldedSection)
    whole = list_names(folded.blocks[0])
    assert [name for name in whole if name.startswith("…")] == ["… 28 more"]
    [folded] = build_timeline_blocks(CONTEXT, truncate_diagnosis(diagnosis), is_folded=True)
    assert isinstance(folded, FoldedSection)
    assert sum(int(name.split()[1]) if name.startswith("…") else 1 for name in list_names(folded.blocks[0])) == 33


def test_what_proves_a_hang_has_few_rows() -> None:
    log = long_log().write_ui("Provisioning with Powershell...").write_output("Installing").wait(6_900)
    [bars] = build_timeline_blocks(CONTEXT, of_log(lambda: stopped(log)), is_folded=True)  # type: ignore[arg-type, return-value]
    names = list_names(bars)
    assert len(names) <= MAX_SHORT_ROWS + 2
    assert names[-1] == "31 powershell"
    assert not {"Create build VM", "Connect to VM", "Whole run"} & set(names)
    assert len(list_names(build_timeline_blocks(CONTEXT, of_log(lambda: stopped(log)))[0])) > len(names)  # type: ignore[arg-type, return-value]


def test_an_earlier_silence_unfolds_nothing() -> None:
    log = begun().write_ui("Provisioning with Powershell...").write_output("Installing").wait(2_900)
    powershell(log, ["fine"])  # type: ignore[arg-type]
    diagnosis = of_log(lambda: script_failed(powershell(log, ["no"], code=1), 1))  # type: ignore[arg-type]
    assert diagnosis.longest_gap
    assert [type(block) for block in build_timeline_blocks(CONTEXT, diagnosis, is_folded=True)] == [FoldedSection]
