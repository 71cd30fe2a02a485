"""What may be shared of a lookup: the template's name, its state, what broke, the line showing it, and what to do."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.model.azure import TemplateStatus
from dialogs.model.reply import Button, RichText, emphasize
from dialogs.replies.azure_refusal import shorten_value
from dialogs.sharing.post import compute_look_id
from dialogs.sharing.shared_text import hide_details_in_line, hide_details_in_runs
from dialogs.solution.finding_view import build_advice, render_finding_title, render_headline
from dialogs.solution.solution_steps import build_walk, get_finding
from dialogs.state.conversation_state import ConversationState
from dialogs.state.share_state import LookSummary
from knowledge.azure_names import get_last_segment
from knowledge.model.diagnosis import Diagnosis, ExcerptLine, Match


def remember_look(
    context: DialogContext,
    state: ConversationState,
    status: TemplateStatus,
    run_line: RichText,
    diagnosis: Diagnosis,
    leading: Match | None,
) -> ConversationState:
    """Return the state with the shareable parts of a lookup, if it was requested in a group chat or a channel.

    The previous lookup can no longer be shared.
    """
    sharing = replace(state.azure.sharing.without_look(), was_posted=False)
    place = sharing.find_place(status.template_id, context.now) if context.can_share_looks else None
    if place is not None:
        look = _summarize_look(context, state, status, run_line, diagnosis, leading)
        sharing = replace(sharing, place=place, look=look)
    return replace(state, azure=replace(state.azure, sharing=sharing))


def build_share_buttons(context: DialogContext, state: ConversationState) -> tuple[Button, ...]:
    """Build the button that shares the remembered lookup; none if there's nothing to share."""
    sharing = state.azure.sharing
    if sharing.place is None or sharing.look is None:
        return ()
    key = "share-in-channel" if sharing.place.scope == "channel" else "share-in-group"
    return (context.build_button(key, "share-look", look=compute_look_id(sharing.place, sharing.look)),)


def _summarize_look(
    context: DialogContext,
    state: ConversationState,
    status: TemplateStatus,
    run_line: RichText,
    diagnosis: Diagnosis,
    leading: Match | None,
) -> LookSummary:
    template_id = status.template_id
    names = (template_id.resource_group, template_id.subscription, get_last_segment(status.template.staging_group))
    finding = _render_finding(context, status, diagnosis, leading)
    line = _find_line(diagnosis, leading) if finding else None
    return LookSummary(
        context.language,
        context.now,
        hide_details_in_runs(context.format_runs("look.title", name=shorten_value(template_id.name)), names[1:]),
        hide_details_in_runs(run_line, names),
        hide_details_in_runs(finding, names),
        line.line if line else 0,
        hide_details_in_line(line.text, names) if line else "",
        hide_details_in_runs(_render_advice(context, state, diagnosis, leading), names),
    )


def _render_finding(
    context: DialogContext, status: TemplateStatus, diagnosis: Diagnosis, leading: Match | None
) -> RichText:
    """Return what broke and how certain that is; empty if the run didn't fail."""
    if leading is not None:
        headline = emphasize(render_headline(context, diagnosis, leading.entry))
        return context.format_runs(f"share.finding.{leading.confidence}", finding=headline)
    if not status.template.has_failed or status.run.outcome == "canceled":
        return ()
    if diagnosis.finding is not None:
        return emphasize(render_finding_title(context, diagnosis.finding))
    return context.format_runs("share.finding.none")


def _find_line(diagnosis: Diagnosis, leading: Match | None) -> ExcerptLine | None:
    """Return the deciding line, or the first one that the leading entry was recognized by."""
    if leading is None or get_finding(diagnosis, leading.entry) is not None:
        return next((line for line in diagnosis.excerpt if diagnosis.is_deciding(line)), None)
    return next(iter(leading.evidence), None)


def _render_advice(
    context: DialogContext, state: ConversationState, diagnosis: Diagnosis, leading: Match | None
) -> RichText:
    """Return briefly what to do first, and whether running the build again helps."""
    if leading is None:
        return ()
    # as the walkthrough would begin, even if the conversation doesn't continue with it
    state = replace(state, diagnosis=diagnosis)
    walk = build_walk(state, leading.entry, state.diagnosis_number)
    return build_advice(context, state, walk).text
