"""What a person can do with the drafts of support cases: open, submit, save, list, resume, discard."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult, shorten_label
from dialogs.model.reply import Block, Button, CopyableText
from dialogs.solution.walkthrough import render_current_step
from dialogs.state.conversation_state import ConversationState
from dialogs.support.case_export import render_export_options
from dialogs.support.case_text import render_case_texts
from dialogs.support.draft_builder import build_draft, rebuild_draft
from dialogs.support.draft_form import SubmittedFields, apply_fields, show_form
from dialogs.texts.catalog import TrustedText

MAX_TITLE_CHARS = 60


def open_draft(context: DialogContext, state: ConversationState) -> DialogResult:
    """Open the current draft, or else the saved draft of this diagnosis, or else a new one."""
    saved_drafts = [draft for draft in state.drafts if draft.form.diagnosis_number == state.diagnosis_number]
    if state.form is None and saved_drafts:
        return resume_draft(context, state, saved_drafts[-1].number)
    return show_form(context, state)


def submit_draft(context: DialogContext, state: ConversationState, fields: SubmittedFields) -> DialogResult:
    """Show the case as text, also in English, and the ways to submit it. An incomplete form is shown again."""
    state, problems = apply_fields(context, state, fields)
    if problems or state.form is None:
        return show_form(context, state, problems)
    own, *english = render_case_texts(context, state.form)
    replies = [context.build_reply(context.build_paragraph("case.posted"), CopyableText(own), placement="stays")]
    replies += [
        context.build_reply(context.build_paragraph("case.posted-english"), CopyableText(text), placement="stays")
        for text in english
    ]
    return DialogResult(state, (*replies, render_export_options(context, state, state.form)))


def refill_draft(context: DialogContext, state: ConversationState) -> DialogResult:
    """Fill the form in again from what is known now."""
    form = rebuild_draft(context, state)
    # a form equal to a new draft has nothing that the person entered, so it need not be stored
    return show_form(context, replace(state, form=None if form == build_draft(context, state) else form))


def save_draft(context: DialogContext, state: ConversationState, fields: SubmittedFields) -> DialogResult:
    """Save the draft, complete or not."""
    state = apply_fields(context, state, fields)[0].with_form_saved(context.now)
    confirmation = context.build_paragraph("case.canceled")
    current_step = render_current_step(context, state, (confirmation,))
    buttons = (context.build_button("drafts", "drafts"), context.build_button("restart", "restart"))
    return DialogResult(state, (current_step or context.build_reply(confirmation, buttons=buttons),))


def discard_draft(context: DialogContext, state: ConversationState) -> DialogResult:
    """Discard the current draft and everything entered in it."""
    state = replace(state, form=None)
    confirmation = context.build_paragraph("case.discarded")
    current_step = render_current_step(context, state, (confirmation,))
    drafts_button = (context.build_button("drafts", "drafts"),) if state.drafts else ()
    buttons = (*drafts_button, context.build_button("restart", "restart"))
    return DialogResult(state, (current_step or context.build_reply(confirmation, buttons=buttons),))


def list_drafts(context: DialogContext, state: ConversationState) -> DialogResult:
    """List the current and the saved drafts, newest first, each with a button to resume it."""
    blocks: list[Block] = [context.build_heading("drafts.title")]
    buttons: list[Button] = []
    if state.form:
        title = TrustedText(shorten_label(state.form.title, MAX_TITLE_CHARS))
        blocks.append(context.build_paragraph("drafts.open", title=title))
        buttons.append(context.build_button("edit-case", "draft", primary=True))
    for draft in reversed(state.drafts):
        title = TrustedText(shorten_label(draft.form.title, MAX_TITLE_CHARS))
        saved_at = TrustedText(draft.saved_at.replace("T", " ")[:16])
        blocks.append(context.build_paragraph("drafts.line", number=draft.number, title=title, at=saved_at))
        label = context.format_text("button.take-up", number=draft.number)
        buttons.append(Button(label, "take-up", {"number": draft.number}))
    if not buttons:
        new_draft = (context.build_button("draft", "draft"),)
        return DialogResult(state, (context.build_reply(context.build_paragraph("drafts.none"), buttons=new_draft),))
    blocks.append(context.build_paragraph("drafts.what", "subtle"))
    return DialogResult(state, (context.build_reply(*blocks, buttons=tuple(buttons)),))


def resume_draft(context: DialogContext, state: ConversationState, number: int) -> DialogResult:
    """Resume the saved draft `number`. The current draft, if any, is saved."""
    resumed = next((draft for draft in state.drafts if draft.number == number), None)
    if resumed is None:
        buttons = (context.build_button("drafts", "drafts"), context.build_button("draft", "draft"))
        return DialogResult(
            state, (context.build_reply(context.build_paragraph("drafts.gone", "warning"), buttons=buttons),)
        )
    state = replace(state, drafts=tuple(draft for draft in state.drafts if draft is not resumed))
    return show_form(context, replace(state.with_form_saved(context.now), form=resumed.form))
