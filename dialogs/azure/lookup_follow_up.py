"""What a template lookup changes in the conversation: whether the current diagnosis stays or is replaced.

A conversation may already be about a pasted text, with a walkthrough in progress. The lookup must not throw that away
for no reason, and must not keep it if Azure knows better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from dialogs.azure.combined_diagnosis import CombinedDiagnosis, find_leading_match
from dialogs.azure.fact_check_view import collect_fact_verdicts
from dialogs.context import DialogContext, DialogResult
from dialogs.model.reply import Block, Button
from dialogs.solution.candidate_view import build_choose_button
from dialogs.solution.diagnosis_dialog import show_diagnosis
from dialogs.solution.howtos import build_back_to_step_buttons
from dialogs.state.conversation_state import ConversationState
from knowledge.model.diagnosis import Match
from knowledge.model.entry import Entry

FollowUpKind = Literal["keep-text", "need-log", "new-diagnosis", "canceled", "remember", "nothing"]
"""What follows a lookup.

- keep-text: the conversation stays about the earlier text, completed with what Azure says.
- need-log: only a wrapper of the failure is known, and the log with its cause couldn't be read.
- new-diagnosis: the diagnosis is shown, and replaces whatever was in progress.
- canceled: the run was canceled, and nothing shows that it failed first; otherwise like `remember`.
- remember: nothing to show, but the diagnosis becomes the current one, so that a support case can be drafted from it.
- nothing: the conversation stays as it is.
"""


@dataclass(frozen=True, slots=True)
class LookupFollowUp:
    """What follows the status card: the next state with more messages, and blocks and buttons to add to the card."""

    result: DialogResult
    blocks: tuple[Block, ...] = ()
    buttons: tuple[Button, ...] = ()


def follow_up_lookup(
    context: DialogContext, state: ConversationState, combined: CombinedDiagnosis, is_log_refused: bool
) -> LookupFollowUp:
    """Decide what follows a template lookup, and return it."""
    match choose_follow_up(state, combined, context.entries, is_log_refused):
        case "keep-text":
            return _keep_text(context, state, combined)
        case "need-log":
            return _ask_for_log(context, state, combined)
        case "new-diagnosis":
            return _show_new_diagnosis(context, state, combined)
        case "canceled":
            number = state.compute_next_diagnosis_number(context.now)
            state = replace(_with_diagnosis(state.with_form_saved(context.now), combined, number), walkthrough=None)
            # a match that isn't worth following is no answer, and isn't counted as one
            state = replace(state, diagnosis=combined.diagnosis._replace(matches=(), finding=None))
            return LookupFollowUp(DialogResult(state), (context.build_paragraph("look.canceled"),))
        case "remember":
            state = _with_diagnosis(state, combined, state.compute_next_diagnosis_number(context.now))
            return LookupFollowUp(DialogResult(state))
        case "nothing":
            return LookupFollowUp(DialogResult(state))


def choose_follow_up(
    state: ConversationState, combined: CombinedDiagnosis, entries: Mapping[str, Entry], is_log_refused: bool
) -> FollowUpKind:
    """Return which kind of follow-up a lookup gets; see `FollowUpKind`."""
    top = find_leading_match(combined)
    failed = combined.status.template.has_failed
    if is_same_cause(state, combined):
        return "keep-text"
    # without an earlier text, every match comes from Azure, including those that facts alone suggest
    is_found_in_azure = top is not None and (top.entry in combined.azure_entries or not combined.has_earlier_text)
    if combined.has_earlier_text and not is_found_in_azure:
        # Azure shows no error, so the text is still the best account of the failure. But if the run failed and the
        # facts refute everything that the text suggested, saying "not recognized" is the honest answer.
        is_text_refuted = failed and top is None
        if not is_text_refuted:
            return "keep-text"
    if is_log_refused and top is not None and entries[top.entry].role == "wrapper":
        # a wrapper's steps only say "read the log", which the card already explains
        return "need-log"
    if failed and top is None and combined.status.run.outcome == "canceled":
        return "canceled"
    if is_found_in_azure or failed:
        return "new-diagnosis"
    return "remember" if state.diagnosis is None else "nothing"


def is_same_cause(state: ConversationState, combined: CombinedDiagnosis) -> bool:
    """Return whether the lookup points to the cause that the current walkthrough is about.

    A walkthrough from an earlier release has no finding: it follows the entry alone.
    """
    walk, top = state.walkthrough, find_leading_match(combined)
    if walk is None or top is None or not combined.has_earlier_text:
        return False
    finding = combined.diagnosis.finding
    is_same_finding = not walk.finding or walk.finding == (finding.id if finding else "")
    return walk.diagnosis_number == state.diagnosis_number and walk.entry == top.entry and is_same_finding


def _keep_text(context: DialogContext, state: ConversationState, combined: CombinedDiagnosis) -> LookupFollowUp:
    blocks: tuple[Block, ...] = ()
    has_succeeded = combined.status.run.state.casefold() == "succeeded"
    if has_succeeded and state.diagnosis and state.diagnosis.outcome == "failed":
        blocks = (context.build_paragraph("look.succeeded-since", "good"),)
    # keep the diagnosis number, so that buttons on earlier cards still work, now with the real names
    state = _with_diagnosis(state.with_form_saved(context.now), combined, state.diagnosis_number)
    buttons = (
        *_build_other_cause_buttons(context, state, find_leading_match(combined)),
        *build_back_to_step_buttons(context, state),
    )
    return LookupFollowUp(DialogResult(state), blocks, buttons)


def _ask_for_log(context: DialogContext, state: ConversationState, combined: CombinedDiagnosis) -> LookupFollowUp:
    number = state.compute_next_diagnosis_number(context.now)
    state = replace(_with_diagnosis(state.with_form_saved(context.now), combined, number), walkthrough=None)
    return LookupFollowUp(DialogResult(state), buttons=(context.build_button("guided-questions", "guided"),))


def _show_new_diagnosis(
    context: DialogContext, state: ConversationState, combined: CombinedDiagnosis
) -> LookupFollowUp:
    # without a leading match, what's left is refuted or harmless, and must not be shown as the answer
    has_leading_match = find_leading_match(combined) is not None
    diagnosis = combined.diagnosis if has_leading_match else combined.diagnosis._replace(matches=())
    shown = show_diagnosis(context, state, diagnosis)
    state = replace(shown.state, fact_verdicts=collect_fact_verdicts(combined))
    replies = tuple(replace(reply, placement="stays") for reply in shown.replies)
    return LookupFollowUp(replace(shown, state=state, replies=replies))


def _with_diagnosis(state: ConversationState, combined: CombinedDiagnosis, diagnosis_number: int) -> ConversationState:
    return replace(
        state,
        diagnosis=combined.diagnosis,
        diagnosis_number=diagnosis_number,
        fact_verdicts=collect_fact_verdicts(combined),
    )


def _build_other_cause_buttons(
    context: DialogContext, state: ConversationState, leading_match: Match | None
) -> tuple[Button, ...]:
    """Build the leading entry's button, if the facts made it a different entry from the walkthrough's."""
    if leading_match is None or (state.walkthrough and state.walkthrough.entry == leading_match.entry):
        return ()
    return (build_choose_button(context, leading_match.entry, state.diagnosis_number, primary=True),)
