"""The way of a ticket: asked for, contact, where it goes, preview, yes; filed in the background, then reported."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dialogs.context import DialogContext, DialogResult
from dialogs.model.errors import TicketRefusedError
from dialogs.model.job import Job, JobDone
from dialogs.model.ports import TicketFiler
from dialogs.model.support import TicketDraft, TicketProduct, TicketRefusal
from dialogs.model.turn import Person
from dialogs.replies.general_replies import show_problem
from dialogs.solution.shared_chat import hand_off_case
from dialogs.state.case import PRODUCTS
from dialogs.state.conversation_state import ConversationState
from dialogs.state.json_fields import DecodeError, parse_int, parse_text
from dialogs.state.ticket_json import parse_refusal, parse_ticket, parse_ticket_draft, to_json
from dialogs.state.ticket_state import MAX_CLASSIFICATIONS, TicketInProgress, TicketStage
from dialogs.support.case_export import render_export_options
from dialogs.support.case_values import extract_subscription
from dialogs.support.draft_form import show_form as show_case
from dialogs.support.ticket import contact, view
from dialogs.support.ticket.contact import ContactAnswers
from dialogs.support.ticket.preview_hash import build_ticket_draft, compute_preview_hash

TICKET_ACTIONS = frozenset(
    {"ticket", "ticket-preview", "ticket-change", "ticket-kind", "ticket-yes", "ticket-again", "ticket-no"}
)
"""What the buttons of a ticket do."""
FILE_TICKET_JOB = "file-ticket"
"""The work that files a ticket."""
FILING_TIMEOUT = timedelta(minutes=15)
"""How long a filing may be under way before a press begins it again; it stays one ticket either way."""


@dataclass(frozen=True)
class TicketDialog:
    """The dialogs' part that files tickets. Without a port the operator has not allowed it."""

    ticket_filer: TicketFiler | None

    @property
    def is_allowed(self) -> bool:
        """Whether tickets may be filed."""
        return self.ticket_filer is not None

    async def handle_action(
        self,
        context: DialogContext,
        state: ConversationState,
        person: Person,
        locale: str | None,
        action_id: str,
        args: Mapping[str, object],
        fields: Mapping[str, str],
    ) -> DialogResult:
        """The answer to one of the buttons in `DOES`. Raises `ShapeError` for arguments of another shape."""
        if context.is_public:
            return hand_off_case(context, state)
        form = state.form
        if self.ticket_filer is None or form is None:
            return state, (show_problem(context, "case.not-now"),)
        if form.product not in PRODUCTS:
            return show_case(context, state, {"product": context.format_text("case.problem.product")})
        if filed := state.tickets.find_ticket(form.draft_id):
            return state, (view.render_ticket(context, filed, 0, form.title),)
        state = _ensure_started(context, state, person, locale)
        under_way = state.tickets.in_progress
        if under_way.stage == "filing" and not _is_overdue(context, under_way):
            return state, (context.build_reply(context.build_paragraph("ticket.under-way"), beside=True),)
        if action_id == "ticket-no":
            return self._cancel_ticket(context, state)
        if action_id in ("ticket", "ticket-change"):
            return self._show_contact_form(context, state, {})
        if action_id == "ticket-preview":
            return await self._look_up_classifications(context, state, person, fields)
        if action_id == "ticket-kind":
            return self._choose_classification(
                context, state, person, parse_int(args.get("kind"), max_value=MAX_CLASSIFICATIONS)
            )
        if action_id == "ticket-again" and not (under_way.classification_options and under_way.confirmed_preview_hash):
            return await self._look_up_classifications(context, state, person, {})
        seal = under_way.confirmed_preview_hash if action_id == "ticket-again" else parse_text(args.get("seal", ""), 40)
        return self._start_filing(context, state, person, seal)

    async def perform_job(self, person: Person, job: Job) -> Mapping[str, Any]:
        """Files the ticket of the work; what came of it, as plain JSON. Never raises."""
        if self.ticket_filer is None:
            return {"refusal": to_json(TicketRefusal("not-allowed"))}
        try:
            return {
                "ticket": to_json(
                    await self.ticket_filer.file_ticket(person, parse_ticket_draft(job.args.get("draft")))
                )
            }
        except TicketRefusedError as refused:
            return {"refusal": to_json(refused.refusal)}
        except DecodeError:
            return {"refusal": to_json(TicketRefusal("unexpected"))}

    def report_result(self, context: DialogContext, state: ConversationState, job_done: JobDone) -> DialogResult:
        """The turn that tells what came of a filing."""
        refusal, of = TicketRefusal("unexpected"), state.tickets.in_progress.draft_id
        with suppress(DecodeError):
            draft = parse_ticket_draft(job_done.job.args.get("draft"))
            of = draft.id
            if "ticket" in job_done.result:
                filed = parse_ticket(job_done.result.get("ticket"))
                state = replace(state, tickets=state.tickets.with_ticket(of, filed))
                return state, (view.render_ticket(context, filed, len(draft.attachments), draft.title),)
            refusal = parse_refusal(job_done.result.get("refusal"))
        if state.tickets.in_progress.draft_id != of:
            return state, (view.render_refusal(context, refusal),)
        return self._handle_refusal(context, state, refusal, "previewed")

    async def resume_after_sign_in(
        self, context: DialogContext, state: ConversationState, person: Person
    ) -> DialogResult | None:
        """The ticket that waited for a sign-in goes on; None when none did."""
        if (
            state.tickets.in_progress.stage != "sign-in"
            or state.form is None
            or self.ticket_filer is None
            or context.is_public
        ):
            return None
        if state.tickets.in_progress.classification_options and state.tickets.in_progress.confirmed_preview_hash:
            return self._start_filing(context, state, person, state.tickets.in_progress.confirmed_preview_hash)
        return await self._look_up_classifications(context, state, person, {})

    def _handle_refusal(
        self, context: DialogContext, state: ConversationState, refusal: TicketRefusal, stage: TicketStage
    ) -> DialogResult:
        waits = refusal.reason == "sign-in"
        state = replace(state, tickets=state.tickets.with_stage("sign-in" if waits else stage))
        return state, (replace(view.render_refusal(context, refusal, can_retry=True), should_offer_sign_in=waits),)

    def _show_contact_form(
        self, context: DialogContext, state: ConversationState, problems: Mapping[str, str]
    ) -> DialogResult:
        state = replace(state, tickets=state.tickets.with_stage("asking"))
        other = state.tickets.filed_tickets[-1].ticket if state.tickets.filed_tickets else None
        return state, (view.render_contact_form(context, state.tickets.in_progress.answers, problems, other),)

    async def _look_up_classifications(
        self, context: DialogContext, state: ConversationState, person: Person, fields: Mapping[str, str]
    ) -> DialogResult:
        """The preview of what was answered, or the question where several classifications fit."""
        assert self.ticket_filer is not None
        os = state.form.product if state.form else ""
        under_way = state.tickets.in_progress
        under_way = replace(
            under_way,
            answers=contact.merge_answers(under_way.answers, fields),
            stage="asking",
            classification_options=None,
        )
        state = _replace_under_way(state, under_way)
        answers, problems = contact.validate_answers(context, under_way.answers)
        if answers is None:
            return self._show_contact_form(context, state, problems)
        product: TicketProduct = "linux" if os == "linux" else "windows"
        try:
            routes = await self.ticket_filer.fetch_classifications(person, answers.subscription, product)
        except TicketRefusedError as refused:
            return self._handle_refusal(context, state, refused.refusal, "asking")
        fitting = replace(routes, classifications=routes.classifications[:MAX_CLASSIFICATIONS])
        state = _replace_under_way(state, replace(under_way, classification_options=fitting, chosen_index=0))
        if len(fitting.classifications) > 1:
            return state, (view.render_classification_choice(context, fitting),)
        return self._show_preview(context, state, person, answers)

    def _choose_classification(
        self, context: DialogContext, state: ConversationState, person: Person, index: int
    ) -> DialogResult:
        under_way = state.tickets.in_progress
        answers, problems = contact.validate_answers(context, under_way.answers)
        if (
            under_way.classification_options is None
            or answers is None
            or index >= len(under_way.classification_options.classifications)
        ):
            return self._show_contact_form(context, state, problems)
        return self._show_preview(
            context, _replace_under_way(state, replace(under_way, chosen_index=index)), person, answers
        )

    def _show_preview(
        self,
        context: DialogContext,
        state: ConversationState,
        person: Person,
        answers: ContactAnswers,
        has_changed: bool = False,
    ) -> DialogResult:
        draft = _build_draft(context, state, answers)
        state = replace(state, tickets=state.tickets.with_stage("previewed"))
        return state, view.render_preview(context, draft, compute_preview_hash(draft), person.name, has_changed)

    def _start_filing(
        self, context: DialogContext, state: ConversationState, person: Person, preview_hash: str
    ) -> DialogResult:
        """Begins to file what the person said yes to. A seal of something else gets the preview of what it is now."""
        under_way = state.tickets.in_progress
        answers, problems = contact.validate_answers(context, under_way.answers)
        if under_way.classification_options is None or answers is None:
            return self._show_contact_form(context, state, problems)
        draft = _build_draft(context, state, answers)
        if preview_hash != compute_preview_hash(draft):
            return self._show_preview(context, state, person, answers, has_changed=True)
        state = _replace_under_way(
            state,
            replace(under_way, stage="filing", filing_started_at=context.now, confirmed_preview_hash=preview_hash),
        )
        said = context.build_reply(
            context.build_paragraph("ticket.filing"),
            context.build_paragraph("ticket.filing-long", "subtle"),
            beside=True,
        )
        return state, (replace(said, jobs=(Job(FILE_TICKET_JOB, {"draft": to_json(draft)}),)),)

    def _cancel_ticket(self, context: DialogContext, state: ConversationState) -> DialogResult:
        assert state.form is not None
        reply = render_export_options(context, state, state.form)
        return state, (replace(reply, blocks=(context.build_paragraph("ticket.left"), *reply.blocks)),)


