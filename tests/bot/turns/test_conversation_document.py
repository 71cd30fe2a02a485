"""The conversation document and its outbox messages, as JSON and back."""

from __future__ import annotations

import json

from bot.cards.messages import CardMessage, TextMessage
from bot.turns.conversation_document import ConversationDocument, read_conversation_document
from bot.turns.outbox_message import OutboxMessage


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
    document.mark_processed("mark", 1000.0)
    document.store_invoke_response("mark", TextMessage("an answer"))
    document.clear_personal_state()
    written = json.dumps(document.to_json())
    assert "an answer" not in written
    assert (document.language, document.sign_in_expires_at, document.pending_turns) == (None, 0.0, [])
    assert "mark" in document.processed_activities, "a repeated delivery must not run its turn again"
