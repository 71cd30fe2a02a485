"""The whole bot over signed HTTP, as `app.py serve` builds it, with an Azure and a support office that tell who asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from yarl import URL

from bot.files.download import Downloads
from bot.files.limits import Limits
from bot.files.reading import AttachedFiles
from bot.files.uploads import Uploads
from bot.host.conversation import Conversations, Knowledge, build
from bot.state.store import state_key
from bot.teams.feedback import REACTIONS
from bot.teams.file_consent import GivingFiles
from bot.teams.invokes import Invokes
from bot.teams.message_extension import extension_handlers
from dialogs.model.azure import Failing, Found, LogTail, TemplateRef, TemplateStatus, Wanted
from dialogs.model.turn import ACTION_VERSION, Person
from tests.bot.auth.identity_service import TENANT, IdentityService
from tests.bot.guarded import Guarded, guarded
from tests.bot.stand_ins import serve
from tests.dialogs.azure.fake_azure import FakeAzure
from tests.dialogs.support.ticket.office import FakeFiling

ADA = {"id": "29:ada", "name": "Ada Rossi", "aadObjectId": "00000000-0000-0000-0000-000000000020"}
EVE = {"id": "29:eve", "name": "Eve Neri", "aadObjectId": "00000000-0000-0000-0000-000000000021"}
HERS = {"conversation": {"id": "a:ada", "conversationType": "personal", "tenantId": TENANT}, "from": ADA}
EVES = {"conversation": {"id": "a:eve", "conversationType": "personal", "tenantId": TENANT}, "from": EVE}
ROOM = {"id": "19:room@thread.v2", "conversationType": "groupChat", "isGroup": True, "tenantId": TENANT}


class NamedAzure(FakeAzure):
    """Notes who asked for each look."""

    def __init__(self, *statuses: TemplateStatus) -> None:
        super().__init__("user", *statuses)
        self.people: list[str] = []

    async def find(self, person: Person, wanted: Wanted) -> Found:
        self.people.append(person.id)
        return await super().find(person, wanted)

    async def failing(self, person: Person) -> Failing:
        self.people.append(person.id)
        return await super().failing(person)

    async def status(self, person: Person, ref: TemplateRef) -> TemplateStatus:
        self.people.append(person.id)
        return await super().status(person, ref)

    async def log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        self.people.append(person.id)
        return await super().log_tail(person, status)


class NoUploads(Uploads):
    """Takes no file; notes where one was to go."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []

    async def put(self, place: URL, content: bytes) -> None:
        self.places.append(str(place.host))


@dataclass
class Whole:
    """The bot, and whoever talks to it."""

    bot: Guarded
    made: Conversations
    azure: NamedAzure
    filing: FakeFiling
    uploads: NoUploads
    posted: int = field(default=0)

    async def post(self, who: dict[str, Any], **more: Any) -> tuple[int, list[str]]:
        """The status, and what was sent because of it, each message as text."""
        before = len(self.bot.teams.sent)
        self.posted += 1
        body = self.bot.activity(**{"text": None, "id": f"h{self.posted}", **who, **more})
        status = await self.bot.post(self.bot.identity.token(), body)
        await self.bot.turns.finish()
        return status, [str(one) for one in self.bot.teams.sent[before:] if one["type"] == "message"]

    async def say(self, who: dict[str, Any], text: str) -> str:
        status, said = await self.post(who, text=text)
        assert status == 201
        return "\n".join(said)

    async def press(self, who: dict[str, Any], do: str, args: Any = None, **fields: Any) -> str:
        value = {"v": ACTION_VERSION, "do": do, "args": {} if args is None else args, **fields}
        status, said = await self.post(who, value=value, replyToId="card-1")
        assert status == 201, (do, args)
        return "\n".join(said)

    async def settled(self) -> None:
        """Wait until every work that was left is done and reported."""
        async with asyncio.timeout(30):
            while await self.bot.turns._store.waiting_keys(10):  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.005)

    async def medic(self, who: dict[str, Any]) -> Any:
        """What the dialogs keep of a person's conversation."""
        key = state_key(TENANT, who["conversation"]["id"], who["from"]["id"])
        stored = await self.bot.turns._store.load(key)
        return stored and stored.value["medic"]


@asynccontextmanager
async def whole(folder: Path, known: Knowledge, *statuses: TemplateStatus) -> AsyncIterator[Whole]:
    identity = IdentityService()
    runner, identity.url = await serve(identity.app())
    azure, filing, uploads = NamedAzure(*statuses), FakeFiling(), NoUploads()
    files = AttachedFiles(known.diagnoser.diagnose_stream, Downloads(Limits()), Limits())
    made = build(known, None, azure, filing, files)
    handlers = {**extension_handlers(made.asides), **REACTIONS, **GivingFiles(made.medic, uploads).handlers()}
    async with guarded(identity, trustme.CA(), folder, made.medic, invokes=Invokes(handlers)) as bot:
        yield Whole(bot, made, azure, filing, uploads)
    await files.close()
    await runner.cleanup()


def elsewhere(who: dict[str, Any], conversation: dict[str, Any]) -> dict[str, Any]:
    """The person in another conversation."""
    return {**who, "conversation": conversation}
