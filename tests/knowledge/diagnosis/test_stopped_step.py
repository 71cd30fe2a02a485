"""Why a step never ended: it was silent, or it repeated itself, until the build was stopped."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.diagnosis.diagnoser import MAX_WHOLE_BYTES
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.finding import Finding
from tests.build_logs import BuildLog, LogFormat, begun, powershell, shell, stopped
from tests.shipped_knowledge import DIAGNOSER, KNOWLEDGE_BASE

RULES = KNOWLEDGE_BASE.findings.rules


def diagnose(log: BuildLog) -> Diagnosis:
    raw = stopped(log).text().encode()
    return DIAGNOSER.diagnose_stream(io.BytesIO(raw)) if len(raw) > MAX_WHOLE_BYTES else DIAGNOSER.diagnose(raw)


def find(log: BuildLog) -> Finding:
    finding = diagnose(log).finding
    assert finding is not None
    return finding


def run_script(source: str = "", form: LogFormat = "new", windows: bool = True) -> BuildLog:
    """A build in which a script has begun, whose source Packer echoed."""
    log = begun(form, windows)
    if not windows:
        return log.write_ui("Provisioning with shell script: /tmp/packer-shell987654321")
    log.write_ui("Provisioning with Powershell...")
    if source:
        log.write_source("packer-provisioner-powershell", *source.splitlines())
    return log.write_ui("Provisioning with powershell script: /tmp/powershell-provisioner1234567890").wait(2)


@pytest.mark.parametrize("windows", [True, False])
@pytest.mark.parametrize("form", ["new", "bare"])
def test_a_silence_until_the_stop(form: LogFormat, windows: bool) -> None:
    log = run_script(form=form, windows=windows).write_output("Installing Contoso Suite").wait(6_900)
    if form == "bare":  # without times there is no silence to speak of
        diagnosis = diagnose(log)
        assert diagnosis.finding is None or "1 h" not in diagnosis.finding.title
        return
    finding = find(log)
    assert RULES[finding.id].trigger == "silent"
    assert "1 h 55 min" in finding.title
    assert finding.line == log.number_of("Installing Contoso Suite")
    assert finding.place is not None
    assert finding.place.provisioner == ("powershell" if windows else "shell")


INTERRUPTS = [
    "Received interrupt signal",
    "Cancelling provisioning due to context cancellation: context canceled",
    "Cancelling hook execution",
    "Stopping after interrupt",
]


@pytest.mark.parametrize("lines", [[line] for line in INTERRUPTS] + [INTERRUPTS])
def test_what_packer_says_when_it_is_stopped_ends_no_silence(lines: list[str]) -> None:
    log = run_script().write_output("Installing Contoso Suite").wait(6_900)
    for line in lines:
        log.write_ui(line).write_debug(line).wait(20)
    finding = find(log)
    assert finding.values["silence"] == "1 h 55 min"
    assert finding.line == log.number_of("Installing Contoso Suite")


def test_a_step_that_went_on_was_not_silent() -> None:
    log = run_script()
    for number in range(60):
        log.write_output(f"Installing package {chr(97 + number % 26)}{chr(97 + number // 26)}").wait(200)
    finding = diagnose(log).finding
    assert finding is None or finding.id not in RULES


@settings(max_examples=40)
@given(st.integers(1, 12), st.integers(40, 80), st.integers(0, 30))
def test_a_loop_of_a_few_lines_is_counted_over_the_whole_run(forms: int, rounds: int, before: int) -> None:
    log = run_script().write_output(*(f"preparing {chr(97 + number)}" for number in range(before % 26)))
    for number in range(rounds):
        log.write_output(
            *(f"{chr(97 + form) * 3} still has to wait, attempt {number} of 9000" for form in range(forms))
        )
        log.wait(30)
    finding = find(log)
    assert RULES[finding.id].trigger == "repeating"
    assert finding.values["count"] == str(rounds)
    assert str(rounds) in finding.title
    assert "still has to wait" in log.lines[finding.line - 1]
    assert finding.line > log.number_of(f"attempt {rounds - 2} of")


def test_two_steps_with_the_same_lines_are_counted_apart() -> None:
    log = powershell(begun(), ["Waiting for the device"] * 50)
    log.write_ui("Provisioning with Powershell...")
    for _ in range(40):
        log.write_output("Waiting for the device").wait(60)
    assert find(log).values["count"] == "40"


@pytest.mark.parametrize("rounds", [1_500, 9_000])
def test_the_count_of_a_large_log_is_never_too_high(rounds: int) -> None:
    log = run_script().write_output("Preparing")
    for number in range(rounds):
        log.write_output(f"Waiting for the operation ({number % 100}% cpu)").wait(2)
    count = find(log).values["count"]
    assert int(count.removesuffix("+")) <= rounds
    assert count == "1500" if rounds == 1_500 else count.endswith("+")


def test_a_loop_that_began_behind_what_was_left_out_is_counted() -> None:
    log = run_script()
    for number in range(3_000):
        log.write_debug(f"[DEBUG] polling {'x' * 100} {number}")
    log.write_output("Preparing")
    for number in range(300):
        log.write_output(f"Waiting for the operation ({number % 100}% cpu)").wait(60)
    finding = find(log)
    assert diagnose(log).line_count > 3_000
    assert finding.values["count"] == "300"


COMMANDS = [
    # the script's source, a part of the finding's id
    ('Read-Host "Continue?"', "question"),
    ("Start-Process setup.exe -Wait", "installer"),
]
NO_COMMANDS = [
    "# Read-Host would wait for an answer",
    "   # Start-Process setup.exe -Wait hangs",
    "<# Read-Host waits #>",
    "<#\nRead-Host waits\nStart-Process setup.exe -Wait\n#>",
    "Get-Date # Read-Host would wait",
    'Write-Host "Read-Host: Start-Process setup.exe -Wait"',
    'Write-Log "Start-Process setup.exe -Wait"',
    'throw "Read-Host is not allowed"',
]


@pytest.mark.parametrize(("source", "part"), COMMANDS)
def test_a_command_in_the_source_names_the_cause(source: str, part: str) -> None:
    finding = find(run_script(f"Get-Date\n{source}").wait(6_900))
    assert part in finding.id
    assert RULES[finding.id].trigger == "silent"


def test_of_a_step_that_printed_nothing_the_command_is_shown_not_a_condition_about_it() -> None:
    source = "winget install Contoso.App --silent # quietly\nif ($LASTEXITCODE -ne 0) { throw 'winget failed' }"
    diagnosis = diagnose(run_script(source).wait(6_900))
    shown = [line.text for line in diagnosis.excerpt if diagnosis.is_deciding(line)]
    assert shown == ["Found command: winget install Contoso.App --silent # quietly"]


@pytest.mark.parametrize("comment", NO_COMMANDS)
def test_a_comment_in_the_source_names_none(comment: str) -> None:
    plain = find(run_script("Get-Date").wait(6_900))
    assert find(run_script(f"Get-Date\n{comment}").wait(6_900)).id == plain.id
    for source, part in COMMANDS:
        assert part in find(run_script(f"{comment}\n{source}").wait(6_900)).id


@pytest.mark.parametrize("windows", [True, False])
def test_a_windows_update_that_was_stopped_is_no_hung_script(windows: bool) -> None:
    log = begun(windows=windows).write_ui("Running Windows update...").write_output("Searching...").wait(6_900)
    finding = find(log)
    assert finding.id not in RULES


def test_a_stop_before_any_step_names_no_step() -> None:
    log = begun()
    log.lines = log.lines[: log.number_of("Deploying deployment template")]
    finding = diagnose(log.wait(6_900)).finding
    assert finding is None or (
        finding.id not in RULES and "step" not in finding.title and "script" not in finding.title
    )


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["", "a", "b 1", "Waiting", "Read-Host", "\ud800", "% 5 %"]), max_size=60),
    st.integers(0, 9_000),
)
def test_any_stopped_log_has_a_true_line(output: list[str], pause: int) -> None:
    log = shell(begun(windows=False), ["fine"]).write_ui("Provisioning with shell script: /tmp/packer-shell1")
    log.write_output(*output).wait(pause)
    finding = DIAGNOSER.diagnose(stopped(log).text()).finding
    assert finding is None or 0 <= finding.line <= len(log.lines)
    assert shell(log, ["x"]).lines
