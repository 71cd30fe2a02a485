"""A reported silence is real: between two consecutive lines of the log, in the right step."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.build_log.observations import MIN_GAP_SECONDS
from knowledge.diagnosis.diagnoser import MAX_WHOLE_BYTES
from knowledge.model.diagnosis import Diagnosis
from knowledge.text.lines import read_line
from tests.build_logs import BuildLog, LogFormat, begun, powershell, restart, script_failed, stopped, succeeded
from tests.shipped_knowledge import DIAGNOSER


@dataclass
class PausingLog:
    """A log with pauses, and where each of them is: the kind of the running step, "" between the steps."""

    log: BuildLog
    steps: dict[int, str] = field(default_factory=dict)
    step: str = ""

    def pause(self, seconds: int) -> None:
        self.steps[len(self.log.lines)] = self.step
        self.log.wait(seconds)


def diagnose(log: BuildLog) -> Diagnosis:
    raw = log.text().encode()
    return DIAGNOSER.diagnose_stream(io.BytesIO(raw)) if len(raw) > MAX_WHOLE_BYTES else DIAGNOSER.diagnose(raw)


def find_true_gaps(log: BuildLog) -> dict[int, int]:
    """Return the seconds without a line after each line with a time, by the number of that line."""
    lines = [read_line(number, text) for number, text in enumerate(log.lines, 1)]
    timed = [(line.number, line.time) for line in lines if line.time]
    return {number: int((after - time).total_seconds()) for (number, time), (_, after) in pairwise(timed)}


@st.composite
def pausing_logs(draw: st.DrawFn, padding: int = 0) -> PausingLog:
    """A build of several steps that pauses now and then; `padding` is how many lines of debug each step has."""
    form: LogFormat = draw(st.sampled_from(["new", "old"]))
    pausing = PausingLog(begun(form))
    log = pausing.log
    pauses = st.sampled_from([0, 1, 30, 599, 600, 601, 1_800, 7_200])
    for kind in draw(
        st.lists(st.sampled_from(["powershell", "windows-restart", "windows-update"]), min_size=1, max_size=4)
    ):
        pausing.step = kind
        if kind == "powershell":
            log.write_ui("Provisioning with Powershell...")
        elif kind == "windows-update":
            log.write_ui("Running Windows update...")
        else:
            log.write_ui("Restarting Machine")
        for _ in range(draw(st.integers(0, 3))):
            for number in range(padding):
                log.write_debug(f"[DEBUG] polling {'x' * 150} {number}")
            pausing.pause(draw(pauses))
            log.write_output(f"{kind} goes on")
        log.wait(1)
    {
        "failed": lambda: script_failed(log, 1),
        "stopped": lambda: stopped(log),
        "well": lambda: succeeded(log),
        "cut": lambda: log,
    }[draw(st.sampled_from(["failed", "stopped", "well", "cut"]))]()
    return pausing


def check(pausing: PausingLog) -> None:
    diagnosis = diagnose(pausing.log)
    gaps = find_true_gaps(pausing.log)
    longest = max(gaps.values(), default=0)
    if longest < MIN_GAP_SECONDS:
        assert diagnosis.longest_gap is None
        assert diagnosis.silent_step == ""
        return
    assert diagnosis.longest_gap is not None
    assert diagnosis.longest_gap.seconds == longest == gaps[diagnosis.longest_gap.line]
    if diagnosis.longest_gap.line in pausing.steps:
        kind = pausing.steps[diagnosis.longest_gap.line]
        assert diagnosis.silent_step.endswith(f"({kind})")


@settings(max_examples=150)
@given(pausing_logs())
def test_the_longest_gap_of_a_small_log_is_true(pausing: PausingLog) -> None:
    check(pausing)


@settings(max_examples=40)
@given(pausing_logs(padding=600))
def test_the_longest_gap_of_a_large_log_is_true(pausing: PausingLog) -> None:
    check(pausing)


def pad(log: BuildLog, seconds: float, lines: int = 2_500) -> BuildLog:
    for number in range(lines):
        log.wait(seconds).write_debug(f"[DEBUG] polling {'x' * 120} {number}")
    return log


def test_lines_that_a_large_log_was_reduced_by_are_no_silence() -> None:
    log = pad(begun().write_ui("Provisioning with Powershell..."), seconds=4)
    diagnosis = diagnose(stopped(log.write_output("done")))
    assert diagnosis.line_count > 2_500
    assert (diagnosis.longest_gap, diagnosis.silent_step) == (None, "")


@pytest.mark.parametrize("before", [True, False])
def test_a_silence_far_from_every_known_line_is_found(before: bool) -> None:
    log = begun().write_ui("Provisioning with Powershell...")
    pad(log, 0.01).wait(5_000)
    number = len(log.lines)
    pad(log, 0.01)
    if before:
        log.wait(1_000)
    diagnosis = diagnose(script_failed(log, 1))
    assert diagnosis.longest_gap is not None
    assert (diagnosis.longest_gap.line, diagnosis.longest_gap.seconds) == (number, find_true_gaps(log)[number])
    assert diagnosis.silent_step == "1 (powershell)"


def test_a_silence_after_the_last_step_belongs_to_none() -> None:
    log = restart(powershell(begun(), ["fine"])).wait(10)
    log.write_ui("Querying the machine's properties ...").write_ui("Powering off machine ...").wait(2_000)
    log.write_ui("Snapshotting OS disk ...")
    log.write_verdict("Build 'azure-arm' finished after 50 minutes.", error=False)
    diagnosis = diagnose(log)
    assert diagnosis.longest_gap is not None
    assert diagnosis.longest_gap.seconds == 2_000
    assert diagnosis.silent_step == ""


def test_a_silence_before_the_first_step_belongs_to_none() -> None:
    log = begun()
    at = log.number_of("Deploying deployment template")
    rest, log.lines = log.lines[at:], log.lines[:at]
    later = begun().wait(0)
    later.lines = []
    diagnosis = DIAGNOSER.diagnose("\n".join([*log.lines, *(line.replace(" 08:", " 09:") for line in rest)]))
    assert diagnosis.longest_gap is not None
    assert diagnosis.longest_gap.line == at
    assert diagnosis.silent_step == ""


def test_the_silence_of_an_earlier_build_is_not_this_ones() -> None:
    first = begun().write_ui("Provisioning with Powershell...").wait(9_000)
    log = script_failed(first, 1)
    log.lines += succeeded(powershell(begun(), ["fine"])).lines
    assert diagnose(log).longest_gap is None


def test_a_log_without_times_claims_nothing() -> None:
    log = begun("bare").write_ui("Provisioning with Powershell...").write_output("Installing").wait(9_000)
    assert diagnose(stopped(log)).longest_gap is None


def test_the_longest_of_many_silences_is_found() -> None:
    log = begun().write_ui("Provisioning with Powershell...")
    for _ in range(60):
        pad(log, 0.01, lines=60).wait(700)
    number = len(pad(log, 0.01, lines=60).lines)
    log.wait(5_000)
    diagnosis = diagnose(script_failed(log, 1))
    assert diagnosis.longest_gap is not None
    assert (diagnosis.longest_gap.line, diagnosis.longest_gap.seconds) == (number, find_true_gaps(log)[number])
