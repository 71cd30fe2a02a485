"""A file's text, and where an offset is in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple


class TextPosition(NamedTuple):
    """A place in a text, as editors count: both from 1."""

    line: int
    column: int


class SourceText:
    """The text of the file called `name`; `is_translated` if its author wrote another, so that lines mean nothing."""

    def __init__(self, name: str, text: str, is_translated: bool = False) -> None:
        self.name, self.text, self.is_translated = name, text, is_translated

    def locate(self, offset: int) -> TextPosition:
        """Return the line and the column of an offset."""
        line = bisect_right(self._line_starts, offset)
        return TextPosition(line, offset - self._line_starts[line - 1] + 1)

    def read_line(self, line: int) -> str:
        """Return a line, counted from 1; "" if there's none."""
        if not 0 < line <= len(self._line_starts):
            return ""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]
