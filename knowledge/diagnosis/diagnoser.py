"""`diagnose`: from a text of any kind and size to a ranked, redacted diagnosis. The one way in for every client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from knowledge.build_log.build import Build, read_build
from knowledge.build_log.observations import find_longest_gap, observe
from knowledge.build_log.reducer import LogReducer
from knowledge.catalog.script_errors import ScriptErrorFinder, ScriptFailure, load_script_errors
from knowledge.diagnosis.excerpt import extract_excerpt, redact_evidence
from knowledge.diagnosis.facts import FactValue, detect_os, extract_facts, extract_ids
from knowledge.diagnosis.input_kind import (
    can_be_prose,
    detect_kind,
    is_about_build,
    is_definition_question,
    is_foreign,
    is_program_output,
)
from knowledge.diagnosis.matching import MatchCandidate, Matcher, merge_candidate
from knowledge.diagnosis.ranking import rank_candidates
from knowledge.model.diagnosis import MAX_MATCHES, BuildOutcome, Confidence, Diagnosis, ExcerptLine, Match, ScriptAdvice
from knowledge.model.entry import Entry, Language
from knowledge.redaction.redact import redact
from knowledge.search.entry_search import EntrySearch
from knowledge.text.decoding import decode
from knowledge.text.indexed_text import IndexedText, build_indexed_texts
from knowledge.text.lines import LogLine, read_lines
from knowledge.text.normalization import TextLine, normalize_lines, normalize_text
from knowledge.text.streaming import ByteReader, ChainedReader
from knowledge.text.unwrapping import unwrap_lines

MAX_WHOLE_BYTES = 256 << 10
"""Bytes up to which an input is read as a whole; a longer one is digested first."""
_MAX_EVIDENCE_LINES = 6


class Diagnoser:
    """Diagnoses texts with a set of entries. Build it once: it compiles every signature."""

    def __init__(self, entries: Mapping[str, Entry], script_errors: ScriptErrorFinder | None = None) -> None:
        self.entries = entries
        self._matcher = Matcher(entries)
        self._log_reducer = LogReducer(self._matcher.literals)
        self._script_error_finder = script_errors or load_script_errors()

    def diagnose(self, text: str | bytes, language: Language = "en", file: str = "-") -> Diagnosis:
        """The diagnosis of `text`, its titles and advice in `language`. Never raises for any text."""
        content = decode(text) if isinstance(text, bytes) else text
        pieces = unwrap_lines(normalize_text(content))
        return self._diagnose_lines(pieces, content.count("\n") + 1 if content else 0, language, file)

    def diagnose_stream(
        self,
        stream: ByteReader,
        language: Language = "en",
        file: str = "-",
        progress: Callable[[int], None] | None = None,
    ) -> Diagnosis:
        """The diagnosis of a log of any size, read once in bounded memory. `progress` gets the bytes read so far.
        A read of `stream` gives as many bytes as it was asked for, but at the end.

        Raises `OSError` when the stream cannot be read.
        """
        start = stream.read(MAX_WHOLE_BYTES + 1)
        if len(start) <= MAX_WHOLE_BYTES:
            return self.diagnose(start, language, file)
        pieces, lines = self._log_reducer.reduce_stream(ChainedReader(start, stream), progress)
        return self._diagnose_lines(normalize_lines(pieces), lines, language, file)

    def _diagnose_lines(
        self, text_lines: Sequence[TextLine], line_count: int, language: Language, file: str
    ) -> Diagnosis:
        lines = read_lines(text_lines)
        passages = build_indexed_texts(lines)
        kind = detect_kind(passages[0])
        story: Build | None = None
        if kind == "build-log":
            story = read_build(lines)
            if story.lines is not lines:
                passages = build_indexed_texts(story.lines)
        passage = passages[0]
        partial = story is not None and story.phase is None
        spoken = self._find_script_failure(story)
        found: dict[str, MatchCandidate] = {}
        foreign = is_foreign(passage)
        if not foreign:
            of_build = story is not None or is_about_build(passage)
            for reading in passages:
                for one in self._matcher.search(reading, _build_line_filter(reading, story), partial, of_build):
                    merge_candidate(found, one)
            if story is not None:
                self._add_observations(story, found)
        if story is not None and story.outcome == "running":
            for one in found.values():  # it may yet recover: a step can fail, be tried again, and end well
                one.confidence = "likely" if one.confidence == "certain" else one.confidence
        if story is not None and story.outcome == "succeeded":
            found = {name: one for name, one in found.items() if one.entry.severity == "info"}
        facts = extract_facts(passage, story)
        exit_entry = found.get("script-nonzero-exit")
        if exit_entry and spoken:
            verdicts = [line for line in exit_entry.evidence if line.source != "debug"]
            exit_entry.evidence = [*spoken.lines, *(verdicts or exit_entry.evidence)]
        order = rank_candidates(found.values(), self.entries, is_build_log=kind == "build-log")
        worded = kind == "question" or (kind == "unknown" and can_be_prose(passage))
        if worded and not foreign and not any(one.decisive for one, _ in order):
            order = self._search_by_words(passage, [one for one, _ in order])
        shown = redact_evidence(passage.lines, [line for one, _ in order for line in one.evidence])
        return Diagnosis(
            file=file,
            kind=kind,
            outcome=story.outcome if story else _parse_outcome(facts.get("run_state")),
            matches=tuple(self._build_match(one, explains, shown, language) for one, explains in order),
            excerpt=extract_excerpt(story, passage.lines, [one for one, _ in order], spoken),
            facts={name: _redact_fact(name, value) for name, value in facts.items()},
            timeline=story.summarize_provisioners() if story else (),
            phase=story.phase if story else None,
            os=detect_os(passage, story, facts),
            partial=partial,
            script_advice=_build_advice(spoken, language) if exit_entry else None,
            line_count=line_count,
            ids=extract_ids(passage, facts),
            longest_gap=find_longest_gap(story) if story else None,
        )

    def _search_by_words(
        self, indexed_text: IndexedText, candidates: Sequence[MatchCandidate]
    ) -> list[tuple[MatchCandidate, tuple[str, ...]]]:
        """What a person's own words speak for, then what weak signatures found; never certain."""
        text = "\n".join(line.body for line in indexed_text.lines)
        order: dict[str, MatchCandidate] = {}
        weak = is_program_output(indexed_text) or is_definition_question(indexed_text)
        for match in self._entry_search.search(text):
            strength: Confidence = "possible" if weak else match.strength
            order[match.entry] = MatchCandidate(self.entries[match.entry], strength, list(indexed_text.lines[:1]))
        for one in candidates:
            order.setdefault(one.entry.id, one)
        return [(one, ()) for one in list(order.values())[:MAX_MATCHES]]

    @cached_property
    def _entry_search(self) -> EntrySearch:
        """Built when the first question comes: a log needs no words, and the index takes its time."""
        return EntrySearch(self.entries)

    def _find_script_failure(self, build: Build | None) -> ScriptFailure | None:
        if build is None or build.outcome != "failed":
            return None
        spoken = self._script_error_finder.find_in_output([build.lines[index] for index in build.failure_range])
        return spoken if spoken.error else None

    def _add_observations(self, build: Build, candidates: dict[str, MatchCandidate]) -> None:
        for seen in observe(build):
            for entry, signature in self._matcher.signatures_by_observation.get(seen.id, ()):
                confidence: Confidence = "certain" if seen.is_proof and signature.strength == "decisive" else "likely"
                if signature.strength == "supporting":
                    confidence = "possible"
                merge_candidate(
                    candidates,
                    MatchCandidate(entry, confidence, list(seen.lines), {}, 0, signature.strength != "supporting"),
                )

    def _build_match(
        self,
        candidate: MatchCandidate,
        explains: tuple[str, ...],
        redacted_lines: Mapping[LogLine, str],
        language: Language,
    ) -> Match:
        entry = candidate.entry
        evidence: dict[int, ExcerptLine] = {}
        for line in candidate.evidence:
            if line.number not in evidence and len(evidence) < _MAX_EVIDENCE_LINES:
                evidence[line.number] = ExcerptLine(line.number, redacted_lines[line])
        return Match(
            entry=entry.id,
            title=entry.title.get(language),
            confidence=candidate.confidence,
            severity=entry.severity,
            retry=entry.retry,
            evidence=tuple(evidence[number] for number in sorted(evidence)),
            explains=explains,
            values={name: redact(value) for name, value in candidate.values.items()},
        )


