"""Finds known phrases in a sequence of words, by a trie of words.

A phrase is one or more words. A word that ends in `*` (`abc*`) matches every word with that prefix. Between the
words of a phrase a text may have words that change nothing, such as "not [been] found" and "kicked [it] off".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_MIN_PREFIX_CHARS = 2
_MAX_GAP_WORDS = 2
"""Words in a row that a text may have between two words of a phrase."""


class PhraseMatch(NamedTuple):
    """A phrase found in the words from `start` up to `end` (exclusive), and its labels."""

    start: int
    end: int
    labels: tuple[str, ...]


class PhraseTable:
    """A table of phrases, each with one or more labels.

    `gap_words` are those that a text may have between the words of a phrase.
    """

    def __init__(self, phrases_by_label: Mapping[str, Iterable[str]], gap_words: Iterable[str] = ()) -> None:
        self._root = _Node()
        self._gap_words = frozenset(gap_words)
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
        nodes = self._root.find_children(words[start])
        if not nodes:
            return None
        best = _build_match(start, start + 1, nodes)
        # Each list holds the nodes that were reached, by the number of words that were passed over since.
        reached: list[list[_Node]] = [[node for node in nodes if node.goes_on]]
        end = start + 1
        while end < len(words) and any(reached):
            word = words[end]
            end += 1
            children = [child for nodes in reached for node in nodes for child in node.find_children(word)]
            if children:
                best = _build_match(start, end, children) or best
            reached = [children, *(reached[:_MAX_GAP_WORDS] if word in self._gap_words else ())]
        return best

    def has_match(self, words: Sequence[str]) -> bool:
        """Whether any phrase occurs in `words`."""
        return any(self.match_at(words, start) for start in range(len(words)))


def _build_match(start: int, end: int, nodes: Sequence[_Node]) -> PhraseMatch | None:
    """Return a match with the labels of `nodes`, or `None` if they have none."""
    labels = tuple(dict.fromkeys(label for node in nodes for label in node.labels))
    return PhraseMatch(start, end, labels) if labels else None


class _Node:
    __slots__ = ("labels", "prefix_children", "prefix_lengths", "word_children")

    def __init__(self) -> None:
        self.word_children: dict[str, _Node] = {}
        self.prefix_children: dict[str, _Node] = {}
        self.prefix_lengths: tuple[int, ...] = ()
        self.labels: list[str] = []

    @property
    def goes_on(self) -> bool:
        """Whether a phrase has another word after this node."""
        return bool(self.word_children or self.prefix_children)

    def add_child(self, word: str) -> _Node:
        """Return the child for `word`, creating it if it doesn't exist."""
        if not word.endswith("*"):
            return self.word_children.setdefault(word, _Node())
        prefix = word[:-1]
        if len(prefix) < _MIN_PREFIX_CHARS:
            raise ValueError(f"{word!r} is too short to be a prefix")
        self.prefix_lengths = tuple(sorted({*self.prefix_lengths, len(prefix)}, reverse=True))
        return self.prefix_children.setdefault(prefix, _Node())

    def list_words(self) -> set[str]:
        """Return the whole words below this node."""
        words = set(self.word_children)
        for child in (*self.word_children.values(), *self.prefix_children.values()):
            words |= child.list_words()
        return words

    def find_children(self, word: str) -> list[_Node]:
        """Return the child for the whole `word` and the one for its longest known prefix, if they exist."""
        children = []
        if child := self.word_children.get(word):
            children.append(child)
        for length in self.prefix_lengths:  # longest first
            if length <= len(word) and (child := self.prefix_children.get(word[:length])):
                children.append(child)
                break
        return children
