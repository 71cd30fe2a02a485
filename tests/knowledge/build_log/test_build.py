"""The log reader on whole builds: timeline, outcome, failure range, and what is observed before a stop."""

from __future__ import annotations

import pytest

from knowledge.build_log.build import Build
from knowledge.build_log.build_reader import read_build
from knowledge.build_log.observations import observe
from knowledge.text.lines import read_line
from knowledge.text.normalization import normalize_text
from tests.build_logs import BuildLog, LogFormat, begun, powershell, restart, script_failed, shell, stopped, succeeded

FORMS: list[LogFormat] = ["new", "old"]


def read(log: BuildLog) -> Build:
    return read_build([read_line(*piece) for piece in normalize_text(log.text())])


def observed(log: BuildLog) -> dict[str, bool]:
    return {observation.id: observation.is_proof for observation in observe(read(log))}


@pytest.mark.parametrize("form", FORMS)
def test_a_windows_build_that_failed(form: LogFormat) -> None:
    log = begun(form)
    powershell(log, ["ok"], seconds=40)
    restart(log)
    powershell(log, ["Failed to install"], code=3, seconds=5)
    build = read(script_failed(log, 3))

    assert build.outcome == "failed"
    assert build.os == "windows"
    assert [(run.provisioner, run.state) for run in build.summarize_provisioners()] == [
        ("powershell", "ended"),
        ("windows-restart", "ended"),
        ("powershell", "failed"),
    ]
    assert [run.exit_code for run in build.summarize_provisioners()] == [0, 0, 3]
    assert build.summarize_provisioners()[1].line == log.number_of("Restarting Machine")


def test_durations_are_seconds_in_utc() -> None:
    log = begun("new")
    powershell(log, [], seconds=40)
    powershell(log, [], code=1, seconds=5)
    first, second = read(script_failed(log, 1)).summarize_provisioners()
    assert (first.started, first.ended, first.seconds) == ("2026-01-12T08:01:52Z", "2026-01-12T08:02:34Z", 42)
    assert second.seconds == 7


@pytest.mark.parametrize("form", FORMS)
def test_a_linux_build_that_failed(form: LogFormat) -> None:
    log = shell(shell(begun(form, windows=False), ["fine"]), ["bash: jq: command not found"], code=127)
    build = read(script_failed(log, 127))
    assert (build.outcome, build.os) == ("failed", "linux")
    assert [(run.provisioner, run.exit_code, run.state) for run in build.summarize_provisioners()] == [
        ("shell", None, "ended"),
        ("shell", 127, "failed"),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_build_that_went_well(form: LogFormat) -> None:
    build = read(succeeded(powershell(begun(form), ["Failed to do one thing, going on"])))
    assert build.outcome == "succeeded"
    assert build.failed_run is None
    assert observe(build) == []


def test_telemetry_of_older_logs_is_used_where_it_stands() -> None:
    log = begun("old")
    for name in ("powershell", "windows-restart"):
        log.write_telemetry(f"Starting provisioner {name}").wait(30).write_telemetry(f"ending {name}").wait(1)
    log.write_telemetry("Starting provisioner powershell").wait(5).write_output("broken").write_telemetry(
        "ending powershell"
    )
    build = read(script_failed(log, 1))
    assert [(run.provisioner, run.seconds, run.state) for run in build.summarize_provisioners()] == [
        ("powershell", 30, "ended"),
        ("windows-restart", 30, "ended"),
        ("powershell", 5, "failed"),
    ]


def test_the_last_of_two_builds_counts() -> None:
    first = script_failed(powershell(begun("new"), ["first"], code=1), 1)
    second = succeeded(powershell(begun("new"), ["second"]))
    build = read_build([read_line(*piece) for piece in normalize_text(first.text() + second.text())])
    assert build.outcome == "succeeded"
    assert build.lines[0].number == len(first.lines) + 1


def test_a_live_log_is_running() -> None:
    log = powershell(begun("new"), ["still going"])
    log.write_ui("Provisioning with Powershell...")
    build = read(log)
    assert build.outcome == "running"
    assert [run.state for run in build.summarize_provisioners()] == ["ended", "running"]


def test_a_tail_without_its_beginning() -> None:
    log = powershell(begun("new"), ["Failed to install"], code=1)
    whole = script_failed(log, 1)
    tail = BuildLog("new", lines=whole.lines[-25:])
    build = read(tail)
    assert build.outcome == "failed"
    assert build.script_exit_code == 1


def test_silence_before_a_stop_is_observed() -> None:
    log = begun("new")
    log.write_ui("Provisioning with Powershell...").write_output("Installing Contoso Suite").wait(6900)
    observation = observe(read(stopped(log)))[0]
    assert observation.id == "stopped-after-silence"
    assert observation.seconds == 6900
    assert [line.number for line in observation.lines][-1] == log.number_of("Cancelling build after")
    assert not observation.is_proof


def test_the_same_line_over_and_over_before_a_stop_is_observed() -> None:
    log = begun("new")
    log.write_ui("Provisioning with Powershell...")
    for percent in range(80):
        log.write_output(f"Waiting for operation to complete ({percent}% cpu)...").wait(60)
    assert set(observed(stopped(log))) == {"stopped-while-repeating"}


def test_a_stop_in_the_middle_of_work_has_no_sign() -> None:
    log = begun("new")
    log.write_ui("Provisioning with Powershell...")
    for number in range(40):
        log.write_output(f"step {chr(97 + number % 26)}{chr(98 + number // 2)} of the installation").wait(5)
    assert set(observed(stopped(log))) == {"stopped-without-sign"}


def updating(pause: int) -> BuildLog:
    log = begun("new")
    log.write_ui("Running Windows update...").write_output("Searching for Windows updates...")
    for number in range(30):
        log.write_output(f"Found {chr(97 + number % 26)}{chr(98 + number // 2)} and goes on").wait(pause)
    return stopped(log)


def test_a_stop_in_a_long_update_is_not_put_down_to_a_script() -> None:
    assert set(observed(updating(pause=60))) == {"stopped-in-windows-update"}


def test_an_update_that_somebody_stopped_at_once_says_nothing() -> None:
    assert observed(updating(pause=1)) == {}


@pytest.mark.parametrize(("lines", "expected"), [(3, {}), (12, {"sysprep-loop": False}), (70, {"sysprep-loop": True})])
def test_a_sysprep_loop_is_counted(lines: int, expected: dict[str, bool]) -> None:
    log = begun("new")
    log.write_ui("Provisioning with Powershell...").write_output(">>> Sysprepping VM ...")
    log.write_output("if ($imageState -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { break }")
    for _ in range(lines):
        log.write_output("IMAGE_STATE_UNDEPLOYABLE").wait(5)
    assert {name: proof for name, proof in observed(log).items() if name == "sysprep-loop"} == expected


def test_a_code_that_came_after_the_stop_is_not_the_scripts() -> None:
    log = begun("new")
    log.write_ui("Provisioning with Powershell...").wait(4000)
    assert read(stopped(log)).summarize_provisioners()[-1].exit_code is None
