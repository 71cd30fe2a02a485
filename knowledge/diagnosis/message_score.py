"""Weigh what a failed script printed: which message says most about the cause?

A message scores by the pattern it contains, higher if it is an error record or the last line of a traceback, and higher
the nearer it is to the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from knowledge.build_log.script_output import ScriptMessage
from knowledge.catalog.line_patterns import LinePatternMatch, LinePatternSet
from knowledge.model.finding import LinePattern

MIN_SCORE = 4.0
"""If the best message scores less than this, none of them is an error."""
END_BONUS = 3.0
"""On the scale of the weights, 0 to 10."""
MAX_SCORE_GAP = 4.0
"""How far below the best score a message with a finding, or the final message, may be."""
_END_WINDOW_MESSAGES = 40  # the end bonus fades to 0 over this many messages from the end of the script
_RECORD_BONUS = 2.0
_UNKNOWN_RECORD_WEIGHT = 5  # weight of an error record without a known pattern
_MIN_WRAPPED_CHARS = 70  # a console wouldn't have wrapped a shorter line
_MAX_COMPARED_CHARS = 160
# Few bytes are searched, so Python's own expressions are good enough. RE2 takes a call for each of the many parts.
_VARIABLE_PARTS = (
    # after any other character, the rest of a word was already searched for a slash
    rb"""'[^']*'|"[^"]*"|[\d.,:/\\~-]+|(?<![^\s'"\d.,:/\\~-])[^\s\\/]*+[\\/]\S*"""
)


class ScoredMessage(NamedTuple):
    """A message that reads like an error, at its position in the script's output.

    `weight` is how much its own words say; `score` also counts how close it is to the end.
    """

    position: int
    message: ScriptMessage
    pattern: LinePattern | None
    score: float
    weight: float = 0.0

    @property
    def pattern_id(self) -> str:
        """Return the id of the message's pattern; "" without one."""
        return self.pattern.id if self.pattern else ""


def normalize_message(message: ScriptMessage) -> bytes:
    """Return a message without quoted names, numbers, and paths, so that repeated noise compares equal."""
    text = message.text[:_MAX_COMPARED_CHARS].encode("utf-8", "replace")
    return b" ".join(re.sub(_VARIABLE_PARTS, b"", text).split())


def score_messages(
    pattern_set: LinePatternSet, messages: Sequence[ScriptMessage], end_bonus: float = END_BONUS
) -> list[ScoredMessage]:
    """Return the messages that say anything about an error, in order.

    `end_bonus` is the last message's bonus over one far from the end; 0 for a text that isn't a script's output.
    """
    scored: list[ScoredMessage] = []
    matches = _TextMatches(pattern_set)
    last_index = len(messages) - 1
    for index, message in enumerate(messages):
        if message.kind == "trace":
            continue
        next_message = messages[index + 1] if index < last_index else None
        pattern, weight = _weigh_message(matches, message, next_message)
        if weight <= 0:
            continue
        closeness = 1.0 - min(last_index - index, _END_WINDOW_MESSAGES) / _END_WINDOW_MESSAGES
        scored.append(ScoredMessage(index, message, pattern, weight + end_bonus * closeness, weight))
    return scored


class _TextMatches(dict[str, LinePatternMatch]):
    """What was found in each text: a script can print the same line over and over."""

    def __init__(self, pattern_set: LinePatternSet) -> None:
        super().__init__()
        self._pattern_set = pattern_set

    def __missing__(self, text: str) -> LinePatternMatch:
        match = self[text] = self._pattern_set.match_text(text)
        return match


def _weigh_message(
    matches: _TextMatches, message: ScriptMessage, next_message: ScriptMessage | None
) -> tuple[LinePattern | None, float]:
    """Return the heaviest pattern in a message and the message's weight; 0 if it says nothing about an error."""
    match = matches[message.text]
    pattern, weight = match.pattern, float(match.pattern.weight if match.pattern else 0)
    if message.kind != "line":
        return pattern, max(weight, _UNKNOWN_RECORD_WEIGHT) + _RECORD_BONUS
    if next_message and weight < _UNKNOWN_RECORD_WEIGHT and len(message.text) >= _MIN_WRAPPED_CHARS:
        # a pattern may only match when two lines are read as one
        wrapped = matches[f"{message.text} {next_message.text}"].pattern
        if wrapped and wrapped.weight > weight and wrapped is not matches[next_message.text].pattern:
            pattern, weight = wrapped, float(wrapped.weight)
    if match.weight_cap is not None:
        weight = min(weight, match.weight_cap)
    return pattern, weight
