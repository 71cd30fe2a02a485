"""The ways to submit a finished case: the Azure portal, `az` commands, or a file.

The links to the portal don't contain the text of the case.
"""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext, DialogResult
from dialogs.model.reply import Reply
from dialogs.replies.general_replies import show_problem
from dialogs.replies.shell_commands import with_shell_switch
from dialogs.state.case import CaseForm
from dialogs.state.conversation_state import ConversationState
from dialogs.support.case_commands import build_case_command
from dialogs.support.case_file import build_file_offer
from dialogs.support.case_values import FileKind, build_file_name, detect_case_cloud, extract_subscription
from dialogs.texts.catalog import TrustedText
from knowledge.azure_clouds import CLOUDS

_FILE_BUTTONS: tuple[tuple[str, FileKind], ...] = (
    ("file-markdown", "markdown"),
    ("file-json", "json"),
    ("file-text", "text"),
)


def render_export_options(context: DialogContext, state: ConversationState, form: CaseForm) -> Reply:
    """Show the ways to submit the case, below its text."""
    routing, cloud = context.knowledge.support, detect_case_cloud(form)
    can_file = context.can_file_tickets and not context.is_public
    back_button = (
        context.build_button("step", "step") if state.walkthrough else context.build_button("drafts", "drafts")
    )
    page = routing.build_request_url(form.product, extract_subscription(context, form), cloud)
    return context.build_reply(
        context.build_heading("case.ways"),
        *((context.build_paragraph("ticket.before"),) if can_file else ()),
        context.build_paragraph("case.ways.portal"),
        context.build_paragraph("case.ways.own-product", product=TrustedText(routing.own_product.name)),
        context.build_paragraph("case.ways.plain"),
        context.build_paragraph("case.ways.az"),
        context.build_paragraph("case.ways.file"),
        *(
            context.build_paragraph(f"case.ways.in.{other}", "subtle", url=routing.build_blank_request_url(other))
            for other in CLOUDS
            if other != cloud
        ),
        buttons=(
            *((context.build_button("ticket", "ticket", primary=True),) if can_file else ()),
            context.build_link_button("portal", page, primary=not can_file),
            context.build_link_button("portal-plain", routing.build_blank_request_url(cloud)),
            context.build_button("az-case", "az-case"),
            context.build_button("file-case", "file-case"),
            context.build_button("edit-case", "draft"),
            # a card has at most six buttons, so there is only room for one of the two
            *(() if can_file else (back_button,)),
        ),
        placement="stays",
    )


def export_as_commands(context: DialogContext, state: ConversationState) -> DialogResult:
    """Show the `az support` commands, and offer the file that they read the text from."""
    form = state.form
    command = build_case_command(context, form) if form else None
    if form is None or command is None:
        return DialogResult(state, (show_problem(context, "case.not-now"),))
    reply = context.build_reply(
        context.build_heading("case.az"),
        context.build_paragraph("case.az.before", name=build_file_name(context, form, "text")),
        command,
        context.build_paragraph("case.az.after", "subtle"),
        buttons=(context.build_button("file-case", "file-case"), context.build_button("edit-case", "draft")),
        placement="stays",
    )
    reply = with_shell_switch(context, reply, "az-case")
    return DialogResult(state, (reply,), (build_file_offer(context, form, "text"),))


def export_as_file(context: DialogContext, state: ConversationState, kind: FileKind) -> DialogResult:
    """Offer the case as a file, with buttons for the other formats."""
    form = state.form
    if form is None:
        return DialogResult(state, (show_problem(context, "case.not-now"),))
    others = [
        replace(context.build_button(key, "file-case"), args={"as": other})
        for key, other in _FILE_BUTTONS
        if other != kind
    ]
    reply = context.build_reply(
        context.build_paragraph("case.file.offer", name=build_file_name(context, form, kind)),
        buttons=(*others, context.build_button("edit-case", "draft")),
        placement="stays",
    )
    return DialogResult(state, (reply,), (build_file_offer(context, form, kind),))
