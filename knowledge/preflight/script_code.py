"""What scanning a script yields: its code without comments, its commands, and the first quote that's never closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OpenKind = Literal["quote", "here-string", "comment"]


@dataclass(frozen=True, slots=True)
class ScriptCommand:
    """A command: where it starts, its name in lower case without folder and `.exe`, and all of its text."""

    start: int
    name: str
    text: str
    has_sudo: bool = False


@dataclass(frozen=True, slots=True)
class UnclosedText:
    """A quote, a here-string, or a comment that's still open at the end."""

    start: int
    kind: OpenKind


@dataclass(frozen=True, slots=True)
class ScriptCode:
    """A scanned script. `code` is as long as the script, with blanks for comments and here-strings."""

    code: str
    commands: tuple[ScriptCommand, ...]
    unclosed: UnclosedText | None = None


def read_command_name(word: str) -> str:
    """Return the name of the program that a word calls."""
    name = word.strip("\"'").replace("\\", "/").rpartition("/")[2].lower()
    return name.removesuffix(".exe")


def blank_out(text: str) -> str:
    """Return as many blanks, with the same line breaks."""
    return "".join("\n" if character == "\n" else " " for character in text)
