"""The looks of a conversation: from what was asked, over leave, choice and sign-in, to what Azure shows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dialogs.azure import choose_template as choosing
from dialogs.azure import failed_templates as finding
from dialogs.azure import manual_commands as by_hand
from dialogs.azure import template_watch as watching
from dialogs.azure import whole_log
from dialogs.azure.refusals import build_refusal_blocks, build_refusal_buttons
from dialogs.azure.status_reply import compute_deadline, fetch_snapshot, show_status
from dialogs.azure.typed_requests import AzureIntent, TemplateRequest, parse_request, parse_template_name, parse_yes_no
from dialogs.context import DialogContext, DialogResult
from dialogs.model.azure import AccessMode, AzureRefusal, TemplateQuery
from dialogs.model.errors import AzureRefusedError
from dialogs.model.job import Job, JobDone
from dialogs.model.ports import AzureReader, DiagnoseText
from dialogs.model.turn import Person
from dialogs.replies.general_replies import build_default_buttons
from dialogs.solution.howtos import build_back_to_step_buttons
from dialogs.state import azure_state as memory
from dialogs.state.azure_state import AzureRequest, AzureState
from dialogs.state.conversation_state import ConversationState
from dialogs.state.json_fields import parse_int
from dialogs.typed_commands import parse_intent
from knowledge.catalog.fact_rules import FactRules
from knowledge.model.entry import Language

AZURE_ACTIONS = frozenset(
    {
        "look",
        "look-other",
        "look-yes",
        "look-no",
        "look-retry",
        "failing",
        "log",
        "whole-log",
        "sign-out",
        "watch",
        "unwatch",
    }
)
"""What the buttons of a look do."""
_ANSWER_ACTIONS = frozenset({"look-yes", "look-no", "look-retry"})
AZURE_HANDOFF = "look"
"""What a thread's reply says when the private chat is to go on with a look."""
MAX_FIRST_INDEX = 10_000


