"""The lines shown are real and the ones a person would read: no noise, no duplicates, and the deciding one."""

from __future__ import annotations

import io
from itertools import chain

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from knowledge.build_log.noise import is_packer_chatter, is_progress
from knowledge.diagnosis.diagnoser import MAX_WHOLE_BYTES
from knowledge.diagnosis.excerpt import MAX_EXCERPT_LINES, MAX_LINE_CHARS
from knowledge.model.diagnosis import Diagnosis, ExcerptLine
from knowledge.text.lines import read_line
from tests.build_logs import BuildLog, LogFormat, begun, failed, powershell, restart, script_failed, shell, stopped
from tests.knowledge.log_fragments import CHATTER, ERRORS, HARMLESS, PROGRESS, RECORDS
from tests.packer_logs import AZURE_START, packer_log
from tests.shipped_knowledge import DIAGNOSER

EDGES = (
    "Provisioning with ",
    "Running Windows update",
    "Uploading ",
    "Restarting Machine",
    "Cancelling ",
    "[INFO] ",
    "[ERROR] Remote",
)
"""How a step begins and ends: a line of these proves what an entry says, so it may be shown as proof."""
VERDICTS = ("Build '", "Script exited with ", "--> ", "Provisioning step had errors", "ERROR: ")

BARS = [line for line in PROGRESS if " B / " not in line]
"""Without that of Packer's own upload, which proves that it is slow."""

one_line = st.sampled_from([*BARS, *HARMLESS, *HARMLESS, *ERRORS]).map(lambda line: [line])
outputs = st.lists(one_line | st.sampled_from(RECORDS), min_size=1, max_size=25).map(
    lambda parts: [*chain.from_iterable(parts)]
)


@st.composite
def build_logs(draw: st.DrawFn) -> BuildLog:
    """A build that ran a script, or two, whose last one failed, was stopped, or was cut off."""
    form: LogFormat = draw(st.sampled_from(["new", "old", "bare"]))
    windows = draw(st.booleans())
    run = powershell if windows else shell
    log = begun(form, windows)
    if draw(st.booleans()):
        run(log, draw(outputs))
        if windows:
            restart(log)
    output = draw(outputs)
    ending = draw(st.sampled_from(["code", "other", "stopped", "cut"]))
    if ending == "code":
        return script_failed(run(log, output, code=1), 1)
    if ending == "other":
        return failed(run(log, output, code=1), draw(st.sampled_from(ERRORS)))
    log.write_ui("Provisioning with Powershell..." if windows else "Provisioning with shell script: /tmp/packer-shell1")
    log.write_output(*output)
    return stopped(log.wait(draw(st.sampled_from([0, 9_000])))) if ending == "stopped" else log


def list_shown(diagnosis: Diagnosis) -> list[tuple[ExcerptLine, ...]]:
    return [diagnosis.excerpt, *(match.evidence for match in diagnosis.matches)]


def read_body(text: str) -> str:
    return " ".join(read_line(1, text).body.split())


def check_is_true(line: ExcerptLine, lines: list[str]) -> None:
    """Check that a line is the physical line whose number it has, or what it was joined of."""
    text = " ".join(line.text.split())
    bodies = [read_body(body) for body in lines[line.line - 1 :]]
    joined = " ".join(bodies[:12])
    part = text.removeprefix("…").removesuffix("…").strip()
    if part in joined:
        assert text.startswith("…") or joined.startswith(part[: len(bodies[0])])
        return
    # other lines may come between those of one message
    assert part.startswith(bodies[0])
    rest = part.removeprefix(bodies[0]).strip()
    for body in bodies[1:]:
        rest = rest.removeprefix(body).strip()
    assert rest == ""


def check(diagnosis: Diagnosis, lines: list[str]) -> None:
    for shown in list_shown(diagnosis):
        assert [line.line for line in shown] == sorted({line.line for line in shown})
        texts = [line.text for line in shown]
        assert len(texts) == len(set(texts))
        for line in shown:
            assert line.text.strip()
            assert not is_progress(line.text)
            check_is_true(line, lines)
    assert len(diagnosis.excerpt) <= MAX_EXCERPT_LINES
    assert all(len(line.text) <= MAX_LINE_CHARS for line in diagnosis.excerpt)
    if diagnosis.finding is not None and diagnosis.finding.line:
        assert sum(diagnosis.is_deciding(line) for line in diagnosis.excerpt) == 1


@settings(max_examples=300)
@given(build_logs())
def test_the_lines_shown_of_a_log_are_true_and_no_noise(log: BuildLog) -> None:
    diagnosis = DIAGNOSER.diagnose(log.text())
    check(diagnosis, log.lines)
    for shown in list_shown(diagnosis):
        chatter = [line.text for line in shown if is_packer_chatter(line.text)]
        assert [text for text in chatter if not text.startswith((*EDGES, *VERDICTS))] == []
    if "Script exited with non-zero" in log.text():
        chatter = [line.text for line in diagnosis.excerpt if is_packer_chatter(line.text)]
        assert [text for text in chatter if not text.startswith(VERDICTS)] == []


