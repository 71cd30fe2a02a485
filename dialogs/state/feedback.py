"""What a person said of a diagnosis: right or wrong, and what it really was. A value of the state, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dialogs.state.case import MOST_PASTE
from dialogs.state.diagnosis import NAME
from dialogs.state.json_fields import keyed, one_of, text, whole

Verdict = Literal["right", "wrong"]


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement of the diagnosis of one text. `really`: the entry that it was, "" when not told."""

    paste: int
    verdict: Verdict
    really: str = ""


def to_json(judged: Judged | None) -> dict[str, Any] | None:
    """The judgement as plain JSON."""
    return {"paste": judged.paste, "verdict": judged.verdict, "really": judged.really} if judged else None


def from_json(value: object) -> Judged | None:
    """What `to_json` wrote. Raises `ShapeError`."""
    if value is None:
        return None
    written = keyed(value)
    return Judged(
        paste=whole(written.get("paste"), most=MOST_PASTE),
        verdict=one_of(written.get("verdict"), ("right", "wrong")),
        really=text(written.get("really"), NAME),
    )
