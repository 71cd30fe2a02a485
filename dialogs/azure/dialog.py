"""Read Azure for a person: consent, which template, sign-in, and then what Azure shows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from dialogs.action_registry import ActionRequest
from dialogs.azure import choose_template, failed_templates, manual_commands, template_watch, whole_log
from dialogs.azure.refusals import build_refusal_blocks, build_refusal_buttons
from dialogs.azure.status_reply import show_status
from dialogs.azure.template_snapshot import compute_deadline, fetch_snapshot
from dialogs.context import DialogContext, DialogResult
from dialogs.model.azure import AccessMode
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.effects import HandOff, RequestSignIn
from dialogs.model.errors import AzureRefusedError
from dialogs.model.job import JobDone
from dialogs.model.ports import AzureReader, CheckTemplate, DiagnoseText, FindMistakes
from dialogs.model.turn import Person
from dialogs.preflight.live_template import check_live_template
from dialogs.replies.general_replies import build_default_buttons
from dialogs.replies.run_states import name_state
from dialogs.resources import DialogResources
from dialogs.solution.howtos import build_back_to_step_buttons
from dialogs.state.azure_state import AzureRequest, AzureState, PendingInput
from dialogs.state.conversation_state import ConversationState
from knowledge.template.template_id import TemplateQuery


@dataclass(frozen=True)
class AzureDialog:
    """Reads Azure. Without a reader, or if it's off, it shows the commands to run instead."""

    azure_reader: AzureReader | None
    diagnose: DiagnoseText
    check_template: CheckTemplate | None = None
    find_mistakes: FindMistakes | None = None

    @classmethod
    def for_request(cls, request: ActionRequest) -> AzureDialog:
        """Build the dialog from an action's request."""
        return cls.from_resources(request.resources)

    @classmethod
    def from_resources(cls, resources: DialogResources) -> AzureDialog:
        """Build the dialog from the ports and the knowledge that it uses."""
        return cls(resources.azure_reader, resources.diagnose, resources.check_template, resources.find_mistakes)

    @property
    def access_mode(self) -> AccessMode:
        """Return whose credentials lookups use."""
        return self.azure_reader.access_mode if self.azure_reader else "off"

    async def resume_after_sign_in(
        self, context: DialogContext, state: ConversationState, person: Person, was_successful: bool
    ) -> DialogResult:
        """Run the lookup that was waiting for the sign-in, or say that the sign-in failed."""
        waiting = state.azure
        if was_successful and waiting.pending_input == "sign-in" and waiting.pending_request:
            return await self._run_lookup(context, state, person, waiting.pending_request)
        if was_successful:
            said = context.build_reply(
                context.build_paragraph("look.signed-in"),
                buttons=(context.build_button("look", "look", primary=True),),
                placement="passing",
            )
            return DialogResult(state, (said,))
        buttons = (context.build_button("look-retry", "look-retry", primary=True), *build_default_buttons(context))
        said = context.build_reply(
            context.build_paragraph("look.not-signed-in-now", "warning"), buttons=buttons, placement="stays"
        )
        return DialogResult(state, (said,))

    async def resume_in_private_chat(
        self, context: DialogContext, state: ConversationState, person: Person, thread_state: ConversationState
    ) -> DialogResult:
        """Run a lookup in the private chat that was requested in a thread."""
        asked = thread_state.azure.pending_request or AzureRequest()
        result = await self.request_lookup(context, state, person, asked)
        return result.with_leading_blocks(context.build_paragraph("look.from-thread", "subtle"))

    async def report_watch(
        self, context: DialogContext, state: ConversationState, person: Person, job_done: JobDone
    ) -> DialogResult:
        """Say that a watched run has ended and show its status, or say why it's no longer watched."""
        state, asked, over = template_watch.end_watch(context, state, job_done)
        if not over:
            return template_watch.show_watch_stopped(context, state, asked, job_done)
        result = await self._run_lookup(context, state, person, asked)
        first, *rest = result.replies
        heading = context.build_paragraph(
            "watch.ended", name=asked.query.name, state=name_state(context, str(job_done.result["state"])[:40])
        )
        result = replace(result, replies=(replace(first, placement="stays"), *rest))
        return result.with_leading_blocks(heading)

    async def request_lookup(
        self, context: DialogContext, state: ConversationState, person: Person, request: AzureRequest, detail: int = 0
    ) -> DialogResult:
        """Run a lookup, unless it isn't allowed, others can read the chat, or the person hasn't consented yet."""
        request = _resolve_request(state, request)
        if self.azure_reader is None or self.access_mode == "off":
            return manual_commands.show_manual_commands(context, state, request)
        if context.is_public:
            state = replace(state, azure=replace(state.azure, pending_request=request, pending_input=""))
            can_share = context.can_share_looks
            said = context.build_reply(
                context.build_paragraph("look.in-private"),
                *([context.build_paragraph("share.from-private")] if can_share else []),
                buttons=(context.build_button("help", "help"),),
                placement="stays",
            )
            return DialogResult(state, (said,), (HandOff("look", keeps_way_back=can_share),))
        if not state.azure.has_consented or state.azure.consented_access_mode != self.access_mode:
            return DialogResult(
                replace(state, azure=state.azure.with_pending_request(request, "consent")),
                (choose_template.ask_consent(context),),
            )
        return await self._run_lookup(context, state, person, request, detail)

    async def _run_lookup(
        self, context: DialogContext, state: ConversationState, person: Person, request: AzureRequest, detail: int = 0
    ) -> DialogResult:
        azure = self.azure_reader
        if azure is None:
            return manual_commands.show_manual_commands(context, state, request)
        state = replace(state, azure=replace(state.azure, pending_request=request, pending_input=""))
        try:
            return await self._answer_request(context, state, person, request, azure, detail)
        except AzureRefusedError as refused:
            return self._show_refusal(context, state, request, refused.refusal)
        except TimeoutError:
            return self._show_refusal(context, state, request, AzureRefusal("too-slow", target=request.query.name))

    async def _answer_request(
        self,
        context: DialogContext,
        state: ConversationState,
        person: Person,
        request: AzureRequest,
        azure: AzureReader,
        detail: int,
    ) -> DialogResult:
        """Read what a request is for, and show it. Raise `AzureRefusedError`, or `TimeoutError` after a turn's time."""
        until = compute_deadline()
        if request.kind == "failing":
            listed = await failed_templates.list_failed_templates(
                context, azure, person, self.diagnose, request.query.resource_group, detail
            )
            return DialogResult(replace(state, azure=state.azure.without_pending_request()), (listed,))
        ref = request.template_id
        if ref is None and request.query == TemplateQuery():
            return self.ask_template_name(context, state, request)
        if ref is None:
            async with asyncio.timeout_at(until):
                found = await azure.find_templates(person, request.query)
            ref = choose_template.find_only_match(request, found)
            if ref is None:
                state = replace(state, azure=state.azure.with_pending_request(request, "name"))
                return DialogResult(state, (choose_template.ask_for_choice(context, request, found),))
        if request.kind == "whole-log":
            return whole_log.start_reading(context, state, ref, detail)
        if request.kind == "watch":
            async with asyncio.timeout_at(until):
                return template_watch.start_watch(context, state, await azure.fetch_status(person, ref))
        if request.checks and self.check_template:
            return await check_live_template(context, state, azure, self.check_template, person, ref, until)
        seen = await fetch_snapshot(azure, person, ref, until, self.find_mistakes)
        of_text = state.diagnosis is not None and request.query == TemplateQuery.from_facts(state.diagnosis.facts)
        return await show_status(context, state, seen, self.diagnose, of_text)

    def _show_refusal(
        self, context: DialogContext, state: ConversationState, request: AzureRequest, refusal: AzureRefusal
    ) -> DialogResult:
        waits: PendingInput = "sign-in" if refusal.reason == "sign-in" else ""
        state = replace(state, azure=state.azure.with_pending_request(request, waits))
        blocks = build_refusal_blocks(
            context, refusal, request, manual_commands.collect_placeholder_values(state, request)
        )
        reply = context.build_reply(*blocks, buttons=build_refusal_buttons(context, refusal), placement="passing")
        return DialogResult(state, (reply,), (RequestSignIn(),) if waits else ())

    def ask_template_name(
        self, context: DialogContext, state: ConversationState, request: AzureRequest | None = None
    ) -> DialogResult:
        """Ask which template to look at, or to check; without a reader, show the commands to run instead."""
        request = request or AzureRequest()
        if self.azure_reader is None or self.access_mode == "off":
            return manual_commands.show_manual_commands(context, state, request)
        return DialogResult(
            replace(state, azure=state.azure.with_pending_request(request, "name")),
            (choose_template.ask_template_name(context),),
        )

    def decline_consent(self, context: DialogContext, state: ConversationState) -> DialogResult:
        """Note that the person doesn't want lookups; they can be asked for again at any time."""
        state = replace(state, azure=replace(state.azure.without_pending_request(), has_consented=False))
        return DialogResult(
            state,
            (
                choose_template.show_declined(
                    context, (*build_back_to_step_buttons(context, state), *build_default_buttons(context))
                ),
            ),
        )

    async def grant_consent(self, context: DialogContext, state: ConversationState, person: Person) -> DialogResult:
        """Note the consent for the current access mode, and run the lookup that was waiting for it."""
        asked = state.azure.pending_request or AzureRequest()
        return await self.request_lookup(
            context,
            replace(state, azure=replace(state.azure, has_consented=True, consented_access_mode=self.access_mode)),
            person,
            asked,
        )

    async def sign_out(self, context: DialogContext, state: ConversationState, person: Person) -> DialogResult:
        """Sign the person out, and forget the consent with everything else about Azure."""
        was_in = await self.azure_reader.sign_out(person) if self.azure_reader and self.access_mode != "off" else False
        return DialogResult(replace(state, azure=AzureState()), (choose_template.show_signed_out(context, was_in),))


def _resolve_request(state: ConversationState, request: AzureRequest) -> AzureRequest:
    """Fill in what's known about the template, from the diagnosed text or else from the last lookup."""
    last = state.azure.last_template_id
    if request.kind == "failing" or request.template_id:
        return request
    if request.query != TemplateQuery():
        known = last is not None and last.name.casefold() == request.query.name.casefold()
        return (
            replace(request, query=TemplateQuery.for_template(last))
            if last and known and not request.query.resource_group
            else request
        )
    if last is not None and request.kind in ("whole-log", "watch"):
        return replace(request, query=TemplateQuery.for_template(last))
    facts = TemplateQuery.from_facts(state.diagnosis.facts if state.diagnosis else {})
    if facts.name or facts.staging_group or facts.account:
        return replace(request, query=facts)
    return replace(request, query=TemplateQuery.for_template(last)) if last else request
