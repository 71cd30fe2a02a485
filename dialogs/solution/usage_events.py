"""What a turn tells of the diagnoses themselves, without a word of what was said: for a report of what recurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dialogs.model.turn import Turn
from dialogs.state.conversation_state import ConversationState
from knowledge.model.diagnosis import Diagnosis

UsageEventKind = Literal["recognised", "unrecognised", "right", "wrong", "really", "solved"]


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One thing that happened, to be counted. `entry` is the entry that it is about, "" for none.

    `other`: of `recognised` the confidence; of `unrecognised` the kind of the text and the phase that it reached; of
    `really` the entry that had been shown.
    """

    kind: UsageEventKind
    entry: str = ""
    detail: str = ""


def collect_usage_events(turn: Turn, before: ConversationState, after: ConversationState) -> tuple[UsageEvent, ...]:
    """What to count of a turn that led from one state to the next."""
    notes: list[UsageEvent] = []
    if after.diagnosis and after.diagnosis_number != before.diagnosis_number and not turn.has_joined:
        notes.append(_build_diagnosis_event(after.diagnosis))
    notes += [
        UsageEvent("solved", t.entry)
        for t in after.tried_steps
        if t.outcome == "worked" and t not in before.tried_steps
    ]
    judged, earlier = after.feedback, before.feedback
    shown = after.diagnosis.matches[0].entry if after.diagnosis and after.diagnosis.matches else ""
    if judged and judged != earlier:
        if earlier is None or (earlier.diagnosis_number, earlier.verdict) != (judged.diagnosis_number, judged.verdict):
            notes.append(UsageEvent(judged.verdict, shown))
        if judged.actual_entry:
            notes.append(UsageEvent("really", judged.actual_entry, shown))
    return tuple(notes)


def _build_diagnosis_event(diagnosis: Diagnosis) -> UsageEvent:
    if diagnosis.matches:
        return UsageEvent("recognised", diagnosis.matches[0].entry, diagnosis.matches[0].confidence)
    return UsageEvent("unrecognised", "", " ".join(filter(None, (diagnosis.kind, diagnosis.phase))))
