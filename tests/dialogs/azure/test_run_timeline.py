"""The timeline of a template's last run: from its log, from its status, and what neither of them shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from dialogs.azure.run_timeline import RunTimeline, build_run_timeline
from dialogs.azure.source_diagnosis import DiagnosedLog
from dialogs.replies.duration_bars import render_bar_lines
from dialogs.texts.catalog import get_texts
from knowledge.template.image_template import Distributor, ImageTemplate, TemplateStep
from knowledge.template.run import Run
from tests.build_logs import BuildLog, begun, powershell, script_failed, shell, stopped, succeeded
from tests.shipped_knowledge import DIAGNOSER

TWO = (TemplateStep(0, "PowerShell", "agent"), TemplateStep(1, "PowerShell", "suite"))
THREE = (*TWO, TemplateStep(2, "WindowsRestart", "last-restart"))
VALIDATORS = (TemplateStep(0, "Shell", "answers"), TemplateStep(1, "Shell", "is-fast"))
GALLERY = (Distributor(0, "SharedImage"),)


@dataclass
class Case:
    """A template with its log, and the minutes that the run took, from three minutes before the log's first line."""

    log: BuildLog | None
    minutes: float | None
    state: str = "Failed"
    customizers: Sequence[TemplateStep] = TWO
    validators: Sequence[TemplateStep] = ()
    distributors: Sequence[Distributor] = GALLERY
    limit: int = 240
    file: str = "customization.log"
    is_whole: bool = True
    more: dict[str, object] = field(default_factory=dict)

    def build(self, language: str = "en") -> RunTimeline:
        begin = BuildLog("new").now - timedelta(minutes=3)
        times = [
            None if minutes is None else f"{begin + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"
            for minutes in (0, self.minutes)
        ]
        is_running = self.state == "Running"
        template = ImageTemplate(
            run=Run(self.state, "", times[0], None if is_running else times[1]),
            customizers=tuple(self.customizers),
            validators=tuple(self.validators),
            distributors=tuple(self.distributors),
            build_timeout_minutes=self.limit,
            **self.more,  # type: ignore[arg-type]
        )
        log = None
        if self.log:
            size = 10 if self.is_whole else 20
            log = DiagnosedLog(DIAGNOSER.diagnose(self.log.text()), 10, size, is_running, self.file)
        return build_run_timeline(template, log, times[1], lambda key: get_texts().get(key, language))

    def render(self, language: str = "en") -> list[str]:
        lines = render_bar_lines(self.build(language).bars, lambda key: get_texts().get(key, language))
        return [" ".join(line.text.translate(dict.fromkeys(map(ord, "▇▂░·┊"))).split()) for line in lines]


def failed(log: BuildLog) -> BuildLog:
    return script_failed(powershell(log, ["no"], code=1, seconds=0), 1)


def hanging() -> BuildLog:
    log = powershell(begun(), ["ok"])
    log.write_ui("Provisioning with Powershell...").write_output("Starting setup ...").wait(6_000)
    return log


def end_of(log: BuildLog) -> BuildLog:
    at = log.number_of("Provisioning with Powershell...", last=True)
    return BuildLog("new", lines=log.lines[at - 1 :])


BEGIN = ["Prepare staging 3 min", "Create build VM 1 min 32 s", "Connect to VM 20 s"]


