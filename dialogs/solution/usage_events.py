"""What a turn says about the quality of diagnoses, without any user text. `app.py report` counts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dialogs.model.turn import MemberJoined, Turn
from dialogs.state.conversation_state import ConversationState
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.reported_state import find_reported_state

UsageEventKind = Literal["recognised", "unrecognised", "right", "wrong", "really", "solved"]


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One event to count. `entry` is the id of the entry it's about, "" for none.

    `detail` depends on the kind. `recognised`: the confidence; `unrecognised`: the kind of the input and the phase that
    it reached; `really`: the entry that had been shown instead.
    """

    kind: UsageEventKind
    entry: str = ""
    detail: str = ""


def collect_usage_events(turn: Turn, before: ConversationState, after: ConversationState) -> tuple[UsageEvent, ...]:
    """Return what to count for a turn that led from the state `before` to `after`."""
    events: list[UsageEvent] = []
    is_new = after.diagnosis_number != before.diagnosis_number and not isinstance(turn.event, MemberJoined)
    if after.diagnosis and is_new and not _is_no_failure(after.diagnosis):
        events.append(_build_diagnosis_event(after.diagnosis))
    events += [
        UsageEvent("solved", t.entry)
        for t in after.tried_steps
        if t.outcome == "worked" and t not in before.tried_steps
    ]
    feedback, earlier = after.feedback, before.feedback
    shown_entry = after.diagnosis.matches[0].entry if after.diagnosis and after.diagnosis.matches else ""
    if feedback and feedback != earlier:
        # naming the actual entry afterwards must not count the same verdict again
        if earlier is None or (earlier.diagnosis_number, earlier.verdict) != (
            feedback.diagnosis_number,
            feedback.verdict,
        ):
            events.append(UsageEvent(feedback.verdict, shown_entry))
        if feedback.actual_entry:
            events.append(UsageEvent("really", feedback.actual_entry, shown_entry))
    return tuple(events)


def _is_no_failure(diagnosis: Diagnosis) -> bool:
    """Return whether there was nothing to recognize: a build that succeeded, a canceled run, a status without error."""
    if find_reported_state(diagnosis) is not None:
        return True
    if diagnosis.matches or diagnosis.finding:
        return False
    was_canceled = diagnosis.outcome == "canceled" and "run_state" in diagnosis.facts
    return diagnosis.outcome == "succeeded" or was_canceled


def _build_diagnosis_event(diagnosis: Diagnosis) -> UsageEvent:
    if diagnosis.matches:
        return UsageEvent("recognised", diagnosis.matches[0].entry, diagnosis.matches[0].confidence)
    return UsageEvent("unrecognised", "", " ".join(filter(None, (diagnosis.kind, diagnosis.phase))))
