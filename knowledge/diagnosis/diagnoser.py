"""Diagnoses a text of any kind and size. This is the one entry point for every client."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from knowledge.build_log.build import Build, ProvisionerRun
from knowledge.build_log.observations import find_gaps, find_longest_gap, observe
from knowledge.build_log.stages import number_step, summarize_course
from knowledge.catalog.findings import FindingCatalog, load_findings
from knowledge.diagnosis.candidate_finder import CandidateFinder
from knowledge.diagnosis.evidence import EvidenceSelection, select_evidence
from knowledge.diagnosis.facts import FactValue, detect_os, extract_facts, extract_ids, observe_status
from knowledge.diagnosis.failure_finder import FailureFinder
from knowledge.diagnosis.ranking import RankedCandidate
from knowledge.input.parsed_input import parse_input
from knowledge.model.diagnosis import BuildOutcome, Diagnosis, LogGap, Match
from knowledge.model.entry import BuildTool, Entry, Language
from knowledge.model.finding import Finding
from knowledge.redaction.redact import hide_values, redact, redact_lines, redact_text
from knowledge.text.build_tool import is_plain_packer
from knowledge.text.builder_name import unify_builder_name
from knowledge.text.decoding import decode, replace_lone_surrogates
from knowledge.text.line_reading import read_lines
from knowledge.text.normalization import normalize_lines, normalize_text
from knowledge.text.text_lines import TextLines
from knowledge.text.unwrapping import may_be_wrapped, unwrap_lines

if TYPE_CHECKING:
    from knowledge.build_log.reducer import LogReducer
    from knowledge.template.image_template import ImageTemplate
    from knowledge.text.streaming import ByteReader

MAX_WHOLE_BYTES = 256 << 10
"""Maximum size of an input to analyze as a whole. A larger one is reduced to its significant lines first."""
_TOOL_LINES = 600
_VALIDATION_LOG = "validation.log"
_TEMPLATE_TYPE = b"virtualmachineimages"
HARMLESS_VALUE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|-?\d{1,10}|[a-z]{1,20}"
    r"|pkrdp[a-z0-9]{10}",
    re.ASCII,
)
"""A GUID, a time, a code, a word, or a deployment's name, in which no rule of redaction finds a secret.

In capitals, a part of a GUID can look like a key.
"""


class Diagnoser:
    """Diagnoses texts with a set of entries. Build it once: what's compiled for one text is reused for the next."""

    def __init__(self, entries: Mapping[str, Entry], findings: FindingCatalog | None = None) -> None:
        self.entries = entries
        self.findings = load_findings() if findings is None else findings
        self._candidate_finder = CandidateFinder(entries)
        self._failure_finder = FailureFinder(self.findings)

    def diagnose(self, text: str | bytes, language: Language = "en", file: str = "-") -> Diagnosis:
        """Diagnose a text, with titles and advice in `language`. Never raises, whatever the text.

        `file` names the input in the result.
        """
        content = decode(text) if isinstance(text, bytes) else replace_lone_surrogates(text)
        # Before anything splits, joins, or cuts a line: what comes before a secret may be what gives it away.
        redacted = redact_text(content)
        lines = _read_lines(content, redacted.text)
        line_count = content.count("\n") + 1 if content else 0
        return self._diagnose_lines(lines, line_count, language, file, content, hidden=redacted.values)

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
        from knowledge.text.streaming import ChainedReader  # most logs don't need it

        reduced = self._log_reducer.reduce_stream(ChainedReader(start, stream), progress)
        redacted = redact_lines([line.text for line in reduced.lines])
        kept = TextLines([line.number for line in reduced.lines], redacted)
        return self._diagnose_lines(normalize_lines(kept), reduced.line_count, language, file, known_gaps=reduced.gaps)

    @cached_property
    def _log_reducer(self) -> LogReducer:
        """The search through large logs, imported for the first one."""
        from knowledge.build_log.reducer import LogReducer

        return LogReducer(self._candidate_finder.literals)

    def _diagnose_lines(
        self,
        text_lines: TextLines,
        line_count: int,
        language: Language,
        file: str,
        content: str = "",
        known_gaps: Sequence[LogGap] | None = None,
        hidden: Sequence[bytes] = (),
    ) -> Diagnosis:
        """Diagnose the readable lines of a redacted text.

        `content` is the text as it is, and `hidden` are the values that redaction hid in it. A text that's too large to
        hold as a whole has no `content`, but all its silences in `known_gaps`.
        """
        unified = unify_builder_name(text_lines)
        # Any name other than `azure-arm` is a person's own.
        is_own_build = unified is not text_lines or is_plain_packer(text_lines.texts[:_TOOL_LINES])
        tool: BuildTool = "packer" if is_own_build else "image-builder"
        parsed = parse_input(read_lines(unified), tool)
        build, text = parsed.build, parsed.text
        # normalization undoes escapes, so JSON can only be read from the text as it is
        template = _read_template(content) if build is None and _TEMPLATE_TYPE in text.lower else None
        printed = _read_printed_status(content) if build is None and parsed.kind != "task-log" else {}
        facts = {**extract_facts(text, build, template), **printed}
        observations = observe(build) if build else observe_status(facts, text.lines)
        failure = self._failure_finder.find_failure(parsed, observations)
        candidates = self._candidate_finder.find_candidates(parsed, observations, failure.said, failure.script)
        ranked = self._candidate_finder.rank(parsed, candidates)
        if printed:
            ranked = [item for item in ranked if item.candidate.decisive]  # these are Azure's words, not a description
        outcome = build.outcome if build else _parse_outcome(facts.get("run_state"))
        is_failure = outcome in ("failed", "unknown") and not printed
        is_unknown = all(item.candidate.is_mere_hint for item in ranked)
        if is_failure and is_unknown and (error := self._failure_finder.find_unknown_error(parsed, failure)):
            ranked = self._candidate_finder.suggest_for_error(error, ranked, is_build_log=build is not None)
        # a status of a run that's in progress or succeeded isn't an error
        has_error = not parsed.is_foreign and (build is not None or bool(ranked) or outcome in ("failed", "unknown"))
        finding = self._failure_finder.build_finding(parsed, ranked, failure, language) if has_error else None
        if not (finding and finding.line) and not any(candidate.evidence for candidate, _ in ranked):
            failure = failure._replace(suspicious=self._failure_finder.find_suspicious(parsed))
        finding = finding or self._failure_finder.build_guess(parsed, ranked, failure, language)
        evidence = select_evidence(parsed, ranked, failure, finding)
        gaps = known_gaps if known_gaps is not None else tuple(find_gaps(build)) if build else ()
        gap, silent_run = find_longest_gap(build, gaps) if build else (None, None)
        return Diagnosis(
            file=file,
            kind="status" if printed else parsed.kind,
            outcome=outcome,
            matches=tuple(_build_match(item, evidence, language, finding) for item in ranked),
            excerpt=evidence.excerpt,
            facts={name: _redact_fact(name, value, hidden) for name, value in facts.items()},
            timeline=build.summarize_provisioners() if build else (),
            phase=_find_phase(build, facts, file),
            os=(template.os if template else None) or detect_os(text, build, facts),
            partial=parsed.is_partial,
            finding=finding,
            tool=tool,
            line_count=line_count,
            ids=extract_ids(text, facts),
            longest_gap=gap,
            silent_step=_name_step(build, silent_run),
            course=summarize_course(build, gaps, is_service=tool == "image-builder") if build else None,
        )


