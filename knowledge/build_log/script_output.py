"""Split what a script printed into messages: PowerShell error records, tracebacks, wrapped lines, and single lines.

A message is separated from what surrounds it: its position, stack frames, separators, and the echo of `set -x`. This
way a script error is recognized by its own words, not by the code around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from knowledge.patterns import define_text_pattern
from knowledge.text.clixml import decode_clixml
from knowledge.text.lines import LogLine

ScriptMessageKind = Literal["line", "record", "exception", "trace"]

_CONSOLE_WIDTH = 78
"""Width of the narrowest console. A line may be wrapped if the next line's first word wouldn't have fit on it."""
_MAX_WRAPPED_LINES = 6
_POSITION = define_text_pattern(
    r"^\s*(?:At (?:line:\d|[A-Za-z]:\\|\\\\|/|<ScriptBlock>).*char:\d|"
    r"(?:In|Au caractère|En|No|Em|発生場所|所在位置|位於|위치) ?"
    r"(?:(?:Zeile|Ligne|línea|riga|linha|行|줄) ?:|[A-Za-z]:\\|\\\\).*[:：] ?\d+\s*$)"
)
r"""Where an error happened, in each language of PowerShell: `At C:\x.ps1:3 char:5`, `In C:\x.ps1:3 Zeichen:5`."""
_MESSAGE_HEAD = define_text_pattern(r"^(?:[A-Za-z]:\\.{1,200}\.psm?1|\S{1,200}) : ")
_RECORD_HEAD = define_text_pattern(r"^(?:[A-Za-z]:\\.{1,200}\.psm?1|[A-Z][A-Za-z]{1,20}-[A-Z]\w{1,40}) : ")
_UNDERLINE = define_text_pattern(r"^\s*[+|]\s+~+\s*$")
_CONCISE_LINE = define_text_pattern(r"^\s*(?:\d+ )?\s*\| ")
_FRAME_PREFIXES = ("at ", "ERROR: at ", "... ", "--- End of ", "npm error at ", "npm ERR! at ")
_CATEGORY_PREFIXES = ("+ CategoryInfo", "+ FullyQualifiedErrorId")
_TRACEBACK_PREFIX = "Traceback (most recent call last)"


class ScriptMessage(NamedTuple):
    """One message that a script printed.

    `text` is the whole message on one line, `line` is its first line, and `continuation_lines` are the rest.
    """

    line: LogLine
    kind: ScriptMessageKind
    text: str
    continuation_lines: tuple[LogLine, ...] = ()


def read_messages(lines: Sequence[LogLine]) -> list[ScriptMessage]:
    """Return the messages in `lines`, which are a script's output, in order."""
    return _MessageReader(lines).read()


