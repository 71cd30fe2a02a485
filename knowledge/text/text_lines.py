"""The readable lines of a text, without an object per line: a hostile text has tens of thousands of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class TextLine(NamedTuple):
    """One readable line, or part of a line, with the number of its physical line."""

    number: int
    text: str


class TextLines:
    """Lines in order, as their numbers and, in the same order, their texts."""

    __slots__ = ("numbers", "texts")

    def __init__(self, numbers: Sequence[int], texts: Sequence[str]) -> None:
        """Take as many numbers as texts."""
        self.numbers = numbers
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[TextLine]:
        return map(TextLine, self.numbers, self.texts)


def collect_lines(lines: TextLines | Iterable[tuple[int, str]]) -> TextLines:
    """Return `lines` as two lists, unless they are so already."""
    if isinstance(lines, TextLines):
        return lines
    pairs = list(lines)
    return TextLines([number for number, _ in pairs], [text for _, text in pairs])
