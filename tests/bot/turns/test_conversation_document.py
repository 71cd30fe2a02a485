"""A row of the outbox as JSON, and back."""

from __future__ import annotations

import json
from dataclasses import asdict

from bot.turns.conversation_document import Envelope, Row, read_envelope


def test_a_row_is_written_whole_and_comes_back_the_same() -> None:
    row = Row(
        "m.0", {"card": {"body": [1]}, "summary": "s"}, {"app": "a"}, "it", 1.5, 2.5, 3, 1, 2, begun=True, spare=True
    )
    assert row.to_json() == asdict(row)
    kept = json.loads(json.dumps(Envelope(outbox=[row]).to_json()))
    assert read_envelope(kept).outbox == [row]


def test_what_belongs_to_the_person_goes_and_what_was_done_stays_known() -> None:
    envelope = Envelope(language="it", sign_in=5.0, welcomed=True)
    envelope.remember("mark", 1000.0)
    envelope.keep_answer("mark", {"text": "an answer"})
    envelope.forget()
    written = json.dumps(envelope.to_json())
    assert "an answer" not in written
    assert (envelope.language, envelope.sign_in, envelope.pending) == (None, 0.0, [])
    assert "mark" in envelope.done, "a repeated delivery must not run its turn again"