def _ensure_started(
    context: DialogContext, state: ConversationState, person: Person, locale: str | None
) -> ConversationState:
    """The state with the form's draft known by an id, and its contact form filled in from what is known."""
    form = state.form
    assert form is not None
    if not form.draft_id:
        stamp = "".join(c for c in context.now if c in "0123456789")
        form = replace(form, draft_id=f"{stamp}-{form.diagnosis_number}-{len(state.drafts)}")
        state = replace(state, form=form)
    if state.tickets.in_progress.draft_id == form.draft_id:
        return state
    answers = contact.prefill_answers(context, person, locale, extract_subscription(context, form))
    return _replace_under_way(state, TicketInProgress(form.draft_id, answers=answers))


def _replace_under_way(state: ConversationState, under_way: TicketInProgress) -> ConversationState:
    return replace(state, tickets=replace(state.tickets, in_progress=under_way))


def _build_draft(context: DialogContext, state: ConversationState, answers: ContactAnswers) -> TicketDraft:
    assert state.form is not None
    return build_ticket_draft(context, state.form, state.tickets.in_progress, answers)


def _is_overdue(context: DialogContext, under_way: TicketInProgress) -> bool:
    try:
        return (
            datetime.fromisoformat(context.now) - datetime.fromisoformat(under_way.filing_started_at) > FILING_TIMEOUT
        )
    except ValueError:
        return True
