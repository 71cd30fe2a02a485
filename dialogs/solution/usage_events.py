"""What a turn tells of the diagnoses themselves, without a word of what was said: for a report of what recurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dialogs.model.turn import Turn
from dialogs.state.state import State
from knowledge.model.diagnosis import Diagnosis

Noted = Literal["recognised", "unrecognised", "right", "wrong", "really", "solved"]


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that happened, to be counted. `entry` is the entry that it is about, "" for none.

    `other`: of `recognised` the confidence; of `unrecognised` the kind of the text and the phase that it reached; of
    `really` the entry that had been shown.
    """

    noted: Noted
    entry: str = ""
    other: str = ""


def between(turn: Turn, before: State, after: State) -> tuple[Note, ...]:
    """What to count of a turn that led from one state to the next."""
    notes: list[Note] = []
    if after.diagnosis and after.paste != before.paste and not turn.joined:
        notes.append(_of(after.diagnosis))
    notes += [Note("solved", t.entry) for t in after.tried if t.outcome == "worked" and t not in before.tried]
    judged, earlier = after.judged, before.judged
    shown = after.diagnosis.matches[0].entry if after.diagnosis and after.diagnosis.matches else ""
    if judged and judged != earlier:
        if earlier is None or (earlier.paste, earlier.verdict) != (judged.paste, judged.verdict):
            notes.append(Note(judged.verdict, shown))
        if judged.really:
            notes.append(Note("really", judged.really, shown))
    return tuple(notes)


def _of(diagnosis: Diagnosis) -> Note:
    if diagnosis.matches:
        return Note("recognised", diagnosis.matches[0].entry, diagnosis.matches[0].confidence)
    return Note("unrecognised", "", " ".join(filter(None, (diagnosis.kind, diagnosis.phase))))
