"""Find the script line that a message comes from, as the message itself or PowerShell next to it says."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

from knowledge.redaction.patterns import BytePattern
from knowledge.text.lines import LogLine

_MAX_LINES_BESIDE = 8
_MAX_PARSER_LINES = 200
_RECORD_END = ("CategoryInfo", "FullyQualifiedErrorId")
# `At line:1 char:5` refers to a command line, not to a script
_POSITION = BytePattern(
    r"(?im)(?:\.ps1: ?| line |\.sh: (?:zeile|ligne|línea|riga|linha|行) |(?:^|[^t]) line:)"
    r"(?P<line>\d{1,6})(?: char:|:|\b)"
)
_POWERSHELL_POSITION = BytePattern(r"(?i)^[^\n]{2,300}\.ps1: ?(?P<line>\d{1,6}) [^\n]{1,20}\d$")
"""`At C:\\x.ps1:3 char:5`, in any language."""
_SOURCE_MARK = "+"


def find_script_line(message: str, lines: Sequence[LogLine], first_number: int) -> int | None:
    """Return the line of the script that a message is about; `None` if nothing says so.

    Args:
        message: The message, with its other lines joined.
        lines: The lines of the log.
        first_number: The number of the message's first line.
    """
    own = _search(message)
    if own is not None:
        return own
    index = bisect_left(lines, first_number, key=attrgetter("number"))
    if index == len(lines) or lines[index].number != first_number:
        return None
    above = find_position_above(lines[max(0, index - _MAX_LINES_BESIDE) : index])
    if above is not None:
        return _find_first_position(lines[max(0, index - _MAX_PARSER_LINES) : index]) or above
    return _search("\n".join(line.body for line in lines[index + 1 : index + 1 + _MAX_LINES_BESIDE]))


def find_position_above(lines: Sequence[LogLine]) -> int | None:
    """Return the position above a parser's message; the source it's about is in between."""
    for line in reversed(lines):
        body = line.body.strip()
        position = _read_powershell_position(body)
        if position is not None:
            return position
        if body and not body.startswith(_SOURCE_MARK):
            return None
    return None


def _find_first_position(lines: Sequence[LogLine]) -> int | None:
    """Return the position of the first of the parser's messages that end `lines`: the others follow from it."""
    first: int | None = None
    is_message = True
    for line in reversed([line for line in lines if line.source in ("output", "plain") and line.body.strip()]):
        body = line.body.strip()
        if any(mark in body for mark in _RECORD_END):  # of another error, before the script was parsed
            return first
        if (position := _read_powershell_position(body)) is not None:
            first, is_message = position, False
        elif body.startswith(_SOURCE_MARK):
            is_message = True
        elif not is_message and first is not None:
            is_message = True  # the message of the position before
        elif first is not None:
            return first
    return first


def _read_powershell_position(body: str) -> int | None:
    match = _POWERSHELL_POSITION.search(body.encode("utf-8", "replace")) if ".ps1:" in body.lower() else None
    return int(match.group("line")) if match else None


def _search(text: str) -> int | None:
    lower = text.lower()
    if "line" not in lower and ".ps1:" not in lower and ".sh: " not in lower:
        return None
    match = _POSITION.search(text.encode("utf-8", "replace"))
    return int(match.group("line")) if match else None
