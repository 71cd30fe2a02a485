"""Finds which entries a passage speaks for: literals first, in one pass; conditions and regexes only where they hit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import re2

from knowledge.model.diagnosis import Confidence
from knowledge.model.entry import Entry, Signature
from knowledge.text.indexed_text import IndexedText
from knowledge.text.lines import LogLine
from knowledge.text.patterns import LiteralSet, collapse_whitespace, compile_pattern

MAX_OCCURRENCES = 400
_WINDOW_BYTES_BEFORE = 240
_WINDOW_BYTES_AFTER = 700
_MAX_EVIDENCE_PER_SIGNATURE = 2


@dataclass(slots=True)
class MatchCandidate:
    """What speaks for one entry: confidence, the lines that prove it, the values captured from them."""

    entry: Entry
    confidence: Confidence
    evidence: list[LogLine] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    first_line_index: int = 0
    decisive: bool = False


@dataclass(frozen=True, slots=True)
class _CompiledSignature:
    """A signature with its fragments and regex compiled."""

    entry: Entry
    signature: Signature
    fragments: tuple[bytes, ...]
    regex: re2._Regexp[bytes] | None
    unless: tuple[bytes, ...]
    requires: tuple[bytes, ...]
    before: bytes | None
    not_within: tuple[bytes, ...]


class Matcher:
    """All entries' signatures, ready to be looked for."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self._signatures_by_first_fragment: dict[bytes, list[_CompiledSignature]] = {}
        self.signatures_by_observation: dict[str, list[tuple[Entry, Signature]]] = {}
        literals: list[str] = []
        for entry in entries.values():
            for signature in entry.signatures:
                if signature.observed:
                    self.signatures_by_observation.setdefault(signature.observed, []).append((entry, signature))
                if not signature.text:
                    continue
                ready = _CompiledSignature(
                    entry,
                    signature,
                    tuple(_normalize_literal(text) for text in signature.text),
                    compile_pattern(signature.regex) if signature.regex else None,
                    tuple(_normalize_literal(text) for text in signature.unless),
                    tuple(_normalize_literal(text) for text in signature.requires),
                    _normalize_literal(signature.before) if signature.before else None,
                    tuple(_normalize_literal(text) for text in signature.not_within),
                )
                self._signatures_by_first_fragment.setdefault(ready.fragments[0], []).append(ready)
                literals += [*signature.text, *signature.unless, *signature.requires]
                literals += [signature.before] if signature.before else []
        self.literals = tuple(dict.fromkeys(literals))
        self._literals = LiteralSet(literals)

    def search(
        self, indexed_text: IndexedText, is_relevant: Callable[[int], bool], partial: bool, is_about_build: bool = True
    ) -> list[MatchCandidate]:
        """What the passage speaks for.

        `counts`: may the line at this index speak; `partial`: the log was cut; `of_build`: the text speaks of an image
        build, without which words that other services use too are never more than possible.
        """
        held = self._literals.find_in(indexed_text.lower)
        present = frozenset(held)
        found: dict[str, MatchCandidate] = {}
        for first in sorted(held):  # a fixed order: of equal grounds the same ones are shown every time
            for ready in self._signatures_by_first_fragment.get(first, ()):
                if not present.issuperset(ready.fragments) or not present.issuperset(ready.requires):
                    continue
                if present.intersection(ready.unless):
                    continue
                _match_signature(ready, indexed_text, is_relevant, partial, is_about_build, found)
        return list(found.values())


def _decode_capture(raw: bytes | str) -> str:
    """The text of a captured value, or of a group's name, which RE2 gives as bytes, too."""
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw


def _normalize_literal(text: str) -> bytes:
    return collapse_whitespace(text).lower().encode()


