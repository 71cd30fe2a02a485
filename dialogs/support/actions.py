"""Actions of a support case: open, post, save, and export its draft."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from dialogs.action_registry import ActionRequest, ActionTable
from dialogs.context import DialogResult
from dialogs.replies.general_replies import show_problem
from dialogs.state.json_fields import parse_choice, parse_int
from dialogs.support import case_export, draft_actions
from dialogs.support.case_values import FileKind

CASE_ACTIONS = ActionTable()


@CASE_ACTIONS.register("draft", scope="private")
def open_draft(request: ActionRequest) -> DialogResult:
    """Open the draft of a case, filled in from the diagnosis."""
    return draft_actions.open_draft(request.context, request.state)


@CASE_ACTIONS.register("post", scope="private")
def submit_draft(request: ActionRequest) -> DialogResult:
    """Take the form, and show the case as text."""
    return draft_actions.submit_draft(request.context, request.state, request.fields)


@CASE_ACTIONS.register("afresh", scope="private")
def refill_draft(request: ActionRequest) -> DialogResult:
    """Fill the form in again from what is known now."""
    return draft_actions.refill_draft(request.context, request.state)


@CASE_ACTIONS.register("cancel-case", scope="private")
def save_draft(request: ActionRequest) -> DialogResult:
    """Save the draft for later."""
    return draft_actions.save_draft(request.context, request.state, request.fields)


@CASE_ACTIONS.register("discard-case", scope="private")
def discard_draft(request: ActionRequest) -> DialogResult:
    """Discard the draft."""
    return draft_actions.discard_draft(request.context, request.state)


@CASE_ACTIONS.register("drafts", scope="private")
def list_drafts(request: ActionRequest) -> DialogResult:
    """List the saved drafts."""
    return draft_actions.list_drafts(request.context, request.state)


@CASE_ACTIONS.register("take-up", scope="private")
def resume_draft(request: ActionRequest) -> DialogResult:
    """Go on with the saved draft `number`."""
    return draft_actions.resume_draft(request.context, request.state, parse_int(request.args.get("number")))


@CASE_ACTIONS.register("az-case", scope="private")
def export_as_commands(request: ActionRequest) -> DialogResult:
    """Show the commands that file the case."""
    return case_export.export_as_commands(request.context, request.state)


@CASE_ACTIONS.register("file-case", scope="private")
def export_as_file(request: ActionRequest) -> DialogResult:
    """Offer the case as a file."""
    kind = parse_choice(request.args.get("as", "markdown"), get_args(FileKind))
    return case_export.export_as_file(request.context, request.state, kind)


@CASE_ACTIONS.register("")
def explain_link(request: ActionRequest) -> DialogResult:
    """Answer the typed number of a link button, which has no action: only a browser can open it."""
    context, state = request.context, request.state
    if state.form is None:
        return DialogResult(state, (show_problem(context, "trouble.unknown-button"),))
    options = case_export.render_export_options(context, state, state.form)
    return DialogResult(state, (replace(options, blocks=(context.build_paragraph("case.page"), *options.blocks)),))
