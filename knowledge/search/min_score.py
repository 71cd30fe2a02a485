"""Tells how clearly a text must point to an entry, by what kind of text it is."""

from __future__ import annotations

from knowledge.search.tokenizer import ParsedQuery

MIN_SCORE = 3.5
"""The score that an entry needs at least, for a text about an image build."""
_FOREIGN_FACTOR = 8.5
"""How many times the minimum score is needed if the text is about another tool."""
_MAYBE_FOREIGN_FACTOR = 4.8
"""The same if it is about something that may also be installed in an image."""
_NO_CONTEXT_FACTOR = 1.6
"""How many times the minimum score is needed if the text names nothing of an image build."""
_QUESTION_FACTOR = 2.4
"""How many times the minimum score is needed if the text asks how something works and mentions no failure."""
_SMALL_TALK_FACTOR = 3.0
"""The same if it is a few words without any sign that something went wrong."""


def compute_min_score(query: ParsedQuery, *, has_context: bool, is_small_talk: bool) -> float:
    """Return the score that an entry needs. `has_context` is true if the text names anything of an image build."""
    return MIN_SCORE * max(
        _FOREIGN_FACTOR if _is_foreign(query) else 1.0,
        _MAYBE_FOREIGN_FACTOR if _may_be_foreign(query) else 1.0,
        1.0 if has_context else _NO_CONTEXT_FACTOR,
        (_QUESTION_FACTOR if is_mere_question(query) else 1.0) * (_SMALL_TALK_FACTOR if is_small_talk else 1.0),
    )


def is_about_other(query: ParsedQuery) -> bool:
    """Whether a text is about another subject, or may be."""
    return _is_foreign(query) or _may_be_foreign(query)


def is_mere_question(query: ParsedQuery) -> bool:
    """Whether a text asks how something works and mentions no failure."""
    return query.is_question and not query.has_trouble


def _is_foreign(query: ParsedQuery) -> bool:
    return query.has_foreign_terms and not query.has_own_terms


def _may_be_foreign(query: ParsedQuery) -> bool:
    return query.may_be_foreign and not query.has_own_terms
