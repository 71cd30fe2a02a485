"""Corrects misspelled words to known ones: one edit, or two in a longer word.

An edit is a letter too many, too few, or wrong, or two neighbors swapped. Candidates are found by deletions (as in
SymSpell): two words one edit apart have a common form with at most one letter deleted from each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_MIN_WORD_CHARS = 4
_MIN_TWO_EDIT_CHARS = 8
_MAX_TWO_EDIT_CHARS = 14
_MAX_WORD_CHARS = 40
_MIN_COMPOUND_PART_CHARS = 4


class SpellingCorrector:
    """A set of known words, indexed by what remains of each word when one letter is deleted."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._words_by_deletion: dict[str, list[str]] = {}
        for word in sorted(self._words):
            if _MIN_WORD_CHARS <= len(word) <= _MAX_WORD_CHARS and not word.isdigit():
                for remainder in {word, *_compute_deletions(word)}:
                    self._words_by_deletion.setdefault(remainder, []).append(word)

    def find_nearest(self, word: str) -> str | None:
        """Return the known word nearest to `word`, or `None` if none is near enough. Ties go to the first by name."""
        if not _MIN_WORD_CHARS <= len(word) <= _MAX_WORD_CHARS or sum(character.isdigit() for character in word) > 1:
            return None
        max_edits = 2 if _MIN_TWO_EDIT_CHARS <= len(word) <= _MAX_TWO_EDIT_CHARS else 1
        remainders = {word, *_compute_deletions(word)}
        seen: set[str] = set()
        for deletions in range(1, max_edits + 1):
            distances = (
                (compute_distance(word, candidate, max_edits), candidate)
                for candidate in self._find_candidates(word, remainders, seen)
            )
            nearest = min((pair for pair in distances if pair[0] <= max_edits), default=None)
            if nearest is not None:
                return nearest[1]
            if deletions < max_edits:
                remainders = {shorter for remainder in remainders for shorter in _compute_deletions(remainder)}
        return None

    def split_compound(self, word: str) -> str | None:
        """Return the two known words that `word` is made of, with a blank between them, or `None`."""
        if not word.isalpha() or len(word) > _MAX_WORD_CHARS:
            return None
        cuts = range(_MIN_COMPOUND_PART_CHARS, len(word) - _MIN_COMPOUND_PART_CHARS + 1)
        parts = ((word[:cut], word[cut:]) for cut in cuts)
        return next((f"{left} {right}" for left, right in parts if {left, right} <= self._words), None)

    def _find_candidates(self, word: str, remainders: Iterable[str], seen: set[str]) -> Iterator[str]:
        """Yield the known words that share one of `remainders` and are not in `seen`, and add them to it.

        In a short word the first letter must be right; otherwise too many other words would be near.
        """
        for remainder in remainders:
            for candidate in self._words_by_deletion.get(remainder, ()):
                if candidate in seen:
                    continue
                seen.add(candidate)
                if candidate[0] == word[0] or len(word) >= _MIN_TWO_EDIT_CHARS:
                    yield candidate


def _compute_deletions(word: str) -> set[str]:
    return {word[:index] + word[index + 1 :] for index in range(len(word))}


def compute_distance(left: str, right: str, max_distance: int) -> int:
    """Return the number of edits between two words, or `max_distance + 1` if there are more than `max_distance`.

    This is the optimal string alignment distance, computed row by row.
    """
    if abs(len(left) - len(right)) > max_distance:
        return max_distance + 1
    row_before_last: list[int] = []
    last_row = list(range(len(right) + 1))
    for row_index, left_letter in enumerate(left, 1):
        row = [row_index]
        for column, right_letter in enumerate(right, 1):
            cost = min(last_row[column] + 1, row[column - 1] + 1, last_row[column - 1] + (left_letter != right_letter))
            if (
                row_index > 1
                and column > 1
                and left_letter == right[column - 2]
                and left[row_index - 2] == right_letter
            ):
                cost = min(cost, row_before_last[column - 2] + 1)
            row.append(cost)
        if min(row) > max_distance:
            return max_distance + 1
        row_before_last, last_row = last_row, row
    return min(last_row[-1], max_distance + 1)
