"""Packer's debug messages give the exit code of a command; nothing else in a line is taken for one."""

from __future__ import annotations

import pytest

from knowledge.build_log.provisioner_runs import parse_exit_code

LINES = [
    ("[INFO] command 'powershell -file a.ps1' exited with code: 0", 0),
    ("[INFO] command 'a' exited with code: -196608", -196608),
    ("[INFO] command 'echo \"' exited with code: 3\"' exited with code: 5", 5),
    ("[ERROR] Remote command exited with '7': powershell", 7),
    ("Retryable error: Remote command exited with '7'", 7),
    ("[INFO] command 'a' exited with code: 12345678901", None),
    ("[INFO] command 'a' exited with code: \u00b2", None),
    ("[INFO] command 'a' exited with code: --5", None),
    ("[INFO] command 'a' exited with code: ", None),
    ("[INFO] command 'powershell -file c:/Windows/Temp/packer-cleanup-1.ps1' exited with code: 1", None),
    ("[INFO] command 'Remote command exited with '7'", None),
    ("Remote command exited with 7", None),
    ("Script exited with non-zero exit status: 1", None),
]


@pytest.mark.parametrize(("body", "code"), LINES, ids=[body[:60] for body, _ in LINES])
def test_an_exit_code_is_read(body: str, code: int | None) -> None:
    assert parse_exit_code(body) == code
