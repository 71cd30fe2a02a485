"""Finds and ranks the entries that may explain an input: by signatures, by observations, or by a person's words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from knowledge.build_log.build import Build
from knowledge.build_log.failed_step import FailedStep, find_failed_step
from knowledge.build_log.observations import Observation
from knowledge.diagnosis.azure_error import find_innermost_error
from knowledge.diagnosis.candidate import MatchCandidate, merge_candidate
from knowledge.diagnosis.matching import LineFilter, Matcher
from knowledge.diagnosis.ranking import RankedCandidate, rank_candidates
from knowledge.diagnosis.script_failure import NO_FAILURE, ScriptFailure
from knowledge.input.input_kind import (
    can_be_prose,
    is_definition_question,
    is_program_output,
    is_small_talk,
)
from knowledge.input.parsed_input import ParsedInput, find_last_output, find_spoken_text
from knowledge.model.diagnosis import MAX_MATCHES, Confidence
from knowledge.model.entry import Entry
from knowledge.text.indexed_text import IndexedText
from knowledge.text.lines import LogLine, get_number

if TYPE_CHECKING:
    from knowledge.search.entry_search import EntrySearch


_MAX_SUGGESTIONS = 3
_MIN_CLEAR_SCORE = 11.5
"""Below this, the words of an error in a build log don't point to any particular entry."""
_SCRIPT_STEPS = frozenset(("powershell", "shell", "windows-update", "windows-restart", "file"))


class CandidateFinder:
    """Searches inputs for all entries. Build it once."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries
        self._matcher = Matcher(entries)

    @property
    def literals(self) -> Sequence[str]:
        """Every literal that a signature searches for."""
        return self._matcher.index.literals

    def find_candidates(
        self,
        parsed: ParsedInput,
        observations: Sequence[Observation] = (),
        said: ScriptFailure = NO_FAILURE,
        script: Confidence | None = None,
    ) -> dict[str, MatchCandidate]:
        """Return the candidates from signatures and observations, by entry id; none for foreign output.

        Args:
            parsed: The input.
            observations: What its build log, or its status, shows but doesn't say.
            said: What the failed step printed about its failure, used if no entry explains it.
            script: How certain it is that a script printed that, if the text doesn't have the step's start.
        """
        candidates: dict[str, MatchCandidate] = {}
        if parsed.is_foreign:
            return candidates
        build = parsed.build
        for text in parsed.indexed_texts:
            line_filter = _build_line_filter(text, build)
            for candidate in self._matcher.search(
                text, line_filter, parsed.is_partial, parsed.is_about_build, parsed.tool
            ):
                merge_candidate(candidates, candidate)
        self._add_observations(observations, candidates)
        if build is None:
            if said.lines and not (script == "possible" and _has_decisive(candidates)):
                self._add_general_entry("shell", candidates, said.lines, script or "likely")
            return candidates
        self._add_general_answer(build, candidates, said, script)
        if build.outcome == "running":
            # The build may still recover: a step can fail, be retried, and succeed.
            return {
                name: candidate._replace(confidence="likely") if candidate.confidence == "certain" else candidate
                for name, candidate in candidates.items()
            }
        if build.outcome == "succeeded":
            return {name: candidate for name, candidate in candidates.items() if candidate.entry.severity == "info"}
        return candidates

    def rank(self, parsed: ParsedInput, candidates: Mapping[str, MatchCandidate]) -> list[RankedCandidate]:
        """Rank candidates by cause. Also search by words if the text is in a person's own words."""
        ranked = rank_candidates(tuple(candidates.values()), self._entries, is_build_log=parsed.kind == "build-log")
        is_prose = parsed.kind == "question" or (parsed.kind == "unknown" and can_be_prose(parsed.text))
        if parsed.kind == "deployment-error" and not ranked:
            # Somebody asking may quote the error, such as "it says not authorized to access the gallery".
            is_prose = can_be_prose(parsed.text) and not is_program_output(parsed.text)
            is_prose = is_prose and find_innermost_error(parsed.text) is None
        if is_prose and not parsed.is_foreign and not any(candidate.decisive for candidate, _ in ranked):
            return self._search_by_words(parsed.text, [candidate for candidate, _ in ranked])
        if not ranked and not parsed.is_foreign and (spoken := find_spoken_text(parsed)) is not None:
            return self._search_by_words(spoken, (), find_last_output(parsed))
        return ranked

    def suggest_for_error(
        self, sentence: str, ranked: Sequence[RankedCandidate], is_build_log: bool
    ) -> list[RankedCandidate]:
        """Return the entries that share words with the error's own sentence, then those `ranked` on mere hints.

        None is more than possible: Azure's wording varies, and several answers share the same words. When Packer passes
        on an error in its log, hardly any words are enough to tell that a build resource wasn't created.
        """
        hits = self._entry_search.search(sentence)
        names = [hit.entry for hit in hits if _is_suggestion(self._entries[hit.entry])]
        deploy = self._matcher.index.general_entries.get("deploy")
        if is_build_log and deploy and (not hits or hits[0].score < _MIN_CLEAR_SCORE):
            names = [deploy, *(name for name in names if name != deploy)]
        if ranked and names and names[0] == ranked[0].candidate.entry.id:
            return list(ranked)  # the words and the hint agree, so no other entry is worth a look
        suggested = [
            RankedCandidate(MatchCandidate(self._entries[name], "possible"), ()) for name in names[:_MAX_SUGGESTIONS]
        ]
        return [*suggested, *(item for item in ranked if item.candidate.entry.id not in names)][:MAX_MATCHES]

    def _add_general_answer(
        self,
        build: Build,
        candidates: dict[str, MatchCandidate],
        said: ScriptFailure,
        script: Confidence | None,
    ) -> None:
        """Add the entry for the kind of step that failed, unless a better answer was found."""
        step = find_failed_step(build)
        confidence: Confidence = "likely"
        if step is None and script is not None and not _has_decisive(candidates):
            # If a log fragment doesn't have the start of a step, an unexplained error is a script's.
            step, confidence = "shell", script
        is_failed = build.outcome == "failed" or (build.outcome in ("running", "unknown") and bool(said.lines))
        if step is None or not is_failed:
            return
        verdicts = [build.lines[index] for index in build.verdict_indexes[:1]]
        evidence = [*said.lines, *verdicts] or _list_step_edges(build)
        self._add_general_entry(step, candidates, evidence, confidence)

    def _add_general_entry(
        self,
        step: FailedStep,
        candidates: dict[str, MatchCandidate],
        evidence: Sequence[LogLine],
        confidence: Confidence = "likely",
    ) -> None:
        # A wrapper shows the error inside it, which says as much about Azure's own steps as the general entry.
        counts_wrappers = step not in _SCRIPT_STEPS
        if any(_is_answer(candidate, counts_wrappers) for candidate in candidates.values()):
            return
        entry = self._entries.get(self._matcher.index.general_entries.get(step, ""))
        if entry is not None:
            candidate = MatchCandidate(entry, confidence, evidence, decisive=True, is_general=True)
            merge_candidate(candidates, candidate)

    def _add_observations(self, observations: Sequence[Observation], candidates: dict[str, MatchCandidate]) -> None:
        for observation in observations:
            positions = self._matcher.index.by_observation.get(observation.id, {})
            for signature, entry in (
                (self._entries[entry_id].signatures[position], self._entries[entry_id])
                for entry_id, signature_positions in positions.items()
                for position in signature_positions
            ):
                is_supporting = signature.strength == "supporting"
                confidence: Confidence = "likely"
                if is_supporting:
                    confidence = "possible"
                elif observation.is_proof and signature.strength == "decisive":
                    confidence = "certain"
                values = {} if observation.exit_code is None else {"code": str(observation.exit_code)}
                candidate = MatchCandidate(
                    entry,
                    confidence,
                    observation.lines,
                    values,
                    decisive=not is_supporting,
                    headline=signature.headline,
                )
                merge_candidate(candidates, candidate)

    def _search_by_words(
        self,
        indexed_text: IndexedText,
        candidates: Sequence[MatchCandidate],
        quoted: Sequence[LogLine] = (),
    ) -> list[RankedCandidate]:
        """Return the entries that a person's words describe, then the `candidates`; none of the former is certain.

        `quoted` are the lines of a log that the words are about.
        """
        text = "\n".join(line.body for line in indexed_text.lines)
        is_weak = is_program_output(indexed_text) or is_definition_question(indexed_text)
        candidates_by_entry: dict[str, MatchCandidate] = {}
        for hit in self._entry_search.search(text, is_small_talk=is_small_talk(indexed_text)):
            confidence: Confidence = "possible" if is_weak else hit.strength
            # a person's own words prove nothing, so they are no evidence
            candidates_by_entry[hit.entry] = MatchCandidate(self._entries[hit.entry], confidence, quoted)
        for candidate in candidates:
            candidates_by_entry.setdefault(candidate.entry.id, candidate)
        # A word search says nothing about causes, so no candidate explains another here.
        return [RankedCandidate(candidate, ()) for candidate in list(candidates_by_entry.values())[:MAX_MATCHES]]

    @cached_property
    def _entry_search(self) -> EntrySearch:
        """The word index, imported and built for the first question: it takes a while, and a log doesn't need it."""
        from knowledge.search.entry_search import EntrySearch

        return EntrySearch(self._entries)