def _redact_fact(name: str, value: FactValue) -> FactValue:
    """A fact without secrets. An account's name is none, though it can look like one where it stands alone."""
    return redact(value) if isinstance(value, str) and name != "account" else value


def _build_line_filter(indexed_text: IndexedText, build: Build | None) -> Callable[[int], bool]:
    """Whether a line of the passage may speak for a failure: in a finished build, only where it went wrong."""
    if build is None or build.outcome in ("unknown", "succeeded"):
        return lambda index: True
    span = build.failure_range
    lines = build.lines
    if not span:
        return lambda index: True
    first, last = lines[span.start].number, lines[span.stop - 1].number
    verdicts = {lines[index].number for index in build.verdict_indexes}

    def is_relevant(index: int) -> bool:
        number = indexed_text.lines[index].number
        return first <= number <= last or number in verdicts or indexed_text.lines[index].source == "verdict"

    return is_relevant


def _build_advice(script_failure: ScriptFailure | None, language: Language) -> ScriptAdvice | None:
    if script_failure is None or script_failure.error is None or script_failure.error.advice is None:
        return None
    return ScriptAdvice(script_failure.error.id, script_failure.error.advice.get(language))


_RUN_STATES: Mapping[str, BuildOutcome] = {
    "failed": "failed",
    "canceled": "canceled",
    "canceling": "canceled",
    "succeeded": "succeeded",
    "running": "running",
}


def _parse_outcome(run_state: object) -> BuildOutcome:
    return _RUN_STATES.get(str(run_state).lower(), "unknown")
