"""The conversation as a whole: takes a turn and the state, and hands it to the part that answers what is meant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dialogs import actions as presses
from dialogs import handoff as moving
from dialogs.azure.dialog import AZURE_ACTIONS, AZURE_HANDOFF, AzureDialog
from dialogs.azure.sandbox_note import add_sandbox_note
from dialogs.azure.template_watch import WATCH_TEMPLATE_JOB
from dialogs.azure.whole_log import READ_WHOLE_LOG_JOB
from dialogs.context import DialogContext, DialogResult
from dialogs.model.job import FAILURE_KEY, Job, JobDone
from dialogs.model.ports import AttachmentReader, AzureReader, Clock, DiagnoseText, TicketFiler
from dialogs.model.reply import Reply
from dialogs.model.turn import ACTION_VERSION, Person, Turn
from dialogs.replies import general_replies as talk
from dialogs.solution import attached_logs as file_reading
from dialogs.solution import howtos as guides
from dialogs.solution import walkthrough as walk
from dialogs.solution.diagnosis_dialog import show_diagnosis
from dialogs.solution.shared_chat import limit_excerpts
from dialogs.solution.usage_events import UsageEvent, collect_usage_events
from dialogs.state import conversation_state as states
from dialogs.state.conversation_state import ConversationState, OfferedButton
from dialogs.state.json_fields import DecodeError, parse_mapping
from dialogs.support import case_file
from dialogs.support import draft_builder as draft
from dialogs.support.ticket.dialog import FILE_TICKET_JOB, TicketDialog
from dialogs.support.ticket.dialog import TICKET_ACTIONS as TICKET_DOES
from dialogs.texts import has_text
from dialogs.typed_commands import Intent, find_typed_button, parse_intent
from knowledge.catalog.fact_rules import load_fact_rules
from knowledge.catalog.howtos import Howtos, load_howtos
from knowledge.catalog.questionnaire import build_questionnaire
from knowledge.catalog.support import SupportRouting
from knowledge.model.entry import LANGUAGES, Entry, Language
from knowledge.search.howto_search import HowtoSearch

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConversationResult:
    """The state to hand back at the next turn, as plain JSON, and what to show now; at least one reply.

    `work` is what the turn leaves to be done after its answer, `notes` what is counted of it.
    """

    state: dict[str, Any]
    replies: tuple[Reply, ...]
    jobs: tuple[Job, ...] = ()
    usage_events: tuple[UsageEvent, ...] = ()


class Conversation:
    """The dialogs. Holds what is known, never what was said: that travels in the state."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        diagnose: DiagnoseText,
        clock: Clock,
        support: SupportRouting,
        howtos: Howtos | None = None,
        azure_reader: AzureReader | None = None,
        ticket_filer: TicketFiler | None = None,
        attachment_reader: AttachmentReader | None = None,
    ) -> None:
        """Without `guides`, those that ship are used: raises `EntriesInvalid` when they have faults.

        Without `azure` nobody's eyes are used: people get the commands to run. Without `filing` they file by hand,
        without `files` none that they attach is opened.
        """
        self._entries = entries
        self._diagnose = diagnose
        self._clock = clock
        self._support = support
        self._questionnaire = build_questionnaire(entries.values())
        self._howtos = howtos or load_howtos()
        self._howto_search = HowtoSearch(self._howtos)
        self._azure_dialog = AzureDialog(azure_reader, diagnose, load_fact_rules())
        self._ticket_dialog = TicketDialog(ticket_filer)
        self._attachment_reader = attachment_reader

    async def answer_turn(self, turn: Turn, state: Mapping[str, Any] | None) -> ConversationResult:
        """The answer to one turn. Never raises: an old or broken state, button or text gets a helpful answer too."""
        before, lost = _read_state(state)
        context = self._build_context(turn, before)
        try:
            after, replies = await self._dispatch_turn(context, before, turn)
        except Exception as error:  # noqa: BLE001 - the last resort: a person never sees a traceback
            # The error's text could hold what the person pasted, so only its kind and place are logged.
            _log.error("a turn failed: %s at %s", type(error).__name__, _describe_error_location(error))
            after, replies = before, (talk.show_problem(context, "trouble.failed"),)
        after = replace(
            after, last_buttons=_collect_last_buttons(replies), azure=after.azure.expire_name_prompt(before.azure)
        )
        if lost and not turn.has_joined:
            replies = (talk.show_notice(context, "trouble.lost"), *replies)
        if context.is_public:
            replies = tuple(map(limit_excerpts, replies))
        work = tuple(work for reply in replies for work in reply.jobs)
        return ConversationResult(
            states.state_to_json(after),
            add_sandbox_note(context, after, replies),
            work,
            collect_usage_events(turn, before, after),
        )

    async def hand_off(
        self, turn: Turn, state: Mapping[str, Any] | None, thread_state: Mapping[str, Any], handoff: str
    ) -> tuple[ConversationResult, dict[str, Any]]:
        """What the person's private chat, whose turn and state these are, goes on with; and the state that is left in
        the `thread` whose state was handed in. `goes_on` is what the thread's reply said.
        """
        here = _read_state(thread_state)[0]
        there = moving.build_private_state(_read_state(state)[0], here, self._clock())
        context = self._build_context(turn, there)
        if handoff == AZURE_HANDOFF:
            after, replies = await self._azure_dialog.resume_in_private_chat(context, there, turn.person, here)
        else:
            after, replies = moving.show_handoff(context, there, handoff)
        work = tuple(work for reply in replies for work in reply.jobs)
        kept = states.state_to_json(replace(after, last_buttons=_collect_last_buttons(replies)))
        answer = ConversationResult(kept, add_sandbox_note(context, after, replies), work)
        return answer, states.state_to_json(moving.build_remaining_state(here))

    async def perform_job(
        self, person: Person, job: Job, language: Language, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        """Do what a turn of `person` left to be done; returns the result for the turn that reports it. Never raises.

        It may take minutes, be ended at any time and be done again from the start. `progress` takes how much is done
        and how much there is, from any thread.
        """
        if job.name == READ_WHOLE_LOG_JOB:
            return await self._azure_dialog.read_whole_log(person, job, language, progress)
        if job.name == WATCH_TEMPLATE_JOB:
            return await self._azure_dialog.poll_watch(person, job, self._clock())
        if job.name == FILE_TICKET_JOB:
            return await self._ticket_dialog.perform_job(person, job)
        if job.name == file_reading.READ_FILE_JOB:
            return await file_reading.read_file(self._attachment_reader, job, language, progress)
        _log.error("nobody performs the work %s", job.name)
        return {FAILURE_KEY: "broken"}

    def read_offered_file(self, state: Mapping[str, Any] | None, args: Mapping[str, Any]) -> bytes | None:
        """The content of the file that a reply offered with `args`; None when there is no such file any more."""
        language: Language = "it" if args.get("language") == "it" else "en"
        context = DialogContext(
            language, self._entries, self._questionnaire, self._support, self._clock(), self._howtos
        )
        return case_file.read_offered_file(context, _read_state(state)[0], args)

    def _build_context(self, turn: Turn, state: ConversationState, language: Language | None = None) -> DialogContext:
        chosen = language or state.language or _detect_language(turn.locale)
        public = turn.scope != "personal"
        looks, tickets, attach = (
            self._azure_dialog.access_mode,
            self._ticket_dialog.is_allowed,
            self._attachment_reader is not None and not public,
        )
        known = (self._entries, self._questionnaire, self._support, self._clock(), self._howtos)
        return DialogContext(chosen, *known, public, looks, tickets, attach)

    async def _dispatch_turn(self, context: DialogContext, state: ConversationState, turn: Turn) -> DialogResult:
        if turn.has_joined:
            return state, (talk.show_welcome(context, turn.person.name),)
        if turn.has_signed_in and (
            gone_on := await self._ticket_dialog.resume_after_sign_in(context, state, turn.person)
        ):
            return gone_on
        if turn.has_signed_in is not None:
            return await self._azure_dialog.resume_after_sign_in(context, state, turn.person, turn.has_signed_in)
        if turn.job_done is not None:
            return await self._report_job(context, state, turn.person, turn.job_done)
        if turn.action is not None:
            if turn.action.version != ACTION_VERSION or isinstance(turn.action.version, bool):
                return state, (talk.show_problem(context, "trouble.old-card"),)
            do, args = turn.action.action_id, turn.action.args
            if turn.action.is_foreign:
                if own := presses.handle_foreign_action(context, state, do, args):
                    return own
                args = {**args, "paste": presses.NO_DIAGNOSIS_NUMBER} if "paste" in args else args
            return await self._handle_action(context, state, turn, do, args, turn.action.fields)
        if turn.files:
            state, replies = await self._handle_text(context, state, turn) if turn.text.strip() else (state, ())
            state, reading = file_reading.start_reading(context, state, turn.files, self._attachment_reader is not None)
            return state, (*replies, *reading)
        return await self._handle_text(context, state, turn)

    async def _handle_text(self, context: DialogContext, state: ConversationState, turn: Turn) -> DialogResult:
        if not turn.text.strip():
            return state, (
                walk.render_current_step(context, state, (context.build_paragraph("talk.empty"),))
                or talk.show_message(context, "talk.empty"),
            )
        if offered := find_typed_button(turn.text, state.last_buttons):
            return await self._handle_action(context, state, turn, offered.action_id, offered.args, {})
        if looked := await self._azure_dialog.handle_text(context, state, turn.person, turn.text):
            return looked
        if intent := parse_intent(turn.text):
            return await self._handle_command(context, state, turn, intent)
        if asked := self._howto_search.find_howto(turn.text):
            return guides.show_howto(context, state, asked)
        return await self._diagnose_text(context, state, turn.text, is_beside_file=bool(turn.files))

    async def _report_job(
        self, context: DialogContext, state: ConversationState, person: Person, job_done: JobDone
    ) -> DialogResult:
        if job_done.job.name == WATCH_TEMPLATE_JOB and FAILURE_KEY not in job_done.result:
            return await self._azure_dialog.report_watch(context, state, person, job_done)
        if job_done.job.name == READ_WHOLE_LOG_JOB and FAILURE_KEY not in job_done.result:
            return await self._azure_dialog.report_whole_log(context, state, job_done)
        if job_done.job.name == FILE_TICKET_JOB:
            return self._ticket_dialog.report_result(context, state, job_done)
        if job_done.job.name == file_reading.READ_FILE_JOB and FAILURE_KEY not in job_done.result:
            return file_reading.report_file(context, state, job_done)
        failure = f"work.{job_done.result.get(FAILURE_KEY)}"
        return state, (talk.show_problem(context, failure if has_text(failure) else "work.broken"),)

    async def _handle_action(
        self, context: DialogContext, state: ConversationState, turn: Turn, action_id: str, args: object, fields: object
    ) -> DialogResult:
        if action_id == "example":
            after, replies = await self._diagnose_text(context, state, talk.EXAMPLE_LOG)
            return after, replies if context.is_public else (talk.show_example(context), *replies)
        if action_id == "forget-yes":
            await self._azure_dialog.sign_out(turn.person)
        try:
            if action_id in AZURE_ACTIONS:
                return await self._azure_dialog.handle_action(
                    context, state, turn.person, action_id, parse_mapping(args)
                )
            if action_id in TICKET_DOES:
                texts = presses.extract_texts(fields)
                return await self._ticket_dialog.handle_action(
                    context, state, turn.person, turn.locale, action_id, parse_mapping(args), texts
                )
        except DecodeError:
            return state, (talk.show_problem(context, "trouble.unknown-button"),)
        return presses.handle_action(context, state, action_id, args, fields)

    async def _handle_command(
        self, context: DialogContext, state: ConversationState, turn: Turn, intent: Intent
    ) -> DialogResult:
        if intent in ("english", "italian"):
            language: Language = "it" if intent == "italian" else "en"
            context = self._build_context(turn, state, language)
            # a script's advice was written in the language of its time
            held = replace(state.diagnosis, script_advice=None) if state.diagnosis else None
            form = draft.switch_draft_language(self._build_context(turn, state), state, language)
            state = replace(state, language=language, form=form, diagnosis=held)
            said = context.build_paragraph("talk.language")
            return state, (
                walk.render_current_step(context, state, (said,)) or talk.show_message(context, "talk.language"),
            )
        if intent == "example":
            return await self._handle_action(context, state, turn, "example", {}, {})
        return presses.handle_command(context, state, intent)

    async def _diagnose_text(
        self, context: DialogContext, state: ConversationState, text: str, is_beside_file: bool = False
    ) -> DialogResult:
        diagnosis = await self._diagnose(text, context.language)
        if is_beside_file and file_reading.is_only_introduction(diagnosis):
            return state, ()
        return show_diagnosis(context, state, diagnosis, suggested_howto_id=self._howto_search.suggest_howto(text))


def _read_state(state: Mapping[str, Any] | None) -> tuple[ConversationState, bool]:
    """The state, and whether there was one that cannot be read."""
    if state is None:
        return ConversationState(), False
    try:
        return states.state_from_json(state), False
    except DecodeError:
        language = state.get("language")
        return ConversationState(language=language if language in LANGUAGES else None), True


def _collect_last_buttons(replies: tuple[Reply, ...]) -> tuple[OfferedButton, ...]:
    buttons = [button for reply in replies for button in reply.buttons]
    return tuple(
        OfferedButton(button.label, button.action_id, dict(button.args))
        for button in buttons[: states.MAX_LAST_BUTTONS]
    )


def _detect_language(locale: str | None) -> Language:
    return "it" if locale and locale.casefold().replace("_", "-").split("-")[0] == "it" else "en"


def _describe_error_location(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace else "?"
