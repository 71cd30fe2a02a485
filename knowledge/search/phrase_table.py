"""Finds known phrases in a sequence of words, by a trie of words.

A phrase is one or more words. A word that ends in `*` (`abc*`) stands for every word with that prefix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_MIN_PREFIX_CHARS = 2


class PhraseMatch(NamedTuple):
    """A phrase found in the words from `start` up to `end` (exclusive), and the labels it stands for."""

    start: int
    end: int
    labels: tuple[str, ...]


class PhraseTable:
    """A table of phrases, each of which stands for one or more labels."""

    def __init__(self, phrases_by_label: Mapping[str, Iterable[str]]) -> None:
        self._root = _Node()
        for label, phrases in phrases_by_label.items():
            for phrase in phrases:
                node = self._root
                for word in phrase.split():
                    node = node.add_child(word)
                if label not in node.labels:
                    node.labels.append(label)

    def list_words(self) -> set[str]:
        """Return every whole word that occurs in a phrase; prefixes are left out."""
        return self._root.list_words()

    def match_at(self, words: Sequence[str], start: int) -> PhraseMatch | None:
        """Return the longest phrase that begins at `start`, or `None`."""
        best: PhraseMatch | None = None
        nodes = [self._root]
        for end in range(start, len(words)):
            nodes = [child for node in nodes for child in node.find_children(words[end])]
            if not nodes:
                break
            labels = tuple(dict.fromkeys(label for node in nodes for label in node.labels))
            if labels:
                best = PhraseMatch(start, end + 1, labels)
        return best

    def has_match(self, words: Sequence[str]) -> bool:
        """Whether any phrase occurs in `words`."""
        return any(self.match_at(words, start) for start in range(len(words)))


class _Node:
    __slots__ = ("labels", "prefix_children", "prefix_lengths", "word_children")

    def __init__(self) -> None:
        self.word_children: dict[str, _Node] = {}
        self.prefix_children: dict[str, _Node] = {}
        self.prefix_lengths: tuple[int, ...] = ()
        self.labels: list[str] = []

    def add_child(self, word: str) -> _Node:
        """Return the child for `word`, which is created if it does not exist."""
        if not word.endswith("*"):
            return self.word_children.setdefault(word, _Node())
        prefix = word[:-1]
        if len(prefix) < _MIN_PREFIX_CHARS:
            raise ValueError(f"{word!r} is too short for the beginning of a word")
        self.prefix_lengths = tuple(sorted({*self.prefix_lengths, len(prefix)}, reverse=True))
        return self.prefix_children.setdefault(prefix, _Node())

    def list_words(self) -> set[str]:
        """Return the whole words below this node."""
        words = set(self.word_children)
        for child in (*self.word_children.values(), *self.prefix_children.values()):
            words |= child.list_words()
        return words

    def find_children(self, word: str) -> list[_Node]:
        """Return the child for the whole `word` and the one for its longest known prefix, as far as they exist."""
        children = []
        if child := self.word_children.get(word):
            children.append(child)
        for length in self.prefix_lengths:  # longest first
            if length <= len(word) and (child := self.prefix_children.get(word[:length])):
                children.append(child)
                break
        return children
