"""A made-up Azure with a few templates, some of which cannot be seen, and a chat that looks at it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dialogs.conversation import Medic
from dialogs.model.azure import (
    CustomizerOf,
    Failing,
    Found,
    LogRead,
    LogTail,
    LookMode,
    Refusal,
    TemplateRef,
    TemplateStatus,
    Wanted,
)
from dialogs.model.errors import LookRefused
from dialogs.model.job import Done, Work
from dialogs.model.reply import Reply
from dialogs.model.turn import Person, Turn
from dialogs.replies.plain_text import plain
from knowledge.catalog.support import load_support
from knowledge.model.entry import Language
from tests.dialogs.fixtures import ENTRIES, SUBSCRIPTION, Chat, diagnose

GOLDEN = TemplateRef(SUBSCRIPTION, "rg-images", "win11-golden")
STATUS = TemplateStatus(
    ref=GOLDEN,
    region="northeurope",
    provisioning_state="Succeeded",
    run_state="Failed",
    run_sub_state="Customizing",
    started="2026-02-22T01:26:00Z",
    ended="2026-02-22T01:29:42Z",
    message="FAILED-LOG please review the build log",
    timeout_minutes=240,
    vm_size="Standard_D2ds_v4",
    identities=1,
    source="MicrosoftWindowsDesktop:windows-11:win11-24h2-ent:latest",
    os="windows",
    staging_group="IT_rg-images_win11-golden_1",
    customizers=(
        CustomizerOf("File", "agent"),
        CustomizerOf("PowerShell", "install"),
        CustomizerOf("WindowsRestart"),
    ),
)
TAIL = LogTail("customization.log", "FAILED-LOG", 180_000, 12_000_000)


def status_of(name: str, **more: Any) -> TemplateStatus:
    """The status of another template."""
    return replace(STATUS, ref=replace(GOLDEN, name=name), **more)


class FakeAzure:
    """Answers from what it was given; `refusals` are what a method refuses with, by the method's name."""

    def __init__(self, mode: LookMode = "user", *statuses: TemplateStatus) -> None:
        self._mode = mode
        self.statuses = {status.ref: status for status in statuses or (STATUS,)}
        self.tails: dict[TemplateRef, LogTail] = {
            replace(GOLDEN, name="quiet"): replace(TAIL, text="UNMATCHED", size=180_000)
        }
        self.refusals: dict[str, Refusal] = {}
        self.asked: list[tuple[str, Any]] = []
        self.found: Found | None = None
        self.seen: Failing | None = None
        self.signed_in = True
        self.slow = False
        self.hanging = ""

    @property
    def mode(self) -> LookMode:
        return self._mode

    async def find(self, person: Person, wanted: Wanted) -> Found:
        self._note("find", wanted)
        await self._hang("find")
        if self.found is not None:
            return self.found
        exact = tuple(ref for ref in self.statuses if ref.name.casefold() == wanted.name.casefold())
        return Found(exact, tuple(self.statuses), looked_in=("Contoso Dev", "Contoso Prod"))

    async def failing(self, person: Person) -> Failing:
        self._note("failing", None)
        await self._hang("failing")
        return self.seen or Failing(tuple(self.statuses.values()), looked_in=("Contoso Dev",))

    async def status(self, person: Person, ref: TemplateRef) -> TemplateStatus:
        self._note("status", ref)
        await self._hang("status")
        return self.statuses[ref]

    async def log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        self._note("log_tail", status.ref)
        if self.slow:
            await asyncio.Event().wait()
        return self.tails.get(status.ref, TAIL)

    async def read_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogRead:
        self._note("read_log", status.ref)
        tail = self.tails.get(status.ref, TAIL)
        progress(tail.size // 2, tail.size)
        progress(tail.size, tail.size)
        return LogRead(tail.file, await diagnose(tail.text, language), tail.size)

    async def sign_out(self, person: Person) -> bool:
        was, self.signed_in = self.signed_in, False
        return was

    async def _hang(self, what: str) -> None:
        if self.hanging == what:
            await asyncio.Event().wait()

    def _note(self, what: str, value: Any) -> None:
        self.asked.append((what, value))
        if what in self.refusals:
            raise LookRefused(self.refusals[what])


class LookingChat(Chat):
    """A chat whose medic may look at `azure`; works that a turn leaves are done on request."""

    def __init__(self, azure: FakeAzure | None, locale: str | None = "en-US", **more: Any) -> None:
        super().__init__(locale, **more)
        self.azure = azure
        entries, diagnoser = more.get("entries", ENTRIES), more.get("diagnoser") or diagnose
        self.medic = Medic(entries, diagnoser, self.clock, load_support(), azure=azure)
        self.work: list[Work] = []

    def turn_of(self, text: str, scope: Any) -> Turn:
        return Turn(Person("tenant", "person"), "conversation", scope, self.locale, text)

    @staticmethod
    def plain(reply: Reply) -> str:
        return plain(reply)

    async def turn(self, **what: Any) -> str:
        shown = await super().turn(**what)
        self.work += [work for reply in self.replies for work in reply.work]
        return shown

    async def work_done(self) -> str:
        """Do the oldest work, and take the turn that reports it."""
        work = self.work.pop(0)
        bytes_read: list[tuple[int, int]] = []
        person = Person("tenant", "person")
        result = await self.medic.perform(person, work, "en", lambda done, total: bytes_read.append((done, total)))
        through_json = json.loads(json.dumps({"args": dict(work.args), "result": dict(result)}))
        return await self.turn(done=Done(replace(work, args=through_json["args"]), through_json["result"]))
