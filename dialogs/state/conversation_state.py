"""What a conversation remembers between turns, as a frozen value; `conversation_json` has its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from dialogs.model.reply import ButtonArgument
from dialogs.state.azure_state import AzureState
from dialogs.state.case import MAX_DIAGNOSIS_NUMBER, CaseForm, SavedDrafts, add_draft
from dialogs.state.logs import StoredLogs
from dialogs.state.ticket_state import TicketState
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import Language

MAX_TRIED_STEPS = 30
MAX_LAST_BUTTONS = 12
MAX_FACT_VERDICTS = 20

StepOutcome = Literal["worked", "no-help"]
FeedbackVerdict = Literal["right", "wrong"]
StoredFactVerdict = tuple[str, str, Literal["for", "against"]]
"""An entry id, the stored name of a fact of the fact rules, and whether the fact speaks for the entry."""
_STORED_FACTS: Mapping[str, str] = {"error_code": "provisioning_code", "build_timeout": "timeout"}
"""Fact -> the name under which a verdict on it is stored, where they differ."""


def get_stored_fact(fact: str) -> str:
    """Return the name under which a verdict on `fact` is stored."""
    return _STORED_FACTS.get(fact, fact)


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """Where the user is in the solution of an entry.

    Attributes:
        entry: The entry's id.
        step: The index of the current step; the number of steps once all were tried.
        diagnosis_number: The diagnosis that it belongs to.
        was_picked: The user chose the entry, rather than the diagnosis.
    """

    entry: str
    step: int
    diagnosis_number: int
    was_picked: bool = False


@dataclass(frozen=True, slots=True)
class TriedStep:
    """A step that the user tried, its outcome, and when (UTC, ISO 8601)."""

    entry: str
    step: int
    outcome: StepOutcome
    tried_at: str


@dataclass(frozen=True, slots=True)
class DiagnosisFeedback:
    """Feedback on one diagnosis. `actual_entry` is the entry it really was, "" when the user did not say."""

    diagnosis_number: int
    verdict: FeedbackVerdict
    actual_entry: str = ""


@dataclass(frozen=True, slots=True)
class OfferedButton:
    """A button of the last replies, so that the user can type its number or label instead of pressing it."""

    label: str
    action_id: str
    args: Mapping[str, ButtonArgument] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConversationState:
    """Everything that is remembered of a conversation with one user.

    `diagnosis_number` identifies the current diagnosis, so that a button of an older card is recognized. It is derived
    from the time (UTC), so that cards sent before the conversation was deleted never match a later number.
    `fact_verdicts` are what the live template's facts said about the diagnosis.
    """

    language: Language | None = None
    diagnosis_number: int = 0
    diagnosis: Diagnosis | None = None
    walkthrough: Walkthrough | None = None
    tried_steps: tuple[TriedStep, ...] = ()
    form: CaseForm | None = None
    drafts: SavedDrafts = ()
    fact_verdicts: tuple[StoredFactVerdict, ...] = ()
    feedback: DiagnosisFeedback | None = None
    last_buttons: tuple[OfferedButton, ...] = ()
    azure: AzureState = field(default_factory=AzureState)
    tickets: TicketState = field(default_factory=TicketState)
    logs: StoredLogs = ()

    def with_tried_step(self, tried_step: TriedStep) -> ConversationState:
        """Return this state with one more tried step; it replaces an earlier outcome of the same step."""
        others = tuple(t for t in self.tried_steps if (t.entry, t.step) != (tried_step.entry, tried_step.step))
        return replace(self, tried_steps=(*others, tried_step)[-MAX_TRIED_STEPS:])

    def with_form_saved(self, now: str) -> ConversationState:
        """Return this state with its open form, if any, moved to the saved drafts."""
        if self.form is None:
            return self
        return replace(self, form=None, drafts=add_draft(self.drafts, self.form, now))

    def compute_next_diagnosis_number(self, now: str) -> int:
        """Return the number for a diagnosis made at `now` (ISO 8601); always higher than the current one."""
        stamp = "".join(c for c in now if c in "0123456789")[:14]
        return min(max(self.diagnosis_number + 1, int(stamp or 0)), MAX_DIAGNOSIS_NUMBER)

    def find_match(self, entry_id: str) -> Match | None:
        """Return the current diagnosis's match for the entry, None when there is none."""
        matches = self.diagnosis.matches if self.diagnosis else ()
        return next((match for match in matches if match.entry == entry_id), None)
