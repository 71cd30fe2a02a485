"""Build a diagnosis's finding: what broke, in one sentence.

The best source wins: a rule of `knowledge/findings/` that fits what a script printed or how a step was stopped, then
the headline of the top entry, then the error's own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from knowledge.build_log.build import Build
from knowledge.build_log.stages import number_step
from knowledge.diagnosis.azure_error import AzureError
from knowledge.diagnosis.candidate import MatchCandidate
from knowledge.diagnosis.ranking import RankedCandidate
from knowledge.diagnosis.script_failure import NO_FAILURE, ScriptFailure
from knowledge.diagnosis.script_position import find_script_line
from knowledge.diagnosis.stopped_step import StoppedStep
from knowledge.model.entry import Language, Owner
from knowledge.model.finding import Finding, FindingRule, StepPlace
from knowledge.patterns import define_text_pattern
from knowledge.redaction.patterns import ByteMatch, BytePattern
from knowledge.redaction.redact import redact
from knowledge.text.lines import LogLine
from knowledge.text.sentences import MAX_SENTENCE_CHARS, extract_sentence
from knowledge.text.value_slots import fill_values

UNKNOWN_ERROR = "unknown-error"
"""The id of a finding that only repeats an error that neither an entry nor a rule knows."""
MAX_VALUE_CHARS = 80
_STATUS_ALONE = define_text_pattern(r"(?i)\W*(?:http )?(?:response )?status(?: code)?:? ?\d{3}\W*$")
_MAX_SEARCHED_BYTES = 64 << 10
_MAX_LINE_BYTES = 8_000
_SENTENCE_SLOT = "{sentence|"
_SEPARATORS = " \t.,;:"
_QUOTES = {'"': '"', "'": "'", "`": "`", "(": ")", "[": "]"}


class FindingSource(NamedTuple):
    """The sources of a finding: what the failed step said or why it was stopped, Azure's answer, and the matches.

    `best_message` is what reads most like an error in the text. `is_named` is set if the text is just a message that
    the first match knows: anyone who pastes that here saw it in an image build, even if it doesn't say so. `pasted` are
    the lines of a text that isn't a log; they may contain names that the message doesn't repeat.
    """

    build: Build | None
    ranked: Sequence[RankedCandidate]
    said: ScriptFailure
    stopped: StoppedStep | None = None
    azure_error: AzureError | None = None
    best_message: ScriptFailure = NO_FAILURE
    is_about_build: bool = True
    is_named: bool = False
    pasted: Sequence[LogLine] = ()


def build_finding(source: FindingSource, language: Language) -> Finding | None:
    """Return what broke; `None` if nothing in the input says so."""
    top = source.ranked[0].candidate if source.ranked else None
    is_firm = top is not None and (top.confidence != "possible" or source.is_named)
    has_answer = top is not None and is_firm and top.entry.severity != "info"
    if top is not None and top.entry.severity == "info" and top.confidence != "possible":
        return None  # nothing broke
    place = find_place(source.build, source.said)
    # a proven cause says more than how the step was stopped
    is_proven = top is not None and top.confidence == "certain" and top.entry.role == "cause"
    if source.stopped is not None and not is_proven:
        return _build_from_stop(source.stopped, language, place)
    is_about_script = top is not None and top.entry.shows_script_output
    is_named_by_azure = source.azure_error is not None and source.azure_error.is_specific
    has_own_words = source.said.deciding is not None or source.said.rule is not None
    has_script_failure = has_own_words and not is_named_by_azure
    if has_script_failure and (is_about_script or not has_answer):
        return _build_from_script(source, language, place)
    if top is not None and has_answer:
        return _build_from_entry(top, source, language, place)
    return _build_from_own_words(source, place) if source.is_about_build else None


def find_place(build: Build | None, failure: ScriptFailure | None) -> StepPlace | None:
    """Return which step of the build failed, and at which line of its script if the output says so."""
    run = build.failed_run if build else None
    if build is None or run is None or build.outcome in ("succeeded", "unknown"):
        return None
    script_line = None
    if failure is not None and failure.deciding is not None and not failure.is_fallback:
        script_line = find_script_line(failure.deciding.text, build.lines, failure.deciding.line.number)
    return StepPlace(run.name, number_step(build, run), build.lines[run.start_index].number, script_line)


def _build_from_stop(stopped: StoppedStep, language: Language, place: StepPlace | None) -> Finding:
    captured = capture_values(stopped.rule, stopped.text, [])
    values = {name: _clean_value(value) for name, value in stopped.values.items()}
    return _build_from_rule(stopped.rule, {**values, **captured}, language, stopped.deciding, place)


def _build_from_script(source: FindingSource, language: Language, place: StepPlace | None) -> Finding:
    """Build a finding from what a script said: by its rule, or in the script's own words."""
    failure, build = source.said, source.build
    values = {"step": place.provisioner} if place is not None else {}
    if build is not None and build.script_exit_code is not None:
        values["exit_code"] = str(build.script_exit_code)
    message = failure.deciding
    if message is None:  # it printed nothing, so the verdict is all there is
        assert failure.rule is not None
        verdict = build.lines[build.verdict_indexes[0]] if build is not None and build.verdict_indexes else None
        return _build_from_rule(failure.rule, values, language, verdict, place)
    shown = redact(message.text)
    sentence = _quote_sentence(message.text, shown)
    if sentence:
        values["sentence"] = sentence
    if failure.rule is not None:
        if build is None:
            output: Sequence[str] = [line.body for line in source.pasted]
        else:
            failure_range = build.failure_range
            output = build.lines.bodies[failure_range.start : failure_range.stop]
        captured = capture_values(failure.rule, message.text, output, shown)
        return _build_from_rule(failure.rule, {**values, **captured}, language, message.line, place)
    title = sentence or shown
    return Finding(UNKNOWN_ERROR, title, "script", "after-fix", values, message.line.number, place)


