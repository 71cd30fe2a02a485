"""A row of the outbox as JSON, and back."""

from __future__ import annotations

import json
from dataclasses import asdict

from bot.envelope import Envelope, Row, read_envelope


def test_a_row_is_written_whole_and_comes_back_the_same() -> None:
    row = Row(
        "m.0", {"card": {"body": [1]}, "summary": "s"}, {"app": "a"}, "it", 1.5, 2.5, 3, 1, 2, begun=True, spare=True
    )
    assert row.to_json() == asdict(row)
    kept = json.loads(json.dumps(Envelope(outbox=[row]).to_json()))
    assert read_envelope(kept).outbox == [row]