@settings(max_examples=25)
@given(build_logs(), st.integers(0, 2))
def test_the_lines_shown_of_a_large_log_are_true(log: BuildLog, where: int) -> None:
    assume(not log.bare)  # without a prefix, the lines of the padding could be those of the script
    padding = BuildLog(log.log_format)
    for number in range(2_600):
        padding.write_debug(f"[DEBUG] polling {'x' * 100} {number}")
    at = (len(log.lines) // 3) * where
    lines = [*log.lines[:at], *padding.lines, *log.lines[at:]]
    raw = "\n".join(lines).encode()
    assert len(raw) > MAX_WHOLE_BYTES
    check(DIAGNOSER.diagnose_stream(io.BytesIO(raw)), lines)


@settings(max_examples=150)
@given(outputs, st.sampled_from(["azure-arm", "golden", "azure-arm.base"]))
def test_the_lines_shown_of_somebodys_own_build_are_true(output: list[str], name: str) -> None:
    log = packer_log(name, output, code=1, start=AZURE_START)
    lines = [line.replace(f"==> {name}: ", "==> azure-arm: ") for line in log.splitlines()]
    check(DIAGNOSER.diagnose(log), [line.replace(f"    {name}: ", "    azure-arm: ") for line in lines])


@settings(max_examples=150)
@given(st.lists(st.sampled_from([*HARMLESS, *PROGRESS]), max_size=12), st.sampled_from(ERRORS), st.integers(0, 12))
def test_an_error_in_a_failed_step_is_never_left_out(output: list[str], error: str, at: int) -> None:
    output.insert(at, error)
    diagnosis = DIAGNOSER.diagnose(script_failed(shell(begun(windows=False), output, code=1), 1).text())
    assert any(error.strip() in line.text for line in diagnosis.excerpt)
    assert diagnosis.finding is not None
    assert diagnosis.finding.title


ABOUT = [
    "from customization.log:",
    "our image build with Azure VM Image Builder stops here",
    "==> azure-arm: Provisioning with Powershell...",
    '{"lastRunStatus": {"runState": "Failed"}}',
]


@pytest.mark.parametrize("about", ABOUT)
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_in_a_text_about_a_build_is_always_shown(error: str, about: str) -> None:
    diagnosis = DIAGNOSER.diagnose(f"{about}\nInstalling the agent\n{error}\n")
    assert diagnosis.excerpt
    assert any(error.strip() in line.text and line.line == 3 for line in diagnosis.excerpt)


def test_a_line_that_came_twice_is_shown_once() -> None:
    log = shell(begun(windows=False), ["E: Unable to locate package contoso-agent"] * 40, code=100)
    diagnosis = DIAGNOSER.diagnose(script_failed(log, 100).text())
    shown = [line for line in diagnosis.excerpt if "Unable to locate" in line.text]
    assert len(shown) == 1
    assert diagnosis.is_deciding(shown[0])


def test_the_lines_of_one_message_are_joined() -> None:
    log = powershell(begun(), RECORDS[1], code=1)
    diagnosis = DIAGNOSER.diagnose(script_failed(log, 1).text())
    (deciding,) = [line for line in diagnosis.excerpt if diagnosis.is_deciding(line)]
    assert "The specified domain" in deciding.text
    assert "could not be contacted" in deciding.text


def test_one_line_before_and_one_after_the_deciding_line_are_shown() -> None:
    bar = PROGRESS[5]
    output = [
        "Installing agent 7",
        bar,
        "E: Unable to locate package contoso-agent",
        bar,
        bar,
        "Cleaning up after agent 7",
    ]
    log = script_failed(shell(begun(windows=False), ["Step 1", *output, "Step 9"], code=100), 100)
    shown = [line.text for line in DIAGNOSER.diagnose(log.text()).excerpt]
    assert shown[:3] == [output[0], output[2], output[5]]


def test_the_position_of_the_parsers_next_message_is_not_shown() -> None:
    output = [
        r"At C:\Windows\Temp\script.ps1:105 char:36",
        '+     Write-Error "An error occurred',
        "+                                  ~",
        'The string is missing the terminator: ".',
        r"At C:\Windows\Temp\script.ps1:36 char:54",
        "+     if ($true) {",
    ]
    diagnosis = DIAGNOSER.diagnose(script_failed(powershell(begun(), output, code=1), 1).text())
    shown = [line.text for line in diagnosis.excerpt]
    assert output[3] in shown
    assert output[4] not in shown


def test_the_lines_around_come_from_the_same_step() -> None:
    log = shell(shell(begun(windows=False), ["The end of the first step"]), ["E: Unable to locate package x"], code=100)
    shown = [line.text for line in DIAGNOSER.diagnose(script_failed(log, 100).text()).excerpt]
    assert not any("first step" in text or "deleting" in text.lower() for text in shown)


@pytest.mark.parametrize("line", [line for line in CHATTER if not line.startswith("[INFO]")])
def test_chatter_beside_the_deciding_line_is_passed_over(line: str) -> None:
    output = [
        "Installing agent 7",
        line,
        "E: Unable to locate package contoso-agent",
        line,
        "Cleaning up after agent 7",
    ]
    log = script_failed(shell(begun(windows=False), output, code=100), 100)
    shown = DIAGNOSER.diagnose(log.text()).excerpt
    assert not any(text.text == line and not text.text.startswith(VERDICTS) for text in shown)
