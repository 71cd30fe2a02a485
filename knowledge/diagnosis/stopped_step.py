"""Find why a step never ended: it was silent, or repeated itself, until the build was stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from knowledge.build_log.build import Build
from knowledge.build_log.noise import is_noise
from knowledge.build_log.observations import Observation
from knowledge.catalog.findings import FindingCatalog
from knowledge.catalog.line_patterns import LinePatternSet
from knowledge.model.finding import FindingRule, FindingTrigger, LinePattern
from knowledge.patterns import define_text_pattern
from knowledge.redaction.redact import redact
from knowledge.text.durations import format_duration
from knowledge.text.lines import LogLine
from knowledge.text.sentences import extract_sentence

_MAX_SEARCHED_LINES = 400
_TRIGGERS: Mapping[str, FindingTrigger] = {
    "stopped-after-silence": "silent",
    "stopped-while-repeating": "repeating",
}
_MAX_LAST_LINES = 3
_NO_COMMAND = define_text_pattern(
    r"(?i)^(?:Found command: ?)?\s*(?:#|::|rem\b|Write-\w|echo\b|printf\b|throw\b|log\w*\b|function\b|param\b|$)"
)
_CONDITION = define_text_pattern(
    r"(?i)^(?:Found command: ?)?\s*[})\s]*(?:if|elseif|elif|else|while|until|catch|switch|fi|done)\b"
)
_COMMENT = define_text_pattern(r"<#.*?(?:#>|$)|\s#.*$")
_BLOCK_START, _BLOCK_END = "<#", "#>"
_DENIAL = define_text_pattern(r"(?i)\b(?:not|no|never|non|fail\w*|error|denied|waiting)\b")
_COMMAND_START = "[INFO] starting remote command"


class StoppedStep(NamedTuple):
    """Why a step was stopped: the rule that names it, what fills its texts, and the line that shows it, if any."""

    rule: FindingRule
    text: str
    deciding: LogLine | None
    values: Mapping[str, str] = MappingProxyType({})


class StoppedStepFinder:
    """Chooses the rule for a step that was stopped. Build it once: it compiles the patterns."""

    def __init__(self, catalog: FindingCatalog) -> None:
        self._catalog = catalog
        self._pattern_sets = {trigger: LinePatternSet(catalog.list_patterns(trigger)) for trigger in _TRIGGERS.values()}

    def find(self, build: Build | None, observations: Sequence[Observation]) -> StoppedStep | None:
        """Return why the build's last step was stopped; `None` if it wasn't silent and didn't repeat itself."""
        run = build.failed_run if build else None
        if build is not None and build.outcome == "canceled" and not build.runs and build.phase is None:
            return StoppedStep(self._catalog.get_fallback("stopped"), "", _find_stop(build))
        if build is None or run is None or run.name == "windows-update":
            return None
        observation = next((item for item in observations if item.id in _TRIGGERS), None)
        if observation is None:
            return None
        trigger = _TRIGGERS[observation.id]
        stop_index = len(build.lines) if build.stop_index is None else build.stop_index
        step_lines = build.lines[max(run.start_index, stop_index - _MAX_SEARCHED_LINES) : stop_index]
        searched = observation.repeated if trigger == "repeating" else _list_commands(step_lines)
        rule, line = self._choose_rule(trigger, searched)
        values: dict[str, str] = {}
        if observation.seconds is not None:
            values["silence"] = format_duration(observation.seconds)
        if run.started_at and run.ended_at:
            values["duration"] = format_duration(int((run.ended_at - run.started_at).total_seconds()))
        if observation.repeat_count:
            values["count"] = f"{observation.repeat_count}+" if observation.has_more else str(observation.repeat_count)
        deciding = _find_deciding_line(trigger, observation, step_lines, line)
        if deciding is not None and deciding.source != "echo" and not deciding.body.startswith(_COMMAND_START):
            values["sentence"] = extract_sentence(redact(deciding.body))
        return StoppedStep(rule, line.body if line else "", deciding, values)

    def _choose_rule(self, trigger: FindingTrigger, lines: Sequence[LogLine]) -> tuple[FindingRule, LogLine | None]:
        """Return the heaviest rule that matches one of `lines`, with that line; else the rule for any step."""
        best: tuple[LinePattern, LogLine] | None = None
        for line in lines:
            pattern = self._pattern_sets[trigger].match_text(line.body).pattern
            if pattern is not None and (best is None or _rank(pattern, line) > _rank(*best)):
                best = pattern, line
        if best is None:
            return self._catalog.get_fallback(trigger), None
        return self._catalog.rules[best[0].id], best[1]


def _rank(pattern: LinePattern, line: LogLine) -> tuple[int, bool, int]:
    """Return how much a line says: by its pattern, then by whether it contains a negation, then by its length.

    In a script's source, a command says more than a condition that mentions it. If there are several, the last wins.
    """
    if line.source == "echo":
        return pattern.weight, _CONDITION.match(line.body) is None, 0
    return pattern.weight, _DENIAL.search(line.body) is not None, len(line.body)


def _list_commands(lines: Sequence[LogLine]) -> list[LogLine]:
    """Return the lines that may name what was running: the script's last output, and the commands in its source."""
    printed = [line for line in lines if line.source in ("output", "plain") and line.body.strip()]
    source = [line for line in _drop_comments(lines) if not _NO_COMMAND.match(line.body)]
    return [*reversed(printed[-_MAX_LAST_LINES:]), *reversed(source)]


def _drop_comments(lines: Sequence[LogLine]) -> Iterator[LogLine]:
    """Yield the lines of the script's source without comments, which may name commands that never ran."""
    in_block = False
    for line in lines:
        if line.source != "echo":
            continue
        body = line.body
        if in_block:
            in_block = _BLOCK_END not in body
            body = body.partition(_BLOCK_END)[2]
        in_block = in_block or body.rfind(_BLOCK_START) > body.rfind(_BLOCK_END)
        text = body if body.isascii() else body.encode("utf-8", "replace").decode()
        yield line._replace(body=_COMMENT.sub("", text))


def _find_stop(build: Build) -> LogLine | None:
    return None if build.stop_index is None else build.lines[build.stop_index]


def _find_deciding_line(
    trigger: FindingTrigger, observation: Observation, step_lines: Sequence[LogLine], named: LogLine | None
) -> LogLine | None:
    """Return the line that shows what ran: `named`, which a rule matches, unless it's from the script's source.

    Otherwise it's the repeated line that says the most, or the last one printed before the silence. If the step printed
    nothing, it's the command in its source, or else the line that says that the script was started.
    """
    if named is not None and named.source != "echo":
        return named
    if trigger == "repeating":
        return observation.repeated[0]
    printed = [
        line
        for line in step_lines
        if line.source in ("output", "plain") and line.body.strip() and not is_noise(line.body)
    ]
    if printed:
        return printed[-1]
    if named is not None:  # a command without its comments differs from the line in the log
        return next(line for line in step_lines if line.number == named.number and line.source == "echo")
    return next((line for line in reversed(step_lines) if line.body.startswith(_COMMAND_START)), None)
