"""Runs ShellCheck on shell scripts where it's installed. Scripts are hostile: their time and their size are limited."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from knowledge.preflight.predicate import ShellRemark

MAX_CHARS = 64 << 10
_TIMEOUT_SECONDS = 2
_MAX_REMARKS = 20
_UNHELPFUL_ERRORS = frozenset({1017, 1090, 1091, 2068, 2145, 2148, 2286})
"""Windows line breaks, for which there's a rule; files that aren't there; a missing `#!`; arrays without quotes."""
_WANTED_WARNINGS = frozenset({2024, 2069, 2115, 2188, 2209, 2216, 2242, 2259, 2260, 2261, 2288})
"""Redirections that `sudo` doesn't cover or that compete, `rm -rf "$x/"`, input that nothing reads, bad exit codes."""
_MIN_ANALYSIS_CODE = 2000
"""Below it, ShellCheck couldn't parse the script, and says so several times."""

LintGap = Literal["missing", "slow", "long"]


class ShellCheck:
    """Lints scripts with the program, and remembers why it didn't look at some."""

    def __init__(self, program: str | None = None) -> None:
        self._program = program or _find_program()
        self._gaps: set[LintGap] = set()

    def __call__(self, text: str) -> Sequence[ShellRemark]:
        """Return what's wrong with a script."""
        if self._program is None:
            self._gaps.add("missing")
        elif len(text) > MAX_CHARS:
            self._gaps.add("long")
        else:
            return tuple(_read_remarks(self._run(self._program, text)))[:_MAX_REMARKS]
        return ()

    def take_gaps(self) -> Sequence[LintGap]:
        """Return why scripts weren't looked at since the last call."""
        gaps = sorted(self._gaps)
        self._gaps.clear()
        return gaps

    def _run(self, program: str, text: str) -> bytes:
        options = ["--norc", "--format=json1", "--severity=warning"]
        if not text.startswith("#!"):
            options.append("--shell=bash")
        try:
            done = subprocess.run(
                [program, *options, "-"],
                input=text.encode("utf-8", "replace"),
                capture_output=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
                env={"LANG": "C.UTF-8"},  # SHELLCHECK_OPTS could change what it says
            )
        except subprocess.TimeoutExpired:
            self._gaps.add("slow")
            return b""
        except OSError:
            self._gaps.add("missing")
            return b""
        return done.stdout


def _find_program() -> str | None:
    """Return the path of ShellCheck: beside this Python, where its package puts it, or on the PATH."""
    own = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    return own or shutil.which("shellcheck")


def _read_remarks(printed: bytes) -> Iterator[ShellRemark]:
    try:
        comments = json.loads(printed or b"{}").get("comments", [])
    except (ValueError, AttributeError):
        return
    has_parse_error = False
    for comment in comments:
        if not _is_wanted(comment):
            continue
        code = comment["code"]
        if code < _MIN_ANALYSIS_CODE:
            if has_parse_error:
                continue
            has_parse_error = True
        yield ShellRemark(f"SC{code}", str(comment["message"]), comment["line"], comment["column"])


def _is_wanted(comment: dict[str, Any]) -> bool:
    if comment["level"] == "error":
        return comment["code"] not in _UNHELPFUL_ERRORS
    return comment["code"] in _WANTED_WARNINGS