def _match_signature(
    compiled_signature: _CompiledSignature,
    indexed_text: IndexedText,
    is_relevant: Callable[[int], bool],
    partial: bool,
    is_about_build: bool,
    candidates: dict[str, MatchCandidate],
) -> None:
    """Adds to `found` what one signature finds."""
    signature = compiled_signature.signature
    lines: list[int] = []
    values: dict[str, str] = {}
    times = 0
    first = -1
    for begin in find_occurrences(indexed_text.lower, compiled_signature.fragments[0]):
        end = _find_chain_end(indexed_text.lower, begin, compiled_signature.fragments, signature.within)
        if end < 0:
            continue
        touched = indexed_text.find_line_range(begin, end)
        line = indexed_text.lines[touched[0]]
        if not is_relevant(touched[0]) or (signature.line != "any" and line.source != signature.line):
            continue
        if any(_is_inside(indexed_text.lower, begin, end, longer) for longer in compiled_signature.not_within):
            continue
        if compiled_signature.regex is not None:
            start = max(
                indexed_text.get_line_start(touched[0]) if line.source != "plain" else 0, begin - _WINDOW_BYTES_BEFORE
            )
            window = indexed_text.flat[start : end + max(_WINDOW_BYTES_AFTER, signature.within)]
            match = next((one for one in compiled_signature.regex.finditer(window) if start + one.end() > begin), None)
            if match is None:
                continue
            captured = {
                _decode_capture(name): _decode_capture(value) for name, value in match.groupdict().items() if value
            }
            if any(captured.get(name) in refused for name, refused in signature.reject.items()):
                continue
            values = {**captured, **values}
        times += 1
        if first < 0:
            first = touched[0]
        if len(lines) < _MAX_EVIDENCE_PER_SIGNATURE and not (
            lines and line.source == "verdict"
        ):  # said twice, shown once
            lines += [index for index in touched if index not in lines][:3]
    if first < 0:
        return
    confidence = _compute_confidence(compiled_signature, indexed_text, first, times, partial)
    if confidence is None:
        return
    if signature.generic and not is_about_build:
        confidence = "possible"
    evidence = [indexed_text.lines[index] for index in lines]
    merge_candidate(
        candidates,
        MatchCandidate(
            compiled_signature.entry, confidence, evidence, values, first, signature.strength != "supporting"
        ),
    )


def _is_inside(lower: bytes, begin: int, end: int, longer: bytes) -> bool:
    """Whether the place from `begin` to `end` stands inside the `longer` text."""
    at = lower.find(longer, max(0, begin - len(longer)), end + len(longer))
    return 0 <= at < end and at + len(longer) > begin


def _find_chain_end(lower: bytes, begin: int, fragments: Sequence[bytes], within: int) -> int:
    """Where the last fragment ends when all follow the one at `begin` within `within` bytes; -1 when they don't."""
    end = begin + len(fragments[0])
    for fragment in fragments[1:]:
        at = lower.find(fragment, end, begin + within + len(fragment))
        if at < 0:
            return -1
        end = at + len(fragment)
    return end


def find_occurrences(text: bytes, literal: bytes) -> Iterable[int]:
    """Where `literal` stands in `text`; of a hostile text's very many places no more than a fixed number."""
    at = text.find(literal)
    for _ in range(MAX_OCCURRENCES):
        if at < 0:
            return
        yield at
        at = text.find(literal, at + len(literal))


def _compute_confidence(
    compiled_signature: _CompiledSignature, indexed_text: IndexedText, first_line_index: int, times: int, partial: bool
) -> Confidence | None:
    signature = compiled_signature.signature
    if compiled_signature.before is not None:
        rival = indexed_text.lower.find(compiled_signature.before)
        if rival >= 0 and indexed_text.find_line_index(rival) < first_line_index:
            return None
    if signature.strength == "supporting":
        return "possible"
    if signature.strength == "likely":
        return "likely"
    if signature.repeats is not None:
        if times < signature.repeats.likely:
            return "possible"
        return "certain" if times >= signature.repeats.certain else "likely"
    unseen = partial and bool(compiled_signature.unless or compiled_signature.before)
    return "likely" if unseen else "certain"


_CONFIDENCE_RANKS: dict[Confidence, int] = {"certain": 0, "likely": 1, "possible": 2}


def merge_candidate(candidates: dict[str, MatchCandidate], new: MatchCandidate) -> None:
    """Adds `new` to what was found for the same entry; the best confidence stands, evidence of it comes first."""
    old = candidates.get(new.entry.id)
    if old is None:
        candidates[new.entry.id] = new
        return
    better, other = (old, new) if _CONFIDENCE_RANKS[old.confidence] <= _CONFIDENCE_RANKS[new.confidence] else (new, old)
    seen = {line.number for line in better.evidence}
    better.evidence += [line for line in other.evidence if line.number not in seen]
    better.values = {**other.values, **better.values}
    better.first_line_index = min(old.first_line_index, new.first_line_index)
    better.decisive = old.decisive or new.decisive
    candidates[new.entry.id] = better


def get_confidence_rank(confidence: Confidence) -> int:
    """0 for certain, 1 for likely, 2 for possible."""
    return _CONFIDENCE_RANKS[confidence]
