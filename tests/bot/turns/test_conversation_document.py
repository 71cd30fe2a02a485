"""A row of the outbox as JSON, and back."""

from __future__ import annotations

import json

from bot.turns.conversation_document import ConversationDocument, OutboxMessage, read_conversation_document


def test_a_row_is_written_whole_and_comes_back_the_same() -> None:
    row = OutboxMessage(
        "m.0",
        {"card": {"body": [1]}, "summary": "s"},
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
    assert row.to_json() == {
        "id": "m.0", "message": row.message, "back": {"app": "a"}, "language": "it", "made": 1.5, "due": 2.5,
        "tries": 3, "doubts": 1, "breaks": 2, "begun": True, "spare": True,
    }, "the keys of version 1 stay"  # fmt: skip
    kept = json.loads(json.dumps(ConversationDocument(outbox=[row]).to_json()))
    assert read_conversation_document(kept).outbox == [row]


def test_what_belongs_to_the_person_goes_and_what_was_done_stays_known() -> None:
    envelope = ConversationDocument(language="it", sign_in_expires_at=5.0, welcomed=True)
    envelope.mark_processed("mark", 1000.0)
    envelope.store_invoke_response("mark", {"text": "an answer"})
    envelope.clear_personal_state()
    written = json.dumps(envelope.to_json())
    assert "an answer" not in written
    assert (envelope.language, envelope.sign_in_expires_at, envelope.pending_turns) == (None, 0.0, [])
    assert "mark" in envelope.processed_activities, "a repeated delivery must not run its turn again"