@pytest.mark.parametrize(
    ("case", "rows"),
    [
        pytest.param(
            lambda: Case(failed(begun()), 7),
            [
                *BEGIN,
                "✖ 1 agent 2 s, failed",
                "2 suite not reached",
                "Distribute not reached",
                "Time limit 7 min of 4 h",
            ],
            id="failed in the first",
        ),
        pytest.param(
            lambda: Case(stopped(hanging()), 120.2, limit=120, customizers=THREE),
            [
                *BEGIN,
                "1 agent 32 s",
                "✖ 2 suite 1 h 40 min, stopped",
                "silent for 1 h 40 min",
                "3 last-restart not reached",
                "Distribute not reached",
                "✖ Time limit 2 h of 2 h",
                "stopped at the limit",
            ],
            id="stopped at the limit",
        ),
        pytest.param(
            lambda: Case(hanging(), 106, "Running", THREE, VALIDATORS),
            [
                *BEGIN,
                "1 agent 32 s",
                "● 2 suite 1 h 40 min, running",
                "3 last-restart not yet",
                "Validate not yet",
                "Distribute not yet",
                "Time limit 1 h 46 min of 4 h",
            ],
            id="a run that goes on",
        ),
        pytest.param(
            lambda: Case(succeeded(powershell(powershell(begun(), ["a"]), ["b"])), 60, limit=60),
            [
                *BEGIN,
                "1 agent 32 s",
                "2 suite 32 s",
                "Generalize (Sysprep) 15 s",
                "Capture the image 20 s",
                "✖ Distribute 52 min 9 s, stopped",
                "✖ Time limit 1 h of 1 h",
                "stopped at the limit",
            ],
            id="stopped while it was distributed",
        ),
        pytest.param(
            lambda: Case(
                succeeded(powershell(powershell(begun(), ["a"]), ["b"])), 30, "Succeeded", TWO, VALIDATORS, GALLERY * 2
            ),
            [
                *BEGIN,
                "1 agent 32 s",
                "2 suite 32 s",
                "Generalize (Sysprep) 15 s",
                "Capture the image 20 s",
                "Validate + Distribute (2) 22 min 9 s",
                "Time limit 30 min of 4 h",
            ],
            id="what follows the log has one time",
        ),
        pytest.param(
            lambda: Case(end_of(failed(powershell(begun(), ["ok"]))), 9, customizers=THREE, is_whole=False),
            ["✖ powershell 2 s, failed", "Distribute not reached", "Time limit 9 min of 4 h"],
            id="the end of a log that fits two places",
        ),
        pytest.param(
            lambda: Case(end_of(failed(powershell(begun(), ["ok"]))), 9, customizers=THREE[1:][::-1], is_whole=False),
            [
                "3 last-restart not in this log",
                "✖ 2 suite 2 s, failed",
                "Distribute not reached",
                "Time limit 9 min of 4 h",
            ],
            id="what ended before the part that was read",
        ),
        pytest.param(
            lambda: Case(
                script_failed(shell(shell(begun(windows=False), ["ok"]), ["no"], 1, 5), 1),
                20,
                validators=VALIDATORS,
                file="validation.log",
            ),
            [
                "Customize not in this log",
                "Create test VM 1 min 32 s",
                "Connect to VM 15 s",
                "1 answers 30 s",
                "✖ 2 is-fast 5 s, failed",
                "Distribute not reached",
                "Time limit 20 min of 4 h",
            ],
            id="validators",
        ),
        pytest.param(lambda: Case(None, 10), [], id="no log"),
        pytest.param(lambda: Case(None, 10, "Running"), ["Time limit 10 min of 4 h"], id="no log yet"),
        pytest.param(
            lambda: Case(None, 240), ["✖ Time limit 4 h of 4 h", "stopped at the limit"], id="no log, but the limit"
        ),
        pytest.param(lambda: Case(None, None, ""), [], id="no run"),
    ],
)
def test_the_rows_of_a_run(case: Callable[[], Case], rows: list[str]) -> None:
    assert case().render() == rows


def test_a_log_that_was_cut_says_what_the_status_knows() -> None:
    case = Case(hanging(), 120.5, limit=120, customizers=THREE)
    assert "✖ 2 suite 1 h 55 min, stopped" in case.render()
    assert "✖ 2 suite failed" in replace(case, minutes=110).render()


def test_the_rows_are_in_italian() -> None:
    assert Case(failed(begun()), 7).render("it") == [
        "Preparazione staging 3 min",
        "Creazione VM 1 min 32 s",
        "Connessione alla VM 20 s",
        "✖ 1 agent 2 s, non riuscito",
        "2 suite non raggiunto",
        "Distribuzione non raggiunto",
        "Limite di tempo 7 min su 4 h",
    ]
