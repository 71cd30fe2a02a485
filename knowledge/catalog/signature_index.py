"""Where every entry's signatures are, by what they search for: enough to search a text without loading entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from knowledge.model.entry import Entry
from knowledge.patterns import normalize_literal

SignaturePositions = Mapping[str, Sequence[int]]
"""Entry ids, with the positions of some of each entry's signatures."""


SignatureRow = Sequence[Any]
"""A signature's entry id and position, the literals that a text must have, those that it can't have, and the tool.

Literals are lowercase, with collapsed whitespace. The cache is JSON, which has no tuples."""


class SignatureIndex(NamedTuple):
    """All literals of the textual signatures, and the locations of signatures by first fragment or by observation.

    `searched` are the literals as a text is searched for them, and `by_fragment` has the signatures by the one that
    comes first. `general_entries` names the entry to use for each kind of failed step if no signature matches.
    """

    literals: Sequence[str]
    searched: Sequence[str]
    by_fragment: Mapping[str, Sequence[SignatureRow]]
    by_observation: Mapping[str, SignaturePositions]
    general_entries: Mapping[str, str]


def index_signatures(entries: Mapping[str, Entry]) -> SignatureIndex:
    """Build the index of all signatures of the entries."""
    literals: dict[str, None] = {}
    by_fragment: dict[str, list[SignatureRow]] = {}
    by_observation: dict[str, dict[str, list[int]]] = {}
    general_entries: dict[str, str] = {}
    for entry in entries.values():
        general_entries |= dict.fromkeys(entry.general_for, entry.id)
        for position, signature in enumerate(entry.signatures):
            if signature.observed:
                by_observation.setdefault(signature.observed, {}).setdefault(entry.id, []).append(position)
            if signature.text:
                required = _normalize((*signature.text, *signature.requires))
                row = [entry.id, position, required, _normalize(signature.unless), signature.tool]
                by_fragment.setdefault(required[0], []).append(row)
                before = (signature.before,) if signature.before else ()
                literals.update(dict.fromkeys((*signature.text, *signature.unless, *signature.requires, *before)))
    return SignatureIndex(list(literals), _normalize(literals), by_fragment, by_observation, general_entries)


def _normalize(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(normalize_literal, texts)))
