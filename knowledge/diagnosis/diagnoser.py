"""Diagnoses a text of any kind and size. This is the one entry point for every client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from knowledge.build_log.build import Build
from knowledge.build_log.observations import find_longest_gap
from knowledge.catalog.script_errors import ScriptFailure, load_script_errors
from knowledge.diagnosis.candidate import MatchCandidate
from knowledge.diagnosis.candidate_finder import CandidateFinder
from knowledge.diagnosis.excerpt import extract_excerpt, redact_evidence
from knowledge.diagnosis.facts import FactValue, detect_os, extract_facts, extract_ids
from knowledge.diagnosis.parsed_input import parse_input
from knowledge.diagnosis.ranking import RankedCandidate
from knowledge.model.diagnosis import BuildOutcome, Diagnosis, ExcerptLine, Match, ScriptAdvice
from knowledge.model.entry import Entry, Language
from knowledge.redaction.redact import redact
from knowledge.text.decoding import decode, replace_lone_surrogates
from knowledge.text.lines import LogLine, read_lines
from knowledge.text.normalization import TextLine, normalize_lines, normalize_text
from knowledge.text.unwrapping import unwrap_lines

if TYPE_CHECKING:
    from knowledge.build_log.reducer import LogReducer
    from knowledge.template.image_template import ImageTemplate
    from knowledge.text.streaming import ByteReader

MAX_WHOLE_BYTES = 256 << 10
"""Size up to which an input is analyzed as a whole. A larger one is reduced to its significant lines first."""
_MAX_EVIDENCE_LINES = 6
_TEMPLATE_TYPE = b"virtualmachineimages"


class Diagnoser:
    """Diagnoses texts with a set of entries. Build it once: what is compiled for one text serves the next."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self._candidate_finder = CandidateFinder(entries)
        self._script_error_finder = load_script_errors()

    def diagnose(self, text: str | bytes, language: Language = "en", file: str = "-") -> Diagnosis:
        """Diagnose a text, with titles and advice in `language`. No text makes this raise.

        `file` names the input in the result.
        """
        content = decode(text) if isinstance(text, bytes) else replace_lone_surrogates(text)
        lines = unwrap_lines(normalize_text(content))
        line_count = content.count("\n") + 1 if content else 0
        return self._diagnose_lines(lines, line_count, language, file, content)

    def diagnose_stream(
        self,
        stream: ByteReader,
        language: Language = "en",
        file: str = "-",
        progress: Callable[[int], None] | None = None,
    ) -> Diagnosis:
        """Diagnose a log of any size, which is read once and in bounded memory.

        `stream.read(n)` must return n bytes until the end is reached. `progress` receives the number of bytes read so
        far. Raises `OSError` if the stream cannot be read.
        """
        start = stream.read(MAX_WHOLE_BYTES + 1)
        if len(start) <= MAX_WHOLE_BYTES:
            return self.diagnose(start, language, file)
        from knowledge.text.streaming import ChainedReader  # not needed for most logs

        lines, line_count = self._log_reducer.reduce_stream(ChainedReader(start, stream), progress)
        return self._diagnose_lines(normalize_lines(lines), line_count, language, file)

    @cached_property
    def _log_reducer(self) -> LogReducer:
        """The search through large logs, imported for the first one."""
        from knowledge.build_log.reducer import LogReducer

        return LogReducer(self._candidate_finder.literals)

    def _diagnose_lines(
        self, text_lines: Sequence[TextLine], line_count: int, language: Language, file: str, content: str = ""
    ) -> Diagnosis:
        """Diagnose the readable lines of a text. `content` is the text as it is, unless it's too large to have."""
        parsed = parse_input(read_lines(text_lines))
        build, text = parsed.build, parsed.text
        candidates = self._candidate_finder.find_candidates(parsed)
        script_failure = self._find_script_failure(build)
        script_exits = [candidate for candidate in candidates.values() if candidate.entry.shows_script_output]
        if script_failure:
            for script_exit in script_exits:
                _show_script_output(script_exit, script_failure)
        ranked = self._candidate_finder.rank(parsed, candidates)
        # normalization undoes escapes, so JSON can only be read from the text as it is
        template = _read_template(content) if build is None and _TEMPLATE_TYPE in text.lower else None
        # unredacted: they are compared with the text for further ids below
        facts = extract_facts(text, build, template)
        return Diagnosis(
            file=file,
            kind=parsed.kind,
            outcome=build.outcome if build else _parse_outcome(facts.get("run_state")),
            matches=_build_matches(ranked, text.lines, language),
            excerpt=extract_excerpt(build, text.lines, [candidate for candidate, _ in ranked], script_failure),
            facts={name: _redact_fact(name, value) for name, value in facts.items()},
            timeline=build.summarize_provisioners() if build else (),
            phase=build.phase if build else None,
            os=(template.os if template else None) or detect_os(text, build, facts),
            partial=parsed.is_partial,
            script_advice=_build_advice(script_failure, language) if script_exits else None,
            line_count=line_count,
            ids=extract_ids(text, facts),
            longest_gap=find_longest_gap(build) if build else None,
        )

    def _find_script_failure(self, build: Build | None) -> ScriptFailure | None:
        """Return what the script that failed printed about it, if the input is a failed build."""
        if build is None or build.outcome != "failed":
            return None
        failure = self._script_error_finder.find_in_output([build.lines[index] for index in build.failure_range])
        return failure if failure.pattern else None


def _show_script_output(candidate: MatchCandidate, script_failure: ScriptFailure) -> None:
    """Put the script's own lines first in the evidence of a candidate, followed by Packer's verdict."""
    # A debug line only repeats the exit code that the verdict has.
    verdicts = [line for line in candidate.evidence if line.source != "debug"]
    candidate.evidence = [*script_failure.lines, *(verdicts or candidate.evidence)]


def _build_matches(
    ranked: Sequence[RankedCandidate], lines: Sequence[LogLine], language: Language
) -> tuple[Match, ...]:
    evidence = [line for candidate, _ in ranked for line in candidate.evidence]
    redacted_lines = redact_evidence(lines, evidence)
    return tuple(_build_match(candidate, explains, redacted_lines, language) for candidate, explains in ranked)


def _build_match(
    candidate: MatchCandidate, explains: tuple[str, ...], redacted_lines: Mapping[LogLine, str], language: Language
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


def _read_template(content: str) -> ImageTemplate | None:
    """Return the template that a text has as JSON. Few texts have one, and the parser takes time to import."""
    from knowledge.template.documents import read_pasted_template

    return read_pasted_template(content)


def _parse_outcome(run_state: FactValue) -> BuildOutcome:
    if run_state is None:
        return "unknown"
    from knowledge.template.run import Run

    return Run(str(run_state)).outcome


def _redact_fact(name: str, value: FactValue) -> FactValue:
    """Redact a fact, except for the name of a storage account: it is no secret, but alone it can look like one."""
    return redact(value) if isinstance(value, str) and name != "account" else value


def _build_advice(script_failure: ScriptFailure | None, language: Language) -> ScriptAdvice | None:
    pattern = script_failure.pattern if script_failure else None
    if pattern is None or pattern.advice is None:
        return None
    return ScriptAdvice(pattern.id, pattern.advice.get(language))
