"""Finds the entries whose signatures match a text.

All literals of all signatures are searched for in one pass. Positions, conditions, and regexes are evaluated only for
the few signatures whose fragments were all found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from knowledge.azure_names import is_name_cut_off
from knowledge.build_log.noise import is_noise
from knowledge.catalog.compiled_signature import CompiledSignature, PresenceTest, compile_signature, read_test
from knowledge.catalog.loading import get_signature_index
from knowledge.diagnosis.candidate import MatchCandidate, merge_candidate
from knowledge.model.diagnosis import Confidence
from knowledge.model.entry import BuildTool, Entry
from knowledge.patterns import LiteralSet
from knowledge.redaction.patterns import BytePattern
from knowledge.text.indexed_text import IndexedText
from knowledge.text.lines import LogLine

_MAX_OCCURRENCES = 400
"""How many occurrences of a fragment are looked at: a hostile text may repeat it endlessly."""
_WINDOW_BYTES_BEFORE = 240
_WINDOW_BYTES_AFTER = 700
_ENOUGH_EVIDENCE_LINES = 2  # more occurrences of a signature than this add nothing
_MAX_LINES_PER_OCCURRENCE = 3
_NAMES = frozenset({"template", "rg", "subnet", "vnet", "gallery", "definition", "def"})
"""Captured values that are names in Azure: part of one is another name."""


class LineFilter(NamedTuple):
    """Whether the line at an index may prove a failure. None before the offset `first_offset` does."""

    is_relevant: Callable[[int], bool]
    first_offset: int = 0


class _SearchScope(NamedTuple):
    """The text to search, what we know about it, and the entries to search for."""

    entries: Mapping[str, Entry]
    indexed_text: IndexedText
    line_filter: LineFilter
    is_partial: bool
    is_about_build: bool
    tool: BuildTool


_Occurrence = tuple[int, int, range]
"""Where all fragments of a signature occur: the offsets of the first byte and past the last, and the line indexes.

