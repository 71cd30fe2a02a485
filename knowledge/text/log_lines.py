"""The lines of a log as plain tuples, each of which becomes an object when it's read: few lines of a log are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import overload

from knowledge.text.line_prefix import Component
from knowledge.text.lines import LineSource, LogLine
from knowledge.text.text_lines import TextLines

LineRow = tuple[int, LineSource, str, datetime | None, str | None, bool, Component | None]
"""The fields of a `LogLine`. Making a plain tuple takes a fraction of the time."""
# A NamedTuple's own constructor is a slower Python function around this one.
_build_line = partial(tuple.__new__, LogLine)


class LogLines(Sequence[LogLine]):
    """Lines in order. What looks at all of them reads `rows`, or one of the columns."""

    def __init__(self, rows: Sequence[LineRow]) -> None:
        """Take the fields of each line."""
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> LogLine: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[LogLine]: ...

    def __getitem__(self, index: int | slice) -> LogLine | Sequence[LogLine]:
        if isinstance(index, slice):
            return list(map(_build_line, self.rows[index]))
        line: LogLine = _build_line(self.rows[index])
        return line

    def __iter__(self) -> Iterator[LogLine]:
        return map(_build_line, self.rows)

    @cached_property
    def sources(self) -> list[LineSource]:
        """The source of each line."""
        return [row[1] for row in self.rows]

    @cached_property
    def bodies(self) -> Sequence[str]:
        """The body of each line."""
        return [row[2] for row in self.rows]

    @cached_property
    def times(self) -> list[datetime]:
        """The times of the lines that have one."""
        return [row[3] for row in self.rows if row[3]]

    @cached_property
    def text(self) -> str:
        """All bodies, to look for what few logs have."""
        return "\n".join(self.bodies)

    def drop_echo(self) -> LogLines:
        """Return the lines without a script's own source."""
        return LogLines([row for row in self.rows if row[1] != "echo"]) if "echo" in self.sources else self


class PlainLines(LogLines):
    """Lines without prefixes: a hostile text has tens of thousands, so even their tuples are built when needed."""

    def __init__(self, text_lines: TextLines) -> None:
        """Take the lines, none of which has a prefix."""
        self._numbers = text_lines.numbers
        self.bodies = text_lines.texts
        self.sources = ["plain"] * len(text_lines)

    def __len__(self) -> int:
        return len(self.bodies)

    @overload
    def __getitem__(self, index: int) -> LogLine: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[LogLine]: ...

    def __getitem__(self, index: int | slice) -> LogLine | Sequence[LogLine]:
        if isinstance(index, slice):
            return list(PlainLines(TextLines(self._numbers[index], self.bodies[index])))
        return LogLine(self._numbers[index], "plain", self.bodies[index])

    def __iter__(self) -> Iterator[LogLine]:
        return (LogLine(number, "plain", body) for number, body in zip(self._numbers, self.bodies, strict=True))

    @cached_property
    def rows(self) -> Sequence[LineRow]:  # type: ignore[override]
        """The fields of each line."""
        return list(self)
