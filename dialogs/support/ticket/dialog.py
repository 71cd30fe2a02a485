"""A ticket's path: request, contact, where it goes, preview, yes; filed in the background, then reported."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dialogs.context import DialogContext, DialogResult
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.effects import RequestSignIn, StartJob
from dialogs.model.errors import AzureRefusedError
from dialogs.model.job import Job, JobDone
from dialogs.model.ports import TicketFiler
from dialogs.model.support import TicketDraft, TicketProduct
from dialogs.model.turn import Person
from dialogs.replies.general_replies import show_problem
from dialogs.state.case import PRODUCTS
from dialogs.state.conversation_state import ConversationState
from dialogs.state.json_fields import DecodeError
from dialogs.state.refusal_json import REFUSAL_CODEC
from dialogs.state.ticket_json import DRAFT_CODEC, TICKET_CODEC
from dialogs.state.ticket_state import TicketInProgress, TicketStage
from dialogs.support import draft_form
from dialogs.support.case_export import render_export_options
from dialogs.support.case_values import extract_subscription
from dialogs.support.ticket import contact, view
from dialogs.support.ticket.classification_choice import limit_options, render_choice
from dialogs.support.ticket.contact import ContactAnswers
from dialogs.support.ticket.preview_hash import build_ticket_draft, compute_preview_hash

FILE_TICKET_JOB = "file-ticket"
"""The job that files a ticket."""
FILING_TIMEOUT = timedelta(minutes=15)
"""After this, pressing again restarts the filing. It's still one ticket: Azure knows it by the draft's name."""


@dataclass(frozen=True)
class TicketDialog:
    """Files support tickets, step by step. Without a `ticket_filer`, the operator hasn't allowed it."""

    ticket_filer: TicketFiler | None

    @property
    def is_allowed(self) -> bool:
        """Return whether tickets may be filed."""
        return self.ticket_filer is not None

    def prepare(
        self, context: DialogContext, state: ConversationState, person: Person, locale: str | None
    ) -> ConversationState | DialogResult:
        """Return the state with a ticket in progress for the case, or the answer if none can be worked on now."""
        form = state.form
        if self.ticket_filer is None or form is None:
            return DialogResult(state, (show_problem(context, "case.not-now"),))
        if form.product not in PRODUCTS:
            return draft_form.show_form(context, state, {"product": context.format_text("case.problem.product")})
        if filed := state.tickets.find_ticket(form.draft_id):
            return DialogResult(state, (view.render_ticket(context, filed, 0, form.title),))
        state = _ensure_started(context, state, person, locale)
        in_progress = state.tickets.in_progress
        if in_progress.stage == "filing" and not _is_overdue(context, in_progress):
            return DialogResult(
                state, (context.build_reply(context.build_paragraph("ticket.under-way"), placement="stays"),)
            )
        return state

    async def file_ticket(self, person: Person, job: Job) -> Mapping[str, Any]:
        """Perform the job: file its ticket. Return the ticket, or why there is none, as plain JSON."""
        if self.ticket_filer is None:
            return {"refusal": REFUSAL_CODEC.encode(AzureRefusal("not-allowed"))}
        try:
            ticket = await self.ticket_filer.file_ticket(person, DRAFT_CODEC.decode(job.args.get("draft")))
            return {"ticket": TICKET_CODEC.encode(ticket)}
        except AzureRefusedError as refused:
            return {"refusal": REFUSAL_CODEC.encode(refused.refusal)}
        except DecodeError:
            return {"refusal": REFUSAL_CODEC.encode(AzureRefusal("unexpected"))}

    def report_result(self, context: DialogContext, state: ConversationState, job_done: JobDone) -> DialogResult:
        """Tell the person the ticket's number, or why it wasn't filed."""
        refusal, draft_id = AzureRefusal("unexpected"), state.tickets.in_progress.draft_id
        with suppress(DecodeError):
            draft = DRAFT_CODEC.decode(job_done.job.args.get("draft"))
            draft_id = draft.id
            if "ticket" in job_done.result:
                filed = TICKET_CODEC.decode(job_done.result.get("ticket"))
                state = replace(state, tickets=state.tickets.with_ticket(draft_id, filed))
                return DialogResult(state, (view.render_ticket(context, filed, len(draft.attachments), draft.title),))
            refusal = REFUSAL_CODEC.decode(job_done.result.get("refusal"))
        if state.tickets.in_progress.draft_id != draft_id:
            return DialogResult(state, (view.render_refusal(context, refusal),))
        return self._handle_refusal(context, state, refusal, "previewed")

    async def resume_after_sign_in(
        self, context: DialogContext, state: ConversationState, person: Person
    ) -> DialogResult | None:
        """Continue with the ticket that was waiting for the sign-in; None if there's none."""
        if (
            state.tickets.in_progress.stage != "sign-in"
            or state.form is None
            or self.ticket_filer is None
            or context.is_public
        ):
            return None
        if state.tickets.in_progress.classification_options and state.tickets.in_progress.confirmed_preview_hash:
            return self.start_filing(context, state, person, state.tickets.in_progress.confirmed_preview_hash)
        return await self.look_up_classifications(context, state, person, {})

    def _handle_refusal(
        self, context: DialogContext, state: ConversationState, refusal: AzureRefusal, stage: TicketStage
    ) -> DialogResult:
        waits = refusal.reason == "sign-in"
        state = replace(state, tickets=state.tickets.with_stage("sign-in" if waits else stage))
        reply = view.render_refusal(context, refusal, can_retry=True)
        return DialogResult(state, (reply,), (RequestSignIn(),) if waits else ())

    def show_contact_form(
        self, context: DialogContext, state: ConversationState, problems: Mapping[str, str]
    ) -> DialogResult:
        """Ask for the contact details; `problems` names what's wrong with those given, by field."""
        state = replace(state, tickets=state.tickets.with_stage("asking"))
        other = state.tickets.filed_tickets[-1].ticket if state.tickets.filed_tickets else None
        return DialogResult(
            state, (view.render_contact_form(context, state.tickets.in_progress.answers, problems, other),)
        )

    async def look_up_classifications(
        self,
        context: DialogContext,
        state: ConversationState,
        person: Person,
        fields: Mapping[str, str],
        *,
        uses_documented_path: bool = False,
    ) -> DialogResult:
        """Merge the answers, ask Azure where the case belongs, and show the preview or the choice of several.

        If Azure lists a product of Image Builder's own, the person chooses between it and the documented path.
        """
        assert self.ticket_filer is not None
        os = state.form.product if state.form else ""
        in_progress = state.tickets.in_progress
        in_progress = replace(
            in_progress,
            answers=contact.merge_answers(in_progress.answers, fields),
            stage="asking",
            classification_options=None,
        )
        state = _replace_in_progress(state, in_progress)
        answers, problems = contact.validate_answers(context, in_progress.answers)
        if answers is None:
            return self.show_contact_form(context, state, problems)
        product: TicketProduct = "linux" if os == "linux" else "windows"
        try:
            options = await self.ticket_filer.fetch_classifications(
                person, answers.subscription, product, uses_documented_path=uses_documented_path
            )
        except AzureRefusedError as refused:
            return self._handle_refusal(context, state, refused.refusal, "asking")
        fitting = limit_options(context, options)
        state = _replace_in_progress(state, replace(in_progress, classification_options=fitting, chosen_index=0))
        if choice := render_choice(context, options, product):
            return DialogResult(state, (choice,))
        return self._show_preview(context, state, person, answers)

    def choose_classification(
        self, context: DialogContext, state: ConversationState, person: Person, index: int
    ) -> DialogResult:
        """Take the classification at `index`, and show the preview."""
        in_progress = state.tickets.in_progress
        answers, problems = contact.validate_answers(context, in_progress.answers)
        if (
            in_progress.classification_options is None
            or answers is None
            or index >= len(in_progress.classification_options.classifications)
        ):
            return self.show_contact_form(context, state, problems)
        return self._show_preview(
            context, _replace_in_progress(state, replace(in_progress, chosen_index=index)), person, answers
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
        return DialogResult(
            state, view.render_preview(context, draft, compute_preview_hash(draft), person.name, has_changed)
        )

    def start_filing(
        self, context: DialogContext, state: ConversationState, person: Person, preview_hash: str
    ) -> DialogResult:
        """Start filing what the person confirmed. If `preview_hash` doesn't match, show the new preview."""
        in_progress = state.tickets.in_progress
        answers, problems = contact.validate_answers(context, in_progress.answers)
        if in_progress.classification_options is None or answers is None:
            return self.show_contact_form(context, state, problems)
        draft = _build_draft(context, state, answers)
        if preview_hash != compute_preview_hash(draft):
            return self._show_preview(context, state, person, answers, has_changed=True)
        state = _replace_in_progress(
            state,
            replace(in_progress, stage="filing", filing_started_at=context.now, confirmed_preview_hash=preview_hash),
        )
        said = context.build_reply(
            context.build_paragraph("ticket.filing"),
            context.build_paragraph("ticket.filing-long", "subtle"),
            placement="stays",
        )
        return DialogResult(state, (said,), (StartJob(Job(FILE_TICKET_JOB, {"draft": DRAFT_CODEC.encode(draft)})),))

    def cancel_ticket(self, context: DialogContext, state: ConversationState) -> DialogResult:
        """Go back to the case; its other ways out stay open."""
        assert state.form is not None
        reply = render_export_options(context, state, state.form)
        return DialogResult(state, (replace(reply, blocks=(context.build_paragraph("ticket.left"), *reply.blocks)),))


def _ensure_started(
    context: DialogContext, state: ConversationState, person: Person, locale: str | None
) -> ConversationState:
    """Return the state with an id for the draft, and the contact form filled in from what is known."""
    form = state.form
    assert form is not None
    if not form.draft_id:
        stamp = "".join(c for c in context.now if c in "0123456789")
        form = replace(form, draft_id=f"{stamp}-{form.diagnosis_number}-{len(state.drafts)}")
        state = replace(state, form=form)
    if state.tickets.in_progress.draft_id == form.draft_id:
        return state
    answers = contact.prefill_answers(context, person, locale, extract_subscription(context, form))
    return _replace_in_progress(state, TicketInProgress(form.draft_id, answers=answers))


def _replace_in_progress(state: ConversationState, in_progress: TicketInProgress) -> ConversationState:
    return replace(state, tickets=replace(state.tickets, in_progress=in_progress))


def _build_draft(context: DialogContext, state: ConversationState, answers: ContactAnswers) -> TicketDraft:
    assert state.form is not None
    return build_ticket_draft(context, state.form, state.tickets.in_progress, answers)


def _is_overdue(context: DialogContext, in_progress: TicketInProgress) -> bool:
    try:
        return (
            datetime.fromisoformat(context.now) - datetime.fromisoformat(in_progress.filing_started_at) > FILING_TIMEOUT
        )
    except ValueError:
        return True
