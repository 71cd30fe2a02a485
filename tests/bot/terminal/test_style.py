"""Color and wrapping: for a person at a terminal, and never in a file or a pipe."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from bot.terminal.style import OutputLine, TerminalStyle

RED = OutputLine("it broke", style="failure")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "is_colored"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": ""}, True),  # the convention: only a value counts
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_color_is_for_terminals_that_want_it(stream: io.StringIO, environ: Mapping[str, str], is_colored: bool) -> None:
    shown = TerminalStyle.detect(stream, environ).format_line(RED)
    assert ("\x1b[" in shown) == is_colored
    assert "it broke" in shown


def test_a_pipe_gets_whole_lines() -> None:
    line = OutputLine("word " * 80)
    assert "\n" not in TerminalStyle.detect(io.StringIO(), {}).format_line(line)


def test_a_terminal_gets_lines_that_fit_and_hang() -> None:
    shown = TerminalStyle(width=40).format_line(OutputLine("Cause: " + "word " * 20, 4, hanging=2)).splitlines()
    assert all(len(line) <= 40 for line in shown)
    assert shown[0].startswith("    Cause: word")
    assert all(line.startswith("      word") for line in shown[1:])


def test_a_command_is_never_wrapped() -> None:
    command = "az image builder show " * 10
    assert TerminalStyle(width=40).format_line(OutputLine(command, 6, "code")) == f"      {command}"


def test_text_from_a_log_cant_control_the_terminal() -> None:
    assert TerminalStyle().format_line(OutputLine("a\x1b[2Jb", 0)) == "a?[2Jb"
