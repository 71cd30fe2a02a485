"""The conversation as a whole: takes a turn and the state, and passes them to the dialog that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from dialogs.action_registry import ActionRequest
from dialogs.actions import handle_action, handle_press
from dialogs.azure.dialog import AzureDialog
from dialogs.context import DialogContext, DialogResult
from dialogs.handoff import build_private_state, build_remaining_state, continue_privately
from dialogs.job_registry import JobReport, JobRequest
from dialogs.jobs import perform_job, report_job
from dialogs.model.effects import Effect, HandoffTopic
from dialogs.model.job import Job, JobDone
from dialogs.model.reply import Reply
from dialogs.model.turn import ActionPressed, MemberJoined, MessageSent, Person, SignedIn, Turn
from dialogs.preflight.corrected_file import FILE_KIND, read_corrected_template
from dialogs.replies.general_replies import show_message, show_notice, show_welcome
from dialogs.replies.shell_commands import follow_shell
from dialogs.resources import DialogResources
from dialogs.sentences import BEFORE_GUIDES, find_named_shell
from dialogs.solution.attached_logs import start_reading
from dialogs.solution.diagnose_text import answer_pasted_template, diagnose_text
from dialogs.solution.howtos import show_howto
from dialogs.solution.shared_chat import limit_excerpts
from dialogs.solution.usage_events import UsageEvent, collect_usage_events
from dialogs.solution.walkthrough import render_current_step
from dialogs.state.conversation_json import state_from_json, state_to_json
from dialogs.state.conversation_state import MAX_LAST_BUTTONS, ConversationState, OfferedButton
from dialogs.state.json_fields import DecodeError
from dialogs.support.case_file import read_offered_file
from dialogs.support.ticket.dialog import TicketDialog
from dialogs.texts.catalog import TextCatalog, get_texts
from dialogs.texts.languages import ENGLISH
from dialogs.typed_actions import TypedAction, find_asked_action, find_typed_action
from knowledge.commands.placeholders import DEFAULT_SHELL
from knowledge.input.input_kind import is_description
from knowledge.input.pasted_template import find_pasted_template
from knowledge.knowledge_base import KnowledgeBase
from knowledge.model.entry import Language, is_language_code


@dataclass(frozen=True)
class ConversationResult:
    """What a turn leads to: the next turn's state as plain JSON, at least one reply, and other effects.

    `usage_events` are counted once the turn is stored.
    """

    state: dict[str, Any]
    replies: tuple[Reply, ...]
    effects: tuple[Effect, ...] = ()
    usage_events: tuple[UsageEvent, ...] = ()


class Conversation:
    """The dialogs. Holds the knowledge, never what was said: that's in the state."""

    def __init__(
        self,
        knowledge: KnowledgeBase,
        resources: DialogResources,
        texts: TextCatalog | None = None,
    ) -> None:
        """Take the knowledge, the ports, and the texts, by default the shipped ones."""
        self._knowledge = knowledge
        self._texts = texts or get_texts()
        self._resources = resources
        self._azure_dialog = AzureDialog.from_resources(resources)
        self._ticket_dialog = TicketDialog(resources.ticket_filer)

    async def answer_turn(self, turn: Turn, state: Mapping[str, Any] | None) -> ConversationResult:
        """Answer one turn. An old or broken state, button, or text gets a helpful answer.

        A fault in a dialog is raised: the runtime logs it, counts the turn as failed, and gives the person a reference.
        """
        before, was_unreadable = _read_state(state)
        context = self._build_context(turn, before)
        result = await self._dispatch_turn(context, before, turn)
        azure = result.state.azure.expire_name_prompt(before.azure)
        if azure is not result.state.azure:
            result = replace(result, state=replace(result.state, azure=azure))
        if was_unreadable and not isinstance(turn.event, MemberJoined):
            result = DialogResult(before, (show_notice(context, "trouble.lost"),)).followed_by(result)
        if context.is_public:
            result = replace(result, replies=tuple(map(limit_excerpts, result.replies)))
        return _build_result(context, result, collect_usage_events(turn, before, result.state))

    async def hand_off(
        self,
        turn: Turn,
        state: Mapping[str, Any] | None,
        thread_turn: Turn,
        thread_state: Mapping[str, Any],
        topic: HandoffTopic,
    ) -> tuple[ConversationResult, dict[str, Any]]:
        """Continue what began in a thread in the person's private chat, whose turn and state these are.

        `topic` comes from the thread's `HandOff`. The second value is the state that stays in the thread.
        """
        thread = _read_state(thread_state)[0]
        private = build_private_state(_read_state(state)[0], thread, self._resources.clock())
        context = self._build_context(turn, private)
        result = await continue_privately(context, private, turn.person, topic, thread, thread_turn, self._azure_dialog)
        return _build_result(context, result), state_to_json(build_remaining_state(thread))

    async def perform_job(
        self, person: Person, job: Job, language: Language, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        """Perform a job that a turn of `person` left, and return the result for the turn that reports it.

        It may take minutes, may be killed at any time, and may run again from the start. `progress` takes how much is
        done and the total, from any thread.

        Raises:
            UnknownJobError: no dialog has such a job, for example after a rollback to a release that doesn't know it.
        """
        return await perform_job(JobRequest(person, job, language, self._resources, progress))

    def read_offered_file(self, state: Mapping[str, Any] | None, args: Mapping[str, Any]) -> bytes | None:
        """Return the content of the file that a reply offered with `args`; None if it's gone."""
        language = self._texts.parse_language(args.get("language")) or ENGLISH
        context = DialogContext(language, self._knowledge, self._texts, self._resources.clock())
        before = _read_state(state)[0]
        if args.get("as") == FILE_KIND:
            return read_corrected_template(before, args)
        return read_offered_file(context, before, args)

    def _build_context(self, turn: Turn, state: ConversationState) -> DialogContext:
        is_public = turn.scope != "personal"
        return DialogContext(
            self._choose_language(turn, state),
            self._knowledge,
            self._texts,
            self._resources.clock(),
            is_public,
            self._azure_dialog.access_mode,
            self._ticket_dialog.is_allowed,
            can_attach_files=self._resources.attachment_reader is not None and not is_public,
            can_share_looks=self._resources.look_sharer is not None,
            shell=state.shell or DEFAULT_SHELL,
        )

    def _choose_language(self, turn: Turn, state: ConversationState) -> Language:
        """Return the language that was asked for, or else the client's; English if it's no longer known."""
        if state.language is None:
            return self._texts.detect_language(turn.locale)
        return self._texts.parse_language(state.language) or ENGLISH

    async def _dispatch_turn(self, context: DialogContext, state: ConversationState, turn: Turn) -> DialogResult:
        match turn.event:
            case MessageSent() as message:
                return await self._handle_message(context, state, turn, message)
            case ActionPressed() as pressed:
                return await handle_press(context, state, turn, self._resources, pressed)
            case MemberJoined():
                return DialogResult(state, (show_welcome(context, turn.person.name),))
            case SignedIn(succeeded):
                return await self._resume_after_sign_in(context, state, turn.person, succeeded)
            case JobDone() as job_done:
                return await report_job(JobReport(context, state, turn.person, self._resources, job_done))
            case _:
                assert_never(turn.event)

    async def _resume_after_sign_in(
        self, context: DialogContext, state: ConversationState, person: Person, was_successful: bool
    ) -> DialogResult:
        """Continue with what was waiting for the sign-in: a ticket first, since its question came last."""
        if was_successful and (resumed := await self._ticket_dialog.resume_after_sign_in(context, state, person)):
            return resumed
        return await self._azure_dialog.resume_after_sign_in(context, state, person, was_successful)

    async def _handle_message(
        self, context: DialogContext, state: ConversationState, turn: Turn, message: MessageSent
    ) -> DialogResult:
        """Answer the text first, since the files are read in the background."""
        if not message.files:
            return await self._handle_text(context, state, turn, message)
        has_text = bool(message.text.strip())
        text_result = await self._handle_text(context, state, turn, message) if has_text else DialogResult(state)
        can_read = self._resources.attachment_reader is not None
        return text_result.followed_by(start_reading(context, text_result.state, message.files, can_read))

    async def _handle_text(
        self, context: DialogContext, state: ConversationState, turn: Turn, message: MessageSent
    ) -> DialogResult:
        if not message.text.strip():
            empty = context.build_paragraph("talk.empty")
            return DialogResult(
                state, (render_current_step(context, state, (empty,)) or show_message(context, "talk.empty"),)
            )
        if (pasted := find_pasted_template(message.text)) and self._resources.check_template:
            context, state = self._follow_written_language(context, state, pasted.words)
            return await answer_pasted_template(context, state, self._resources, message.text, pasted)
        phrases, sentences = self._texts.phrases, self._texts.sentences
        context, state = self._follow_written_language(context, state, message.text)
        typed = find_typed_action(message.text, state, phrases, sentences)
        # words sent with a file are about the file
        if typed and not (message.files and typed.action_id == "preflight"):
            return await self._perform(context, state, turn, typed)
        asked = None if message.files else find_asked_action(message.text, state, phrases, sentences)
        howto = self._knowledge.howto_search.find_howto(message.text)
        if asked is not None or howto:
            context, state = follow_shell(context, state, find_named_shell(message.text, sentences, phrases))
        if asked is not None and (howto is None or asked.args or asked.action_id in BEFORE_GUIDES):
            return await self._perform(context, state, turn, asked)
        if howto:
            return show_howto(context, state, howto)
        return await diagnose_text(context, state, self._resources, message.text, has_files=bool(message.files))

    async def _perform(
        self, context: DialogContext, state: ConversationState, turn: Turn, typed: TypedAction
    ) -> DialogResult:
        request = ActionRequest(context, state, turn, self._resources, typed.action_id, typed.args, {})
        return await handle_action(request)

    def _follow_written_language(
        self, context: DialogContext, state: ConversationState, text: str
    ) -> tuple[DialogContext, ConversationState]:
        """Switch to the language that the person writes in; a pasted message's language says nothing about them."""
        written = self._texts.detect_written_language(text) if is_description(text) else None
        if written is None or written == context.language:
            return context, state
        # many people write English now and then, but only write another language if it's their own
        state = state if written == ENGLISH else replace(state, language=written)
        return replace(context, language=written), state


def _build_result(
    context: DialogContext, result: DialogResult, usage_events: tuple[UsageEvent, ...] = ()
) -> ConversationResult:
    """Return a dialog's answer as plain values, with the buttons that can be typed in the next turn."""
    state = replace(result.state, last_buttons=_collect_last_buttons(result.replies))
    return ConversationResult(state_to_json(state), result.replies, result.effects, usage_events)


def _read_state(state: Mapping[str, Any] | None) -> tuple[ConversationState, bool]:
    """Return the state, and whether there was one that couldn't be read."""
    if state is None:
        return ConversationState(), False
    try:
        return state_from_json(state), False
    except DecodeError:
        language = state.get("language")
        return ConversationState(language=language if is_language_code(language) else None), True


def _collect_last_buttons(replies: tuple[Reply, ...]) -> tuple[OfferedButton, ...]:
    buttons = [button for reply in replies for button in reply.offered_buttons]
    return tuple([OfferedButton(button.label, button.action_id, button.args) for button in buttons[:MAX_LAST_BUTTONS]])
