"""Actions that answer a question: about the bot, a code, permissions, and what the bot never does in Azure."""

from __future__ import annotations

from dialogs.action_registry import ActionRequest, ActionTable
from dialogs.answers.error_codes import explain_code
from dialogs.answers.manual_actions import show_manual_action
from dialogs.context import DialogResult
from dialogs.model.reply import Button
from dialogs.replies.general_replies import show_message
from dialogs.solution import howtos
from dialogs.state.json_fields import parse_text
from knowledge.template.template_id import TemplateQuery

ANSWER_ACTIONS = ActionTable()

MAX_CODE_CHARS = 60
PERMISSIONS_HOWTO = "permissions"


@ANSWER_ACTIONS.register("alive")
def answer_ping(request: ActionRequest) -> DialogResult:
    """Answer whether the bot is there."""
    return DialogResult(request.state, (show_message(request.context, "talk.alive"),))


@ANSWER_ACTIONS.register("about", pressed_by="anyone")
def describe_bot(request: ActionRequest) -> DialogResult:
    """Say what the bot is, what it keeps, and who can see that."""
    context = request.context
    buttons = (context.build_button("forget", "forget"), context.build_button("help", "help"))
    blocks = [context.build_heading("about.title")]
    blocks += [context.build_paragraph(f"about.{part}") for part in ("what", "keeps", "azure")]
    blocks += [context.build_paragraph("share.about")] if context.can_share_looks else []
    return DialogResult(request.state, (context.build_reply(*blocks, buttons=buttons, placement="stays"),))


@ANSWER_ACTIONS.register("paste")
def invite_paste(request: ActionRequest) -> DialogResult:
    """Answer somebody who is about to paste something."""
    return DialogResult(request.state, (show_message(request.context, "talk.paste"),))


@ANSWER_ACTIONS.register("language-choice", pressed_by="anyone")
def offer_languages(request: ActionRequest) -> DialogResult:
    """Offer the languages."""
    context = request.context
    buttons = tuple(
        Button(context.texts.get(f"tongue.{header.action_id}", code), header.action_id)
        for code, header in context.texts.headers.items()
        if context.texts.has(f"tongue.{header.action_id}")
    )
    return DialogResult(request.state, (context.build_reply(context.build_paragraph("tongue.ask"), buttons=buttons),))


@ANSWER_ACTIONS.register("permissions", pressed_by="anyone")
def show_permissions(request: ActionRequest) -> DialogResult:
    """Show who needs which permission."""
    return howtos.show_howto(request.context, request.state, PERMISSIONS_HOWTO)


@ANSWER_ACTIONS.register("code", pressed_by="anyone")
async def answer_code(request: ActionRequest) -> DialogResult:
    """Say what an exit code or an error's code means."""
    code = parse_text(request.args.get("code"), MAX_CODE_CHARS)
    program = parse_text(request.args.get("program", ""), MAX_CODE_CHARS)
    return await explain_code(request.context, request.state, request.resources, code, program)


@ANSWER_ACTIONS.register("run-by-hand")
def show_how_to_run(request: ActionRequest) -> DialogResult:
    """Show how to start a build: the bot never does."""
    return show_manual_action(request.context, request.state, "run", TemplateQuery.from_args(request.args))


@ANSWER_ACTIONS.register("cancel-by-hand")
def show_how_to_cancel(request: ActionRequest) -> DialogResult:
    """Show how to cancel a build: the bot never does."""
    return show_manual_action(request.context, request.state, "cancel", TemplateQuery.from_args(request.args))


@ANSWER_ACTIONS.register("delete-by-hand")
def show_how_to_delete(request: ActionRequest) -> DialogResult:
    """Show how to delete a template: the bot never does."""
    return show_manual_action(request.context, request.state, "delete", TemplateQuery.from_args(request.args))