def _read_lines(content: str, redacted: str) -> TextLines:
    """Return the readable lines of a text, with the wrapped ones joined."""
    lines = normalize_text(redacted)
    if not may_be_wrapped(lines):
        return lines
    unwrapped = unwrap_lines(lines, normalize_text(content) if redacted != content else None)
    if unwrapped is lines:
        return lines
    # a wrapped line shows its secrets when it's joined
    return TextLines(unwrapped.numbers, redact_lines(unwrapped.texts))


def _find_phase(build: Build | None, facts: Mapping[str, FactValue], file: str) -> str | None:
    """Return the phase that the run reached. In a validation log, a validator looks like a customizer."""
    log_url, sub_state = str(facts.get("log_url") or ""), str(facts.get("run_sub_state") or "")
    if build is not None:
        return "validate" if build.phase and file.lower().endswith(_VALIDATION_LOG) else build.phase
    return "validate" if log_url.endswith(_VALIDATION_LOG) or sub_state.casefold() == "validating" else None


def _name_step(build: Build | None, run: ProvisionerRun | None) -> str:
    """Return a step's name, such as `7 (powershell)`; "" if there is no step."""
    return f"{number_step(build, run)} ({run.name})" if build and run else ""


def _build_match(
    ranked: RankedCandidate, evidence: EvidenceSelection, language: Language, finding: Finding | None
) -> Match:
    """Build a match. If the finding is a guess, the match takes its title."""
    candidate, explains = ranked
    entry = candidate.entry
    guess = finding.title if finding and finding.is_guess and (candidate.is_general or finding.id == entry.id) else ""
    return Match(
        entry=entry.id,
        title=guess or entry.title.get(language),
        confidence=candidate.confidence,
        severity=entry.severity,
        retry=entry.retry,
        evidence=evidence.render_match(candidate),
        explains=explains,
        values={name: _redact_value(value) for name, value in candidate.values.items()},
    )


def _read_template(content: str) -> ImageTemplate | None:
    """Return the template in a text's JSON. Few texts have one, and the parser takes time to import."""
    from knowledge.template.documents import read_pasted_template

    return read_pasted_template(content)


def _read_printed_status(content: str) -> Mapping[str, str]:
    """Return the facts of a status that a command printed in a form other than Azure's JSON."""
    from knowledge.template.printed_status import read_printed_status

    return read_printed_status(content)


def _parse_outcome(run_state: FactValue) -> BuildOutcome:
    if run_state is None:
        return "unknown"
    from knowledge.template.run import Run

    return Run(str(run_state)).outcome


def _redact_fact(name: str, value: FactValue, hidden: Sequence[bytes]) -> FactValue:
    """Redact a fact, except a storage account's name, which isn't a secret but can look like one out of context."""
    if not isinstance(value, str) or name == "account":
        return value
    return hide_values(value, hidden) if hidden else _redact_value(value)


def _redact_value(value: str) -> str:
    return value if HARMLESS_VALUE.fullmatch(value) else redact(value)
