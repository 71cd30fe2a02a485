"""The failed step is found, even in a log that ends before Packer's verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from knowledge.build_log.build_reader import read_build
from knowledge.build_log.failed_step import FAILED_STEPS, find_failed_step
from knowledge.text.lines import read_line
from knowledge.text.normalization import normalize_text
from tests.build_logs import BuildLog, LogFormat, begun, failed, powershell, restart, script_failed, shell, succeeded
from tests.shipped_knowledge import ENTRIES


def find(log: BuildLog) -> str | None:
    return find_failed_step(read_build([read_line(*line) for line in normalize_text(log.text())]))


def begin_file(log: BuildLog) -> BuildLog:
    return log.write_ui("Uploading /tmp/a.zip => C:\\a.zip")


def begin_update(log: BuildLog) -> BuildLog:
    return log.write_ui("Running Windows update...").write_output("Searching for Windows updates...")


def begin_restart(log: BuildLog) -> BuildLog:
    return log.write_ui("Restarting Machine").write_ui("Waiting for machine to restart...")


STEPS: dict[str, Callable[[BuildLog], BuildLog]] = {
    "powershell": lambda log: powershell(log, ["Setup failed"], code=1),
    "shell": lambda log: shell(log, ["Setup failed"], code=1),
    "file": begin_file,
    "windows-update": begin_update,
    "windows-restart": begin_restart,
}


@pytest.mark.parametrize("form", ["new", "old", "bare"])
@pytest.mark.parametrize("step", STEPS)
def test_the_step_that_was_running_failed(step: str, form: LogFormat) -> None:
    log = powershell(begun(form), ["fine"])
    assert find(failed(STEPS[step](log), "Something broke.")) == step


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_had_errors_failed_though_no_verdict_says_so(step: str) -> None:
    log = STEPS[step](restart(powershell(begun(), ["fine"])))
    log.write_ui("Provisioning step had errors: Running the cleanup provisioner, if present...")
    assert find(log) == step


@pytest.mark.parametrize(
    ("last", "step"), [("Deploying deployment template", "deploy"), ("Waiting for WinRM to become", "connect")]
)
def test_before_the_first_step_it_is_the_phase(last: str, step: str) -> None:
    log = begun()
    log.lines = log.lines[: log.number_of(last)]
    assert find(failed(log, "Something broke.")) == step


def test_after_the_last_step_it_is_the_capture() -> None:
    log = powershell(begun(), ["fine"])
    log.write_ui("Querying the machine's properties ...").write_ui("Powering off machine ...")
    log.write_ui("ERROR: -> OperationNotAllowed : No.", error=True)
    log.write_ui("Deleting individual resources ...")
    log.write_verdict("Build 'azure-arm' errored after 9 minutes: OperationNotAllowed")
    assert find(log) == "capture"


def test_an_older_step_is_never_blamed() -> None:
    log = powershell(begun(), ["E: this was survived"])
    assert find(succeeded(log)) != "powershell"
    assert find(script_failed(shell(powershell(begun(), ["fine"]), ["no"], code=2), 2)) == "shell"


def test_every_step_has_one_general_entry() -> None:
    steps = [step for entry in ENTRIES.values() for step in entry.general_for]
    assert sorted(steps) == sorted(FAILED_STEPS)
