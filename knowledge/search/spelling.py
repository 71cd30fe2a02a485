"""Finds the known word that a misspelt one was meant to be: one slip, in a longer word two."""

from __future__ import annotations

from collections.abc import Iterable

_MIN_WORD_CHARS = 4
_MIN_TWO_EDIT_CHARS = 8
_MAX_TWO_EDIT_CHARS = 14
_MAX_WORD_CHARS = 40


class SpellingCorrector:
    """Knows a set of words by what is left of each when one letter is taken away."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words_by_deletion: dict[str, list[str]] = {}
        for word in sorted(set(words)):
            if _MIN_WORD_CHARS <= len(word) <= _MAX_WORD_CHARS and not word.isdigit():
                for rest in {word, *_compute_deletions(word)}:
                    self._words_by_deletion.setdefault(rest, []).append(word)

    def find_nearest(self, word: str) -> str | None:
        """The known word nearest to `word`, or `None` when none is near enough."""
        if not _MIN_WORD_CHARS <= len(word) <= _MAX_WORD_CHARS or sum(character.isdigit() for character in word) > 1:
            return None
        most = 2 if _MIN_TWO_EDIT_CHARS <= len(word) <= _MAX_TWO_EDIT_CHARS else 1
        rests = {word, *_compute_deletions(word)}
        best: tuple[int, str] | None = None
        seen: set[str] = set()
        for allowed in range(1, most + 1):
            for rest in rests:
                for candidate in self._words_by_deletion.get(rest, ()):
                    if candidate in seen:
                        continue
                    seen.add(candidate)
                    if candidate[0] != word[0] and len(word) < _MIN_TWO_EDIT_CHARS:
                        continue
                    slips = compute_distance(word, candidate, most)
                    if slips <= most and (best is None or (slips, candidate) < best):
                        best = (slips, candidate)
            if best is not None or allowed == most:
                break
            rests = {shorter for rest in rests for shorter in _compute_deletions(rest)}
        return best[1] if best else None


def _compute_deletions(word: str) -> set[str]:
    return {word[:index] + word[index + 1 :] for index in range(len(word))}


def compute_distance(left: str, right: str, max_distance: int) -> int:
    """Slips between two words (a letter too many, too few, wrong, or two swapped); `most + 1` stands for more."""
    if abs(len(left) - len(right)) > max_distance:
        return max_distance + 1
    before: list[int] = []
    last = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        now = [row]
        for column, against in enumerate(right, 1):
            cost = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (letter != against))
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > max_distance:
            return max_distance + 1
        before, last = last, now
    return min(last[-1], max_distance + 1)
