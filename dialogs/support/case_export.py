"""How a finished case leaves: the portal, the `az` commands, a file. Opening the portal sends nothing of the text."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult
from dialogs.model.reply import Reply
from dialogs.replies.general_replies import show_problem
from dialogs.state.case import CaseForm
from dialogs.state.conversation_state import ConversationState
from dialogs.support.case_commands import build_case_commands
from dialogs.support.case_file import build_file_offer
from dialogs.support.case_values import FileKind, build_file_name, detect_cloud, extract_subscription

_FILE_BUTTONS: tuple[tuple[str, FileKind], ...] = (
    ("file-markdown", "markdown"),
    ("file-json", "json"),
    ("file-text", "text"),
)


def render_export_options(context: DialogContext, state: ConversationState, form: CaseForm) -> Reply:
    """The ways out of the bot, below the case's text."""
    routing, cloud = context.support, detect_cloud(form)
    other = routing.build_blank_request_url("us-government" if cloud == "public" else "public")
    filing = context.can_file_tickets and not context.is_public
    file_it = (context.build_button("ticket", "ticket", primary=True),) if filing else ()
    # six at most: where the bot files it, the way back to the step makes room
    back = (
        ()
        if filing
        else (context.build_button("step", "step") if state.walkthrough else context.build_button("drafts", "drafts"),)
    )
    page = routing.build_request_url(form.product, extract_subscription(context, form), cloud)
    return context.build_reply(
        context.build_heading("case.ways"),
        *((context.build_paragraph("ticket.before"),) if filing else ()),
        context.build_paragraph("case.ways.portal"),
        context.build_paragraph("case.ways.plain"),
        context.build_paragraph("case.ways.az"),
        context.build_paragraph("case.ways.file"),
        context.build_paragraph(f"case.ways.not.{cloud}", "subtle", url=other),
        buttons=(
            *file_it,
            context.build_link_button("portal", page, primary=not filing),
            context.build_link_button("portal-plain", routing.build_blank_request_url(cloud)),
            context.build_button("az-case", "az-case"),
            context.build_button("file-case", "file-case"),
            context.build_button("edit-case", "draft"),
            *back,
        ),
        beside=True,
    )


def export_as_commands(context: DialogContext, state: ConversationState) -> DialogResult:
    """The `az support` commands, and the file that they take the text from."""
    form = state.form
    commands = build_case_commands(context, form) if form else ()
    if form is None or not commands:
        return state, (show_problem(context, "case.not-now"),)
    said = context.build_reply(
        context.build_heading("case.az"),
        context.build_paragraph("case.az.before", name=build_file_name(context, form, "text")),
        *commands,
        context.build_paragraph("case.az.after", "subtle"),
        buttons=(context.build_button("file-case", "file-case"), context.build_button("edit-case", "draft")),
        beside=True,
    )
    return state, (replace(said, file=build_file_offer(context, form, "text")),)


def export_as_file(context: DialogContext, state: ConversationState, kind: FileKind) -> DialogResult:
    """The case as a file."""
    form = state.form
    if form is None:
        return state, (show_problem(context, "case.not-now"),)
    others = [
        replace(context.build_button(key, "file-case"), args={"as": other})
        for key, other in _FILE_BUTTONS
        if other != kind
    ]
    said = context.build_reply(
        context.build_paragraph("case.file.offer", name=build_file_name(context, form, kind)),
        buttons=(*others, context.build_button("edit-case", "draft")),
        beside=True,
    )
    return state, (replace(said, file=build_file_offer(context, form, kind)),)
