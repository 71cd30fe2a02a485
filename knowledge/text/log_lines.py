"""The lines of a log in order, and their columns: searching a column takes less time than reading each line's field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import overload

from knowledge.text.lines import LineSource, LogLine
from knowledge.text.text_lines import TextLines


class LogLines(list[LogLine]):
    """Lines that aren't changed anymore, so that each column is built only once."""

    @cached_property
    def sources(self) -> Sequence[LineSource]:
        """The source of each line."""
        return [line[1] for line in self]

    @cached_property
    def bodies(self) -> Sequence[str]:
        """The body of each line."""
        return [line[2] for line in self]

    @cached_property
    def all_times(self) -> Sequence[datetime | None]:
        """The time of each line."""
        return [line[3] for line in self]

    @cached_property
    def times(self) -> Sequence[datetime]:
        """The times of the lines that have one."""
        return list(filter(None, self.all_times))

    @cached_property
    def text(self) -> str:
        """All bodies, to look for what few logs have."""
        return "\n".join(self.bodies)

    def drop_echo(self) -> LogLines:
        """Return the lines without a script's own source."""
        return LogLines([line for line in self if line[1] != "echo"]) if "echo" in self.sources else self


class PlainLines(Sequence[LogLine]):
    """Lines without prefixes, each of which becomes an object when it's read: a hostile text has tens of thousands."""

    def __init__(self, text_lines: TextLines) -> None:
        """Take the lines, none of which has a prefix."""
        self._numbers = text_lines.numbers
        self.bodies = text_lines.texts
        self.sources: Sequence[LineSource] = ["plain"] * len(text_lines)

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
