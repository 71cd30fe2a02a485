"""Finds entries and findings by words of their titles, and of the errors that they recognize."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from knowledge.model.entry import Entry
from knowledge.model.finding import FindingRule

_WORD = re.compile(r"\w+")
_SCRIPT_STEPS = frozenset({"powershell", "shell"})
"""Steps whose general entry explains the mechanism of every finding."""


@dataclass(frozen=True, slots=True)
class KeywordHit:
    """An entry that has all words of a query, or one of its findings. `finding` is "" for the entry itself."""

    entry: str
    finding: str = ""


class KeywordSearch:
    """An index of the words of all entries and findings. Building it takes under a tenth of a second."""

    def __init__(self, entries: Collection[Entry], rules: Iterable[FindingRule]) -> None:
        self._items = [
            (KeywordHit(entry.id), _split_all(_list_titles(entry)), _split_all(_list_texts(entry))) for entry in entries
        ]
        script_entry = next((e.id for e in entries if _SCRIPT_STEPS.issubset(e.general_for)), None)
        if script_entry is not None:
            self._items += [
                (KeywordHit(script_entry, rule.id), _split_all(_list_rule_titles(rule)), _split_all(rule.pattern.text))
                for rule in rules
            ]

    def search(self, query: str) -> list[KeywordHit]:
        """Return what has every word of `query`: in its title, then at the start of the title's words, then in errors.

        Entries come before findings.
        """
        words = frozenset(_split(query))
        if not words:
            return []
        ranked: list[list[KeywordHit]] = [[], [], []]
        for hit, title_words, text_words in self._items:
            if words <= title_words:
                ranked[0].append(hit)
            elif all(any(known.startswith(word) for known in title_words) for word in words):
                ranked[1].append(hit)
            elif words <= title_words | text_words:
                ranked[2].append(hit)
        return [hit for hits in ranked for hit in hits]


def _list_titles(entry: Entry) -> list[str]:
    return [entry.id, *entry.title.list_all()]


def _list_texts(entry: Entry) -> list[str]:
    phrases = [phrase for group in entry.words.values() for phrase in group]
    return [*phrases, *(text for signature in entry.signatures for text in signature.text)]


def _list_rule_titles(rule: FindingRule) -> list[str]:
    return [rule.id, *rule.title.list_all()]


def _split_all(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _split(text))


def _split(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
