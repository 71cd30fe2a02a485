"""Scan a shell script: enough to tell its commands from comments, texts, and documents for other programs."""

from __future__ import annotations

import re

from knowledge.preflight.script_code import ScriptCode, ScriptCommand, blank_out, read_command_name

_TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<single>'[^']*')|(?P<double>\"[^\"\\]*(?:\\.[^\"\\]*)*\")"
    r"|(?P<here><<-?[ \t]*(?P<mark>\\?[A-Za-z_]\w{0,60}|'[^'\n]{1,60}'|\"[^\"\n]{1,60}\"))"
    r"|(?P<comment>(?<![^\s;&|()])#[^\n]*)|(?P<end>\n|;|\|\|?|(?<![<>])&&?(?!>)|\(|\)|`)",
    re.DOTALL,
)
_PREFIX_WORDS = frozenset(
    {"if", "then", "do", "else", "elif", "while", "until", "!", "time", "nohup", "exec", "eval", "command", "builtin",
     "env", "doas", "{", "}"}
)  # fmt: skip
_MAX_DOCUMENTS = 10
"""How many documents can begin on one line."""
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_SUDO_VALUE_OPTIONS = frozenset({"-u", "-g", "-h", "-p", "-C", "-T"})


def scan_shell(text: str) -> ScriptCode:
    """Scan a script for `sh` or `bash`."""
    parts: list[str] = []
    starts = [0]
    position = 0
    pending_marks: list[str] = []
    while match := _TOKEN.search(text, position):
        parts.append(text[position : match.start()])
        position = match.end()
        found = match[0]
        if match["escape"]:
            parts.append("  " if found == "\\\n" else found)
            continue
        parts.append(blank_out(found) if match["comment"] else found)
        if match["here"] and len(pending_marks) < _MAX_DOCUMENTS:
            pending_marks.append(match["mark"].strip("'\"\\"))
        elif match["end"]:
            if found == "\n" and pending_marks:
                end = _find_document_end(text, position, pending_marks)
                parts.append(blank_out(text[position:end]))
                position, pending_marks = end, []
            starts.append(position)
    parts.append(text[position:])
    code = "".join(parts)
    ends = [*starts[1:], len(code)]
    commands = (_read_command(code, start, end) for start, end in zip(starts, ends, strict=True))
    return ScriptCode(code, tuple(command for command in commands if command is not None))


def _find_document_end(text: str, position: int, marks: list[str]) -> int:
    for mark in marks:
        match = re.compile(rf"^\t*{re.escape(mark)}[ \t]*$", re.MULTILINE).search(text, position)
        position = match.end() if match else len(text)
    return position


def _read_command(code: str, start: int, end: int) -> ScriptCommand | None:
    """Return the command between two offsets, without what's in front of it: keywords, variables, `sudo`."""
    has_sudo = False
    words = list(re.finditer(r"\S+", code[start:end].rstrip("\n;|&()`")))
    index = 0
    while index < len(words):
        word = words[index][0]
        if word == "sudo":
            has_sudo = True
            while index + 1 < len(words) and words[index + 1][0].startswith("-"):
                index += 2 if words[index + 1][0] in _SUDO_VALUE_OPTIONS else 1
        elif word not in _PREFIX_WORDS and not _ASSIGNMENT.match(word):
            break
        index += 1
    if index >= len(words):
        return None
    first = words[index]
    text = code[start:end].rstrip("\n;|&()`")[first.start() :]
    return ScriptCommand(start + first.start(), read_command_name(first[0]), text, has_sudo)