@dataclass(frozen=True)
class AzureDialog:
    """The dialogs' part that asks Azure. Without a port, or with one that is off, it says what to run instead."""

    azure_reader: AzureReader | None
    diagnose: DiagnoseText
    fact_rules: FactRules

    @property
    def access_mode(self) -> AccessMode:
        """Whose eyes are used."""
        return self.azure_reader.access_mode if self.azure_reader else "off"

    async def handle_action(
        self,
        context: DialogContext,
        state: ConversationState,
        person: Person,
        action_id: str,
        args: Mapping[str, object],
    ) -> DialogResult:
        """The answer to one of the buttons in `DOES`. Raises `ShapeError` for arguments of another shape.

        It takes the place of a question of ours, never that of the walk from which a look was asked for.
        """
        state, (first, *rest) = await self._dispatch_action(context, state, person, action_id, args)
        asked_here = action_id in _ANSWER_ACTIONS or (action_id == "look" and bool(args))
        return state, (replace(first, taking=first.taking or asked_here), *rest)

    async def _dispatch_action(
        self,
        context: DialogContext,
        state: ConversationState,
        person: Person,
        action_id: str,
        args: Mapping[str, object],
    ) -> DialogResult:
        wanted = memory.build_query_from_args(args)
        if action_id == "look-other":
            return self._ask_template_name(context, state)
        if action_id == "look-no":
            return self._decline_consent(context, state)
        if action_id == "look-yes":
            return await self._grant_consent(context, state, person)
        if action_id == "sign-out":
            return await self._handle_sign_out(context, state, person)
        if action_id == "look-retry":
            return await self.request_lookup(context, state, person, state.azure.pending_request or AzureRequest())
        if action_id == "failing":
            first = parse_int(args.get("first", 0), max_value=MAX_FIRST_INDEX)
            return await self.request_lookup(context, state, person, AzureRequest("failing"), first)
        if action_id == "whole-log":
            size = parse_int(args.get("size", 0))
            return await self.request_lookup(context, state, person, AzureRequest("whole-log", wanted), size)
        if action_id == "unwatch":
            return watching.stop_watch(context, state, AzureRequest("watch", wanted))
        if action_id == "watch":
            return await self.request_lookup(context, state, person, AzureRequest("watch", wanted))
        return await self.request_lookup(context, state, person, AzureRequest("template", wanted))

    async def handle_text(
        self, context: DialogContext, state: ConversationState, person: Person, text: str
    ) -> DialogResult | None:
        """The answer to a typed message that asks for a look; `None` for any other."""
        if state.azure.pending_input == "consent" and (yes := parse_yes_no(text)) is not None:
            return await self.handle_action(context, state, person, "look-yes" if yes else "look-no", {})
        asked = parse_request(text)
        if asked is None and state.azure.pending_input == "name" and parse_intent(text) is None:
            asked = parse_template_name(text)
        if isinstance(asked, TemplateRequest):
            if asked.action_id == "unwatch":
                return watching.stop_watch(context, state, AzureRequest("watch", asked.query))
            what: memory.LookupKind = "watch" if asked.action_id == "watch" else "template"
            return await self.request_lookup(context, state, person, AzureRequest(what, asked.query))
        if asked is not None:
            do: AzureIntent = "look" if asked == "log" else asked
            return await self.handle_action(context, state, person, do, {})
        return None

    async def resume_after_sign_in(
        self, context: DialogContext, state: ConversationState, person: Person, was_successful: bool
    ) -> DialogResult:
        """The look that waited for a sign-in goes on; or a word that the sign-in did not come about."""
        waiting = state.azure
        if was_successful and waiting.pending_input == "sign-in" and waiting.pending_request:
            return await self._run_lookup(context, state, person, waiting.pending_request)
        if was_successful:
            said = context.build_reply(
                context.build_paragraph("look.signed-in"), buttons=(context.build_button("look", "look", primary=True),)
            )
            return state, (replace(said, beside=True, passing=True),)
        buttons = (context.build_button("look-retry", "look-retry", primary=True), *build_default_buttons(context))
        said = context.build_reply(
            context.build_paragraph("look.not-signed-in-now", "warning"), buttons=buttons, beside=True
        )
        return state, (said,)

    async def resume_in_private_chat(
        self, context: DialogContext, state: ConversationState, person: Person, thread_state: ConversationState
    ) -> DialogResult:
        """The private chat goes on with the look that was asked for in a thread."""
        asked = thread_state.azure.pending_request or AzureRequest()
        after, (first, *rest) = await self.request_lookup(context, state, person, asked)
        first = replace(first, blocks=(context.build_paragraph("look.from-thread", "subtle"), *first.blocks))
        return after, (first, *rest)

    async def read_whole_log(
        self, person: Person, job: Job, language: Language, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        """What the work of an earlier turn comes to, as plain JSON. Never raises."""
        return await whole_log.read_whole_log(self.azure_reader, person, job, language, progress)

    async def report_whole_log(
        self, context: DialogContext, state: ConversationState, job_done: JobDone
    ) -> DialogResult:
        """The turn that tells what came of a work."""
        return await whole_log.report_whole_log(context, state, job_done, self.diagnose, self.fact_rules)

    async def poll_watch(self, person: Person, job: Job, now: str) -> Mapping[str, Any]:
        """One look of a watch, as plain JSON. Never raises."""
        return await watching.poll_watch(self.azure_reader, person, job, now)

    async def report_watch(
        self, context: DialogContext, state: ConversationState, person: Person, job_done: JobDone
    ) -> DialogResult:
        """The turn that tells that a watched run has ended, and what a look shows then; or why it is told no more."""
        state, asked, over = watching.end_watch(context, state, job_done)
        if not over:
            return watching.show_watch_stopped(context, state, asked, job_done)
        state, (first, *rest) = await self._run_lookup(context, state, person, asked)
        heading = context.build_paragraph(
            "watch.ended", name=asked.query.name, state=str(job_done.result["state"])[:40]
        )
        return state, (replace(first, blocks=(heading, *first.blocks), beside=True), *rest)

    async def request_lookup(
        self, context: DialogContext, state: ConversationState, person: Person, request: AzureRequest, detail: int = 0
    ) -> DialogResult:
        """A look, unless nobody's eyes are allowed, others read along, or the person was not asked yet."""
        request = _resolve_request(state, request)
        if self.azure_reader is None or self.access_mode == "off":
            return self._show_manual_commands(context, state, request)
        if context.is_public:
            state = replace(state, azure=replace(state.azure, pending_request=request, pending_input=""))
            said = context.build_reply(
                context.build_paragraph("look.in-private"), buttons=(context.build_button("help", "help"),), beside=True
            )
            return state, (replace(said, goes_on=AZURE_HANDOFF),)
        if not state.azure.has_consented or state.azure.consented_access_mode != self.access_mode:
            return replace(state, azure=state.azure.with_pending_request(request, "consent")), (
                choosing.ask_consent(context),
            )
        return await self._run_lookup(context, state, person, request, detail)

    async def _run_lookup(
        self, context: DialogContext, state: ConversationState, person: Person, request: AzureRequest, detail: int = 0
    ) -> DialogResult:
        azure = self.azure_reader
        if azure is None:
            return self._show_manual_commands(context, state, request)
        state = replace(state, azure=replace(state.azure, pending_request=request, pending_input=""))
        until = compute_deadline()
        try:
            if request.kind == "failing":
                async with asyncio.timeout_at(until):
                    found_failing = await azure.find_failed_templates(person)
                listed = await finding.list_failed_templates(context, found_failing, self.diagnose, detail)
                return replace(state, azure=state.azure.without_pending_request()), (listed,)
            ref = request.template_id
            if ref is None:
                if request.query == TemplateQuery():
                    return self._ask_template_name(context, state)
                async with asyncio.timeout_at(until):
                    found = await azure.find_templates(person, request.query)
                if len(found.exact_matches) != 1:
                    pick = (
                        choosing.ask_which_template(context, found)
                        if found.exact_matches
                        else choosing.show_no_template(context, request, found)
                    )
                    return replace(state, azure=state.azure.with_pending_request(request, "name")), (pick,)
                ref = found.exact_matches[0]
            if request.kind == "whole-log":
                return whole_log.start_reading(context, state, ref, detail)
            if request.kind == "watch":
                async with asyncio.timeout_at(until):
                    return watching.start_watch(context, state, await azure.fetch_status(person, ref))
            seen = await fetch_snapshot(azure, person, ref, until)
        except AzureRefusedError as refused:
            return self._show_refusal(context, state, request, refused.refusal)
        except TimeoutError:
            return self._show_refusal(context, state, request, AzureRefusal("too-slow", target=request.query.name))
        of_text = state.diagnosis is not None and request.query == memory.build_query_from_facts(state.diagnosis.facts)
        return await show_status(context, state, seen, self.diagnose, self.fact_rules, of_text)

    def _show_refusal(
        self, context: DialogContext, state: ConversationState, request: AzureRequest, refusal: AzureRefusal
    ) -> DialogResult:
        waits: memory.PendingInput = "sign-in" if refusal.reason == "sign-in" else ""
        state = replace(state, azure=state.azure.with_pending_request(request, waits))
        blocks = build_refusal_blocks(context, refusal, request, _collect_placeholder_values(state, request))
        reply = context.build_reply(*blocks, buttons=build_refusal_buttons(context, refusal), beside=True)
        return state, (replace(reply, should_offer_sign_in=refusal.reason == "sign-in", passing=True),)

    def _show_manual_commands(
        self, context: DialogContext, state: ConversationState, request: AzureRequest
    ) -> DialogResult:
        values = _collect_placeholder_values(state, request)
        if request.kind == "failing":
            own = by_hand.build_failed_templates_commands(context)
        else:
            own = [*by_hand.build_status_commands(context, values), *by_hand.build_log_commands(context, values)]
        blocks = [
            context.build_heading("look.by-hand.title"),
            context.build_paragraph("look.by-hand.why"),
            *by_hand.add_paste_instructions(context, own),
        ]
        buttons = (
            *build_back_to_step_buttons(context, state),
            context.build_button("guided-questions", "guided"),
            context.build_button("draft", "draft"),
        )
        return state, (context.build_reply(*blocks, buttons=buttons, beside=True),)

    def _ask_template_name(self, context: DialogContext, state: ConversationState) -> DialogResult:
        if self.azure_reader is None or self.access_mode == "off":
            return self._show_manual_commands(context, state, AzureRequest())
        return replace(state, azure=state.azure.with_pending_request(AzureRequest(), "name")), (
            choosing.ask_template_name(context),
        )

    def _decline_consent(self, context: DialogContext, state: ConversationState) -> DialogResult:
        state = replace(state, azure=replace(state.azure.without_pending_request(), has_consented=False))
        return state, (
            choosing.show_declined(
                context, (*build_back_to_step_buttons(context, state), *build_default_buttons(context))
            ),
        )

    async def _grant_consent(self, context: DialogContext, state: ConversationState, person: Person) -> DialogResult:
        asked = state.azure.pending_request or AzureRequest()
        return await self.request_lookup(
            context,
            replace(state, azure=replace(state.azure, has_consented=True, consented_access_mode=self.access_mode)),
            person,
            asked,
        )

    async def sign_out(self, person: Person) -> None:
        """Sign the person out, if they are in and that can be done now; the sign-in ends by itself otherwise."""
        if self.azure_reader and self.access_mode != "off":
            with contextlib.suppress(AzureRefusedError):
                await self.azure_reader.sign_out(person)

    async def _handle_sign_out(self, context: DialogContext, state: ConversationState, person: Person) -> DialogResult:
        was_in = await self.azure_reader.sign_out(person) if self.azure_reader and self.access_mode != "off" else False
        return replace(state, azure=AzureState()), (choosing.show_signed_out(context, was_in),)


def _resolve_request(state: ConversationState, request: AzureRequest) -> AzureRequest:
    """The look with what is known of its template: from the text under way, else the template looked at last."""
    last = state.azure.last_template_id
    if request.kind == "failing" or request.template_id:
        return request
    if request.query != TemplateQuery():
        known = last is not None and last.name.casefold() == request.query.name.casefold()
        return (
            replace(request, query=memory.build_exact_query(last))
            if last and known and not request.query.resource_group
            else request
        )
    if last is not None and request.kind in ("whole-log", "watch"):
        return replace(request, query=memory.build_exact_query(last))
    facts = memory.build_query_from_facts(state.diagnosis.facts if state.diagnosis else {})
    if facts.name or facts.staging_group or facts.account:
        return replace(request, query=facts)
    return replace(request, query=memory.build_exact_query(last)) if last else request


def _collect_placeholder_values(state: ConversationState, request: AzureRequest) -> dict[str, str]:
    """What may stand in the commands to run oneself: what was asked for, else what the text under way says."""
    wanted = request.query
    named = {
        "template": wanted.name,
        "resource_group": wanted.resource_group,
        "subscription": wanted.subscription,
        "staging_resource_group": wanted.staging_group,
        "account": wanted.account,
    }
    given = {key: value for key, value in named.items() if value}
    known = by_hand.get_known_values(state)
    same = not given or known.get("template", "").casefold() == wanted.name.casefold()
    return {**(known if same else {}), **given}
