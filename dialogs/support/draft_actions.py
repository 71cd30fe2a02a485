"""The drafts of support cases: posted, put aside, listed, taken up again, discarded."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult, shorten_label
from dialogs.model.reply import Block, Button, CopyableText
from dialogs.solution.walkthrough import render_current_step
from dialogs.state.conversation_state import ConversationState
from dialogs.support import draft_builder as draft
from dialogs.support import draft_form
from dialogs.support.case_export import render_export_options
from dialogs.support.case_text import render_case_texts
from dialogs.support.draft_form import SubmittedFields
from dialogs.texts import TrustedText

MAX_TITLE_CHARS = 60


def open_draft(context: DialogContext, state: ConversationState) -> DialogResult:
    """The form under way, or the one of this text that was put aside, or a new one."""
    ours = [one for one in state.drafts if one.form.diagnosis_number == state.diagnosis_number]
    if state.form is None and ours:
        return resume_draft(context, state, ours[-1].number)
    return draft_form.show_form(context, state)


def submit_draft(context: DialogContext, state: ConversationState, fields: SubmittedFields) -> DialogResult:
    """The case as a text to copy, in English too, and the other ways out; or the form again, where it is incomplete."""
    state, problems = draft_form.apply_fields(context, state, fields)
    if problems or state.form is None:
        return draft_form.show_form(context, state, problems)
    own, *english = render_case_texts(context, state.form)
    replies = [context.build_reply(context.build_paragraph("case.posted"), CopyableText(own), beside=True)]
    replies += [
        context.build_reply(context.build_paragraph("case.posted-english"), CopyableText(text), beside=True)
        for text in english
    ]
    return state, (*replies, render_export_options(context, state, state.form))


def refill_draft(context: DialogContext, state: ConversationState) -> DialogResult:
    """The form filled in anew from what is known now."""
    form = draft.rebuild_draft(context, state)
    return draft_form.show_form(
        context, replace(state, form=None if form == draft.build_draft(context, state) else form)
    )


def save_draft(context: DialogContext, state: ConversationState, fields: SubmittedFields) -> DialogResult:
    """Puts the case among the drafts as it is, complete or not."""
    state = draft_form.apply_fields(context, state, fields)[0].with_form_saved(context.now)
    said = context.build_paragraph("case.canceled")
    here = render_current_step(context, state, (said,))
    buttons = (context.build_button("drafts", "drafts"), context.build_button("restart", "restart"))
    return state, (here or context.build_reply(said, buttons=buttons),)


def discard_draft(context: DialogContext, state: ConversationState) -> DialogResult:
    """Forgets the case under way, and what was written in it."""
    state = replace(state, form=None)
    said = context.build_paragraph("case.discarded")
    here = render_current_step(context, state, (said,))
    mine = (context.build_button("drafts", "drafts"),) if state.drafts else ()
    return state, (here or context.build_reply(said, buttons=(*mine, context.build_button("restart", "restart"))),)


def list_drafts(context: DialogContext, state: ConversationState) -> DialogResult:
    """The drafts, newest first; a button takes one up."""
    blocks: list[Block] = [context.build_heading("drafts.title")]
    buttons: list[Button] = []
    if state.form:
        title = TrustedText(shorten_label(state.form.title, MAX_TITLE_CHARS))
        blocks.append(context.build_paragraph("drafts.open", title=title))
        buttons.append(context.build_button("edit-case", "draft", primary=True))
    for one in reversed(state.drafts):
        title = TrustedText(shorten_label(one.form.title, MAX_TITLE_CHARS))
        at = one.saved_at.replace("T", " ")[:16]
        blocks.append(context.build_paragraph("drafts.line", number=one.number, title=title, at=TrustedText(at)))
        buttons.append(
            Button(context.format_text("button.take-up", number=one.number), "take-up", {"number": one.number})
        )
    if not buttons:
        return state, (
            context.build_reply(
                context.build_paragraph("drafts.none"), buttons=(context.build_button("draft", "draft"),)
            ),
        )
    blocks.append(context.build_paragraph("drafts.what", "subtle"))
    return state, (context.build_reply(*blocks, buttons=tuple(buttons)),)


def resume_draft(context: DialogContext, state: ConversationState, number: int) -> DialogResult:
    """Goes on with a draft that was put aside; the one under way takes its place there."""
    chosen = next((one for one in state.drafts if one.number == number), None)
    if chosen is None:
        said = context.build_paragraph("drafts.gone", "warning")
        return state, (
            context.build_reply(
                said, buttons=(context.build_button("drafts", "drafts"), context.build_button("draft", "draft"))
            ),
        )
    state = replace(state, drafts=tuple(one for one in state.drafts if one is not chosen))
    return draft_form.show_form(context, replace(state.with_form_saved(context.now), form=chosen.form))
