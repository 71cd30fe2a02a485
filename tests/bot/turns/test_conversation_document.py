"""The conversation document and its outbox messages, as JSON and back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from typing import Any

from bot.cards.messages import CardMessage, TextMessage
from bot.turns.conversation_document import ConversationDocument, read_conversation_document
from bot.turns.outbox_message import OutboxMessage
from dialogs.state.conversation_json import state_from_json, state_to_json
from tests.upgrade.earlier import FIXTURES


def test_a_message_is_written_whole_and_comes_back_the_same() -> None:
    message = OutboxMessage(
        "m.0",
        CardMessage({"body": [1]}, "s"),
        {"app": "a"},
        "it",
        1.5,
        2.5,
        3,
        1,
        2,
        in_flight=True,
        is_fallback=True,
    )
    assert message.to_json() == {
        "id": "m.0", "message": {"card": {"body": [1]}, "summary": "s"}, "back": {"app": "a"}, "language": "it", "made": 1.5, "due": 2.5,
        "tries": 3, "doubts": 1, "breaks": 2, "begun": True, "spare": True,
    }, "the keys of version 1 stay"  # fmt: skip
    kept = json.loads(json.dumps(ConversationDocument(outbox=[message]).to_json()))
    assert read_conversation_document(kept).outbox == [message]


def test_what_belongs_to_the_person_goes_and_what_was_done_stays_known() -> None:
    document = ConversationDocument(language="it", sign_in_expires_at=5.0, welcomed=True)
    document.remember_way_back({"conversation": "19:room", "activity": "7"})
    assert document.to_json()["back"] == {"conversation": "19:room", "activity": None}
    document.mark_processed("mark", 1000.0)
    document.store_invoke_response("mark", TextMessage("an answer"))
    document.clear_personal_state()
    written = json.dumps(document.to_json())
    assert "an answer" not in written
    assert "19:room" not in written
    assert (document.language, document.sign_in_expires_at, document.pending_turns) == (None, 0.0, [])
    assert "mark" in document.processed_activities, "a repeated delivery must not run its turn again"


def read_captured_documents() -> list[dict[str, Any]]:
    """The conversations that release 0.1.0 left in a state file."""
    with closing(sqlite3.connect(f"file:{FIXTURES / 'state.db'}?mode=ro&immutable=1", uri=True)) as database:
        rows = [json.loads(value) for (value,) in database.execute("select value from state")]
    return [row for row in rows if "counts" not in row]


def test_what_0_1_0_stored_is_read_and_stored_again_as_it_was() -> None:
    """So 0.1.0 also reads what this release stores."""
    documents = read_captured_documents()
    assert len(documents) > 40
    for stored in documents:
        document = read_conversation_document(stored)
        assert json.loads(json.dumps(document.to_json())) == stored
        if stored["medic"]:
            assert state_to_json(state_from_json(stored["medic"])) == stored["medic"]


def test_what_a_later_release_adds_is_ignored() -> None:
    """0.1.0 dropped a waiting turn for an unknown key of its person or action; from now on, none is lost."""
    for stored in read_captured_documents():
        later = deepcopy(stored)
        turns = [pending["turn"] for pending in later["pending"]]
        actions = [turn["action"] for turn in turns if turn.get("action")]
        for found in (
            later,
            *later["outbox"],
            *later["pending"],
            *turns,
            *actions,
            *(turn["person"] for turn in turns),
        ):
            found["added-later"] = {"id": "x"}
        assert read_conversation_document(later).pending_turns == [
            replace(pending, turn_json=turn)
            for pending, turn in zip(read_conversation_document(stored).pending_turns, turns, strict=True)
        ]
        assert read_conversation_document(later).outbox == read_conversation_document(stored).outbox
