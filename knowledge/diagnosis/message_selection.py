"""Choose the few messages that show why a script failed, without repeats."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.build_log.script_output import ScriptMessage
from knowledge.diagnosis.message_score import MAX_SCORE_GAP, ScoredMessage, normalize_message

MAX_MESSAGES = 5
_MAX_MESSAGES_PER_PATTERN = 2
_MAX_COMPARED_MESSAGES = 400


def choose_messages(
    scored: Sequence[ScoredMessage], best: ScoredMessage, deciding: ScoredMessage, last: ScriptMessage | None
) -> tuple[ScriptMessage, ...]:
    """Choose at most five messages, in order: the deciding and the best one, the final strong one, others, the last."""
    if len(scored) == 1:  # there's nothing to choose from, or to compare it with
        return (best.message,) if last is None or last is best.message else (best.message, last)
    selection = _MessageSelection()
    for message in (deciding, best):
        if not selection.contains(message.message):
            selection.add(message)
    final = max(
        (message for message in scored if message.score >= best.score - MAX_SCORE_GAP),
        key=lambda message: message.position,
    )
    if not selection.is_repetition(final):
        selection.add(final)
    reserves_last = last is not None and not selection.contains(last)
    by_score = sorted(scored, key=lambda message: (-message.score, -message.position))[:_MAX_COMPARED_MESSAGES]
    selection.add_best(by_score, MAX_MESSAGES - reserves_last)
    if last is not None and not selection.contains(last):
        selection.add_at_end(last)
    return selection.list_messages()


class _MessageSelection:
    """Messages chosen so far, with what they say, so that repeats can be skipped."""

    def __init__(self) -> None:
        self._messages: dict[int, ScriptMessage] = {}  # by index
        self._normalized_texts: dict[int, bytes] = {}  # a cache: normalizing is expensive
        self._chosen_texts: set[bytes] = set()
        self._counts_by_pattern: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._messages)

    def contains(self, message: ScriptMessage) -> bool:
        return any(chosen is message for chosen in self._messages.values())

    def is_repetition(self, message: ScoredMessage) -> bool:
        return message.position in self._messages or self._normalize(message) in self._chosen_texts

    def add(self, message: ScoredMessage) -> None:
        self._messages[message.position] = message.message
        self._chosen_texts.add(self._normalize(message))
        self._counts_by_pattern[message.pattern_id] = self._counts_by_pattern.get(message.pattern_id, 0) + 1

    def add_best(self, messages: Sequence[ScoredMessage], max_messages: int) -> None:
        """Add messages in order, up to `max_messages`: first different patterns, then more of the same."""
        for max_per_pattern in (_MAX_MESSAGES_PER_PATTERN, MAX_MESSAGES):
            for message in messages:
                if len(self) >= max_messages:
                    return
                is_rare = self._counts_by_pattern.get(message.pattern_id, 0) < max_per_pattern
                if is_rare and not self.is_repetition(message):
                    self.add(message)

    def add_at_end(self, message: ScriptMessage) -> None:
        self._messages[10**9] = message

    def list_messages(self) -> tuple[ScriptMessage, ...]:
        return tuple(self._messages[key] for key in sorted(self._messages))

    def _normalize(self, message: ScoredMessage) -> bytes:
        if message.position not in self._normalized_texts:
            self._normalized_texts[message.position] = normalize_message(message.message)
        return self._normalized_texts[message.position]
