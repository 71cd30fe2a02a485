"""The timeline of a text: its rows, the length of the whole run, and texts that have neither."""

from __future__ import annotations

import json

import pytest

from dialogs.replies.duration_bars import render_bar_lines
from dialogs.texts.catalog import get_texts
from dialogs.timeline.log_timeline import MAX_LOG_ROWS, build_limit_bar, build_log_bars
from tests.build_logs import begun, powershell, script_failed, shell, stopped
from tests.shipped_knowledge import DIAGNOSER


def english(key: str) -> str:
    return get_texts().get(key, "en")


def rows(text: str, language: str = "en") -> list[str]:
    def get_text(key: str) -> str:
        return get_texts().get(key, language)

    bars = build_log_bars(DIAGNOSER.diagnose(text), get_text)
    return [" ".join(line.text.split()) for line in render_bar_lines(bars, get_text)] if bars else []


def status(minutes: int, **more: object) -> str:
    run = {
        "endTime": f"2026-11-28T{10 + minutes // 60}:{minutes % 60:02}:09.1234567Z",
        "message": "Failed while waiting for packerizer: Timeout waiting for microservice to complete: "
        "'context deadline exceeded'",
        "runState": "Failed",
        "runSubState": "",
        "startTime": "2026-11-28T10:00:02.1234567Z",
    }
    return json.dumps({**more, "run": run} if more else run, indent=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (status(240), []),
        (status(240, limit=240), ["✖ Time limit ▇▇▇▇▇▇▇▇▇┊ 4 h of 4 h", "stopped at the limit"]),
        (status(240, limit=0), ["✖ Time limit ▇▇▇▇▇▇▇▇▇┊ 4 h of 4 h", "stopped at the limit"]),
        (status(60, buildTimeoutInMinutes=240), ["Time limit ▇▇·······┊ 1 h of 4 h"]),
        ("Timeout waiting for microservice to complete", []),
    ],
)
def test_how_long_a_run_took_by_its_status(text: str, expected: list[str]) -> None:
    assert rows(text) == expected


def test_a_build_that_was_stopped_says_so_twice() -> None:
    log = begun().write_ui("Provisioning with Powershell...").write_output("Installing").wait(6_900)
    assert rows(stopped(log).text())[2:] == [  # type: ignore[arg-type]
        "✖ 1 powershell ░░░░░░░░░░ 1 h 55 min, stopped",
        "░ silent for 1 h 55 min",
        "✖ Whole run ▂▂▂▂▂▂▂▂▂▂ 1 h 58 min, stopped",
    ]


def test_what_failed_at_once_has_a_bar_and_a_mark() -> None:
    log = powershell(shell(begun(), ["fine"], seconds=3_000), ["no"], code=1, seconds=-2)
    assert rows(script_failed(log, 1).text())[-1] == "✖ 2 powershell ▇ 0 s, failed"


def test_the_rows_are_in_italian() -> None:
    log = script_failed(powershell(begun(), ["no"], code=1, seconds=1), 1)
    assert rows(log.text(), "it") == [
        "Creazione VM ▂▂▂▂▂▂▂▂▂▂ 1 min 32 s",
        "Connessione alla VM ▂▂ 20 s",
        "✖ 1 powershell ▇ 3 s, non riuscito",
    ]


def test_a_log_without_times_has_no_timeline() -> None:
    log = script_failed(powershell(begun("bare"), ["no"], code=1), 1)
    assert rows(log.text()) == []


def test_of_many_steps_the_longest_and_the_last_ones_are_shown() -> None:
    log = begun()
    for number in range(1, 61):
        powershell(log, ["ok"], seconds=598 if number in (2, 30) else 8)
    found = rows(script_failed(powershell(log, ["no"], code=1), 1).text())
    assert [row.partition(" ▇")[0].partition(" ▂")[0] for row in found] == [
        "Create build VM",
        "Connect to VM",
        "1 powershell",
        "2 powershell",
        "… 27 more",
        "30 powershell",
        "… 25 more",
        *(f"{number} powershell" for number in range(56, 61)),
        "✖ 61 powershell",
    ]
    assert found[4].endswith("4 min 30 s")
    assert len(found) <= MAX_LOG_ROWS


@pytest.mark.parametrize(
    ("seconds", "limit", "is_over", "state"),
    [
        (14_400, 240, True, "stopped"),
        (13_980, 240, True, "stopped"),
        (13_000, 240, True, "ended"),
        (14_400, 240, False, "ended"),
        (14_400, 0, True, "stopped"),
    ],
)
def test_who_was_stopped_by_the_limit(seconds: int, limit: int, is_over: bool, state: str) -> None:
    assert build_limit_bar(seconds, limit, is_over, english).state == state
