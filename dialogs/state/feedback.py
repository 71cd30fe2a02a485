"""What a person said of a diagnosis: right or wrong, and what it really was. A value of the state, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dialogs.state.case import MAX_DIAGNOSIS_NUMBER
from dialogs.state.diagnosis import MAX_NAME_CHARS
from dialogs.state.json_fields import parse_choice, parse_int, parse_mapping, parse_text

FeedbackVerdict = Literal["right", "wrong"]


@dataclass(frozen=True, slots=True)
class DiagnosisFeedback:
    """The judgement of the diagnosis of one text. `really`: the entry that it was, "" when not told."""

    diagnosis_number: int
    verdict: FeedbackVerdict
    actual_entry: str = ""


def feedback_to_json(feedback: DiagnosisFeedback | None) -> dict[str, Any] | None:
    """The judgement as plain JSON."""
    return (
        {"paste": feedback.diagnosis_number, "verdict": feedback.verdict, "really": feedback.actual_entry}
        if feedback
        else None
    )


def feedback_from_json(value: object) -> DiagnosisFeedback | None:
    """What `to_json` wrote. Raises `ShapeError`."""
    if value is None:
        return None
    written = parse_mapping(value)
    return DiagnosisFeedback(
        diagnosis_number=parse_int(written.get("paste"), max_value=MAX_DIAGNOSIS_NUMBER),
        verdict=parse_choice(written.get("verdict"), ("right", "wrong")),
        actual_entry=parse_text(written.get("really"), MAX_NAME_CHARS),
    )
