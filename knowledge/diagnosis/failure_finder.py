"""Find and name what failed in an input: the step's own messages, the reason it was stopped, or Azure's answer."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.build_log.build import Build, ProvisionerRun
from knowledge.build_log.observations import Observation
from knowledge.catalog.findings import FindingCatalog
from knowledge.diagnosis.azure_error import find_innermost_error
from knowledge.diagnosis.finding_builder import FindingSource, build_finding
from knowledge.diagnosis.pasted_failure import MIN_NAMED_WEIGHT, OTHER_SERVICES, PastedFailureFinder, judge_script
from knowledge.diagnosis.ranking import RankedCandidate
from knowledge.diagnosis.script_failure import NO_FAILURE, ScriptFailure, ScriptFailureFinder
from knowledge.diagnosis.step_failure import StepFailure
from knowledge.diagnosis.stopped_step import StoppedStepFinder
from knowledge.input.parsed_input import (
    CUT_LINES,
    ParsedInput,
    is_whole_message,
    list_error_lines,
    select_failure_text,
)
from knowledge.model.entry import Language
from knowledge.model.finding import Finding
from knowledge.text.lines import LogLine

_SCRIPT_RUNS = ("powershell", "shell")
_AZURE_PHASES = ("prepare", "deploy", "connect", "capture", None)
_MIN_PLAIN_WEIGHT = 5.0
_MIN_SURVIVED_WEIGHT = 8
_MIN_SUSPICIOUS_WEIGHT = 1.0
_DEPROVISION_MARK = ">>> "
_PHASES_OF_ANY_TOOL = ("devops",)
"""Phases whose messages, such as a sign-in error, other tools print too: alone, they name nothing."""


class FailureFinder:
    """Finds failures and names them. Build it once: it compiles the patterns of all findings."""

    def __init__(self, catalog: FindingCatalog) -> None:
        self._script_failure_finder = ScriptFailureFinder(catalog)
        self._pasted_failure_finder = PastedFailureFinder(self._script_failure_finder)
        self._stopped_step_finder = StoppedStepFinder(catalog)

    def find_failure(self, parsed: ParsedInput, observations: Sequence[Observation]) -> StepFailure:
        """Return what the build's failed step said, or why it was stopped.

        For a text that isn't a build log, return what a script said in it, if a finding knows it.
        """
        build = parsed.build
        if build is None:
            return self._pasted_failure_finder.find_failure(parsed)
        if build.outcome == "succeeded":
            return StepFailure(survived=self._find_survived_failure(build))
        if build.outcome == "canceled":
            return StepFailure(stopped=self._stopped_step_finder.find(build, observations))
        failure_range = build.failure_range
        output: Sequence[LogLine] = build.lines[failure_range.start : failure_range.stop]
        if build.outcome == "failed":
            if build.script_exit_code is not None and build.verdict_indexes:
                # After the verdict, what ran Packer speaks: a pipeline or a script on an agent.
                verdict = build.lines[build.verdict_indexes[0]].number
                output = [line for line in output if line.source != "plain" or line.number < verdict]
            said = self._script_failure_finder.find_in_output(output, build.script_exit_code)
        else:
            said = self._script_failure_finder.find_best_message(output[-CUT_LINES:], _MIN_PLAIN_WEIGHT)
            if said.deciding is None and build.outcome == "unknown":
                printed = [line for line in output[-CUT_LINES:] if line.source == "output"]
                said = self._script_failure_finder.find_best_message(printed, MIN_NAMED_WEIGHT)
        is_cut = build.phase is None and not build.runs
        return StepFailure(said, script=judge_script(said, parsed) if is_cut else None)

    def build_finding(
        self, parsed: ParsedInput, ranked: Sequence[RankedCandidate], failure: StepFailure, language: Language
    ) -> Finding | None:
        """Return what broke, in `language`; `None` if nothing in the input says so."""
        if failure.survived.deciding is not None:
            source = FindingSource(parsed.build, (), failure.survived)
            return build_finding(source, language)
        build = parsed.build
        if build is not None and build.outcome == "succeeded":
            return None
        top = ranked[0].candidate if ranked else None
        is_named = (
            top is not None
            and top.decisive
            and not top.is_general
            and top.entry.role != "wrapper"
            and top.entry.phase not in _PHASES_OF_ANY_TOOL
            and is_whole_message(parsed.text, top.first_line_index)  # a log is too long to be one
            and OTHER_SERVICES.search(parsed.text.flat) is None
        )
        is_firm = top is not None and (is_named or top.confidence != "possible")
        if not parsed.is_about_build and not is_firm:
            return None  # whatever failed, it wasn't an image build
        best_message = failure.said
        if best_message.deciding is None or best_message.is_fallback:
            best_message = self._pasted_failure_finder.find_best_message(parsed)
        azure_error = None
        if build is None or (build.phase in _AZURE_PHASES and build.failed_run is None):
            azure_error = find_innermost_error(select_failure_text(parsed))
        source = FindingSource(
            build,
            ranked,
            failure.said,
            failure.stopped,
            azure_error,
            best_message,
            parsed.is_about_build,
            is_named,
            parsed.text.lines if build is None else (),
        )
        return build_finding(source, language)

    def build_guess(
        self, parsed: ParsedInput, ranked: Sequence[RankedCandidate], failure: StepFailure, language: Language
    ) -> Finding | None:
        """Return what broke if a text that mentions no image build comes from one; `None` if nothing says so."""
        if parsed.is_about_build or not ranked:
            return None
        top = ranked[0].candidate
        if top.is_general and failure.said.deciding is not None:
            source = FindingSource(None, (), failure.said, pasted=parsed.text.lines)
        elif top.decisive and top.evidence and not top.is_general and top.entry.role != "wrapper":
            source = FindingSource(None, ranked[:1], NO_FAILURE, is_named=True)
        else:
            return None
        finding = build_finding(source, language)
        return finding._replace(is_guess=True) if finding else None

    def find_unknown_error(self, parsed: ParsedInput, failure: StepFailure) -> str:
        """Return what a text about a build says about an error that no signature knows; "" if it shows none.

        If a build step said it, it's a script's error, which the general answer covers.
        """
        if parsed.is_foreign or not parsed.is_about_build or failure.said.rule is not None:
            return ""
        if parsed.build is not None and parsed.build.failed_run is not None:
            return ""
        error = find_innermost_error(select_failure_text(parsed))
        if error is not None:
            return error.message
        message = self._pasted_failure_finder.find_best_message(parsed).deciding
        return message.text if message else ""

    def find_suspicious(self, parsed: ParsedInput) -> ScriptFailure:
        """Return the lines that may show an error in a text about a build, if none shows it plainly."""
        build = parsed.build
        if parsed.is_foreign or not parsed.is_about_build:
            return NO_FAILURE
        if build is not None and build.outcome == "succeeded":
            return NO_FAILURE
        lines = list_error_lines(parsed)
        if build is not None and build.outcome == "unknown":
            lines = lines[-CUT_LINES:]
        return self._script_failure_finder.find_best_message(lines, _MIN_SUSPICIOUS_WEIGHT)

    def _find_survived_failure(self, build: Build) -> ScriptFailure:
        """Return the worst failure inside a script of a build that still succeeded, if one is clear enough."""
        for run in build.runs:
            lines = _get_lines(build, run)
            if run.name not in _SCRIPT_RUNS or any(line.body.startswith(_DEPROVISION_MARK) for line in lines):
                continue
            failure = self._script_failure_finder.find_best_message(lines)
            is_plain = failure.deciding is not None and failure.deciding.kind in ("record", "exception")
            if is_plain and failure.rule is not None and failure.rule.pattern.weight >= _MIN_SURVIVED_WEIGHT:
                return failure
        return NO_FAILURE


def _get_lines(build: Build, run: ProvisionerRun) -> Sequence[LogLine]:
    return build.lines[run.start_index : run.end_index if run.end_index >= 0 else len(build.lines)]
