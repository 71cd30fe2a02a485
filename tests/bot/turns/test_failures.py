"""An error in a dialog or job: the person gets a reference, the log has it with the location, and nothing is lost."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bot.telemetry.observer import NullObserver, TurnSpan
from dialogs.conversation import Conversation
from dialogs.model.turn import Turn
from dialogs.resources import DialogResources
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.patching import set_existing
from tests.shipped_knowledge import DIAGNOSER, KNOWLEDGE_BASE

if TYPE_CHECKING:
    from tests.bot.stand_ins import Chat

SECRET = "hunter2-Q8xK"
TIMEOUT = (
    "Failed while waiting for packerizer: Timeout waiting for microservice to complete: 'context deadline exceeded'"
)
REFERENCE = re.compile(r"\breference: ([0-9a-f]{8})\b")


class FailureObserver(NullObserver):
    """Notes which turns were marked as failed, and with what."""

    def __init__(self) -> None:
        self.turns: list[tuple[str, str]] = []
        self._error = ""

    @contextmanager
    def _observe(self, kind: str) -> Iterator[TurnSpan]:
        self._error = ""
        yield self
        self.turns.append((kind, self._error))

    def observe_turn(self, kind: str, scope: str):  # type: ignore[no-untyped-def]
        return self._observe(kind)

    def fail(self, error: BaseException) -> None:
        self._error = type(error).__name__


def _observed(chat: Chat) -> FailureObserver:
    observer = FailureObserver()
    set_existing(chat.turns, "_observer", observer)
    return observer


async def test_a_fault_in_a_dialog_has_a_reference_and_counts_as_a_failed_turn(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    async def diagnose(text: str, language: Language) -> Diagnosis:
        if "fault" in text:
            raise RuntimeError(text)
        return DIAGNOSER.diagnose(text, language)

    conversation = Conversation(KNOWLEDGE_BASE, DialogResources(diagnose, lambda: "2026-03-01T10:00:00Z"))
    chat.conversation.answer_turn = conversation.answer_turn  # type: ignore[assignment, method-assign]
    observer = _observed(chat)
    await chat.send(TIMEOUT)
    (said,) = await chat.send(f"a fault with password={SECRET}")
    reference = REFERENCE.search(said)
    assert reference, said
    assert any(reference[1] in record.getMessage() and record.levelno == logging.ERROR for record in caplog.records)
    assert SECRET not in caplog.text
    assert observer.turns == [("text", ""), ("text", "RuntimeError")]
    await chat.send("next")
    assert "Step 2 of" in json.dumps(chat.teams.sent[-1]), "the walkthrough goes on"


async def test_a_press_that_fails_is_no_silent_success(chat: Chat) -> None:
    async def fail(turn: Turn) -> None:
        raise KeyError("x")

    chat.conversation.first = fail
    observer = _observed(chat)
    (said,) = await chat.send(value={"v": 1, "do": "next", "args": {}})
    assert REFERENCE.search(said)
    assert observer.turns == [("press", "KeyError")]
