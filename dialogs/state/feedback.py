"""The user's feedback on a diagnosis: right or wrong, and the actual entry; part of the state, with its JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dialogs.state.case import MAX_DIAGNOSIS_NUMBER
from dialogs.state.diagnosis import MAX_NAME_CHARS
from dialogs.state.json_fields import parse_choice, parse_int, parse_mapping, parse_text

FeedbackVerdict = Literal["right", "wrong"]


@dataclass(frozen=True, slots=True)
class DiagnosisFeedback:
    """Feedback on one diagnosis. `actual_entry` is the entry it really was, "" when the user did not say."""

    diagnosis_number: int
    verdict: FeedbackVerdict
    actual_entry: str = ""


def feedback_to_json(feedback: DiagnosisFeedback | None) -> dict[str, Any] | None:
    """Return the feedback as plain JSON."""
    return (
        {"paste": feedback.diagnosis_number, "verdict": feedback.verdict, "really": feedback.actual_entry}
        if feedback
        else None
    )


def feedback_from_json(value: object) -> DiagnosisFeedback | None:
    """Read what `feedback_to_json` wrote. Raise `DecodeError` for another shape."""
    if value is None:
        return None
    document = parse_mapping(value)
    return DiagnosisFeedback(
        diagnosis_number=parse_int(document.get("paste"), max_value=MAX_DIAGNOSIS_NUMBER),
        verdict=parse_choice(document.get("verdict"), ("right", "wrong")),
        actual_entry=parse_text(document.get("really"), MAX_NAME_CHARS),
    )
