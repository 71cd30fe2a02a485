"""Finds the known word that a misspelt one was meant to be: one slip, in a longer word two."""

from __future__ import annotations

from collections.abc import Iterable

_SHORTEST = 4
_TWO_SLIPS_FROM = 8
_TWO_SLIPS_UP_TO = 14
_LONGEST = 40


class Speller:
    """Knows a set of words by what is left of each when one letter is taken away."""

    def __init__(self, words: Iterable[str]) -> None:
        self._left: dict[str, list[str]] = {}
        for word in sorted(set(words)):
            if _SHORTEST <= len(word) <= _LONGEST and not word.isdigit():
                for rest in {word, *_without_one(word)}:
                    self._left.setdefault(rest, []).append(word)

    def nearest(self, word: str) -> str | None:
        """The known word nearest to `word`, or `None` when none is near enough."""
        if not _SHORTEST <= len(word) <= _LONGEST or sum(character.isdigit() for character in word) > 1:
            return None
        most = 2 if _TWO_SLIPS_FROM <= len(word) <= _TWO_SLIPS_UP_TO else 1
        rests = {word, *_without_one(word)}
        best: tuple[int, str] | None = None
        seen: set[str] = set()
        for allowed in range(1, most + 1):
            for rest in rests:
                for candidate in self._left.get(rest, ()):
                    if candidate in seen:
                        continue
                    seen.add(candidate)
                    if candidate[0] != word[0] and len(word) < _TWO_SLIPS_FROM:
                        continue
                    slips = distance(word, candidate, most)
                    if slips <= most and (best is None or (slips, candidate) < best):
                        best = (slips, candidate)
            if best is not None or allowed == most:
                break
            rests = {shorter for rest in rests for shorter in _without_one(rest)}
        return best[1] if best else None


def _without_one(word: str) -> set[str]:
    return {word[:index] + word[index + 1 :] for index in range(len(word))}


def distance(one: str, other: str, most: int) -> int:
    """Slips between two words (a letter too many, too few, wrong, or two swapped); `most + 1` stands for more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, against in enumerate(other, 1):
            cost = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (letter != against))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return min(last[-1], most + 1)
