"""Detect where a build's provisioners start and end, and with which exit codes.

Today's logs have no `(telemetry)` lines. So a run is recognized by what every log has: the line that Packer prints when
a provisioner starts, and the exit lines of remote commands. If an older log has telemetry, it's used.
"""

from __future__ import annotations

from datetime import datetime

from knowledge.build_log.build import Build, ProvisionerState
from knowledge.patterns import define_text_pattern
from knowledge.text.lines import LogLine

_TELEMETRY = define_text_pattern(r"\(telemetry\) (?P<event>Starting provisioner|ending) (?P<name>[\w.-]+)")
_START_PREFIXES = ("Provisioning with ", "Restarting Machine", "Uploading ", "Running Windows update")
_COMMAND_PREFIX, _COMMAND_EXIT = "[INFO] command '", "' exited with code: "
_MAX_EXIT_CODE_CHARS = 10
_NO_FAILURE_CODES = frozenset((0, 101, 1115, 1190, 1717, 2300218))
"""Exit codes of commands that worked, asked for a restart or met one, and of a connection that broke."""


def detect_start(build: Build, line: LogLine) -> str | None:
    """Return the name of the provisioner that starts with this line of Packer's output, and `None` for most lines."""
    if line.source != "output":
        return None
    body = line.body
    if not body.startswith(_START_PREFIXES):
        return None
    current = build.runs[-1] if build.runs and build.runs[-1].state == "running" else None
    if body.startswith("Provisioning with "):
        kind = "shell" if body.startswith("Provisioning with shell") else "powershell"
        if kind == "powershell":
            build.os = build.os or "windows"
        # "Powershell" with a capital starts a provisioner; "powershell" names each script that it then runs.
        is_first_line = body.startswith("Provisioning with Powershell")
        continues = current and current.name == kind and kind == "powershell" and not is_first_line
        return None if continues else kind
    if body.startswith("Restarting Machine"):
        return "windows-restart"
    if body.startswith(("Uploading the Windows update", "Running Windows update")):
        return None if current and current.name == "windows-update" else "windows-update"
    if body.startswith("Uploading ") and " => " in body:
        return "file"
    return None


def read_telemetry(build: Build, line: LogLine, index: int, previous_time: datetime | None) -> str | None:
    """Return the name of the provisioner that starts with this line; end the current run where it says so."""
    match = _TELEMETRY.search(line.body) if "(telemetry)" in line.body else None
    if match is None:
        return None
    if match["event"] != "ending":
        return str(match["name"])
    if build.runs and build.runs[-1].name == match["name"]:
        end_run(build, index, line.time or previous_time)
    return None


def record_exit_code(build: Build, code: int) -> None:
    """Note the exit code of the provisioner's own command, but not those of Packer's cleanup commands after it."""
    if build.runs:
        build.runs[-1].exit_code = code


def parse_exit_code(body: str) -> int | None:
    """Return the exit code that Packer's debug message gives for a command; `None` for any other line."""
    if body.startswith(_COMMAND_PREFIX):
        position = body.rfind(_COMMAND_EXIT)
        code = body[position + len(_COMMAND_EXIT) :] if position >= 0 else ""
    elif "xited with" in body:
        _, _, rest = body.partition("Remote command exited with '")
        code = rest[: rest.find("'")]
    else:
        return None
    # Not `isdigit`: `int` can't read a superscript.
    is_code = code.removeprefix("-").isdecimal() and len(code) <= _MAX_EXIT_CODE_CHARS
    return int(code) if is_code and "packer-cleanup" not in body else None


def is_failure_code(code: int | None) -> bool:
    """Return whether a command with this exit code failed."""
    return code is not None and code not in _NO_FAILURE_CODES


def end_run(build: Build, index: int, time: datetime | None, state: ProvisionerState = "ended") -> None:
    """End the current run at the line `index`, if there is one, in `state`."""
    if not build.runs:
        return
    run = build.runs[-1]
    if run.state == "running":
        run.end_index, run.ended_at, run.state = index, (None if state == "running" else time), state
    elif state == "failed" and run.state == "ended" and run.end_index >= 0:
        run.state = "failed"  # Telemetry logs an "ending" even for a provisioner that failed.


def finalize_failed_run(build: Build) -> None:
    """Give a failed run the verdict's exit code, and drop the code of a stopped run, which belongs to the cleanup."""
    run = build.failed_run
    if run is None:
        return
    if run.state == "stopped":
        run.exit_code = None
    elif run.state == "failed" and build.script_exit_code is not None:
        run.exit_code = build.script_exit_code
