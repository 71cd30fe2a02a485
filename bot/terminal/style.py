"""Color and line width for the output of commands: only if a person is reading it, not in a file or a pipe."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Literal, NamedTuple, TextIO

LineStyle = Literal["plain", "bold", "dim", "failure", "success", "code"]

_CODES: Mapping[LineStyle, str] = {
    "plain": "",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "failure": "\x1b[1;31m",
    "success": "\x1b[1;32m",
    "code": "\x1b[36m",
}
_RESET = "\x1b[0m"
_MIN_WIDTH, _MAX_WIDTH = 40, 120


class OutputLine(NamedTuple):
    """A line of output. When it's wrapped, its further lines are indented by `hanging` more than `indent`.

    A line of style "code" is never wrapped, so that it can be copied.
    """

    text: str
    indent: int = 2
    style: LineStyle = "plain"
    hanging: int = 0


class TerminalStyle(NamedTuple):
    """How lines are written: with colors or without, and wrapped at `width` columns or not at all."""

    is_colored: bool = False
    width: int | None = None

    @classmethod
    def detect(cls, stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> TerminalStyle:
        """Detect what the terminal behind `stream` can do; `NO_COLOR` and `TERM=dumb` turn colors off."""
        stream = sys.stdout if stream is None else stream
        if not stream.isatty():
            return cls()
        is_colored = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        columns = shutil.get_terminal_size().columns
        return cls(is_colored, max(_MIN_WIDTH, min(columns, _MAX_WIDTH)))

    def format_line(self, line: OutputLine) -> str:
        """Return a line as it's written; with line breaks where it is wrapped."""
        text = replace_unprintable(line.text)
        code = _CODES[line.style] if self.is_colored else ""
        return "\n".join(
            f"{' ' * indent}{code}{part}{_RESET if code else ''}" if part else ""
            for indent, part in self._wrap(text, line)
        )

    def _wrap(self, text: str, line: OutputLine) -> list[tuple[int, str]]:
        if self.width is None or line.style == "code" or line.indent + len(text) <= self.width:
            return [(line.indent, text)]
        import textwrap  # only a terminal needs it

        available = max(_MIN_WIDTH // 2, self.width - line.indent)
        parts = textwrap.wrap(
            text, available, subsequent_indent=" " * line.hanging, break_on_hyphens=False, drop_whitespace=True
        )
        return [(line.indent, part) for part in parts]


def replace_unprintable(text: str) -> str:
    """Replace characters that could control the terminal, such as escape sequences."""
    return "".join(character if character.isprintable() or character == " " else "?" for character in text)
