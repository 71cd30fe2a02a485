"""Recognize that Packer lost its connection to the build VM: what it says about WinRM, SSH, or a broken upload."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.build_log.build import Build
from knowledge.patterns import define_text_pattern
from knowledge.text.decoding import replace_lone_surrogates
from knowledge.text.lines import LogLine

_MAX_LINES = 3
_MAX_CUT_LINES = 30
_MIN_REFUSALS = 3
_TRANSPORT = define_text_pattern(r"(?i)wsman|winrm|couldn't create shell|upload|\bssh\b|:598[56]|:22\b|communicator")
_NEVER_CONNECTED = "Timeout waiting for "
"""What Packer says when it never got a connection, so none could break."""
_TRANSPORT_ERROR = define_text_pattern(
    r"(?i)\bEOF\b|connection reset|forcibly closed|broken pipe|i/o timeout|40[13] - invalid content type|"
    r"connection refused|no route to host|timed out|connection timeout|handshake failed|"
    r"use of closed network connection|connection (?:was )?(?:lost|closed|aborted)|unable to authenticate|"
    r"error getting ssh config"
)


def find_transport_errors(build: Build) -> tuple[LogLine, ...]:
    """Return the lines in which Packer says that its connection to the build VM broke, in the step that failed."""
    # A script that ended with its own exit code had a connection; any connection it mentions is a different one.
    if build.script_exit_code is not None or (build.phase in ("prepare", "deploy") and not build.runs):
        return ()
    indexes = [*build.failure_range, *build.verdict_indexes]
    if build.outcome != "failed":  # the log was cut off: only its end can be the failure
        indexes = indexes[-_MAX_CUT_LINES:]
    lines = [line for index in indexes if (line := build.lines[index]).source != "echo"]
    # Searching all lines at once costs as much as searching one, and few logs have such a line.
    if _TRANSPORT_ERROR.search(replace_lone_surrogates("\n".join(line.body for line in lines))) is None:
        return ()
    found = [line for line in lines if is_transport_error(line.body)]
    is_connecting = build.phase == "connect" and not build.runs
    # A few refused connections are normal until the build VM is up, and more occur in a build that carries on.
    if is_connecting and (build.outcome == "running" or len(found) < _MIN_REFUSALS):
        return ()
    return _drop_repetitions(found)


def is_transport_error(body: str) -> bool:
    """Return whether a line says that the connection to the build VM broke."""
    if _NEVER_CONNECTED in body:
        return False
    text = replace_lone_surrogates(body)
    return _TRANSPORT_ERROR.search(text) is not None and _TRANSPORT.search(text) is not None


def _drop_repetitions(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    seen: dict[str, LogLine] = {}
    for line in lines:
        seen[line.body[-80:]] = line
    return tuple(sorted(seen.values(), key=lambda line: line.number))[-_MAX_LINES:]
