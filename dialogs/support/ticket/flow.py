"""The way of a ticket: asked for, contact, where it goes, preview, yes; filed in the background, then reported."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dialogs.context import Outcome, Scene
from dialogs.model.errors import FilingRefused
from dialogs.model.job import Done, Work
from dialogs.model.ports import Filing
from dialogs.model.support import FilingRefusal, Product, TicketDraft
from dialogs.model.turn import Person
from dialogs.replies.general_replies import trouble
from dialogs.solution.shared_chat import case_to_private
from dialogs.state.case import PRODUCTS
from dialogs.state.json_fields import ShapeError, text, whole
from dialogs.state.state import State
from dialogs.state.ticket import MOST_CHOICES, Preparing, Stage
from dialogs.state.ticket_json import draft_of, refusal_of, ticket_of, to_json
from dialogs.support.case_outlets import ways_out
from dialogs.support.case_values import subscription_of
from dialogs.support.draft_form import show as show_case
from dialogs.support.ticket import contact, view
from dialogs.support.ticket.contact import Answers
from dialogs.support.ticket.preview_hash import seal_of, ticket_draft

DOES = frozenset(
    {"ticket", "ticket-preview", "ticket-change", "ticket-kind", "ticket-yes", "ticket-again", "ticket-no"}
)
"""What the buttons of a ticket do."""
FILE_TICKET = "file-ticket"
"""The work that files a ticket."""
PATIENCE = timedelta(minutes=15)
"""How long a filing may be under way before a press begins it again; it stays one ticket either way."""


@dataclass(frozen=True)
class Ticketing:
    """The dialogs' part that files tickets. Without a port the operator has not allowed it."""

    filing: Filing | None

    @property
    def allowed(self) -> bool:
        """Whether tickets may be filed."""
        return self.filing is not None

    async def press(
        self,
        scene: Scene,
        state: State,
        person: Person,
        locale: str | None,
        do: str,
        args: Mapping[str, object],
        fields: Mapping[str, str],
    ) -> Outcome:
        """The answer to one of the buttons in `DOES`. Raises `ShapeError` for arguments of another shape."""
        if scene.public:
            return case_to_private(scene, state)
        form = state.form
        if self.filing is None or form is None:
            return state, (trouble(scene, "case.not-now"),)
        if form.product not in PRODUCTS:
            return show_case(scene, state, {"product": scene.word("case.problem.product")})
        if filed := state.tickets.of(form.draft):
            return state, (view.ticket(scene, filed, 0, form.title),)
        state = _begun(scene, state, person, locale)
        under_way = state.tickets.under_way
        if under_way.stage == "filing" and not _overdue(scene, under_way):
            return state, (scene.reply(scene.say("ticket.under-way"), beside=True),)
        if do == "ticket-no":
            return self._left(scene, state)
        if do in ("ticket", "ticket-change"):
            return self._form(scene, state, {})
        if do == "ticket-preview":
            return await self._looked_up(scene, state, person, fields)
        if do == "ticket-kind":
            return self._chosen(scene, state, person, whole(args.get("kind"), most=MOST_CHOICES))
        if do == "ticket-again" and not (under_way.routes and under_way.agreed):
            return await self._looked_up(scene, state, person, {})
        seal = under_way.agreed if do == "ticket-again" else text(args.get("seal", ""), 40)
        return self._filed(scene, state, person, seal)

    async def perform(self, person: Person, work: Work) -> Mapping[str, Any]:
        """Files the ticket of the work; what came of it, as plain JSON. Never raises."""
        if self.filing is None:
            return {"refusal": to_json(FilingRefusal("not-allowed"))}
        try:
            return {"ticket": to_json(await self.filing.file(person, draft_of(work.args.get("draft"))))}
        except FilingRefused as refused:
            return {"refusal": to_json(refused.refusal)}
        except ShapeError:
            return {"refusal": to_json(FilingRefusal("unexpected"))}

    def report(self, scene: Scene, state: State, done: Done) -> Outcome:
        """The turn that tells what came of a filing."""
        refusal, of = FilingRefusal("unexpected"), state.tickets.under_way.draft
        with suppress(ShapeError):
            draft = draft_of(done.work.args.get("draft"))
            of = draft.id
            if "ticket" in done.result:
                filed = ticket_of(done.result.get("ticket"))
                state = replace(state, tickets=state.tickets.with_ticket(of, filed))
                return state, (view.ticket(scene, filed, len(draft.attachments), draft.title),)
            refusal = refusal_of(done.result.get("refusal"))
        if state.tickets.under_way.draft != of:
            return state, (view.refused(scene, refusal),)
        return self._refused(scene, state, refusal, "previewed")

    async def signed_in(self, scene: Scene, state: State, person: Person) -> Outcome | None:
        """The ticket that waited for a sign-in goes on; None when none did."""
        if state.tickets.under_way.stage != "sign-in" or state.form is None or self.filing is None or scene.public:
            return None
        if state.tickets.under_way.routes and state.tickets.under_way.agreed:
            return self._filed(scene, state, person, state.tickets.under_way.agreed)
        return await self._looked_up(scene, state, person, {})

    def _refused(self, scene: Scene, state: State, refusal: FilingRefusal, stage: Stage) -> Outcome:
        waits = refusal.reason == "sign-in"
        state = replace(state, tickets=state.tickets.with_stage("sign-in" if waits else stage))
        return state, (replace(view.refused(scene, refusal, again=True), sign_in=waits),)

    def _form(self, scene: Scene, state: State, problems: Mapping[str, str]) -> Outcome:
        state = replace(state, tickets=state.tickets.with_stage("asking"))
        other = state.tickets.filed[-1].ticket if state.tickets.filed else None
        return state, (view.contact_form(scene, state.tickets.under_way.answers, problems, other),)

    async def _looked_up(self, scene: Scene, state: State, person: Person, fields: Mapping[str, str]) -> Outcome:
        """The preview of what was answered, or the question where several classifications fit."""
        assert self.filing is not None
        os = state.form.product if state.form else ""
        under_way = state.tickets.under_way
        under_way = replace(under_way, answers=contact.typed(under_way.answers, fields), stage="asking", routes=None)
        state = _with(state, under_way)
        answers, problems = contact.checked(scene, under_way.answers)
        if answers is None:
            return self._form(scene, state, problems)
        product: Product = "linux" if os == "linux" else "windows"
        try:
            routes = await self.filing.routes(person, answers.subscription, product)
        except FilingRefused as refused:
            return self._refused(scene, state, refused.refusal, "asking")
        fitting = replace(routes, classifications=routes.classifications[:MOST_CHOICES])
        state = _with(state, replace(under_way, routes=fitting, chosen=0))
        if len(fitting.classifications) > 1:
            return state, (view.choice(scene, fitting),)
        return self._preview(scene, state, person, answers)

    def _chosen(self, scene: Scene, state: State, person: Person, kind: int) -> Outcome:
        under_way = state.tickets.under_way
        answers, problems = contact.checked(scene, under_way.answers)
        if under_way.routes is None or answers is None or kind >= len(under_way.routes.classifications):
            return self._form(scene, state, problems)
        return self._preview(scene, _with(state, replace(under_way, chosen=kind)), person, answers)

    def _preview(self, scene: Scene, state: State, person: Person, answers: Answers, changed: bool = False) -> Outcome:
        draft = _draft(scene, state, answers)
        state = replace(state, tickets=state.tickets.with_stage("previewed"))
        return state, view.preview(scene, draft, seal_of(draft), person.name, changed)

    def _filed(self, scene: Scene, state: State, person: Person, seal: str) -> Outcome:
        """Begins to file what the person said yes to. A seal of something else gets the preview of what it is now."""
        under_way = state.tickets.under_way
        answers, problems = contact.checked(scene, under_way.answers)
        if under_way.routes is None or answers is None:
            return self._form(scene, state, problems)
        draft = _draft(scene, state, answers)
        if seal != seal_of(draft):
            return self._preview(scene, state, person, answers, changed=True)
        state = _with(state, replace(under_way, stage="filing", since=scene.now, agreed=seal))
        said = scene.reply(scene.say("ticket.filing"), scene.say("ticket.filing-long", "subtle"), beside=True)
        return state, (replace(said, work=(Work(FILE_TICKET, {"draft": to_json(draft)}),)),)

    def _left(self, scene: Scene, state: State) -> Outcome:
        assert state.form is not None
        reply = ways_out(scene, state, state.form)
        return state, (replace(reply, blocks=(scene.say("ticket.left"), *reply.blocks)),)


def _begun(scene: Scene, state: State, person: Person, locale: str | None) -> State:
    """The state with the form's draft known by an id, and its contact form filled in from what is known."""
    form = state.form
    assert form is not None
    if not form.draft:
        stamp = "".join(c for c in scene.now if c in "0123456789")
        form = replace(form, draft=f"{stamp}-{form.paste}-{len(state.drafts)}")
        state = replace(state, form=form)
    if state.tickets.under_way.draft == form.draft:
        return state
    answers = contact.prefilled(scene, person, locale, subscription_of(scene, form))
    return _with(state, Preparing(form.draft, answers=answers))


def _with(state: State, under_way: Preparing) -> State:
    return replace(state, tickets=replace(state.tickets, under_way=under_way))


def _draft(scene: Scene, state: State, answers: Answers) -> TicketDraft:
    assert state.form is not None
    return ticket_draft(scene, state.form, state.tickets.under_way, answers)


def _overdue(scene: Scene, under_way: Preparing) -> bool:
    try:
        return datetime.fromisoformat(scene.now) - datetime.fromisoformat(under_way.since) > PATIENCE
    except ValueError:
        return True
