"""Finds known forms in a sequence of words: whole words, beginnings of words (`abc*`), several words as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_SHORTEST_BEGINNING = 2


class Found(NamedTuple):
    """A form found: the words from `start` up to `end`, and what it stands for."""

    start: int
    end: int
    labels: tuple[str, ...]


class Forms:
    """A table of forms, each standing for one or more labels."""

    def __init__(self, forms: Mapping[str, Iterable[str]]) -> None:
        self._root = _Node()
        for label, texts in forms.items():
            for text in texts:
                node = self._root
                for word in text.split():
                    node = node.follow(word)
                if label not in node.labels:
                    node.labels.append(label)

    def words(self) -> set[str]:
        """Every whole word that the forms are made of."""
        return self._root.words()

    def at(self, words: Sequence[str], start: int) -> Found | None:
        """The longest form that begins at `start`."""
        best: Found | None = None
        nodes = [self._root]
        for end in range(start, len(words)):
            nodes = [following for node in nodes for following in node.after(words[end])]
            if not nodes:
                break
            labels = tuple(dict.fromkeys(label for node in nodes for label in node.labels))
            if labels:
                best = Found(start, end + 1, labels)
        return best

    def anywhere(self, words: Sequence[str]) -> bool:
        """Whether any form occurs."""
        return any(self.at(words, start) for start in range(len(words)))


class _Node:
    __slots__ = ("beginnings", "labels", "lengths", "whole")

    def __init__(self) -> None:
        self.whole: dict[str, _Node] = {}
        self.beginnings: dict[str, _Node] = {}
        self.lengths: tuple[int, ...] = ()
        self.labels: list[str] = []

    def follow(self, word: str) -> _Node:
        """The node behind `word`, made if need be."""
        if not word.endswith("*"):
            return self.whole.setdefault(word, _Node())
        beginning = word[:-1]
        if len(beginning) < _SHORTEST_BEGINNING:
            raise ValueError(f"{word!r} is too short for the beginning of a word")
        self.lengths = tuple(sorted({*self.lengths, len(beginning)}, reverse=True))
        return self.beginnings.setdefault(beginning, _Node())

    def words(self) -> set[str]:
        """The whole words below this node."""
        below = set(self.whole)
        for node in (*self.whole.values(), *self.beginnings.values()):
            below |= node.words()
        return below

    def after(self, word: str) -> list[_Node]:
        """The nodes that `word` leads to: itself as a whole, and the longest beginning."""
        found = []
        if whole := self.whole.get(word):
            found.append(whole)
        for length in self.lengths:
            if length <= len(word) and (node := self.beginnings.get(word[:length])):
                found.append(node)
                break
        return found