def _has_decisive(candidates: Mapping[str, MatchCandidate]) -> bool:
    return any(candidate.decisive and candidate.entry.severity != "info" for candidate in candidates.values())


def _is_suggestion(entry: Entry) -> bool:
    """Return whether an entry can be about an error that no script printed."""
    return entry.severity != "info" and entry.role != "wrapper" and not entry.shows_script_output


def _is_answer(candidate: MatchCandidate, counts_wrappers: bool) -> bool:
    """Return whether a candidate says what failed. A wrapper only says that something did."""
    entry = candidate.entry
    is_firm = candidate.confidence != "possible" and entry.severity != "info"
    return is_firm and (counts_wrappers or entry.role != "wrapper")


def _list_step_edges(build: Build) -> list[LogLine]:
    """Return how the failed step began and ended, which is all there is if it printed nothing."""
    first, last = build.failure_range.start, build.failure_range.stop - 1
    start = [build.lines[first]] if build.failed_run and first < last else []
    return [*start, build.lines[last]]


def _build_line_filter(indexed_text: IndexedText, build: Build | None) -> LineFilter:
    """Return which lines may prove a failure.

    In a finished build, that's a line of the failed step or a verdict. The build survived the errors of earlier steps.
    """
    failure_range = range(0) if build is None or build.outcome in ("unknown", "succeeded") else build.failure_range
    if build is None or not failure_range:
        return LineFilter(lambda index: True)
    first, last = build.lines[failure_range.start].number, build.lines[failure_range.stop - 1].number
    verdict_numbers = {build.lines[index].number for index in build.verdict_indexes}
    lines, sources = indexed_text.lines, indexed_text.sources

    def is_relevant(index: int) -> bool:
        number = lines[index].number
        return first <= number <= last or number in verdict_numbers or sources[index] == "verdict"

    first_index = bisect_left(lines, min(first, *verdict_numbers) if verdict_numbers else first, key=get_number)
    if "verdict" in sources:
        first_index = min(first_index, sources.index("verdict"))
    return LineFilter(is_relevant, indexed_text.get_line_start(first_index) if first_index < len(lines) else 0)
