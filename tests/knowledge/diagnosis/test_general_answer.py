"""A failed step is always an answer: the general entry of its kind, with the lines that a person would read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.build_logs import BuildLog, LogFormat, begun, failed, powershell, restart, shell, stopped, succeeded
from tests.shipped_knowledge import DIAGNOSER, ENTRIES

HAD_ERRORS = "Provisioning step had errors: Running the cleanup provisioner, if present..."
SAID = "The zorgle could not be frobbed"
"""What no entry and no finding knows."""


def run_powershell(log: BuildLog) -> BuildLog:
    return powershell(log, ["Installing", SAID], code=1)


def run_shell(log: BuildLog) -> BuildLog:
    return shell(log, ["Installing", SAID], code=1)


def upload(log: BuildLog) -> BuildLog:
    return log.write_ui("Uploading /tmp/a.zip => C:\\a.zip").write_ui(f"Upload failed: {SAID}", error=True)


def update(log: BuildLog) -> BuildLog:
    return log.write_ui("Running Windows update...").write_output("Searching for Windows updates...", SAID)


def restart_slowly(log: BuildLog) -> BuildLog:
    log.write_ui("Restarting Machine").write_ui("Waiting for machine to restart...")
    return log.write_ui(f"Restart failed: {SAID}", error=True)


def deploy(log: BuildLog) -> BuildLog:
    log.lines = log.lines[: log.number_of("Deploying deployment template")]
    log.write_ui("ERROR: -> DeploymentFailed : At least one resource deployment operation failed.", error=True)
    return log.write_ui(f"ERROR:   -> ZorgleNotFrobbed : {SAID}", error=True)


def connect(log: BuildLog) -> BuildLog:
    log.lines = log.lines[: log.number_of("Waiting for WinRM to become")]
    return log.write_ui(f"Connection failed: {SAID}", error=True)


def capture(log: BuildLog) -> BuildLog:
    powershell(log, ["fine"]).write_ui("Querying the machine's properties ...").write_ui("Powering off machine ...")
    return log.write_ui(f"ERROR: -> ZorgleNotFrobbed : {SAID}", error=True)


STEPS: dict[str, tuple[Callable[[BuildLog], BuildLog], str]] = {
    "powershell": (run_powershell, "powershell"),
    "shell": (run_shell, "shell"),
    "upload": (upload, "file"),
    "update": (update, "windows-update"),
    "restart": (restart_slowly, "windows-restart"),
    "deploy": (deploy, "deploy"),
    "connect": (connect, "connect"),
    "capture": (capture, "capture"),
}


def end_with_verdict(log: BuildLog) -> BuildLog:
    return failed(log, "It broke.")


def end_after_the_step(log: BuildLog) -> BuildLog:
    return log.write_ui(HAD_ERRORS)


def cut_after_the_error(log: BuildLog) -> BuildLog:
    return log


ENDS = [end_with_verdict, end_after_the_step, cut_after_the_error]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("form", ["new", "old", "bare"])
@pytest.mark.parametrize("step", STEPS)
def test_a_failed_step_has_a_general_answer(step: str, form: LogFormat, end: Callable[[BuildLog], BuildLog]) -> None:
    fail, kind = STEPS[step]
    log = end(fail(restart(powershell(begun(form), ["fine"])) if kind not in ("deploy", "connect") else begun(form)))
    diagnosis = DIAGNOSER.diagnose(log.text())
    assert diagnosis.matches
    first = diagnosis.matches[0]
    assert kind in ENTRIES[first.entry].general_for
    assert first.confidence in ("certain", "likely")
    assert any(SAID in line.text for line in first.evidence)
    assert any(SAID in line.text for line in diagnosis.excerpt)
    assert diagnosis.finding is not None
    assert SAID in diagnosis.finding.title
    assert SAID in log.lines[diagnosis.finding.line - 1]


@pytest.mark.parametrize("end", ENDS[:2])
@pytest.mark.parametrize(
    "start",
    ["Provisioning with Powershell...", "Running Windows update...", "Uploading /tmp/a => C:\\a", "Restarting Machine"],
)
def test_a_step_that_failed_without_a_word_has_one_too(start: str, end: Callable[[BuildLog], BuildLog]) -> None:
    log = end(begun().write_ui(start))
    diagnosis = DIAGNOSER.diagnose(log.text())
    assert diagnosis.matches[0].confidence in ("certain", "likely")
    assert diagnosis.matches[0].evidence
    assert diagnosis.excerpt
    assert diagnosis.finding is not None
    assert diagnosis.finding.title


@pytest.mark.parametrize("windows", [True, False])
@pytest.mark.parametrize("length", range(1, 24, 2))
def test_a_healthy_log_that_was_cut_anywhere_has_none(length: int, windows: bool) -> None:
    log = begun(windows=windows)
    (restart(powershell(log, ["all is well"])) if windows else shell(log, ["all is well"])).write_ui(
        "Uploading /a => b"
    )
    log.lines = log.lines[: len(log.lines) * length // 23]
    diagnosis = DIAGNOSER.diagnose(log.text())
    assert diagnosis.outcome in ("running", "unknown")
    assert [match.entry for match in diagnosis.matches if match.confidence != "possible"] == []
    assert diagnosis.finding is None


def test_a_build_that_goes_on_is_not_blamed_for_an_error_long_ago() -> None:
    log = begun()
    log.write_ui("Provisioning with Powershell...").write_output(
        SAID, *(f"step {number} is done" for number in range(80))
    )
    diagnosis = DIAGNOSER.diagnose(log.text())
    assert diagnosis.outcome == "running"
    assert diagnosis.matches == ()


def test_a_build_that_went_well_has_no_general_answer() -> None:
    diagnosis = DIAGNOSER.diagnose(succeeded(powershell(begun(), ["Installing", SAID])).text())
    assert all(ENTRIES[match.entry].severity == "info" for match in diagnosis.matches)


def test_a_better_answer_takes_its_place() -> None:
    log = shell(begun(windows=False), ["E: Could not get lock /var/lib/dpkg/lock-frontend - open (11)"], code=100)
    first = DIAGNOSER.diagnose(end_with_verdict(log).text()).matches[0]
    assert first.entry == "dpkg-lock"


def test_a_build_that_was_stopped_is_no_failed_step() -> None:
    log = begun().write_ui("Provisioning with Powershell...").write_output("Installing").wait(9_000)
    assert DIAGNOSER.diagnose(stopped(log).text()).matches[0].entry == "build-timeout"


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("    azure-arm: E: Unable to locate package zorgle", "likely"),
        ("    azure-arm: zorgle failed: it could not be frobbed", "possible"),
        (
            "    azure-arm: kubectl: error: could not find the requested resource\n    azure-arm: tar: broken",
            "possible",
        ),
        ("our packer build on azure ends with:\nERROR: No matching distribution found for zorgle", "likely"),
        ("ERROR: No matching distribution found for zorgle", "possible"),
    ],
)
def test_a_piece_of_a_step_s_output_leads_to_the_script(text: str, confidence: str) -> None:
    first = DIAGNOSER.diagnose(text).matches[0]
    assert (first.entry, first.confidence) == ("script-nonzero-exit", confidence)


@pytest.mark.parametrize(
    "text",
    [
        "==> azure-arm: ERROR: -> QuotaExceeded : Operation could not be completed",
        "Build 'azure-arm' errored: dial tcp 10.0.0.4:443: i/o timeout",
    ],
)
def test_what_azure_or_packer_says_is_no_script(text: str) -> None:
    assert "script-nonzero-exit" not in [match.entry for match in DIAGNOSER.diagnose(text).matches]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ('Failed getting the "github.com/hashicorp/azure" plugin:\nunexpected EOF', "packer-plugin-missing"),
        ('Failed getting the "github.com/hashicorp/amazon" plugin:\nunexpected EOF', None),
        ("packer init .\nError: Unsupported argument", None),
        ("The builder amazon-ebs is unknown by Packer, and is likely part of a plugin that is not installed.", None),
    ],
)
def test_the_start_of_packer_is_ours_only_for_azure(text: str, entry: str | None) -> None:
    matches = DIAGNOSER.diagnose(text).matches
    assert (matches[0].entry if matches else None) == entry


@pytest.mark.parametrize("builder", ["azure-arm", "azure-arm.build_image"])
def test_a_few_lines_of_a_script_are_enough(builder: str) -> None:
    diagnosis = DIAGNOSER.diagnose(
        f"    {builder}: Installing\n    {builder}: E: Unable to locate package zorgle-tools\n"
    )
    assert diagnosis.finding is not None
    assert "zorgle-tools" in diagnosis.finding.title
    assert (diagnosis.matches[0].entry, diagnosis.matches[0].confidence) == ("script-nonzero-exit", "likely")


@pytest.mark.parametrize(
    "line",
    [
        "==> azure-arm: ERROR: -> ZorgleNotFrobbed : The zorgle could not be frobbed.",
        "Build 'azure-arm' errored after 4 seconds: error fetching the zorgle: dial tcp: i/o timeout",
    ],
)
def test_what_azure_or_packer_said_is_no_scripts_error(line: str) -> None:
    assert "script-nonzero-exit" not in [match.entry for match in DIAGNOSER.diagnose(line).matches]
