"""What Image Builder does by itself: which stages a log proves, when, and how they ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.sandbox.builds.log_writer import BuildLogWriter
from knowledge.build_log.timeline_steps import TimelineStep, list_steps
from knowledge.model.diagnosis import Diagnosis
from tests.build_logs import BuildLog, begun, powershell, script_failed, shell, stopped
from tests.packer_logs import AZURE_START, packer_log
from tests.shipped_knowledge import DIAGNOSER

OWN_FILE = "Uploading /aib/packerInput/DeprovisioningScript.txt => c:\\DeprovisioningScript.ps1"


def own_file(log: BuildLog) -> BuildLog:
    log.write_ui(OWN_FILE).wait(2)
    return log


def sysprep(log: BuildLog, seconds: float = 40) -> BuildLog:
    log.write_ui("Provisioning with Powershell...")
    log.write_source("packer-provisioner-powershell", "if( TEST-PATH c:\\DeprovisioningScript.ps1 ){cat it}").wait(2)
    log.write_output(">>> Waiting for GA Service (RdAgent) to start ...", ">>> Sysprepping VM ...").wait(seconds)
    log.write_output("IMAGE_STATE_UNDEPLOYABLE")
    return log


def waagent(log: BuildLog) -> BuildLog:
    shell(log, ["WARNING! The waagent service will be stopped."], seconds=5)
    return log


def captured(log: BuildLog) -> BuildLog:
    log.write_ui("Querying the machine's properties ...").wait(30).write_ui("Powering off machine ...").wait(10)
    log.write_ui("Deleting Virtual Machine deployment and its attached resources...")
    log.write_verdict("Build 'azure-arm' finished after 5 minutes.", error=False)
    return log


def never_connected(log: BuildLog) -> BuildLog:
    log.lines = [line for line in log.lines if "WinRM connected" not in line and "Connected to WinRM" not in line]
    log.wait(600).write_ui("Timeout waiting for WinRM.", error=True)
    log.write_ui("Deleting Virtual Machine deployment and its attached resources...").wait(5)
    log.write_verdict("Build 'azure-arm' errored after 12 minutes: Timeout waiting for WinRM.")
    return log


def not_deployed(log: BuildLog) -> BuildLog:
    at = log.number_of("Getting the VM's IP address")
    log.lines = log.lines[: at - 1]
    log.write_ui("ERROR: -> QuotaExceeded : Operation could not be completed", error=True)
    log.write_ui("Deleting Virtual Machine deployment and its attached resources...")
    log.write_verdict("Build 'azure-arm' errored after 2 minutes: QuotaExceeded")
    return log


def diagnose(log: BuildLogWriter) -> Diagnosis:
    return DIAGNOSER.diagnose("\n".join(log.lines))


def show(step: TimelineStep) -> tuple[str, int | None, str]:
    return step.stage or f"{step.number} {step.provisioner}", step.seconds, step.state


@pytest.mark.parametrize(
    ("build", "steps"),
    [
        pytest.param(
            lambda: captured(sysprep(powershell(own_file(begun()), ["ok"], seconds=30))),
            [
                ("deploy", 92, "ended"),
                ("connect", 20, "ended"),
                ("1 powershell", 32, "ended"),
                ("deprovision", 42, "ended"),
                ("capture", 40, "ended"),
            ],
            id="a whole build, without the file that takes two seconds",
        ),
        pytest.param(
            lambda: captured(waagent(shell(begun(windows=False), ["ok"], seconds=30))),
            [
                ("deploy", 92, "ended"),
                ("connect", 15, "ended"),
                ("1 shell", 30, "ended"),
                ("deprovision", 5, "ended"),
                ("capture", 40, "ended"),
            ],
            id="Linux is deprovisioned by its agent",
        ),
        pytest.param(
            lambda: script_failed(powershell(own_file(begun()), ["no"], code=1, seconds=0), 1),
            [("deploy", 92, "ended"), ("connect", 20, "ended"), ("1 powershell", 2, "failed")],
            id="the customizer failed",
        ),
        pytest.param(
            lambda: stopped(sysprep(powershell(begun(), ["ok"]), seconds=900)),
            [
                ("deploy", 92, "ended"),
                ("connect", 20, "ended"),
                ("1 powershell", 32, "ended"),
                ("deprovision", 902, "stopped"),
            ],
            id="stopped in sysprep",
        ),
        pytest.param(
            lambda: sysprep(powershell(begun(), ["ok"])),
            [
                ("deploy", 92, "ended"),
                ("connect", 20, "ended"),
                ("1 powershell", 32, "ended"),
                ("deprovision", 42, "running"),
            ],
            id="a step that runs has its time so far, which is the log's",
        ),
        pytest.param(
            lambda: never_connected(begun()), [("deploy", 92, "ended"), ("connect", 620, "failed")], id="no connection"
        ),
        pytest.param(lambda: not_deployed(begun()), [("deploy", 112, "failed")], id="no VM"),
        pytest.param(
            lambda: script_failed(
                powershell(powershell(begun(), [">>> Sysprepping VM ...", "Powering off machine ..."]), ["no"], 1), 1
            ),
            [
                ("deploy", 92, "ended"),
                ("connect", 20, "ended"),
                ("1 powershell", 32, "ended"),
                ("2 powershell", 32, "failed"),
            ],
            id="what a script prints is no stage if another step follows",
        ),
        pytest.param(
            lambda: BuildLog("new", lines=script_failed(powershell(begun(), ["no"], code=1), 1).lines[-12:]),
            [],
            id="the end of a log shows no step that it doesn't begin",
        ),
    ],
)
def test_the_steps_that_a_log_proves(build: Callable[[], BuildLog], steps: list[tuple[str, int | None, str]]) -> None:
    assert [show(step) for step in list_steps(diagnose(build()))] == steps


def test_a_step_is_numbered_as_the_person_numbers_it() -> None:
    diagnosis = diagnose(script_failed(powershell(own_file(begun()), ["no"], code=1), 1))
    assert diagnosis.finding
    assert diagnosis.finding.place
    assert diagnosis.finding.place.position == 1


def test_the_provisioners_of_an_own_packer_build_are_all_the_persons() -> None:
    text = packer_log("golden", ["WARNING! The waagent service will be stopped.", "no"], start=AZURE_START)
    assert [show(step)[0] for step in list_steps(DIAGNOSER.diagnose(text))] == ["deploy", "connect", "1 shell"]


def test_a_silence_is_in_its_step() -> None:
    log = own_file(begun())
    log.write_ui("Provisioning with Powershell...").wait(60).write_debug("[INFO] starting").wait(6_900)
    steps = list_steps(diagnose(stopped(log)))
    assert [(step.silent_from, step.silent_seconds) for step in steps] == [(0, 0), (0, 0), (60, 6_900)]


def test_a_period_without_times_is_not_silent_if_lines_were_written() -> None:
    log = begun("old").write_ui("Provisioning with Powershell...")
    for _ in range(20):
        log.wait(60).write_output("still copying")
    log.write_debug("[INFO] done")
    assert all(not step.silent_seconds for step in list_steps(diagnose(script_failed(log, 1))))  # type: ignore[arg-type]


@pytest.mark.parametrize(("file", "phase"), [("validation.log", "validate"), ("customization.log", "customize")])
def test_a_validator_validates(file: str, phase: str) -> None:
    log = script_failed(powershell(begun(), ["no"], code=1), 1)
    assert DIAGNOSER.diagnose(log.text(), file=f"logs/{file}").phase == phase


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ('{"runState": "Failed", "runSubState": "Validating", "message": "Failed"}', "validate"),
        ('{"runState": "Failed", "runSubState": "Customizing", "message": "Failed"}', None),
    ],
)
def test_a_status_names_the_validation(status: str, phase: str | None) -> None:
    assert DIAGNOSER.diagnose(status).phase == phase
