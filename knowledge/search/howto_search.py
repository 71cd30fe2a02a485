"""Finds the how-to that a short question asks for, by comparison with the questions that the how-tos list.

A question is reduced to the set of concepts it mentions. It asks for the how-to with the most similar listed question,
if that is similar enough. A word that no how-to knows counts more against a match than a known one counts for it, so
unrelated questions find no how-to at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import re2

from knowledge.catalog.howtos import Howtos
from knowledge.catalog.word_lexicon import join_alternatives
from knowledge.patterns import LazyPattern, define_text_pattern
from knowledge.search.phrase_table import PhraseTable
from knowledge.search.spelling import SpellingCorrector
from knowledge.search.tokenizer import split_words

MAX_QUESTION_CHARS = 160
"""Maximum length of a question. A longer text is an error, a log, or a description of a problem."""
_MAX_WORDS = 26
_MAX_BARE_WORDS = 7
"""Maximum words of a request without a question word, such as "build log location"."""
_MIN_SCORE = 0.75
_MIN_BARE_SCORE = 0.95
_MIN_SUGGESTION_SCORE = 0.71
_MIN_CORRECTED_CHARS = 5
_WEAK_CONCEPT_WEIGHT = 0.2
_UNKNOWN_WORD_WEIGHT = 1.6
_PASTED_TEXT = LazyPattern(
    lambda: re2.compile(
        r"[{}\[\]<>|=]|://|==|\d{3}|\b0x|[A-Z][A-Za-z]+Error\b|\b(?:[A-Z][a-z]+){3,}\b|"
        rf"(?i:\b(?:{join_alternatives('error_labels')}) ?:)"
    )
)
_IDENTIFIER = define_text_pattern(
    r"(?:^|\s)[\"'`(]*(?:[A-Za-z]\w*(?:-\w+)*-?\d[\w-]*|[A-Za-z]\w*_\w+)[\"'`)?.,!;:]*(?:$|\s)"
)
_LOG_FILE = define_text_pattern(r"(?i)\b(customi[sz]ation|validation)\s*[. ]\s*log\b")


@dataclass(frozen=True, slots=True)
class _ParsedQuestion:
    """The concepts that a text mentions, with their weights, and what kind of text it is."""

    concepts: Mapping[str, float]
    word_count: int
    is_question: bool
    is_report: bool
    is_weak_report: bool
    is_excluded: bool


class HowtoSearch:
    """The listed questions of all how-tos, ready to be compared with a text. Build it once."""

    def __init__(self, howtos: Howtos) -> None:
        vocabulary = howtos.vocabulary
        self._synonyms = PhraseTable(vocabulary.alike)
        self._weak_concepts = frozenset(vocabulary.slight)
        self._fillers = PhraseTable({"filler": vocabulary.fillers})
        self._question_words = PhraseTable({"asks": vocabulary.asking})
        self._report_words = PhraseTable({"tells": vocabulary.telling})
        self._weak_report_words = PhraseTable({"reports": vocabulary.reporting})
        self._exclusion_words = PhraseTable({"refuses": vocabulary.refusing})
        tables = (self._synonyms, self._fillers, self._question_words)
        self._known_words = frozenset(word for table in tables for word in table.list_words())
        self._speller = SpellingCorrector(self._known_words)
        self._listed_questions = tuple(
            (howto.id, self._parse_text(question).concepts)
            for howto in howtos.by_id.values()
            for question in (
                *howto.title.list_all(),
                *(question for questions in howto.questions.values() for question in questions),
            )
        )

    def find_howto(self, text: str) -> str | None:
        """Return the id of the how-to that the whole of `text` asks for, or `None`."""
        question = self._parse_question(text)
        if question is None or question.is_report:
            return None
        score, howto = self._find_nearest(question)
        if question.is_question:
            return howto if score >= _MIN_SCORE else None
        strong_concepts = sum(weight >= 1 for weight in question.concepts.values())
        is_bare_request = strong_concepts > 1 and question.word_count <= _MAX_BARE_WORDS and not question.is_weak_report
        return howto if is_bare_request and score >= _MIN_BARE_SCORE else None

    def suggest_howto(self, text: str) -> str | None:
        """Return the id of the how-to worth offering to someone whose `text` was not understood, or `None`."""
        question = self._parse_question(text)
        if question is None:
            return None
        score, howto = self._find_nearest(question)
        return howto if score >= _MIN_SUGGESTION_SCORE else None

    def _parse_question(self, text: str) -> _ParsedQuestion | None:
        """Parse a text, or return `None` if it can't be a question: it is too long, pasted, or excluded by a word."""
        stripped = text.strip()
        if len(stripped) > MAX_QUESTION_CHARS or "\n" in stripped or _PASTED_TEXT.search(stripped):
            return None
        question = self._parse_text(stripped)
        if question.is_excluded or not question.concepts or question.word_count > _MAX_WORDS:
            return None
        return question

    def _find_nearest(self, question: _ParsedQuestion) -> tuple[float, str | None]:
        """Return the similarity (0 to 1) of the most similar listed question, and its how-to.

        The similarity is the Dice coefficient of the two sets of concepts, by weight.
        """
        best: tuple[float, str | None] = (0.0, None)
        question_weight = sum(question.concepts.values())
        for howto, listed_concepts in self._listed_questions:
            shared_weight = sum(weight for concept, weight in question.concepts.items() if concept in listed_concepts)
            score = 2 * shared_weight / (question_weight + sum(listed_concepts.values()))
            if score > best[0]:
                best = (score, howto)
        return best

    def _parse_text(self, text: str) -> _ParsedQuestion:
        plain_text = _IDENTIFIER.sub(" ", _LOG_FILE.sub(" log ", text))
        words = [word.lower() for word in split_words(plain_text)]
        corrected = [self._correct_spelling(word) for word in words]
        return _ParsedQuestion(
            concepts=self._extract_concepts(corrected),
            word_count=len(words),
            is_question="?" in text or self._question_words.has_match(corrected),
            # These words rule out a how-to, so guessing at their spelling isn't good enough.
            is_report=self._report_words.has_match(words),
            is_weak_report=self._weak_report_words.has_match(words),
            is_excluded=self._exclusion_words.has_match(words),
        )

    def _extract_concepts(self, words: list[str]) -> dict[str, float]:
        """Return the weights of the concepts in `words`. An unknown word counts as a concept named `=word`."""
        concepts: dict[str, float] = {}
        index = 0
        while index < len(words):
            synonym, filler = self._synonyms.match_at(words, index), self._fillers.match_at(words, index)
            if synonym and (filler is None or synonym.end >= filler.end):
                for label in synonym.labels:
                    concepts[label] = _WEAK_CONCEPT_WEIGHT if label in self._weak_concepts else 1.0
                index = synonym.end
            elif filler:
                index = filler.end
            else:
                if self._question_words.match_at(words, index) is None and len(words[index]) > 1:
                    concepts[f"={words[index]}"] = _UNKNOWN_WORD_WEIGHT
                index += 1
        return concepts

    def _correct_spelling(self, word: str) -> str:
        """Return the known word that `word` probably means, or `word` itself."""
        if word in self._known_words or self._synonyms.match_at([word], 0) or self._fillers.match_at([word], 0):
            return word
        return (self._speller.find_nearest(word) if len(word) >= _MIN_CORRECTED_CHARS else None) or word
