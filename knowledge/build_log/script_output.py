"""Reads what a script printed as messages: PowerShell's error records, tracebacks, wrapped lines, plain lines.

What only surrounds a message (its position and category, stack frames, separators, the echo of `set -x`) is told apart,
so that the words of the error count and those of the code around it don't.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import re2

from knowledge.text.clixml import decode_clixml
from knowledge.text.lines import LogLine

ScriptMessageKind = Literal["line", "record", "exception", "trace"]

_CONSOLE_WIDTH = 78  # of the narrowest console: a line that the next word would have made longer may have been wrapped
_MAX_WRAPPED_LINES = 6
_POSITION = re2.compile(r"^\s*At (?:line:\d|[A-Za-z]:\\|\\\\|/|<ScriptBlock>).*char:\d")
_MESSAGE_HEAD = re2.compile(r"^(?:[A-Za-z]:\\.{1,200}\.psm?1|\S{1,200}) : ")
_UNDERLINE = re2.compile(r"^\s*[+|]\s+~+\s*$")
_CONCISE_LINE = re2.compile(r"^\s*(?:\d+ )?\s*\| ")
_FRAME_PREFIXES = ("at ", "... ", "--- End of ", "npm error at ", "npm ERR! at ")
_CATEGORY_PREFIXES = ("+ CategoryInfo", "+ FullyQualifiedErrorId")
_TRACEBACK_PREFIX = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True)
class ScriptMessage:
    """One thing that a script said. `text` is the whole of it, `rest` the lines that it went on in."""

    line: LogLine
    kind: ScriptMessageKind
    text: str
    continuation_lines: tuple[LogLine, ...] = ()


def read_messages(lines: Sequence[LogLine]) -> list[ScriptMessage]:
    """The messages in `lines`, which are a script's output, in order."""
    return _MessageReader(lines).read()