class _MessageReader:
    """Reads the messages of one script's output, from its lines and their bodies, in which CLIXML is decoded."""

    def __init__(self, lines: Sequence[LogLine]) -> None:
        self.lines: list[LogLine] = []
        self.bodies: list[str] = []
        recent: list[str] = []
        for line in lines:
            body = decode_clixml(line.body) if "<Objs " in line.body or "CLIXML" in line.body else line.body
            if not body.isascii():
                body = body.encode("utf-8", "replace").decode()  # RE2 can't encode half of a surrogate pair.
            if body.strip() and body in recent:  # Older logs have each line of stderr twice.
                continue
            recent = [*recent[-1:], body]
            self.lines.append(line)
            self.bodies.append(body)
        text = "\n".join(self.bodies)
        self.has_positions = any(prefix in text for prefix in _CATEGORY_PREFIXES) or any(map(_is_position, self.bodies))
        self.messages: list[ScriptMessage] = []
        # The lines since the last blank line or position, which may include the head of an error record.
        self.pending_indexes: list[int] = []

    def read(self) -> list[ScriptMessage]:
        """Return all messages."""
        index = 0
        while index < len(self.lines):
            index = self._read_next(index)
        self._flush_pending()
        return self.messages

    def _read_next(self, index: int) -> int:
        """Read what starts at `index`, and return the index after it."""
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
            self._drop_last_message()
        elif "+ CategoryInfo" in body and not is_frame(body):  # A whole record on one line, as in decoded CLIXML.
            self._flush_pending()
            self._add_message("record", [index], "")
        elif not is_frame(body):
            self.pending_indexes.append(index)
        return index + 1

    def _drop_last_message(self) -> None:
        """Drop the message before Ansible's `...ignoring`, an error that the playbook ignores."""
        if self.pending_indexes:
            self.pending_indexes.pop()
        elif self.messages:
            self.messages.pop()

    def _is_record_detail(self, body: str) -> bool:
        """Return whether a line is part of where a PowerShell error happened, or of its category."""
        return self.has_positions and (
            body.lstrip().startswith("+ ") or body.strip() == "+" or bool(_is_position(body))
        )

    def _read_record(self, index: int) -> int:
        """Read a PowerShell error record from its position, which starts at `index`; return the index after it.

        The message is above the position, or for a parser error between the position and the category.
        """
        end = index
        details: list[str] = []
        message_below: list[int] = []
        is_underlined = has_category = False
        while end < len(self.lines):
            body = self.bodies[end]
            stripped = body.lstrip()
            if self._is_record_detail(body):
                if _is_position(body) and end > index and (message_below or has_category):
                    break  # The next record.
                is_underlined = bool(_UNDERLINE.match(body))
                if stripped.startswith(_CATEGORY_PREFIXES):
                    has_category = True
                    details.append(stripped)
            elif has_category and body.startswith("  ") and stripped:
                details.append(stripped)  # A wrapped category.
            elif stripped and not has_category and (is_underlined or message_below):
                message_below.append(end)
            else:
                break
            end += 1
        # If other output comes between a record's position and its code, its message was already taken.
        is_rest = self.bodies[index].lstrip().startswith("+ ") and not self.bodies[index].lstrip().startswith("+ Cat")
        is_rest = is_rest and bool(self.messages) and self.messages[-1].kind == "record"
        message_above = self._take_message_head() if not message_below and not is_rest else []
        self._flush_pending()
        for indexes in (message_above, message_below):
            if indexes:
                self._add_message("record", indexes, " ".join(details))
        return max(end, index + 1)

    def _take_message_head(self) -> list[int]:
        """Take the lines of a record's message from those printed before its position."""
        indexes: list[int] = []
        # A message of several sentences begins where the script or the command is named.
        near = self.pending_indexes[-_MAX_WRAPPED_LINES:]
        starts = [index for index in near if _RECORD_HEAD.match(self.bodies[index])]
        if starts:
            indexes = [index for index in near if index >= starts[-1]]
            self.pending_indexes = self.pending_indexes[: -len(indexes)]
            return indexes
        while self.pending_indexes and len(indexes) < _MAX_WRAPPED_LINES:
            if indexes:
                before, first = self.bodies[self.pending_indexes[-1]], self.bodies[indexes[0]]
                if _MESSAGE_HEAD.match(first) or not _is_wrapped(before, first):
                    break
            indexes.insert(0, self.pending_indexes.pop())
        return indexes

    def _read_concise_error(self, index: int) -> int:
        """Read an error as PowerShell 7 prints it, and return the index after it.

        Each line has a bar: first the code, then an underline, then the message.
        """
        end, message, is_underlined = index + 1, [], False
        while end < len(self.lines) and _CONCISE_LINE.match(self.bodies[end]):
            if _UNDERLINE.match(self.bodies[end]):
                is_underlined = True
            elif is_underlined:
                message.append(end)
            end += 1
        self._flush_pending()
        if message:
            self._add_message("record", message, "")
        return end

    def _read_traceback(self, index: int) -> int:
        """Read a Python traceback, and return the index after it; the first line not indented is its message."""
        end = index + 1
        while end < len(self.lines) and (not self.bodies[end].strip() or self.bodies[end][:1] in " \t"):
            end += 1
        self._flush_pending()
        if end < len(self.lines):
            self._add_message("exception", [end], "")
        return end + 1

    def _flush_pending(self) -> None:
        """Turn each pending line into a message, since it belongs to no record."""
        for index in self.pending_indexes:
            body = self.bodies[index]
            # Without records, a plus sign is the echo of `set -x`.
            self._add_message("trace" if body.startswith("+ ") and not self.has_positions else "line", [index], "")
        self.pending_indexes = []

    def _add_message(self, kind: ScriptMessageKind, indexes: Sequence[int], details: str) -> None:
        lines = [self.lines[index] for index in indexes]
        text = " ".join([*(self.bodies[index].strip(" \t|") for index in indexes), details]).strip()
        self.messages.append(ScriptMessage(lines[0], kind, text, tuple(lines[1:])))


def _is_position(body: str) -> bool:
    r"""Return whether a line is a PowerShell position, such as `At C:\x.ps1:3 char:5`."""
    may_be = "char:" in body or (":" in body and body.rstrip()[-1:].isdecimal())
    return may_be and _POSITION.match(body) is not None


def _is_wrapped(before: str, after: str) -> bool:
    """Return whether the console may have wrapped one message into these two lines."""
    if before[-1:] in ".:!":
        return False
    return after[:1].islower() or len(before) + 1 + len(after.split(" ", 1)[0]) > _CONSOLE_WIDTH


def is_frame(body: str) -> bool:
    """Return whether a line is one frame of a stack trace."""
    stripped = body.lstrip()
    return stripped.startswith(_FRAME_PREFIXES) or (stripped.startswith("npm e") and " at " in stripped[:24])
