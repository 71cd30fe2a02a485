"""Scan a PowerShell script: strings, here-strings, and comments, to find its commands and quotes that never close.

It's not a parser: brackets and all else may be wrong. As in PowerShell itself, typographic quotes count as quotes.
"""

from __future__ import annotations

import re

from knowledge.model.errors import KnowledgeError
from knowledge.preflight.script_code import ScriptCode, ScriptCommand, UnclosedText, blank_out
from knowledge.preflight.script_code import read_command_name as read_name

_DOUBLE, _SINGLE = '"“”„', "'‘’‚‛"
_MAX_DEPTH = 40
_HERE_START = re.compile(r"@([\"“”„'‘’‚‛])[ \t]*\r?\n")
_COMMENT_BEFORE = frozenset(" \t\r\n({[;|&,=)}]\"'+")
_ASSIGNED = re.compile(
    r"(?:\$[\w:.]+(?:\[[^\]]*\])?\s*[-+]?=\s*|\[\w+\]\s*|[&.(]\s*|\$\(\s*|return\s+|try\s+|else\s+)+"
)
_WRAPPED = re.compile(
    r"(?:cmd(?:\.exe)?\s+/c\s+[\"']?|Start-Process\s+(?:-(?!FilePath|ArgumentList)\w+\s+)*(?:-FilePath\s+)?"
    r"|Invoke-Expression\s+[\"']?)(?=[^\s-])",
    re.IGNORECASE,
)
_FILE_PATH = re.compile(r"-FilePath\s+(\"[^\"]*\"|'[^']*'|\S+)", re.IGNORECASE)
_NAME = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s;|]+")


class _TooDeepError(KnowledgeError):
    """Strings and code are nested deeper than anybody writes them."""


def scan_powershell(text: str) -> ScriptCode:
    """Scan a script for PowerShell."""
    scanner = _Scanner(text)
    try:
        scanner.scan_code(0, 0, False)
    except _TooDeepError:
        return ScriptCode(text, ())
    code = "".join(scanner.masked)
    ends = [*scanner.starts[1:], len(code)]
    commands = (_read_command(code, start, end) for start, end in zip(scanner.starts, ends, strict=True))
    return ScriptCode(code, tuple(command for command in commands if command is not None), scanner.unclosed)


class _Scanner:
    """Goes through a script once. `masked` is the script with blanks for what isn't code."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.masked = list(text)
        self.starts = [0]
        self.unclosed: UnclosedText | None = None
        self._first_long_string: int | None = None

    def scan_code(self, position: int, depth: int, is_nested: bool) -> int:
        """Scan code from `position`, and return where it ends: with a `)` if it's nested in a string."""
        if depth > _MAX_DEPTH:
            raise _TooDeepError
        text, open_brackets = self.text, 0
        while position < len(text):
            after = self._skip_opaque(position, depth)
            if after != position:
                position = after
                continue
            character = text[position]
            position += 1
            if character == "(" or (character == "{" and text[position - 2 : position - 1] == "@"):
                open_brackets += 1
            elif open_brackets and character in ")}":
                open_brackets -= 1
            elif is_nested and character == ")":
                return position
            elif character in "\n;|{}" and not open_brackets and not is_nested:
                self.starts.append(position)
        return position

    def _skip_opaque(self, position: int, depth: int) -> int:
        """Return the end of the text, comment, or escape that begins at `position`; `position` if it's code."""
        text, character = self.text, self.text[position]
        if character == "`":
            return self._skip_escape(position)
        if (header := _HERE_START.match(text, position)) is not None:
            return self._skip_here_string(position, header)
        if character in _SINGLE:
            return self._skip_single(position)
        if character in _DOUBLE:
            return self._skip_double(position, depth)
        if text.startswith("<#", position):
            return self._skip_comment(position)
        if character == "#" and (position == 0 or text[position - 1] in _COMMENT_BEFORE):
            return self._mask(position, self._find_line_end(position))
        if text.startswith("--%", position):
            return self._find_line_end(position)
        if text.startswith("${", position):
            end = text.find("}", position)
            return len(text) if end < 0 else end + 1
        return position

    def _skip_escape(self, position: int) -> int:
        """Skip a backtick with the character that it escapes; it continues a line if that's a line break."""
        if self.text.startswith(("\n", "\r\n"), position + 1):
            return self._mask_all(position, self.text.index("\n", position) + 1)
        return position + 2

    def _skip_single(self, start: int) -> int:
        position = start + 1
        while position < len(self.text):
            if self.text[position] in _SINGLE:
                if self.text[position + 1 : position + 2] not in tuple(_SINGLE):
                    return self._close(start, position + 1)
                position += 1
            position += 1
        return self._leave_open(start)

    def _skip_double(self, start: int, depth: int) -> int:
        text, position = self.text, start + 1
        while position < len(text):
            character = text[position]
            if character == "`":
                position += 2
            elif text.startswith("$(", position):
                position = self.scan_code(position + 2, depth + 1, True)
            elif character in _DOUBLE:
                if text[position + 1 : position + 2] not in tuple(_DOUBLE):
                    return self._close(start, position + 1)
                position += 2
            else:
                position += 1
        return self._leave_open(start)

    def _skip_here_string(self, start: int, header: re.Match[str]) -> int:
        quotes = _DOUBLE if header[1] in _DOUBLE else _SINGLE
        closing = re.compile(rf"\n[{quotes}]@").search(self.text, header.end() - 1)
        if closing is None:
            self.unclosed = self.unclosed or UnclosedText(start, "here-string")
        return self._mask(start, closing.end() if closing else len(self.text))

    def _skip_comment(self, start: int) -> int:
        end = self.text.find("#>", start + 2)
        if end < 0:
            self.unclosed = self.unclosed or UnclosedText(start, "comment")
        return self._mask(start, len(self.text) if end < 0 else end + 2)

    def _close(self, start: int, end: int) -> int:
        if self._first_long_string is None and "\n" in self.text[start:end]:
            self._first_long_string = start
        return end

    def _leave_open(self, start: int) -> int:
        # After a missing quote, each string begins where one should end. So the first one across lines is the culprit.
        culprit = start if self._first_long_string is None else self._first_long_string
        self.unclosed = self.unclosed or UnclosedText(culprit, "quote")
        return len(self.text)

    def _find_line_end(self, position: int) -> int:
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end

    def _mask_all(self, start: int, end: int) -> int:
        self.masked[start:end] = " " * (end - start)
        return end

    def _mask(self, start: int, end: int) -> int:
        self.masked[start:end] = blank_out(self.text[start:end])
        return end


def _read_command(code: str, start: int, end: int) -> ScriptCommand | None:
    """Return the command between two offsets; for one that starts another program, that program."""
    statement = code[start:end].rstrip("\n;|{} \t\r")
    first = len(statement) - len(statement.lstrip())
    if match := _ASSIGNED.match(statement, first):
        first = match.end()
    text = statement[first:]
    if not text:
        return None
    wrapper = _WRAPPED.match(text)
    named = _FILE_PATH.search(text) if text.lower().startswith("start-process") else None
    name = named[1] if named else (found[0] if (found := _NAME.match(text, wrapper.end() if wrapper else 0)) else "")
    return ScriptCommand(start + first, read_name(name), text)