class _MessageReader:
    def __init__(self, lines: Sequence[LogLine]) -> None:
        self.lines: list[LogLine] = []
        self.bodies: list[str] = []
        recent: list[str] = []
        for line in lines:
            body = decode_clixml(line.body) if "<Objs " in line.body or "CLIXML" in line.body else line.body
            if not body.isascii():
                body = body.encode("utf-8", "replace").decode()  # half a surrogate pair is no text for RE2
            if body.strip() and body in recent:  # older logs write what goes to stderr twice
                continue
            recent = [*recent[-1:], body]
            self.lines.append(line)
            self.bodies.append(body)
        self.has_positions = any(_is_position(body) or "+ CategoryInfo" in body for body in self.bodies)
        self.messages: list[ScriptMessage] = []
        self.pending_indexes: list[int] = []  # lines since the last blank or position, which a record may claim

    def read(self) -> list[ScriptMessage]:
        index = 0
        while index < len(self.lines):
            index = self._read_next(index)
        self._flush_pending()
        return self.messages

    def _read_next(self, index: int) -> int:
        """Reads from `index`; the index after what was read."""
        body = self.bodies[index]
        if self._is_record_detail(body):
            return self._read_record(index)
        if not any(map(str.isalnum, body)):
            self._flush_pending()
            return index + 1
        if body.startswith("Line |"):
            return self._read_concise_error(index)
        if body.startswith(_TRACEBACK_PREFIX):
            return self._read_traceback(index)
        if body.strip() == "...ignoring":
            if self.pending_indexes:
                self.pending_indexes.pop()
            elif self.messages:
                self.messages.pop()
            return index + 1
        if not _is_frame(body):
            if "+ CategoryInfo" in body:  # a whole record in one line, out of CLIXML
                self._flush_pending()
                self._add_message("record", [index], "")
            else:
                self.pending_indexes.append(index)
        return index + 1

    def _is_record_detail(self, body: str) -> bool:
        """Whether the line says where a PowerShell error happened, and of which category it is."""
        return self.has_positions and (
            body.lstrip().startswith("+ ") or body.strip() == "+" or bool(_is_position(body))
        )

    def _read_record(self, index: int) -> int:
        """Reads a PowerShell error record around its position lines, which begin at `index`."""
        end = index
        details: list[str] = []
        after: list[int] = []
        underlined = category = False
        while end < len(self.lines):
            body = self.bodies[end]
            stripped = body.lstrip()
            if self._is_record_detail(body):
                if _is_position(body) and end > index and (after or category):
                    break
                underlined = bool(_UNDERLINE.match(body))
                category = category or stripped.startswith(_CATEGORY_PREFIXES)
                if stripped.startswith(_CATEGORY_PREFIXES):
                    details.append(stripped)
            elif category and body.startswith("  ") and stripped:
                details.append(stripped)  # the category, wrapped
            elif stripped and not category and (underlined or after):
                after.append(end)  # a parser's message stands between the position and the category
            else:
                break
            end += 1
        head = self._take_message_head() if not after else []
        self._flush_pending()
        for claimed in (head, after):
            if claimed:
                self._add_message("record", claimed, " ".join(details))
        return max(end, index + 1)

    def _take_message_head(self) -> list[int]:
        """Takes the lines of the record's message from what was printed before its position."""
        claimed: list[int] = []
        while self.pending_indexes and len(claimed) < _MAX_WRAPPED_LINES:
            if claimed:
                before, first = self.bodies[self.pending_indexes[-1]], self.bodies[claimed[0]]
                if _MESSAGE_HEAD.match(first) or not _is_wrapped(before, first):
                    break
            claimed.insert(0, self.pending_indexes.pop())
        return claimed

    def _read_concise_error(self, index: int) -> int:
        """Reads an error as PowerShell 7 shows it: the code, an underline, the message, all behind bars."""
        end, said, underlined = index + 1, [], False
        while end < len(self.lines) and _CONCISE_LINE.match(self.bodies[end]):
            if _UNDERLINE.match(self.bodies[end]):
                underlined = True
            elif underlined:
                said.append(end)
            end += 1
        self._flush_pending()
        if said:
            self._add_message("record", said, "")
        return end

    def _read_traceback(self, index: int) -> int:
        """Reads a Python traceback: its last line, the first that is not indented, is the point."""
        end = index + 1
        while end < len(self.lines) and (not self.bodies[end].strip() or self.bodies[end][:1] in " \t"):
            end += 1
        self._flush_pending()
        if end < len(self.lines):
            self._add_message("exception", [end], "")
        return end + 1

    def _flush_pending(self) -> None:
        """Makes messages of the lines that belong to nothing else."""
        for index in self.pending_indexes:
            body = self.bodies[index]
            self._add_message("trace" if body.startswith("+ ") and not self.has_positions else "line", [index], "")
        self.pending_indexes = []

    def _add_message(self, kind: ScriptMessageKind, indexes: Sequence[int], details: str) -> None:
        lines = [self.lines[index] for index in indexes]
        text = " ".join([*(self.bodies[index].strip(" \t|") for index in indexes), details]).strip()
        self.messages.append(ScriptMessage(lines[0], kind, text, tuple(lines[1:])))


def _is_position(body: str) -> bool:
    """Whether the line is `At C:\\x.ps1:3 char:5`."""
    return "At " in body and "char:" in body and _POSITION.match(body) is not None


def _is_wrapped(before: str, after: str) -> bool:
    """Whether the console may have wrapped one message into these two lines."""
    if before[-1:] in ".:!":
        return False
    return after[:1].islower() or len(before) + 1 + len(after.split(" ", 1)[0]) > _CONSOLE_WIDTH


def _is_frame(body: str) -> bool:
    """Whether the line is one frame of a stack."""
    stripped = body.lstrip()
    return stripped.startswith(_FRAME_PREFIXES) or (stripped.startswith("npm e") and " at " in stripped[:16])
