"""The end of a command's help: examples to copy, and what each exit status means."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

PROGRAM = "python app.py"


def add_epilog(parser: ArgumentParser, examples: Sequence[str], statuses: Sequence[str] = ()) -> None:
    """Add examples and exit statuses to the help of a command.

    An example that starts with the name of a command is shown with the program in front of it.
    """
    command = parser.prog.rpartition(" ")[2]
    lines = ["examples:", *(f"  {_complete(example, command)}" for example in examples)]
    if statuses:
        lines += ["", "exit status:", *(f"  {status}" for status in statuses)]
    parser.epilog = "\n".join(lines)
    parser.formatter_class = RawDescriptionHelpFormatter


def _complete(example: str, command: str) -> str:
    return f"{PROGRAM} {example}" if example.split(" ", 1)[0] == command else example
