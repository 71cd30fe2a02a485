"""A fake Azure with a few templates, some of them not accessible, and a chat that reads them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dialogs.model.azure import (
    AccessMode,
    FailedTemplates,
    LogDiagnosis,
    LogTail,
    TemplateSearchResult,
    TemplateStatus,
)
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.job import Job, JobDone
from dialogs.model.reply import Reply
from dialogs.model.turn import MessageSent, Person, Turn, TurnEvent
from dialogs.replies.plain_text import render_plain_text
from knowledge.model.entry import Language
from knowledge.preflight.live.lookup import LiveFacts
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.template.template_id import TemplateId, TemplateQuery
from tests.dialogs.azure.statuses import build_status, with_values
from tests.dialogs.fixtures import SUBSCRIPTION, Chat, diagnose

GOLDEN = TemplateId(SUBSCRIPTION, "rg-images", "win11-golden")
STATUS = build_status(
    GOLDEN,
    region="northeurope",
    provisioning_state="Succeeded",
    run_state="Failed",
    run_sub_state="Customizing",
    started="2026-02-22T01:26:00Z",
    ended="2026-02-22T01:29:42Z",
    message="FAILED.LOG please review the build log",
    timeout_minutes=240,
    vm_size="Standard_D2ds_v4",
    identity_count=1,
    source="MicrosoftWindowsDesktop:windows-11:win11-24h2-ent:latest",
    os="windows",
    staging_group="IT_rg-images_win11-golden_1",
    customizers=(
        ("File", "agent"),
        ("PowerShell", "install"),
        ("WindowsRestart",),
    ),
)
TAIL = LogTail("customization.log", "FAILED.LOG", 180_000, 12_000_000)


def status_of(name: str, **more: Any) -> TemplateStatus:
    """The status of another template."""
    return with_values(STATUS, template_id=replace(GOLDEN, name=name), **more)


class FakeAzure:
    """Answers from what it was given; `refusals` are what a method refuses with, by the method's name."""

    def __init__(self, mode: AccessMode = "user", *statuses: TemplateStatus) -> None:
        self._mode = mode
        self.statuses = {status.template_id: status for status in statuses or (STATUS,)}
        self.tails: dict[TemplateId, LogTail] = {
            replace(GOLDEN, name="quiet"): replace(TAIL, text="UNMATCHED", size=180_000)
        }
        self.template_texts: dict[TemplateId, str] = {}
        self.live_facts = LiveFacts()
        self.refusals: dict[str, AzureRefusal] = {}
        self.asked: list[tuple[str, Any]] = []
        self.found: TemplateSearchResult | None = None
        self.seen: FailedTemplates | None = None
        self.signed_in = True
        self.slow = False
        self.hanging = ""

    @property
    def access_mode(self) -> AccessMode:
        return self._mode

    async def find_templates(self, person: Person, wanted: TemplateQuery) -> TemplateSearchResult:
        self._note("find", wanted)
        await self._hang("find")
        if self.found is not None:
            return self.found
        exact = tuple(ref for ref in self.statuses if ref.name.casefold() == wanted.name.casefold())
        return TemplateSearchResult(exact, tuple(self.statuses), searched_subscriptions=("Contoso Dev", "Contoso Prod"))

    async def find_failed_templates(self, person: Person) -> FailedTemplates:
        self._note("failing", None)
        await self._hang("failing")
        return self.seen or FailedTemplates(tuple(self.statuses.values()), searched_subscriptions=("Contoso Dev",))

    async def fetch_status(self, person: Person, ref: TemplateId) -> TemplateStatus:
        self._note("status", ref)
        await self._hang("status")
        return self.statuses[ref]

    async def fetch_template_json(self, person: Person, ref: TemplateId) -> str:
        self._note("template", ref)
        await self._hang("template")
        return self.template_texts.get(ref, "{}")

    async def fetch_live_facts(self, person: Person, template: CheckedTemplate) -> LiveFacts:
        self._note("live_facts", template.name)
        await self._hang("live_facts")
        return self.live_facts

    async def fetch_log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        self._note("log_tail", status.template_id)
        if self.slow:
            await asyncio.Event().wait()
        return self.tails.get(status.template_id, TAIL)

    async def diagnose_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogDiagnosis:
        self._note("read_log", status.template_id)
        tail = self.tails.get(status.template_id, TAIL)
        progress(tail.size // 2, tail.size)
        progress(tail.size, tail.size)
        return LogDiagnosis(tail.file, await diagnose(tail.text, language), tail.size)

    async def sign_out(self, person: Person) -> bool:
        was, self.signed_in = self.signed_in, False
        return was

    async def _hang(self, what: str) -> None:
        if self.hanging == what:
            await asyncio.Event().wait()

    def _note(self, what: str, value: Any) -> None:
        self.asked.append((what, value))
        if what in self.refusals:
            raise AzureRefusedError(self.refusals[what])


class LookingChat(Chat):
    """A chat in which templates of `azure` are looked up; the jobs that a turn leaves are performed on request."""

    def __init__(self, azure: FakeAzure | None, locale: str | None = "en-US", **more: Any) -> None:
        super().__init__(locale, azure_reader=azure, **more)
        self.azure = azure
        self.jobs: list[Job] = []

    def turn_of(self, text: str, scope: Any) -> Turn:
        return Turn(Person("tenant", "person"), "conversation", scope, self.locale, MessageSent(text))

    @staticmethod
    def plain(reply: Reply) -> str:
        return render_plain_text(reply)

    async def turn(self, event: TurnEvent, **more: Any) -> str:
        shown = await super().turn(event, **more)
        self.jobs += self.started_jobs
        return shown

    async def finish_job(self) -> str:
        """Perform the oldest job, and run the turn that reports it."""
        job = self.jobs.pop(0)
        bytes_read: list[tuple[int, int]] = []
        person = Person("tenant", "person")
        result = await self.conversation.perform_job(
            person, job, "en", lambda done, total: bytes_read.append((done, total))
        )
        through_json = json.loads(json.dumps({"args": dict(job.args), "result": dict(result)}))
        return await self.turn(JobDone(replace(job, args=through_json["args"]), through_json["result"]))
