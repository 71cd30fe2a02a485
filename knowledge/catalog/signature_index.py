"""Where every entry's signatures are, by what they search for: enough to search a text without loading entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from knowledge.model.entry import Entry
from knowledge.patterns import collapse_whitespace

SignaturePositions = Mapping[str, Sequence[int]]
"""Entry ids, with the positions of some of each entry's signatures."""


class SignatureIndex(NamedTuple):
    """All literals of the textual signatures, and the locations of signatures by first fragment or by observation.

    A fragment is lowercase, with collapsed whitespace. `general_entries` names the entry to use for each kind of failed
    step if no signature matches.
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
