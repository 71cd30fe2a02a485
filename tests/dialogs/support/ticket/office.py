"""A fake Azure Support, and a chat that files tickets with it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.job import Job, JobDone
from dialogs.model.support import (
    ClassificationChoice,
    ClassificationOptions,
    ServiceChoice,
    Ticket,
    TicketDraft,
    TicketProduct,
)
from dialogs.model.turn import ConversationScope, Person, Turn, TurnEvent
from tests.dialogs.fixtures import KNOWLEDGE_BASE, Chat

ADA = Person("tenant", "29:ada", "Ada Maria Rossi", "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10")
AIB = ClassificationChoice("/providers/x/problemClassifications/aib", "Azure Features / Azure Image Builder")
OLDER = ClassificationChoice("/providers/x/problemClassifications/old", "Management / Issues with Azure Image Builder")
OWN_SERVICE = ServiceChoice(
    "/providers/Microsoft.Support/services/8df50d5e-6cdd-3a3a-0cb5-95dbef9e09ab", "Azure VM Image Builder"
)
NUMBER = "261122001000001"


class FakeTicketFiler:
    """Makes one ticket of every draft; `refusal` is raised instead, in the step `refuses`.

    With `own_classifications`, Azure lists Image Builder as its own product.
    """

    def __init__(self, *classifications: ClassificationChoice) -> None:
        self.classifications = classifications or (AIB,)
        self.own_classifications: tuple[ClassificationChoice, ...] = ()
        self.refusal: AzureRefusal | None = None
        self.refuses = "file"
        self.asked: list[tuple[Person, str, TicketProduct]] = []
        self.filed: list[TicketDraft] = []
        self.who: list[Person] = []
        self.attached: int | None = None

    async def fetch_classifications(
        self, person: Person, subscription: str, product: TicketProduct, *, uses_documented_path: bool = False
    ) -> ClassificationOptions:
        self.asked.append((person, subscription, product))
        self._may("routes")
        if self.own_classifications and not uses_documented_path:
            return ClassificationOptions(OWN_SERVICE, self.own_classifications)
        name = KNOWLEDGE_BASE.support.get_product_name(product) or ""
        return ClassificationOptions(ServiceChoice("/providers/x/services/s", name), self.classifications)

    async def file_ticket(self, person: Person, draft: TicketDraft) -> Ticket:
        self._may("file")
        again = draft.id in [one.id for one in self.filed]
        self.filed.append(draft)
        self.who.append(person)
        attached = len(draft.attachments) if self.attached is None else self.attached
        where = f"/subscriptions/{draft.subscription}/providers/Microsoft.Support/supportTickets/image-medic-1"
        return Ticket(NUMBER, where, "https://portal.azure.com/#view/x", "Open", attached, again)

    def _may(self, step: str) -> None:
        if self.refusal and self.refuses == step:
            raise AzureRefusedError(self.refusal)


class FilingChat(Chat):
    """Ada's chat; the jobs that a turn leaves are performed on request."""

    def __init__(
        self, filing: FakeTicketFiler | None, locale: str | None = "en-US", person: Person = ADA, **more: Any
    ) -> None:
        super().__init__(locale, ticket_filer=filing, **more)
        self.person = person
        self.scope: ConversationScope = "personal"
        self.jobs: list[Job] = []

    async def turn(self, event: TurnEvent, **more: Any) -> str:
        turn = Turn(self.person, "conversation", self.scope, locale=self.locale, event=event, **more)
        answer = await self.conversation.answer_turn(turn, self.state)
        self.state = json.loads(json.dumps(answer.state))
        self.replies, self.effects = answer.replies, answer.effects
        assert self.replies
        self.jobs += through_json(self.started_jobs)
        return self.shown

    async def finish_job(self, result: dict[str, Any] | None = None) -> str:
        """Perform the oldest job, or take `result` for what came of it; then the turn that reports it."""
        job = self.jobs.pop(0)
        if result is None:
            result = dict(await self.conversation.perform_job(self.person, job, "en", lambda done, total: None))
        return await self.turn(JobDone(job, json.loads(json.dumps(result))))


def through_json(jobs: list[Job]) -> list[Job]:
    """The jobs as a store gives them back."""
    return [replace(job, args=json.loads(json.dumps(dict(job.args)))) for job in jobs]
