"""Tell which step of a build failed, even if the log ends before Packer's verdict."""

from __future__ import annotations

from typing import Literal, get_args

from knowledge.build_log.build import Build

FailedStep = Literal["powershell", "shell", "windows-restart", "windows-update", "file", "deploy", "connect", "capture"]
FAILED_STEPS: tuple[str, ...] = get_args(FailedStep)
"""Steps for which an entry can be the general answer (`general_for`)."""

_STEP_BY_PHASE: dict[str, FailedStep] = {"deploy": "deploy", "connect": "connect", "capture": "capture"}
_SCRIPT_STEPS = {"ansible": "shell", "ansible-local": "shell", "shell-local": "shell", "inspec": "shell"}


def find_failed_step(build: Build) -> FailedStep | None:
    """Return the kind of step that failed in a build that failed; `None` where the log doesn't show it."""
    run = build.failed_run
    if run is not None:
        name = _SCRIPT_STEPS.get(run.name, run.name)
        return name if name in FAILED_STEPS else None  # type: ignore[return-value]
    return _STEP_BY_PHASE.get(build.phase or "")
