"""Finds which entries a passage speaks for: literals first, in one pass; conditions and regexes only where they hit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import re2

from knowledge.model.diagnosis import Confidence
from knowledge.model.entry import Entry, Signature
from knowledge.text.indexed_text import Passage
from knowledge.text.lines import Line
from knowledge.text.patterns import Literals, compiled, squeezed

MOST_PLACES = 400
_BEFORE_WINDOW = 240
_AFTER_WINDOW = 700
_EVIDENCE_PER_SIGNATURE = 2


@dataclass(slots=True)
class Found:
    """What speaks for one entry: confidence, the lines that prove it, the values captured from them."""

    entry: Entry
    confidence: Confidence
    evidence: list[Line] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    first: int = 0
    decisive: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    """A signature with its fragments and regex compiled."""

    entry: Entry
    signature: Signature
    fragments: tuple[bytes, ...]
    regex: re2._Regexp[bytes] | None
    unless: tuple[bytes, ...]
    together: tuple[bytes, ...]
    before: bytes | None
    inside: tuple[bytes, ...]


class Matcher:
    """All entries' signatures, ready to be looked for."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self._by_first: dict[bytes, list[_Ready]] = {}
        self.observed: dict[str, list[tuple[Entry, Signature]]] = {}
        literals: list[str] = []
        for entry in entries.values():
            for signature in entry.signatures:
                if signature.observed:
                    self.observed.setdefault(signature.observed, []).append((entry, signature))
                if not signature.text:
                    continue
                ready = _Ready(
                    entry,
                    signature,
                    tuple(_literal(text) for text in signature.text),
                    compiled(signature.regex) if signature.regex else None,
                    tuple(_literal(text) for text in signature.unless),
                    tuple(_literal(text) for text in signature.together_with),
                    _literal(signature.before) if signature.before else None,
                    tuple(_literal(text) for text in signature.inside),
                )
                self._by_first.setdefault(ready.fragments[0], []).append(ready)
                literals += [*signature.text, *signature.unless, *signature.together_with]
                literals += [signature.before] if signature.before else []
        self.literals = tuple(dict.fromkeys(literals))
        self._literals = Literals(literals)

    def search(
        self, passage: Passage, counts: Callable[[int], bool], partial: bool, of_build: bool = True
    ) -> list[Found]:
        """What the passage speaks for.

        `counts`: may the line at this index speak; `partial`: the log was cut; `of_build`: the text speaks of an image
        build, without which words that other services use too are never more than possible.
        """
        held = self._literals.within(passage.lower)
        present = frozenset(held)
        found: dict[str, Found] = {}
        for first in sorted(held):  # a fixed order: of equal grounds the same ones are shown every time
            for ready in self._by_first.get(first, ()):
                if not present.issuperset(ready.fragments) or not present.issuperset(ready.together):
                    continue
                if present.intersection(ready.unless):
                    continue
                _try(ready, passage, counts, partial, of_build, found)
        return list(found.values())


def _text(raw: bytes | str) -> str:
    """The text of a captured value, or of a group's name, which RE2 gives as bytes, too."""
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw


def _literal(text: str) -> bytes:
    return squeezed(text).lower().encode()


def _try(
    ready: _Ready,
    passage: Passage,
    counts: Callable[[int], bool],
    partial: bool,
    of_build: bool,
    found: dict[str, Found],
) -> None:
    """Adds to `found` what one signature finds."""
    signature = ready.signature
    lines: list[int] = []
    values: dict[str, str] = {}
    times = 0
    first = -1
    for begin in places(passage.lower, ready.fragments[0]):
        end = _chain(passage.lower, begin, ready.fragments, signature.within)
        if end < 0:
            continue
        touched = passage.lines_of(begin, end)
        line = passage.lines[touched[0]]
        if not counts(touched[0]) or (signature.line != "any" and line.source != signature.line):
            continue
        if any(_holds(passage.lower, begin, end, longer) for longer in ready.inside):
            continue
        if ready.regex is not None:
            start = max(passage.start_of(touched[0]) if line.source != "plain" else 0, begin - _BEFORE_WINDOW)
            window = passage.flat[start : end + max(_AFTER_WINDOW, signature.within)]
            match = next((one for one in ready.regex.finditer(window) if start + one.end() > begin), None)
            if match is None:
                continue
            captured = {_text(name): _text(value) for name, value in match.groupdict().items() if value}
            if any(captured.get(name) in refused for name, refused in signature.reject.items()):
                continue
            values = {**captured, **values}
        times += 1
        if first < 0:
            first = touched[0]
        if len(lines) < _EVIDENCE_PER_SIGNATURE and not (lines and line.source == "verdict"):  # said twice, shown once
            lines += [index for index in touched if index not in lines][:3]
    if first < 0:
        return
    confidence = _confidence(ready, passage, first, times, partial)
    if confidence is None:
        return
    if signature.elsewhere and not of_build:
        confidence = "possible"
    evidence = [passage.lines[index] for index in lines]
    merge(found, Found(ready.entry, confidence, evidence, values, first, signature.strength != "supporting"))


def _holds(lower: bytes, begin: int, end: int, longer: bytes) -> bool:
    """Whether the place from `begin` to `end` stands inside the `longer` text."""
    at = lower.find(longer, max(0, begin - len(longer)), end + len(longer))
    return 0 <= at < end and at + len(longer) > begin


def _chain(lower: bytes, begin: int, fragments: Sequence[bytes], within: int) -> int:
    """Where the last fragment ends when all follow the one at `begin` within `within` bytes; -1 when they don't."""
    end = begin + len(fragments[0])
    for fragment in fragments[1:]:
        at = lower.find(fragment, end, begin + within + len(fragment))
        if at < 0:
            return -1
        end = at + len(fragment)
    return end


def places(text: bytes, literal: bytes) -> Iterable[int]:
    """Where `literal` stands in `text`; of a hostile text's very many places no more than a fixed number."""
    at = text.find(literal)
    for _ in range(MOST_PLACES):
        if at < 0:
            return
        yield at
        at = text.find(literal, at + len(literal))


def _confidence(ready: _Ready, passage: Passage, first: int, times: int, partial: bool) -> Confidence | None:
    signature = ready.signature
    if ready.before is not None:
        rival = passage.lower.find(ready.before)
        if rival >= 0 and passage.index_at(rival) < first:
            return None
    if signature.strength == "supporting":
        return "possible"
    if signature.strength == "likely":
        return "likely"
    if signature.repeats is not None:
        if times < signature.repeats.likely:
            return "possible"
        return "certain" if times >= signature.repeats.certain else "likely"
    unseen = partial and bool(ready.unless or ready.before)
    return "likely" if unseen else "certain"


_ORDER: dict[Confidence, int] = {"certain": 0, "likely": 1, "possible": 2}


def merge(found: dict[str, Found], new: Found) -> None:
    """Adds `new` to what was found for the same entry; the best confidence stands, evidence of it comes first."""
    old = found.get(new.entry.id)
    if old is None:
        found[new.entry.id] = new
        return
    better, other = (old, new) if _ORDER[old.confidence] <= _ORDER[new.confidence] else (new, old)
    seen = {line.number for line in better.evidence}
    better.evidence += [line for line in other.evidence if line.number not in seen]
    better.values = {**other.values, **better.values}
    better.first = min(old.first, new.first)
    better.decisive = old.decisive or new.decisive
    found[new.entry.id] = better


def rank_of(confidence: Confidence) -> int:
    """0 for certain, 1 for likely, 2 for possible."""
    return _ORDER[confidence]
