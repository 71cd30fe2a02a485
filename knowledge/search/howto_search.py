"""Understands which guide a short question asks for, by the questions that the guides list; everything else is none.

A question is read as the set of things that it speaks of. It asks for the guide with the nearest listed question, if
that is near enough: a word that no guide knows weighs against it more than a known one speaks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import re2

from knowledge.catalog.howtos import Howtos
from knowledge.search.phrase_table import PhraseTable
from knowledge.search.spelling import SpellingCorrector
from knowledge.search.tokenizer import split_words

MAX_QUESTION_CHARS = 160
"""Characters of a question; a longer text is an error, a log or a story."""
_MAX_WORDS = 26
_MAX_BARE_WORDS = 7
_MIN_SCORE = 0.75
_MIN_BARE_SCORE = 0.95
_MIN_SUGGESTION_SCORE = 0.71
_MIN_CORRECTED_CHARS = 5
_WEAK_CONCEPT_WEIGHT = 0.2
_UNKNOWN_WORD_WEIGHT = 1.6
_PASTED_TEXT = re2.compile(
    r"[{}\[\]<>|=]|://|==|\d{3}|\b0x|[A-Z][A-Za-z]+Error\b|(?i:\berror|errore) ?:|\b(?:[A-Z][a-z]+){3,}\b"
)
_IDENTIFIER = re2.compile(r"(?:^|\s)[\"'`(]*(?:[A-Za-z]\w*(?:-\w+)*-?\d[\w-]*|[A-Za-z]\w*_\w+)[\"'`)?.,!;:]*(?:$|\s)")
_LOG_FILE = re2.compile(r"(?i)\b(customi[sz]ation|validation)\s*[. ]\s*log\b")


@dataclass(frozen=True, slots=True)
class _ParsedQuestion:
    """What a text speaks of, with the weight of each thing, and how it speaks."""

    concepts: Mapping[str, float]
    word_count: int
    is_question: bool
    is_report: bool
    is_weak_report: bool
    is_excluded: bool


class HowtoSearch:
    """The listed questions of the guides, ready to be compared with. Build it once."""

    def __init__(self, howtos: Howtos) -> None:
        words = howtos.vocabulary
        self._synonyms = PhraseTable(words.alike)
        self._weak_concepts = frozenset(words.slight)
        self._fillers = PhraseTable({"filler": words.fillers})
        self._question_words = PhraseTable({"asks": words.asking})
        self._report_words = PhraseTable({"tells": words.telling})
        self._weak_report_words = PhraseTable({"reports": words.reporting})
        self._exclusion_words = PhraseTable({"refuses": words.refusing})
        tables = (self._synonyms, self._fillers, self._question_words)
        self._known_words = frozenset(word for table in tables for word in table.list_words())
        self._speller = SpellingCorrector(self._known_words)
        self._listed_questions = tuple(
            (guide.id, self._parse_text(phrase).concepts)
            for guide in howtos.by_id.values()
            for phrase in (guide.title.en, guide.title.it, *(one for many in guide.questions.values() for one in many))
        )

    def find_howto(self, text: str) -> str | None:
        """The id of the guide that the whole of `text` asks for, or `None`."""
        heard = self._parse_question(text)
        if heard is None:
            return None
        score, guide = self._find_nearest(heard)
        if heard.is_report:
            return None
        if heard.is_question:
            return guide if score >= _MIN_SCORE else None
        strong = sum(weight >= 1 for weight in heard.concepts.values())
        bare = strong > 1 and heard.word_count <= _MAX_BARE_WORDS and not heard.is_weak_report
        return guide if bare and score >= _MIN_BARE_SCORE else None

    def suggest_howto(self, text: str) -> str | None:
        """The id of the guide that is worth offering to someone who wrote `text` and was not understood, or `None`."""
        heard = self._parse_question(text)
        if heard is None:
            return None
        score, guide = self._find_nearest(heard)
        return guide if score >= _MIN_SUGGESTION_SCORE else None

    def _parse_question(self, text: str) -> _ParsedQuestion | None:
        asked = text.strip()
        if len(asked) > MAX_QUESTION_CHARS or "\n" in asked or _PASTED_TEXT.search(asked):
            return None
        heard = self._parse_text(asked)
        return None if heard.is_excluded or not heard.concepts or heard.word_count > _MAX_WORDS else heard

    def _find_nearest(self, question: _ParsedQuestion) -> tuple[float, str | None]:
        """The guide with the listed question that shares the most with what was heard, and how much, 0 to 1."""
        best: tuple[float, str | None] = (0.0, None)
        mass = sum(question.concepts.values())
        for guide, things in self._listed_questions:
            shared = sum(weight for thing, weight in question.concepts.items() if thing in things)
            score = 2 * shared / (mass + sum(things.values()))
            if score > best[0]:
                best = (score, guide)
        return best

    def _parse_text(self, text: str) -> _ParsedQuestion:
        known = _LOG_FILE.sub(" log ", text)
        words = [word.lower() for word in split_words(_IDENTIFIER.sub(" ", known))]
        spelt = [self._correct_spelling(word) for word in words]
        things: dict[str, float] = {}
        index = 0
        while index < len(spelt):
            found, filler = self._synonyms.match_at(spelt, index), self._fillers.match_at(spelt, index)
            if found and (filler is None or found.end >= filler.end):
                for label in found.labels:
                    things[label] = _WEAK_CONCEPT_WEIGHT if label in self._weak_concepts else 1.0
                index = found.end
            elif filler:
                index = filler.end
            else:
                if self._question_words.match_at(spelt, index) is None and len(spelt[index]) > 1:
                    things[f"={spelt[index]}"] = _UNKNOWN_WORD_WEIGHT
                index += 1
        return _ParsedQuestion(
            concepts=things,
            word_count=len(words),
            is_question="?" in text or self._question_words.has_match(spelt),
            is_report=self._report_words.has_match(words),
            is_weak_report=self._weak_report_words.has_match(words),
            is_excluded=self._exclusion_words.has_match(words),
        )

    def _correct_spelling(self, word: str) -> str:
        """The known word that `word` was meant to be, or itself."""
        if word in self._known_words or self._synonyms.match_at([word], 0) or self._fillers.match_at([word], 0):
            return word
        return (self._speller.find_nearest(word) if len(word) >= _MIN_CORRECTED_CHARS else None) or word
