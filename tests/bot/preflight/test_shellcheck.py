"""What's taken from ShellCheck, and what happens where it's missing, slow, or says nonsense. The program is a fake."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from app import main
from bot.preflight import shellcheck
from bot.preflight.shellcheck import MAX_CHARS, ShellCheck
from tests.knowledge.preflight.templates import build_resource

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake is a script with a #! line")


def build_program(folder: Path, code: str) -> str:
    """A program that runs Python code, with `script` for its input."""
    path = folder / "shellcheck"
    path.write_text(f"#!{sys.executable}\nimport json, sys, time\nscript = sys.stdin.read()\n{code}\n", "utf-8")
    path.chmod(0o755)
    return str(path)


def build_printing_program(folder: Path, *comments: dict[str, Any]) -> str:
    return build_program(folder, f"print({json.dumps(json.dumps({'comments': comments}))})")


def comment(code: int, level: str = "warning", line: int = 1, column: int = 1) -> dict[str, Any]:
    return {"code": code, "level": level, "message": f"message {code}", "line": line, "column": column}


def test_errors_and_some_warnings_are_taken(tmp_path: Path) -> None:
    program = build_printing_program(
        tmp_path,
        comment(2154), comment(2115, line=2, column=5), comment(2218, "error"), comment(2068, "error"),
        comment(1046, "error"), comment(1073, "error"),
    )  # fmt: skip
    remarks = ShellCheck(program)("ls\n")
    assert [(remark.code, remark.line, remark.column) for remark in remarks] == [
        ("SC2115", 2, 5),
        ("SC2218", 1, 1),
        ("SC1046", 1, 1),
    ]


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("#!/bin/sh\nls", ["--norc", "--format=json1", "--severity=warning", "-"]),
        ("ls", ["--norc", "--format=json1", "--severity=warning", "--shell=bash", "-"]),
    ],
)
def test_the_script_is_given_as_input(tmp_path: Path, script: str, options: list[str]) -> None:
    code = "print(json.dumps({'comments': [dict(code=2218, level='error', line=1, column=1, message=repr((sys.argv[1:], script)))]}))"
    (remark,) = ShellCheck(build_program(tmp_path, code))(script)
    assert remark.message == repr((options, script))


@pytest.mark.parametrize(
    ("code", "gaps"),
    [("time.sleep(60)", ["slow"]), ("print('nonsense')", []), ("print('[1]')", []), ("sys.exit(3)", [])],
)
def test_a_program_that_fails_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, gaps: list[str]
) -> None:
    monkeypatch.setattr(shellcheck, "_TIMEOUT_SECONDS", 1 if gaps else 60)
    lint = ShellCheck(build_program(tmp_path, code))
    assert lint("ls") == ()
    assert lint.take_gaps() == gaps
    assert lint.take_gaps() == []


def test_what_was_not_linted_is_named(tmp_path: Path) -> None:
    lint = ShellCheck(str(tmp_path / "missing"))
    assert lint("ls") == ()
    assert lint("a" * (MAX_CHARS + 1)) == ()
    assert lint.take_gaps() == ["long", "missing"]


def test_a_finding_says_where_it_is_in_the_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = build_printing_program(tmp_path, comment(2024, line=2, column=6))
    monkeypatch.setattr(shellcheck, "_find_program", lambda: program)
    template = tmp_path / "a.json"
    lines = ["sudo ls", "sudo echo a > /etc/motd"]
    template.write_text(json.dumps(build_resource({"customize": [{"type": "Shell", "inline": lines}]}), indent=2))
    assert main(["preflight", str(template), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (found,) = [finding for finding in printed["findings"] if finding["rule"] == "shellcheck"]
    assert "(SC2024)" in found["title"]
    assert (found["path"], found["script_line"]) == ("$.properties.customize[0].inline[1]", 2)
    line = template.read_text().splitlines()[found["line"] - 1]
    assert line[found["column"] - 1 :].startswith("echo a")


def test_a_missing_program_is_said_unless_nobody_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shellcheck, "_find_program", lambda: None)
    template = tmp_path / "a.json"
    template.write_text(json.dumps(build_resource()))
    for options, is_said in (([], True), (["--no-shellcheck"], False), (["--ignore", "shellcheck"], False)):
        assert main(["preflight", str(template), *options]) == 0
        assert ("isn't installed" in capsys.readouterr().out) == is_said
