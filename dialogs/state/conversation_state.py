"""What a conversation remembers between turns, as a frozen value; `conversation_json` has its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, get_args

from dialogs.model.reply import ButtonArgument
from dialogs.model.stored import ANY_NUMBER, Stored
from dialogs.state.azure_state import AzureState
from dialogs.state.case import MAX_DIAGNOSIS_NUMBER, MAX_DRAFTS, CaseForm, DiagnosisNumber, SavedDrafts, add_draft
from dialogs.state.json_fields import DecodeError
from dialogs.state.logs import MAX_LOGS, StoredLogs
from dialogs.state.template_check import KeptCheck, parse_kept_check
from dialogs.state.ticket_state import TicketState
from knowledge.commands.placeholders import Shell
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import BuildTool, Language, is_language_code

MAX_TRIED_STEPS = 30
MAX_LAST_BUTTONS = 12
MAX_FACT_VERDICTS = 20

StepOutcome = Literal["worked", "no-help", "done", "skipped"]
FeedbackVerdict = Literal["right", "wrong"]
StoredFactVerdict = tuple[str, str, Literal["for", "against"]]
"""An entry id, the stored name of a fact of the fact rules, and whether the fact speaks for the entry."""
_STORED_FACTS: Mapping[str, str] = {"error_code": "provisioning_code", "build_timeout": "timeout"}
"""Fact -> the name under which a verdict on it is stored, where they differ."""


def get_stored_fact(fact: str) -> str:
    """Return the name under which a verdict on `fact` is stored."""
    return _STORED_FACTS.get(fact, fact)


def _parse_language(value: object) -> Language | None:
    """Return the code of a language. Only another release may have texts in it, so it needn't be known."""
    if value is not None and not is_language_code(value):
        raise DecodeError("expected the code of a language")
    return value


def _parse_shell(value: object) -> Shell | None:
    """Return a shell; None for one that only another release knows."""
    return next((shell for shell in get_args(Shell) if shell == value), None)


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """Where the user is in the solution of an entry.

    Attributes:
        entry: The entry's id.
        step: The index of the current step; the number of steps once all were tried.
        diagnosis_number: The diagnosis that it belongs to.
        was_picked: Whether the user, not the diagnosis, chose the entry.
        finding: The id of the finding whose steps come first; "" if it is the entry itself.
        tool: What ran the build.
    """

    entry: str
    step: int
    diagnosis_number: DiagnosisNumber
    was_picked: Annotated[bool, Stored("picked")] = False
    finding: str = ""
    tool: BuildTool = "image-builder"


@dataclass(frozen=True, slots=True)
class TriedStep:
    """A step of a walkthrough that the user left behind, its outcome, and when (UTC, ISO 8601).

    `done` steps were done, `skipped` ones don't apply. After `worked` the build succeeded, after `no-help` it failed
    again.
    """

    entry: str
    step: int
    outcome: StepOutcome
    tried_at: Annotated[str, Stored("at")]
    finding: str = ""
    tool: BuildTool = "image-builder"


@dataclass(frozen=True, slots=True)
class DiagnosisFeedback:
    """Feedback on one diagnosis. `actual_entry` is the entry it really was, "" when the user did not say."""

    diagnosis_number: DiagnosisNumber
    verdict: FeedbackVerdict
    actual_entry: Annotated[str, Stored("really")] = ""


@dataclass(frozen=True, slots=True)
class OfferedButton:
    """A button of the last replies, so that the user can type its number or label instead of pressing it."""

    label: str
    action_id: Annotated[str, Stored("do")]
    args: Annotated[Mapping[str, ButtonArgument], ANY_NUMBER] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConversationState:
    """Everything that is remembered of a conversation with one user.

    `diagnosis_number` identifies the current diagnosis, so that a button of an older card is recognized. It is derived
    from the time (UTC), so that cards sent before the conversation was deleted never match a later number.
    `fact_verdicts` are what the live template's facts said about the diagnosis. `shell` is the one that the person
    uses, None until that's known. `kept_check` is the last checked template.
    """

    language: Annotated[Language | None, Stored(decode=_parse_language)] = None
    diagnosis_number: DiagnosisNumber = 0
    diagnosis: Diagnosis | None = None
    walkthrough: Annotated[Walkthrough | None, Stored("walk")] = None
    tried_steps: Annotated[tuple[TriedStep, ...], Stored("tried", max_items=MAX_TRIED_STEPS)] = ()
    form: CaseForm | None = None
    drafts: Annotated[SavedDrafts, Stored(max_items=MAX_DRAFTS)] = ()
    fact_verdicts: Annotated[tuple[StoredFactVerdict, ...], Stored("spoken", max_items=MAX_FACT_VERDICTS)] = ()
    feedback: Annotated[DiagnosisFeedback | None, Stored("judged")] = None
    last_buttons: Annotated[tuple[OfferedButton, ...], Stored("offered", max_items=MAX_LAST_BUTTONS)] = ()
    azure: Annotated[AzureState, Stored("look")] = field(default_factory=AzureState)
    tickets: TicketState = field(default_factory=TicketState)
    logs: Annotated[StoredLogs, Stored(max_items=MAX_LOGS)] = ()
    shell: Annotated[Shell | None, Stored(decode=_parse_shell, omits_default=True)] = None
    kept_check: Annotated[KeptCheck | None, Stored("preflight", decode=parse_kept_check, omits_default=True)] = None

    def with_tried_step(self, tried_step: TriedStep) -> ConversationState:
        """Return this state with one more tried step; it replaces an earlier outcome of the same step."""
        key = (tried_step.entry, tried_step.finding, tried_step.step)
        others = tuple(t for t in self.tried_steps if (t.entry, t.finding, t.step) != key)
        return replace(self, tried_steps=(*others, tried_step)[-MAX_TRIED_STEPS:])

    def with_form_saved(self, now: str) -> ConversationState:
        """Return this state with its open form, if any, moved to the saved drafts."""
        if self.form is None:
            return self
        return replace(self, form=None, drafts=add_draft(self.drafts, self.form, now))

    def compute_next_diagnosis_number(self, now: str) -> int:
        """Return the number for a diagnosis made at `now` (ISO 8601); always higher than the current one."""
        stamp = "".join([c for c in now if c in "0123456789"])[:14]
        return min(max(self.diagnosis_number + 1, int(stamp or 0)), MAX_DIAGNOSIS_NUMBER)

    def find_diagnosis(self, diagnosis_number: int) -> Diagnosis | None:
        """Return the diagnosis with this number; None if it is an earlier one, which is no longer known."""
        return self.diagnosis if diagnosis_number == self.diagnosis_number else None

    def find_match(self, entry_id: str) -> Match | None:
        """Return the current diagnosis's match for the entry, None when there is none."""
        for match in self.diagnosis.matches if self.diagnosis else ():
            if match.entry == entry_id:
                return match
        return None
