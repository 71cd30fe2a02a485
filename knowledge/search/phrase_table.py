"""Finds known forms in a sequence of words: whole words, beginnings of words (`abc*`), several words as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_MIN_PREFIX_CHARS = 2


class PhraseMatch(NamedTuple):
    """A form found: the words from `start` up to `end`, and what it stands for."""

    start: int
    end: int
    labels: tuple[str, ...]


class PhraseTable:
    """A table of forms, each standing for one or more labels."""

    def __init__(self, phrases_by_label: Mapping[str, Iterable[str]]) -> None:
        self._root = _Node()
        for label, texts in phrases_by_label.items():
            for text in texts:
                node = self._root
                for word in text.split():
                    node = node.add_child(word)
                if label not in node.labels:
                    node.labels.append(label)

    def list_words(self) -> set[str]:
        """Every whole word that the forms are made of."""
        return self._root.list_words()

    def match_at(self, words: Sequence[str], start: int) -> PhraseMatch | None:
        """The longest form that begins at `start`."""
        best: PhraseMatch | None = None
        nodes = [self._root]
        for end in range(start, len(words)):
            nodes = [following for node in nodes for following in node.find_children(words[end])]
            if not nodes:
                break
            labels = tuple(dict.fromkeys(label for node in nodes for label in node.labels))
            if labels:
                best = PhraseMatch(start, end + 1, labels)
        return best

    def has_match(self, words: Sequence[str]) -> bool:
        """Whether any form occurs."""
        return any(self.match_at(words, start) for start in range(len(words)))


class _Node:
    __slots__ = ("labels", "prefix_children", "prefix_lengths", "word_children")

    def __init__(self) -> None:
        self.word_children: dict[str, _Node] = {}
        self.prefix_children: dict[str, _Node] = {}
        self.prefix_lengths: tuple[int, ...] = ()
        self.labels: list[str] = []

    def add_child(self, word: str) -> _Node:
        """The node behind `word`, made if need be."""
        if not word.endswith("*"):
            return self.word_children.setdefault(word, _Node())
        beginning = word[:-1]
        if len(beginning) < _MIN_PREFIX_CHARS:
            raise ValueError(f"{word!r} is too short for the beginning of a word")
        self.prefix_lengths = tuple(sorted({*self.prefix_lengths, len(beginning)}, reverse=True))
        return self.prefix_children.setdefault(beginning, _Node())

    def list_words(self) -> set[str]:
        """The whole words below this node."""
        below = set(self.word_children)
        for node in (*self.word_children.values(), *self.prefix_children.values()):
            below |= node.list_words()
        return below

    def find_children(self, word: str) -> list[_Node]:
        """The nodes that `word` leads to: itself as a whole, and the longest beginning."""
        found = []
        if whole := self.word_children.get(word):
            found.append(whole)
        for length in self.prefix_lengths:
            if length <= len(word) and (node := self.prefix_children.get(word[:length])):
                found.append(node)
                break
        return found
