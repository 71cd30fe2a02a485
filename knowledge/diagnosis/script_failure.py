"""Find what broke in a failed step's output: the messages that show it, and the finding that names it.

The patterns come from `knowledge/findings/`. If nothing reads like an error, the last printed lines are the best
evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import filterfalse, islice
from typing import NamedTuple

from knowledge.build_log.noise import is_noise
from knowledge.build_log.script_output import ScriptMessage, read_messages
from knowledge.catalog.findings import FindingCatalog
from knowledge.catalog.line_patterns import LinePatternSet
from knowledge.diagnosis.message_score import MAX_SCORE_GAP, MIN_SCORE, ScoredMessage, score_messages
from knowledge.diagnosis.message_selection import MAX_MESSAGES, choose_messages
from knowledge.model.finding import FindingRule
from knowledge.patterns import define_text_pattern
from knowledge.text.lines import LogLine

MAX_LINES = 4_000
_SHOWN_SOURCES = ("output", "plain", "verdict")
_MAX_WEIGHT_GAP = 1.0
_HEADER_LINES = 20  # a provisioner announces itself in its first lines
_STOP_PREFIX = "Provisioning step had errors"
_BEGIN_PREFIX = "Provisioning with "
_BOILERPLATE = define_text_pattern(
    r"(?i)^(?:\+ exit\b|(?:stopping |windows powershell )?transcript|\*{4,}|(?:end time|username|runas user)\s*:)"
)
_BOILERPLATE_FIRST_CHARS = frozenset("+*sSwWtTeEuUrR")


class ScriptFailure(NamedTuple):
    """What a step printed about its failure.

    `messages` are at most five, in order, and `deciding` is the one that says what broke. `rule` is the finding that
    names it; `is_fallback` is set if the step printed no error.
    """

    messages: tuple[ScriptMessage, ...]
    deciding: ScriptMessage | None
    rule: FindingRule | None
    is_fallback: bool = False

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """Return the first line of each message, and as many of the deciding message's other lines as fit."""
        lines = [message.line for message in self.messages]
        if self.deciding is not None:
            lines += self.deciding.continuation_lines[: MAX_MESSAGES - len(lines)]
        return tuple(sorted(lines, key=lambda line: line.number))


NO_FAILURE = ScriptFailure((), None, None)


