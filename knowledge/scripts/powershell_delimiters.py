"""Check that every quote, here-string, comment, and bracket of a PowerShell script is closed.

A parser can refuse valid scripts. What it refuses, and what isn't closed here either, is certainly broken.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from knowledge.scripts.delimiter_layout import DelimiterLayout
from knowledge.scripts.script_code import FaultKind, SyntaxFault, blank_out

DOUBLE_QUOTES, SINGLE_QUOTES = '"“”„', "'‘’‚‛"
"""As in PowerShell itself, typographic quotes count as quotes."""
_CLOSERS = {"(": ")", "{": "}"}
_IN_CODE = re.compile(rf"`|@?[{DOUBLE_QUOTES}{SINGLE_QUOTES}]|<#|#|--%|\$\{{|[(){{}}]")
_IN_STRING = re.compile(rf"`|\$\(|[{DOUBLE_QUOTES}]")
_HERE_START = re.compile(rf"@([{DOUBLE_QUOTES}{SINGLE_QUOTES}])[ \t]*\r?\n")
_BEFORE_TOKEN = frozenset(" \t\r\n({[;|&,=)}]\"'+!")


class _Opener(NamedTuple):
    """A bracket or a double quote that's open."""

    mark: str
    start: int


class DelimiterCheck(NamedTuple):
    """The first fault, and the script with blanks for comments and here-strings."""

    fault: SyntaxFault | None
    code: str


def check_powershell_delimiters(text: str) -> DelimiterCheck:
    """Look for the first delimiter that lacks its other half."""
    scanner = _Scanner(text)
    fault = scanner.scan()
    return DelimiterCheck(fault, "".join(scanner.masked))


class _Scanner:
    """Goes through a script once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.masked = list(text)
        self._open: list[_Opener] = []
        self._open_text: SyntaxFault | None = None
        self._bracket_fault: SyntaxFault | None = None
        self._layout = DelimiterLayout(text)

    def scan(self) -> SyntaxFault | None:
        """Return the first fault."""
        position, end = 0, len(self.text)
        while position < end:
            is_string = bool(self._open) and self._open[-1].mark == '"'
            position = self._scan_string(position) if is_string else self._scan_code(position)
        strings = [opener for opener in self._open if opener.mark == '"']
        if self._open_text is None and strings:
            self._leave_open(strings[-1].start)
        if self._open_text is not None:
            return self._open_text
        if self._bracket_fault is None and self._open:
            self._bracket_fault = SyntaxFault(self._open[-1].start, "bracket")
        return self._layout.refine(self._bracket_fault)

    def _scan_code(self, position: int) -> int:
        """Go to the end of the next delimiter in code."""
        text, match = self.text, _IN_CODE.search(self.text, position)
        if match is None:
            return len(text)
        start, found = match.start(), match[0]
        if found in _CLOSERS:
            self._open.append(_Opener(found, start))
            return match.end()
        if found in ")}":
            return self._close_bracket(start)
        if found[-1] in DOUBLE_QUOTES + SINGLE_QUOTES:
            return self._open_string(match)
        return self._skip(found, start)

    def _open_string(self, match: re.Match[str]) -> int:
        start = match.end() - 1
        if match[0].startswith("@") and (header := _HERE_START.match(self.text, match.start())):
            return self._skip_here_string(match.start(), header)
        if match[0][-1] in SINGLE_QUOTES:
            return self._skip_single(start)
        self._open.append(_Opener('"', start))
        return match.end()

    def _skip(self, found: str, start: int) -> int:
        """Skip what isn't code, or escapes it."""
        text = self.text
        if found == "`":
            return self._skip_escape(start)
        if found == "<#":
            return self._skip_to("#>", start, "comment")
        if found == "#":
            return self._skip_line_comment(start)
        if found == "--%":
            is_token = start == 0 or text[start - 1] in " \t"
            return self._find_line_end(start) if is_token else start + len(found)
        end = text.find("}", start)  # of `${…}`
        return len(text) if end < 0 else end + 1

    def _scan_string(self, position: int) -> int:
        """Go to the next place in a string where something begins or ends."""
        match = _IN_STRING.search(self.text, position)
        if match is None:
            return len(self.text)
        if match[0] == "`":
            return match.end() + 1
        if match[0] == "$(":
            self._open.append(_Opener("(", match.end() - 1))
            return match.end()
        if self._is_next(DOUBLE_QUOTES, match.end()):
            return match.end() + 1
        self._layout.note_string(self._open.pop().start, match.end())
        return match.end()

    def _skip_escape(self, position: int) -> int:
        """Skip a backtick with the character that it escapes; it continues a line if that's a line break."""
        if self.text.startswith(("\n", "\r\n"), position + 1):
            end = self.text.index("\n", position) + 1
            self.masked[position:end] = " " * (end - position)
            return end
        return position + 2

    def _skip_line_comment(self, start: int) -> int:
        if start and self.text[start - 1] not in _BEFORE_TOKEN:
            return start + 1
        return self._mask(start, self._find_line_end(start))

    def _skip_to(self, mark: str, start: int, kind: FaultKind) -> int:
        end = self.text.find(mark, start + 2)
        if end < 0:
            self._open_text = self._open_text or SyntaxFault(start, kind)
        return self._mask(start, len(self.text) if end < 0 else end + len(mark))

    def _skip_here_string(self, start: int, header: re.Match[str]) -> int:
        quotes = DOUBLE_QUOTES if header[1] in DOUBLE_QUOTES else SINGLE_QUOTES
        closing = re.compile(rf"\n[{quotes}]@").search(self.text, header.end() - 1)
        if closing is None:
            self._open_text = self._open_text or SyntaxFault(start, "here-string")
        return self._mask(start, closing.end() if closing else len(self.text))

    def _skip_single(self, start: int) -> int:
        position = start + 1
        while position < len(self.text):
            if self.text[position] in SINGLE_QUOTES:
                if not self._is_next(SINGLE_QUOTES, position + 1):
                    self._layout.note_string(start, position + 1)
                    return position + 1
                position += 1
            position += 1
        self._leave_open(start)
        return len(self.text)

    def _close_bracket(self, position: int) -> int:
        """Close the innermost bracket of the kind; those within it were never closed."""
        mark = self.text[position]
        wanted = next((opener for opener in reversed(self._open) if opener.mark != '"'), None)
        if wanted is None:
            self._bracket_fault = self._bracket_fault or SyntaxFault(position, "stray")
            return position + 1
        if _CLOSERS[wanted.mark] != mark:
            outer = next((opener for opener in reversed(self._open) if _CLOSERS.get(opener.mark) == mark), None)
            fault = SyntaxFault(position, "stray") if outer is None else SyntaxFault(wanted.start, "bracket")
            self._bracket_fault = self._bracket_fault or fault
            if outer is not None:
                del self._open[self._open.index(outer) :]
            return position + 1
        if mark == "}":
            self._layout.note_pair(wanted.start, position, "bracket")
        self._open.pop()
        return position + 1

    def _leave_open(self, start: int) -> None:
        self._open_text = self._open_text or self._layout.find_open_quote(start)

    def _is_next(self, quotes: str, position: int) -> bool:
        return self.text[position : position + 1] in tuple(quotes)

    def _find_line_end(self, position: int) -> int:
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end

    def _mask(self, start: int, end: int) -> int:
        self.masked[start:end] = blank_out(self.text[start:end])
        return end
