"""Where the signatures of all entries are, by what they search for: enough to search a text without the entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from knowledge.model.entry import Entry
from knowledge.patterns import collapse_whitespace

SignaturePositions = Mapping[str, Sequence[int]]
"""Entries by id, with the positions of some of their signatures."""


class SignatureIndex(NamedTuple):
    """All literals of the textual signatures, and where signatures are: by first fragment, or by observation.

    A fragment is in lowercase, with collapsed whitespace. `general_entries` names the entry for a kind of step that
    failed without any signature.
    """

    literals: Sequence[str]
    by_fragment: Mapping[str, SignaturePositions]
    by_observation: Mapping[str, SignaturePositions]
    general_entries: Mapping[str, str]


def index_signatures(entries: Mapping[str, Entry]) -> SignatureIndex:
    """Build the index of all signatures of the entries."""
    literals: dict[str, None] = {}
    by_fragment: dict[str, dict[str, list[int]]] = {}
    by_observation: dict[str, dict[str, list[int]]] = {}
    general_entries: dict[str, str] = {}
    for entry in entries.values():
        general_entries |= dict.fromkeys(entry.general_for, entry.id)
        for position, signature in enumerate(entry.signatures):
            if signature.observed:
                by_observation.setdefault(signature.observed, {}).setdefault(entry.id, []).append(position)
            if signature.text:
                fragment = collapse_whitespace(signature.text[0]).lower()
                by_fragment.setdefault(fragment, {}).setdefault(entry.id, []).append(position)
                before = (signature.before,) if signature.before else ()
                literals.update(dict.fromkeys((*signature.text, *signature.unless, *signature.requires, *before)))
    return SignatureIndex(list(literals), by_fragment, by_observation, general_entries)