A plain tuple, because a hostile text has thousands of them.
"""


class Matcher:
    """All signatures of all entries, ready to be searched. Build it once.

    A signature is compiled once all of its fragments are found. `index` says where all of them are.
    """

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.index = get_signature_index(entries)
        self._entries = entries
        self._literal_set = LiteralSet(literal.encode() for literal in self.index.searched)
        self._tests_by_fragment: dict[bytes, Sequence[PresenceTest]] = {}
        self._compiled: dict[tuple[str, int], CompiledSignature] = {}

    def search(
        self,
        indexed_text: IndexedText,
        line_filter: LineFilter,
        is_partial: bool,
        is_about_build: bool,
        tool: BuildTool = "image-builder",
    ) -> list[MatchCandidate]:
        """Return a candidate for each entry with a matching signature.

        Args:
            indexed_text: The text to search.
            line_filter: Which lines may prove a failure.
            is_partial: Whether the text is a fragment of a log, so that missing counterevidence means little.
            is_about_build: Whether the text mentions an image build. Otherwise a generic signature is only possible.
            tool: What the text comes from.
        """
        scope = _SearchScope(self._entries, indexed_text, line_filter, is_partial, is_about_build, tool)
        found_literals = self._literal_set.find_in(indexed_text.lower)
        present = frozenset(found_literals)
        candidates: dict[str, MatchCandidate] = {}
        # RE2 reports literals in no particular order; sorting makes the choice of evidence deterministic.
        for literal in sorted(found_literals):
            tests = self._tests_by_fragment.get(literal)
            for test in self._read_tests(literal) if tests is None else tests:
                if (
                    test.required <= present
                    and test.tool in (None, tool)
                    and present.isdisjoint(test.unless)
                    and (candidate := _match_signature(self._get_signature(test.entry_id, test.position), scope))
                ):
                    merge_candidate(candidates, candidate)
        return list(candidates.values())

    def _read_tests(self, fragment: bytes) -> Sequence[PresenceTest]:
        """Read the tests of the signatures that begin with this fragment."""
        tests = tuple(map(read_test, self.index.by_fragment.get(fragment.decode(), ())))
        self._tests_by_fragment[fragment] = tests
        return tests

    def _get_signature(self, entry_id: str, position: int) -> CompiledSignature:
        compiled = self._compiled.get((entry_id, position))
        if compiled is None:
            signature = self._entries[entry_id].signatures[position]
            compiled = self._compiled[entry_id, position] = compile_signature(entry_id, signature)
        return compiled


def _match_signature(compiled: CompiledSignature, scope: _SearchScope) -> MatchCandidate | None:
    """Return what one signature proves in the text, or `None` if it does not match."""
    lines, regex = scope.indexed_text.lines, compiled.regex
    evidence_indexes: list[int] = []
    values: dict[str, str] = {}
    counts = compiled.signature.repeats is not None
    count = 0
    first_line_index = -1
    can_only_add_lines = False
    for begin, end, line_indexes in _find_occurrences(compiled, scope):
        # Packer repeats its verdict, so later verdict lines add nothing.
        is_repetition = count > 0 and lines[line_indexes[0]].source == "verdict"
        if can_only_add_lines and (is_repetition or all(map(evidence_indexes.__contains__, line_indexes))):
            continue
        if regex is not None:
            captured = _capture_values(compiled, regex, scope.indexed_text, (begin, end, line_indexes))
            if captured is None:
                continue
            values = {**captured, **values}
        if not count:
            first_line_index = line_indexes[0]
        count += 1
        if not is_repetition and len(evidence_indexes) < _ENOUGH_EVIDENCE_LINES:
            evidence_indexes += _choose_lines(lines, line_indexes, evidence_indexes)
        can_only_add_lines = not counts and (regex is None or len(values) >= len(regex.group_names))
        if can_only_add_lines and len(evidence_indexes) >= _ENOUGH_EVIDENCE_LINES:
            break  # more occurrences say nothing new
    confidence = _compute_confidence(compiled, scope, first_line_index, count) if count else None
    if confidence is None:
        return None
    return MatchCandidate(
        scope.entries[compiled.entry_id],
        confidence,
        [lines[index] for index in evidence_indexes],
        values,
        first_line_index,
        compiled.signature.strength != "supporting",
        compiled.signature.headline,
    )


def _choose_lines(lines: Sequence[LogLine], indexes: range, known_indexes: Sequence[int]) -> list[int]:
    """Choose the lines of an occurrence that are shown as evidence, besides those that already are."""
    first, last = indexes[0], indexes[-1]
    chosen = [
        index
        for index in indexes
        if index not in known_indexes and (index in (first, last) or not is_noise(lines[index].body))
    ]
    return chosen[:_MAX_LINES_PER_OCCURRENCE]


def _find_occurrences(compiled: CompiledSignature, scope: _SearchScope) -> Iterator[_Occurrence]:
    """Yield each place where all fragments follow each other on lines that count."""
    # Local names, because a hostile text reaches this loop thousands of times.
    fragments, within, line_kind = compiled.fragments, compiled.signature.within, compiled.signature.line
    not_within, (is_relevant, next_begin) = compiled.not_within, scope.line_filter
    indexed_text, is_chain = scope.indexed_text, len(fragments) > 1
    lower, lines = indexed_text.lower, indexed_text.lines
    for _ in range(_MAX_OCCURRENCES):
        begin = lower.find(fragments[0], next_begin)
        if begin < 0:
            return
        end = next_begin = begin + len(fragments[0])
        if is_chain:
            end = _find_chain_end(lower, begin, fragments, within)
            if end < 0:
                continue
        first = indexed_text.find_line_index(begin)
        if not is_relevant(first) or (line_kind != "any" and lines[first].source != line_kind):
            continue
        if not_within and any(_is_inside(lower, begin, end, longer) for longer in not_within):
            continue
        yield begin, end, range(first, indexed_text.find_line_index(max(end - 1, begin)) + 1)


def _capture_values(
    compiled: CompiledSignature, regex: BytePattern, indexed_text: IndexedText, occurrence: _Occurrence
) -> dict[str, str] | None:
    """Return the values that `regex` captures around an occurrence.

    Returns `None` if the regex does not match there, or if it captures a value that the signature rejects.
    """
    signature = compiled.signature
    begin, end, line_indexes = occurrence
    window_start = max(0, begin - _WINDOW_BYTES_BEFORE)
    if indexed_text.lines[line_indexes[0]].source != "plain":
        # A log line is complete in itself; only in other texts can the regex begin on an earlier line.
        window_start = max(window_start, indexed_text.get_line_start(line_indexes[0]))
    window = indexed_text.flat[window_start : end + max(_WINDOW_BYTES_AFTER, signature.within)]
    for match in regex.finditer(window):
        if window_start + match.end() > begin:
            break
    else:
        return None
    captured = {
        name: value
        for name, value in match.decode_groups().items()
        if name not in _NAMES or not is_name_cut_off(match.read_following(name))
    }
    if signature.reject and any(captured.get(name) in rejected for name, rejected in signature.reject.items()):
        return None
    return captured


def _is_inside(lower: bytes, begin: int, end: int, longer: bytes) -> bool:
    """Whether the bytes from `begin` to `end` overlap an occurrence of the `longer` text."""
    start = lower.find(longer, max(0, begin - len(longer)), end + len(longer))
    return 0 <= start < end and start + len(longer) > begin


def _find_chain_end(lower: bytes, begin: int, fragments: Sequence[bytes], within: int) -> int:
    """Return where the last fragment ends if all follow the one at `begin` within `within` bytes, else -1."""
    end = begin + len(fragments[0])
    for fragment in fragments[1:]:
        start = lower.find(fragment, end, begin + within + len(fragment))
        if start < 0:
            return -1
        end = start + len(fragment)
    return end


def _compute_confidence(
    compiled: CompiledSignature, scope: _SearchScope, first_line_index: int, count: int
) -> Confidence | None:
    """Return how certain `count` occurrences of a signature make its entry; `None` if it came after its rival."""
    signature, indexed_text = compiled.signature, scope.indexed_text
    if compiled.before is not None:
        rival_offset = indexed_text.lower.find(compiled.before)
        if rival_offset >= 0 and indexed_text.find_line_index(rival_offset) < first_line_index:
            return None
    if signature.strength == "supporting" or (signature.generic and not scope.is_about_build):
        return "possible"
    if signature.strength == "likely":
        return "likely"
    if signature.repeats is not None:
        if count < signature.repeats.likely:
            return "possible"
        return "certain" if count >= signature.repeats.certain else "likely"
    # The counterevidence may be in the missing part of the log.
    may_miss_counterproof = scope.is_partial and bool(compiled.unless or compiled.before)
    return "likely" if may_miss_counterproof else "certain"
