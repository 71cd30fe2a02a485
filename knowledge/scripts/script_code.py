"""What reading a script yields: its code without comments, its commands, and the first fault of its syntax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ScriptLanguage = Literal["shell", "powershell"]
FaultKind = Literal["quote", "here-string", "comment", "bracket", "keyword", "stray"]
Execution = Literal["always", "maybe", "never"]


@dataclass(frozen=True, slots=True)
class ScriptCommand:
    """A command: where it starts, its name in lower case without folder and `.exe`, and all of its text.

    Attributes:
        execution: `always` if it runs unless an earlier command ends the script; `maybe` in a branch, a loop, or a
            function; `never` in a function that nothing calls, or after an `exit`.
    """

    start: int
    name: str
    text: str
    has_sudo: bool = False
    execution: Execution = "always"


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """Something that's opened and never closed, or closed and never opened (`stray`)."""

    start: int
    kind: FaultKind


@dataclass(frozen=True, slots=True)
class ScriptCode:
    """A script that was read. `code` is as long as the script, with blanks for comments and here-strings.

    Attributes:
        fault: What the parser and the check of delimiters both refuse; None if one of them accepts the script.
        is_parsed: Whether the parser came to an end within its limits. If not, there are no commands.
    """

    code: str
    commands: tuple[ScriptCommand, ...]
    fault: SyntaxFault | None = None
    is_parsed: bool = True


def read_command_name(word: str) -> str:
    """Return the name of the program that a word calls."""
    name = word.strip("\"'").replace("\\", "/").rpartition("/")[2].lower()
    return name.removesuffix(".exe")


def blank_out(text: str) -> str:
    """Return as many blanks, with the same line breaks."""
    return "".join("\n" if character == "\n" else " " for character in text)