class ScriptFailureFinder:
    """Searches a step's output for all known failures. Build it once: it compiles the patterns."""

    def __init__(self, catalog: FindingCatalog) -> None:
        self.catalog = catalog
        self._pattern_set = LinePatternSet([*catalog.line_patterns, *catalog.list_patterns("said")])
        self._quiet_pattern_set = LinePatternSet(catalog.list_patterns("nothing-said"))

    def find_in_output(self, output: Sequence[LogLine], exit_code: int | None = None) -> ScriptFailure:
        """Find what the step with this `output`, from its start to its failure, said about the failure.

        If no message reads like an error, the last ones are returned, with a rule for a script that says nothing if
        `output` begins where a script does, or if the verdict says that it was one by its `exit_code`. That it printed
        nothing at all is known only of a step that is there from its start to its end.
        """
        messages = read_step_messages(output)
        last_messages = list(islice(filterfalse(_is_boilerplate, reversed(messages)), MAX_MESSAGES))[::-1]
        scored = score_messages(self._pattern_set, messages)
        best = max(scored, key=lambda message: (message.score, message.position), default=None)
        if best is None or best.score < MIN_SCORE:
            has_start = any(line.body.startswith(_BEGIN_PREFIX) for line in output[:_HEADER_LINES])
            if not (has_start or last_messages) and exit_code is not None:
                return ScriptFailure((), None, self.catalog.get_fallback("cut"), is_fallback=True)
            is_whole = has_start and output[-1].body.startswith(_STOP_PREFIX)
            is_script = is_whole if not last_messages else has_start or exit_code is not None
            if is_script and (quiet := self._find_quiet_failure(messages, last_messages, exit_code)):
                return quiet
            return self._build_fallback(last_messages, is_script)
        deciding, rule = self._choose_rule(scored, best)
        last = last_messages[-1] if last_messages else None
        return ScriptFailure(choose_messages(scored, best, deciding, last), deciding.message, rule)

    def find_best_message(self, lines: Sequence[LogLine], min_weight: float = MIN_SCORE) -> ScriptFailure:
        """Find the message that reads most like an error in any text; none if nothing weighs at least `min_weight`.

        Unlike in a script's output, if several say equally much, the first is the cause.
        """
        scored = score_messages(self._pattern_set, read_step_messages(lines), end_bonus=0.0)
        best = max(scored, key=lambda message: (message.score, -message.position), default=None)
        if best is None or best.score < min_weight:
            return NO_FAILURE
        rule = self.catalog.rules.get(best.pattern_id)
        return ScriptFailure(choose_messages(scored, best, best, None), best.message, rule)

    def _find_quiet_failure(
        self, messages: Sequence[ScriptMessage], last_messages: Sequence[ScriptMessage], exit_code: int | None
    ) -> ScriptFailure | None:
        """Return the failure that a message and the exit code show together, though neither is an error by itself."""
        for message in reversed(messages):
            for pattern in self._quiet_pattern_set.find_all(message.text):
                rule = self.catalog.rules[pattern.id]
                if exit_code in rule.exit_codes:
                    others = [each for each in last_messages if each is not message][1 - MAX_MESSAGES :]
                    shown = sorted((message, *others), key=lambda each: each.line.number)
                    return ScriptFailure(tuple(shown), message, rule, is_fallback=True)
        return None

    def _build_fallback(self, last_messages: Sequence[ScriptMessage], is_script: bool) -> ScriptFailure:
        messages = tuple(last_messages)
        if not is_script:
            return ScriptFailure(messages[-2:], None, None, is_fallback=True)
        rule = self.catalog.get_fallback("nothing-said" if messages else "nothing-printed")
        return ScriptFailure(messages, messages[-1] if messages else None, rule, is_fallback=True)

    def _choose_rule(
        self, scored: Sequence[ScoredMessage], best: ScoredMessage
    ) -> tuple[ScoredMessage, FindingRule | None]:
        """Among the messages that score about as high as the best, choose the one whose finding says the most.

        If the best message says clearly more than any finding, its own words are the headline.
        """
        near = [message for message in scored if message.score >= best.score - MAX_SCORE_GAP]
        named = [message for message in near if message.pattern_id in self.catalog.rules]
        if not named:
            return best, None
        chosen = max(named, key=lambda message: (message.weight, message.score, message.position))
        if best not in named and chosen.weight < best.weight - _MAX_WEIGHT_GAP:
            return best, None
        return chosen, self.catalog.rules[chosen.pattern_id]


def _is_boilerplate(message: ScriptMessage) -> bool:
    """Return whether a message is part of how a script ends, whatever happened in it."""
    return message.text[:1] in _BOILERPLATE_FIRST_CHARS and _BOILERPLATE.match(message.text) is not None


def read_step_messages(output: Sequence[LogLine]) -> list[ScriptMessage]:
    """Return the messages that a step printed, without progress bars and Packer's own lines."""
    is_noisy: dict[str, bool] = {}  # a loop prints the same line over and over
    lines: list[LogLine] = []
    for line in output[-MAX_LINES:]:
        body = line.body
        if line.source not in _SHOWN_SOURCES or (not body and lines and not lines[-1].body):
            continue
        if body not in is_noisy:
            is_noisy[body] = is_noise(body)
        if not is_noisy[body]:
            lines.append(line)
    while lines and (lines[-1].body.startswith(_STOP_PREFIX) or not lines[-1].body.strip()):
        lines.pop()
    return read_messages(lines)