def _build_from_rule(
    rule: FindingRule, values: Mapping[str, str], language: Language, line: LogLine | None, place: StepPlace | None
) -> Finding:
    title = fill_values(rule.title.get(language), values)
    return Finding(rule.id, title, rule.owner, rule.retry, values, line.number if line else 0, place)


def _build_from_entry(
    top: MatchCandidate, source: FindingSource, language: Language, place: StepPlace | None
) -> Finding:
    """Build a finding from an entry: its headline, a wrapper's innermost error in its own words, or its title."""
    entry = top.entry
    line = top.evidence[0].number if top.evidence else 0
    sentence, error_line = _find_own_words(source)
    values = {name: cleaned for name, value in top.values.items() if (cleaned := _clean_value(value))}
    if sentence:
        values["sentence"] = sentence
    if source.build is not None and source.build.script_exit_code is not None:
        values["exit_code"] = str(source.build.script_exit_code)
    text = (top.headline or entry.headline or entry.title).get(language)
    is_named = source.azure_error is not None and source.azure_error.is_specific
    is_wrapped = entry.role == "wrapper" and is_named  # the inner error says more than the wrapper
    is_unknown = top.is_general and _SENTENCE_SLOT not in text  # the headline may name a cause that isn't this one
    if sentence and (is_wrapped or is_unknown):
        return Finding(entry.id, sentence, entry.owner, entry.retry, values, error_line, place)
    if _SENTENCE_SLOT in text and error_line:
        line = error_line
    return Finding(entry.id, fill_values(text, values), entry.owner, entry.retry, values, line, place)


def _build_from_own_words(source: FindingSource, place: StepPlace | None) -> Finding | None:
    sentence, line = _find_own_words(source)
    owner: Owner = "azure" if source.azure_error else "script"
    return (
        Finding(UNKNOWN_ERROR, sentence, owner, "after-fix", {"sentence": sentence}, line, place) if sentence else None
    )


def _find_own_words(source: FindingSource) -> tuple[str, int]:
    """Return the input's own sentence about the error, and the number of its line; "" if it has none."""
    error = source.azure_error
    message = None if source.best_message.is_fallback else source.best_message.deciding
    if error is not None and (error.is_specific or message is None):
        sentence = _quote_sentence(error.message)
        code = redact(error.code)  # what looks like a secret isn't worth a headline
        if _STATUS_ALONE.match(sentence):  # the line around it says more
            return _quote_sentence(error.lines[0].body), error.lines[0].number
        words = f"{code}: {sentence}" if code and code == error.code else sentence
        return _clean_value(words, MAX_SENTENCE_CHARS), error.lines[0].number
    if message is not None:
        return _quote_sentence(message.text), message.line.number
    return "", 0


def _quote_sentence(message: str, shown: str | None = None) -> str:
    """Return the sentence that says what broke, redacted before it's cut: half a secret doesn't look like one.

    `shown` is the message redacted, if it's known.
    """
    shown = redact(message) if shown is None else shown
    sentence = " ".join(extract_sentence(shown).split())
    return _clean_redacted(sentence if sentence == message == shown else redact(sentence), MAX_SENTENCE_CHARS)


def capture_values(
    rule: FindingRule, message: str, output: Sequence[str], shown_message: str | None = None
) -> dict[str, str]:
    """Return what the rule captures: in the deciding message, or else its last occurrence in the step's output.

    A value that its line shows to be a secret is left out. `shown_message` is the message redacted, if it's known.
    """
    values: dict[str, str] = {}
    searched = message.encode("utf-8", "replace")
    text: bytes | None = None
    for regex in rule.capture:
        compiled = _compile(regex)
        if values.keys() >= compiled.group_names:
            continue
        source, match = searched, compiled.search(searched)
        if match is None:
            if text is None:
                text = "\n".join(output).encode("utf-8", "replace")[-_MAX_SEARCHED_BYTES:]
            source, match = text, max(compiled.finditer(text), key=lambda item: item.start(), default=None)
        if match is None:
            continue
        lines = _get_lines(source, match)
        shown = shown_message if shown_message is not None and lines == message else redact(lines)
        shown = " ".join(shown.split())
        for name, value in match.decode_groups().items():
            if " ".join(value.split()) in shown:
                values.setdefault(name, _clean_value(value))
    return {name: value for name, value in values.items() if value}


def _get_lines(text: bytes, match: ByteMatch) -> str:
    """Return the lines that contain a match."""
    begin = text.rfind(b"\n", 0, match.start()) + 1
    end = text.find(b"\n", match.end())
    return text[begin : end if end >= 0 else len(text)][:_MAX_LINE_BYTES].decode("utf-8", "replace")


@lru_cache(maxsize=1024)
def _compile(regex: str) -> BytePattern:
    return BytePattern(f"(?i){regex}")


def _clean_value(value: str, max_chars: int = MAX_VALUE_CHARS) -> str:
    """Return a captured value redacted, on one line, without quotes around it, and cut to `max_chars`."""
    collapsed = " ".join(value.split())
    text = redact(collapsed)
    if max_chars == MAX_VALUE_CHARS and text != collapsed:
        return ""  # the name looks like a secret: the headline's default says more than a redaction mark
    return _clean_redacted(text, max_chars)


def _clean_redacted(text: str, max_chars: int) -> str:
    text = text.strip().rstrip(_SEPARATORS)
    if len(text) > 1 and text[0] in _QUOTES:
        text = text[1:-1] if text[-1] == _QUOTES[text[0]] else text
    return text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"
