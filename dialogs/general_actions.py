"""Actions about the conversation itself: help, small talk, start over, language, example, forgetting."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from dialogs.action_registry import ActionRequest, ActionTable
from dialogs.context import DialogResult
from dialogs.forget import ask_to_forget, forget_conversation
from dialogs.model.errors import AzureRefusedError
from dialogs.replies import general_replies
from dialogs.replies.general_replies import EXAMPLE_LOG, show_example, show_message
from dialogs.solution.diagnose_text import diagnose_text
from dialogs.solution.walkthrough import render_current_step, show_current_step
from dialogs.state.conversation_state import ConversationState
from dialogs.support.draft_builder import switch_draft_language
from knowledge.model.entry import Language

GENERAL_ACTIONS = ActionTable()


@GENERAL_ACTIONS.register("help", pressed_by="anyone")
def show_help(request: ActionRequest) -> DialogResult:
    """Show what the bot can do."""
    return DialogResult(request.state, (general_replies.show_help(request.context),))


@GENERAL_ACTIONS.register("hello")
def say_hello(request: ActionRequest) -> DialogResult:
    """Answer a greeting."""
    return DialogResult(request.state, (show_message(request.context, "talk.hello"),))


@GENERAL_ACTIONS.register("thanks")
def answer_thanks(request: ActionRequest) -> DialogResult:
    """Answer thanks."""
    return DialogResult(request.state, (show_message(request.context, "talk.thanks"),))


@GENERAL_ACTIONS.register("acknowledge")
def answer_acknowledgment(request: ActionRequest) -> DialogResult:
    """Answer a word that only acknowledges the last reply; what's in progress continues."""
    context, state = request.context, request.state
    current_step = render_current_step(context, state, (context.build_paragraph("talk.acknowledged"),))
    return DialogResult(state, (current_step or show_message(context, "talk.acknowledged"),))


@GENERAL_ACTIONS.register("not-asked")
def answer_stray_answer(request: ActionRequest) -> DialogResult:
    """Answer a yes or a no to which there was no question; what's in progress continues."""
    context, state = request.context, request.state
    notice = context.build_paragraph("talk.not-asked")
    return DialogResult(
        state, (render_current_step(context, state, (notice,)) or show_message(context, "talk.not-asked"),)
    )


@GENERAL_ACTIONS.register("cancel")
def cancel_walkthrough(request: ActionRequest) -> DialogResult:
    """Leave the walkthrough; the diagnosis stays."""
    return DialogResult(replace(request.state, walkthrough=None), (show_message(request.context, "talk.cancel"),))


@GENERAL_ACTIONS.register("back")
def go_back(request: ActionRequest) -> DialogResult:
    """Show the current step again."""
    return show_current_step(request.context, request.state)


@GENERAL_ACTIONS.register("restart")
def restart(request: ActionRequest) -> DialogResult:
    """Start over. The shell, drafts, tickets, the consent to lookups, and the diagnosis count stay.

    Without the count, old cards could match a new diagnosis.
    """
    state = request.state
    fresh = ConversationState(
        language=state.language,
        shell=state.shell,
        diagnosis_number=state.diagnosis_number,
        drafts=state.with_form_saved(request.context.now).drafts,
        tickets=state.tickets,
        azure=state.azure.for_new_start(),
    )
    return DialogResult(fresh, (show_message(request.context, "talk.restart"),))


@GENERAL_ACTIONS.register("example", pressed_by="anyone")
async def diagnose_example(request: ActionRequest) -> DialogResult:
    """Diagnose the example log."""
    result = await diagnose_text(request.context, request.state, request.resources, EXAMPLE_LOG)
    if request.context.is_public:
        return result
    return DialogResult(request.state, (show_example(request.context),)).followed_by(result)


def switch_language(request: ActionRequest, language: Language) -> DialogResult:
    """Switch to another language. This action isn't in the table: each language with texts has its own."""
    state = request.state
    # a script's advice was written in the language used at the time
    form = switch_draft_language(request.context, state, language)
    state = replace(state, language=language, form=form)
    context = replace(request.context, language=language)
    confirmation = context.build_paragraph("talk.language")
    return DialogResult(
        state, (render_current_step(context, state, (confirmation,)) or show_message(context, "talk.language"),)
    )


@GENERAL_ACTIONS.register("forget")
def confirm_forgetting(request: ActionRequest) -> DialogResult:
    """Ask whether to forget everything, and say what is kept."""
    return ask_to_forget(request.context, request.state)


@GENERAL_ACTIONS.register("forget-yes")
async def forget_everything(request: ActionRequest) -> DialogResult:
    """Forget the conversation, and sign the person out if that can be done now."""
    azure = request.resources.azure_reader
    if azure and azure.access_mode != "off":
        with contextlib.suppress(AzureRefusedError):  # otherwise the sign-in expires by itself
            await azure.sign_out(request.person)
    return forget_conversation(request.context)
