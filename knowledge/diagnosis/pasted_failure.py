"""Find what failed in a pasted text that isn't a build log."""

from __future__ import annotations

from knowledge.diagnosis.azure_error import find_innermost_error
from knowledge.diagnosis.script_failure import NO_FAILURE, ScriptFailure, ScriptFailureFinder
from knowledge.diagnosis.step_failure import StepFailure
from knowledge.input.input_kind import has_speaker, is_spoken, list_quoted_messages
from knowledge.input.parsed_input import (
    ParsedInput,
    has_control_characters,
    is_technical_error,
    list_error_lines,
    names_packer_script,
    names_program,
    reads_like_error,
)
from knowledge.model.diagnosis import Confidence
from knowledge.patterns import define_pattern

_MIN_PLAIN_WEIGHT = 5.0
_MIN_PASTED_WEIGHT = 8
_MIN_GUESSED_WEIGHT = 6.0
_MAX_BARE_LINES = 60  # a longer text isn't a single pasted error
MIN_NAMED_WEIGHT = 3.0
"""The least weight of a line that starts with the name of the program that printed it."""
OTHER_SERVICES = define_pattern(
    r"\bAKS\b|\bmanaged ?clusters?\b|\bagent ?pools?\b|\bkubernetes\b|\bazurerm_[a-z]|\bterraform\b|\bscale ?sets?\b|"
    r"\bcreating (?:linux|windows) virtual machine\b|\bworkspaces?\b|\bblobServices/|\bbackup\b|\bjenkins\b|"
    r"\b[a-z_]+(?:\.[a-z_]+)+\.(?-i:[A-Z])\w*(?:Error|Exception)\b|\bVMSS\b|\bdatabricks\b|"
    r"\bapp service\b|\bservice fabric\b|\bHDInsight\b|\bAzure Batch\b|\bsession hosts?\b|"
    r"\bMicrosoft\.(?:RecoveryServices|OperationalInsights|Logic|ApiManagement|CognitiveServices|Synapse|Databricks|Batch|"
    r"EventHub|ServiceBus|Cdn|Search|Kusto|MachineLearningServices|DataFactory|Automation)/"
)
"""Other services that create the same kinds of Azure resources: a message that names one isn't about a build."""


class PastedFailureFinder:
    """Finds what reads most like an error in a text, except in a person's own words."""

    def __init__(self, script_failure_finder: ScriptFailureFinder) -> None:
        self._script_failure_finder = script_failure_finder

    def find_failure(self, parsed: ParsedInput) -> StepFailure:
        """Return what a script said in a pasted text, if a finding knows it or it reads like an error."""
        if parsed.is_foreign:
            return StepFailure()
        is_about = parsed.is_about_build
        if parsed.kind == "deployment-error" and find_innermost_error(parsed.text) is not None:
            return StepFailure()
        failure = self.find_best_message(parsed)
        if not is_about and has_control_characters(failure.lines):
            return StepFailure()
        confidence = judge_script(failure, parsed)
        if confidence == "likely" or (confidence and names_packer_script(parsed.text)):
            return StepFailure(failure, script="likely" if is_about else "possible")
        return StepFailure() if is_about else StepFailure(self._find_bare_error(parsed, failure), script="possible")

    def _find_bare_error(self, parsed: ParsedInput, failure: ScriptFailure) -> ScriptFailure:
        """Return a program's error that no finding knows, in a text that doesn't mention a build.

        `failure` is what reads most like an error in the text.
        """
        lines = parsed.text.lines
        azure_error = find_innermost_error(parsed.text)
        is_other = len(lines) > _MAX_BARE_LINES or OTHER_SERVICES.search(parsed.text.flat) is not None
        if is_other or (azure_error is not None and azure_error.is_specific):
            return NO_FAILURE
        if failure.deciding is not None:
            failure = self._script_failure_finder.find_best_message(list_error_lines(parsed), _MIN_GUESSED_WEIGHT)
        if failure.deciding is None and not has_speaker(parsed.text):
            named = [line for line in lines if names_program(line.body)]
            failure = self._script_failure_finder.find_best_message(named, MIN_NAMED_WEIGHT)
        if failure.deciding is None and not has_speaker(parsed.text):
            technical = [line for line in lines if is_technical_error(line.body)]
            failure = self._script_failure_finder.find_best_message(technical, MIN_NAMED_WEIGHT)
        is_error = failure.deciding is not None and (failure.rule is not None or reads_like_error(failure.deciding))
        return failure if is_error and not has_control_characters(failure.lines) else NO_FAILURE

    def find_best_message(self, parsed: ParsedInput) -> ScriptFailure:
        """Return what reads most like an error in a text, except in a person's own words."""
        lines = list_error_lines(parsed)
        failure = self._script_failure_finder.find_best_message(lines, _MIN_PLAIN_WEIGHT)
        if failure.deciding is None and parsed.build is not None and parsed.build.outcome in ("failed", "canceled"):
            # The log may show the failure only after the cleanup.
            return self._script_failure_finder.find_best_message(parsed.build.lines, _MIN_PLAIN_WEIGHT)
        has_more = len(lines) < len(parsed.text.lines) and not parsed.is_about_build
        if failure.deciding is None and has_more and not has_speaker(parsed.text):
            # It reads like a person's words, such as "please try again", but it's still a program's message.
            known = self._script_failure_finder.find_best_message(parsed.text.lines, _MIN_PASTED_WEIGHT)
            return known if known.rule is not None else failure
        if failure.deciding is None and parsed.build is None and len(lines) < len(parsed.text.lines) <= _MAX_BARE_LINES:
            # A person quotes it on separate lines, with words such as "but" in it that a person uses, too.
            quoted = [line for line in parsed.text.lines[1:] if not is_spoken(line.body)]
            quoted += list_quoted_messages(parsed.text)
            known = self._script_failure_finder.find_best_message(quoted, _MIN_PASTED_WEIGHT)
            return known if known.rule is not None else failure
        return failure


def judge_script(failure: ScriptFailure, parsed: ParsedInput) -> Confidence | None:
    """Return how certain it is that a script said this, not Azure or Packer: likely if a finding knows it."""
    if failure.deciding is None or failure.deciding.line.source == "verdict":
        return None
    azure_error = find_innermost_error(parsed.text)
    if azure_error is not None and azure_error.is_specific:
        return None
    is_known = failure.rule is not None and failure.rule.pattern.weight >= _MIN_PASTED_WEIGHT
    return "likely" if is_known else "possible"
