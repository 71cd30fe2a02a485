"""Reads what a script printed as messages: PowerShell's error records, tracebacks, wrapped lines, plain lines.

What only surrounds a message (its position and category, stack frames, separators, the echo of `set -x`) is told apart,
so that the words of the error count and those of the code around it don't.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import re2

from knowledge.text.clixml import readable
from knowledge.text.lines import Line

Kind = Literal["line", "record", "exception", "trace"]

_WIDTH = 78  # of the narrowest console: a line that the next word would have made longer may have been wrapped
_MOST_WRAPPED = 6
_POSITION = re2.compile(r"^\s*At (?:line:\d|[A-Za-z]:\\|\\\\|/|<ScriptBlock>).*char:\d")
_HEAD = re2.compile(r"^(?:[A-Za-z]:\\.{1,200}\.psm?1|\S{1,200}) : ")
_UNDERLINE = re2.compile(r"^\s*[+|]\s+~+\s*$")
_CONCISE = re2.compile(r"^\s*(?:\d+ )?\s*\| ")
_FRAMES = ("at ", "... ", "--- End of ", "npm error at ", "npm ERR! at ")
_CATEGORY = ("+ CategoryInfo", "+ FullyQualifiedErrorId")
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that a script said. `text` is the whole of it, `rest` the lines that it went on in."""

    line: Line
    kind: Kind
    text: str
    rest: tuple[Line, ...] = ()


def read_messages(lines: Sequence[Line]) -> list[Message]:
    """The messages in `lines`, which are a script's output, in order."""
    return _Reader(lines).read()


class _Reader:
    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines: list[Line] = []
        self.bodies: list[str] = []
        recent: list[str] = []
        for line in lines:
            body = readable(line.body) if "<Objs " in line.body or "CLIXML" in line.body else line.body
            if not body.isascii():
                body = body.encode("utf-8", "replace").decode()  # half a surrogate pair is no text for RE2
            if body.strip() and body in recent:  # older logs write what goes to stderr twice
                continue
            recent = [*recent[-1:], body]
            self.lines.append(line)
            self.bodies.append(body)
        self.positioned = any(_is_position(body) or "+ CategoryInfo" in body for body in self.bodies)
        self.messages: list[Message] = []
        self.open: list[int] = []  # lines since the last blank or position, which a record may claim

    def read(self) -> list[Message]:
        index = 0
        while index < len(self.lines):
            index = self._next(index)
        self._close()
        return self.messages

    def _next(self, index: int) -> int:
        """Reads from `index`; the index after what was read."""
        body = self.bodies[index]
        if self._is_place(body):
            return self._record(index)
        if not any(map(str.isalnum, body)):
            self._close()
            return index + 1
        if body.startswith("Line |"):
            return self._concise(index)
        if body.startswith(_TRACEBACK):
            return self._traceback(index)
        if body.strip() == "...ignoring":
            if self.open:
                self.open.pop()
            elif self.messages:
                self.messages.pop()
            return index + 1
        if not _is_frame(body):
            if "+ CategoryInfo" in body:  # a whole record in one line, out of CLIXML
                self._close()
                self._add("record", [index], "")
            else:
                self.open.append(index)
        return index + 1

    def _is_place(self, body: str) -> bool:
        """Whether the line says where a PowerShell error happened, and of which category it is."""
        return self.positioned and (body.lstrip().startswith("+ ") or body.strip() == "+" or bool(_is_position(body)))

    def _record(self, index: int) -> int:
        """Reads a PowerShell error record around its position lines, which begin at `index`."""
        end = index
        details: list[str] = []
        after: list[int] = []
        underlined = category = False
        while end < len(self.lines):
            body = self.bodies[end]
            stripped = body.lstrip()
            if self._is_place(body):
                if _is_position(body) and end > index and (after or category):
                    break
                underlined = bool(_UNDERLINE.match(body))
                category = category or stripped.startswith(_CATEGORY)
                if stripped.startswith(_CATEGORY):
                    details.append(stripped)
            elif category and body.startswith("  ") and stripped:
                details.append(stripped)  # the category, wrapped
            elif stripped and not category and (underlined or after):
                after.append(end)  # a parser's message stands between the position and the category
            else:
                break
            end += 1
        head = self._head() if not after else []
        self._close()
        for claimed in (head, after):
            if claimed:
                self._add("record", claimed, " ".join(details))
        return max(end, index + 1)

    def _head(self) -> list[int]:
        """Takes the lines of the record's message from what was printed before its position."""
        claimed: list[int] = []
        while self.open and len(claimed) < _MOST_WRAPPED:
            if claimed:
                before, first = self.bodies[self.open[-1]], self.bodies[claimed[0]]
                if _HEAD.match(first) or not _goes_on(before, first):
                    break
            claimed.insert(0, self.open.pop())
        return claimed

    def _concise(self, index: int) -> int:
        """Reads an error as PowerShell 7 shows it: the code, an underline, the message, all behind bars."""
        end, said, underlined = index + 1, [], False
        while end < len(self.lines) and _CONCISE.match(self.bodies[end]):
            if _UNDERLINE.match(self.bodies[end]):
                underlined = True
            elif underlined:
                said.append(end)
            end += 1
        self._close()
        if said:
            self._add("record", said, "")
        return end

    def _traceback(self, index: int) -> int:
        """Reads a Python traceback: its last line, the first that is not indented, is the point."""
        end = index + 1
        while end < len(self.lines) and (not self.bodies[end].strip() or self.bodies[end][:1] in " \t"):
            end += 1
        self._close()
        if end < len(self.lines):
            self._add("exception", [end], "")
        return end + 1

    def _close(self) -> None:
        """Makes messages of the lines that belong to nothing else."""
        for index in self.open:
            body = self.bodies[index]
            self._add("trace" if body.startswith("+ ") and not self.positioned else "line", [index], "")
        self.open = []

    def _add(self, kind: Kind, indexes: Sequence[int], details: str) -> None:
        lines = [self.lines[index] for index in indexes]
        text = " ".join([*(self.bodies[index].strip(" \t|") for index in indexes), details]).strip()
        self.messages.append(Message(lines[0], kind, text, tuple(lines[1:])))


def _is_position(body: str) -> bool:
    """Whether the line is `At C:\\x.ps1:3 char:5`."""
    return "At " in body and "char:" in body and _POSITION.match(body) is not None


def _goes_on(before: str, after: str) -> bool:
    """Whether the console may have wrapped one message into these two lines."""
    if before[-1:] in ".:!":
        return False
    return after[:1].islower() or len(before) + 1 + len(after.split(" ", 1)[0]) > _WIDTH


def _is_frame(body: str) -> bool:
    """Whether the line is one frame of a stack."""
    stripped = body.lstrip()
    return stripped.startswith(_FRAMES) or (stripped.startswith("npm e") and " at " in stripped[:16])
