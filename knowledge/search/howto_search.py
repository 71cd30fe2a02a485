"""Understands which guide a short question asks for, by the questions that the guides list; everything else is none.

A question is read as the set of things that it speaks of. It asks for the guide with the nearest listed question, if
that is near enough: a word that no guide knows weighs against it more than a known one speaks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import re2

from knowledge.catalog.howtos import Guides
from knowledge.search.phrase_table import Forms
from knowledge.search.spelling import Speller
from knowledge.search.tokenizer import names_of

LONGEST = 160
"""Characters of a question; a longer text is an error, a log or a story."""
_MOST_WORDS = 26
_BARE_WORDS = 7
_NEAR_ENOUGH = 0.75
_SAME = 0.95
_WORTH_OFFERING = 0.71
_SPELT_FROM = 5
_SLIGHT = 0.2
_FOREIGN = 1.6
_PASTED = re2.compile(
    r"[{}\[\]<>|=]|://|==|\d{3}|\b0x|[A-Z][A-Za-z]+Error\b|(?i:\berror|errore) ?:|\b(?:[A-Z][a-z]+){3,}\b"
)
_NAME = re2.compile(r"(?:^|\s)[\"'`(]*(?:[A-Za-z]\w*(?:-\w+)*-?\d[\w-]*|[A-Za-z]\w*_\w+)[\"'`)?.,!;:]*(?:$|\s)")
_LOG_FILE = re2.compile(r"(?i)\b(customi[sz]ation|validation)\s*[. ]\s*log\b")


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a text speaks of, with the weight of each thing, and how it speaks."""

    things: Mapping[str, float]
    words: int
    asks: bool
    tells: bool
    reports: bool
    refuses: bool


class Asking:
    """The listed questions of the guides, ready to be compared with. Build it once."""

    def __init__(self, guides: Guides) -> None:
        words = guides.words
        self._alike = Forms(words.alike)
        self._slight = frozenset(words.slight)
        self._fillers = Forms({"filler": words.fillers})
        self._asks = Forms({"asks": words.asking})
        self._tells = Forms({"tells": words.telling})
        self._reports = Forms({"reports": words.reporting})
        self._refuses = Forms({"refuses": words.refusing})
        tables = (self._alike, self._fillers, self._asks)
        self._known = frozenset(word for table in tables for word in table.words())
        self._speller = Speller(self._known)
        self._listed = tuple(
            (guide.id, self._hear(phrase).things)
            for guide in guides.by_id.values()
            for phrase in (guide.title.en, guide.title.it, *(one for many in guide.questions.values() for one in many))
        )

    def asked(self, text: str) -> str | None:
        """The id of the guide that the whole of `text` asks for, or `None`."""
        heard = self._question(text)
        if heard is None:
            return None
        score, guide = self._nearest(heard)
        if heard.tells:
            return None
        if heard.asks:
            return guide if score >= _NEAR_ENOUGH else None
        strong = sum(weight >= 1 for weight in heard.things.values())
        bare = strong > 1 and heard.words <= _BARE_WORDS and not heard.reports
        return guide if bare and score >= _SAME else None

    def offered(self, text: str) -> str | None:
        """The id of the guide that is worth offering to someone who wrote `text` and was not understood, or `None`."""
        heard = self._question(text)
        if heard is None:
            return None
        score, guide = self._nearest(heard)
        return guide if score >= _WORTH_OFFERING else None

    def _question(self, text: str) -> _Heard | None:
        asked = text.strip()
        if len(asked) > LONGEST or "\n" in asked or _PASTED.search(asked):
            return None
        heard = self._hear(asked)
        return None if heard.refuses or not heard.things or heard.words > _MOST_WORDS else heard

    def _nearest(self, heard: _Heard) -> tuple[float, str | None]:
        """The guide with the listed question that shares the most with what was heard, and how much, 0 to 1."""
        best: tuple[float, str | None] = (0.0, None)
        mass = sum(heard.things.values())
        for guide, things in self._listed:
            shared = sum(weight for thing, weight in heard.things.items() if thing in things)
            score = 2 * shared / (mass + sum(things.values()))
            if score > best[0]:
                best = (score, guide)
        return best

    def _hear(self, text: str) -> _Heard:
        known = _LOG_FILE.sub(" log ", text)
        words = [word.lower() for word in names_of(_NAME.sub(" ", known))]
        spelt = [self._spelt(word) for word in words]
        things: dict[str, float] = {}
        index = 0
        while index < len(spelt):
            found, filler = self._alike.at(spelt, index), self._fillers.at(spelt, index)
            if found and (filler is None or found.end >= filler.end):
                for label in found.labels:
                    things[label] = _SLIGHT if label in self._slight else 1.0
                index = found.end
            elif filler:
                index = filler.end
            else:
                if self._asks.at(spelt, index) is None and len(spelt[index]) > 1:
                    things[f"={spelt[index]}"] = _FOREIGN
                index += 1
        return _Heard(
            things=things,
            words=len(words),
            asks="?" in text or self._asks.anywhere(spelt),
            tells=self._tells.anywhere(words),
            reports=self._reports.anywhere(words),
            refuses=self._refuses.anywhere(words),
        )

    def _spelt(self, word: str) -> str:
        """The known word that `word` was meant to be, or itself."""
        if word in self._known or self._alike.at([word], 0) or self._fillers.at([word], 0):
            return word
        return (self._speller.nearest(word) if len(word) >= _SPELT_FROM else None) or word
