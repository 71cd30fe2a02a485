"""The whole bot over signed HTTP, as `app.py serve` builds it, with a fake Azure that records who asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from yarl import URL

from bot.files.attachment_reader import TeamsAttachmentReader
from bot.files.download import FileDownloader
from bot.files.limits import FileLimits
from bot.files.uploads import FileUploader
from bot.host.conversation import DialogServices, LoadedKnowledge, build_dialog_services
from bot.sharing.look_sharer import ThreadLookSharer
from bot.state.sqlite_store import SqliteStore
from bot.state.store import build_state_key
from bot.teams.feedback import FEEDBACK_HANDLERS
from bot.teams.file_consent import FileConsentHandler
from bot.teams.invokes import InvokeRouter
from bot.teams.message_extension import build_extension_handlers
from dialogs.model.azure import FailedTemplates, LogTail, TemplateSearchResult, TemplateStatus
from dialogs.model.turn import ACTION_VERSION, Person
from knowledge.preflight.live.lookup import LiveFacts
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.template.template_id import TemplateId, TemplateQuery
from tests.bot.auth.identity_service import TENANT, IdentityService
from tests.bot.guarded import Guarded, guarded
from tests.bot.local_server import serve
from tests.bot.scripted import build_in_process_workers
from tests.dialogs.azure.fake_azure import FakeAzure
from tests.dialogs.support.ticket.office import FakeTicketFiler

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

    async def find_templates(self, person: Person, wanted: TemplateQuery) -> TemplateSearchResult:
        self.people.append(person.id)
        return await super().find_templates(person, wanted)

    async def find_failed_templates(self, person: Person) -> FailedTemplates:
        self.people.append(person.id)
        return await super().find_failed_templates(person)

    async def fetch_status(self, person: Person, ref: TemplateId) -> TemplateStatus:
        self.people.append(person.id)
        return await super().fetch_status(person, ref)

    async def fetch_template_json(self, person: Person, ref: TemplateId) -> str:
        self.people.append(person.id)
        return await super().fetch_template_json(person, ref)

    async def fetch_live_facts(self, person: Person, template: CheckedTemplate) -> LiveFacts:
        self.people.append(person.id)
        return await super().fetch_live_facts(person, template)

    async def fetch_log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        self.people.append(person.id)
        return await super().fetch_log_tail(person, status)


class NoUploads(FileUploader):
    """Uploads nothing, and records where a file would have been uploaded."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []

    async def put(self, place: URL, content: bytes) -> None:
        self.places.append(str(place.host))


@dataclass
class Whole:
    """The bot, and the people who talk to it."""

    bot: Guarded
    made: DialogServices
    azure: NamedAzure
    filing: FakeTicketFiler
    uploads: NoUploads
    posted: int = field(default=0)

    async def post(self, who: dict[str, Any], **more: Any) -> tuple[int, list[str]]:
        """The status, and what was sent because of it, each message as text."""
        before = len(self.bot.teams.sent)
        self.posted += 1
        body = self.bot.activity(**{"text": None, "id": f"h{self.posted}", **who, **more})
        status = await self.bot.post(self.bot.identity.token(), body)
        await self.bot.turns.wait_for_running_turns()
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
            while await self.bot.turns._store.list_waiting_keys(10):  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.005)

    async def load_dialog_state(self, who: dict[str, Any]) -> Any:
        """What the dialogs keep of a person's conversation."""
        key = build_state_key(TENANT, who["conversation"]["id"], who["from"]["id"])
        stored = await self.bot.turns._store.load(key)
        return stored and stored.value["medic"]


@asynccontextmanager
async def whole(
    folder: Path, known: LoadedKnowledge, *statuses: TemplateStatus, can_share_looks: bool = False
) -> AsyncIterator[Whole]:
    identity = IdentityService()
    runner, identity.url = await serve(identity.app())
    azure, filing, uploads = NamedAzure(*statuses), FakeTicketFiler(), NoUploads()
    files = TeamsAttachmentReader(known.diagnoser.diagnose_stream, FileDownloader(FileLimits()), FileLimits())
    store = await SqliteStore(folder / "state.sqlite3").open()
    sharer = ThreadLookSharer(store, lambda: bot.adapter) if can_share_looks else None
    made = build_dialog_services(known, None, azure, filing, files, sharer, workers=build_in_process_workers())
    handlers = {
        **build_extension_handlers(made.message_extension),
        **FEEDBACK_HANDLERS,
        **FileConsentHandler(made.conversation, uploads).get_handlers(),
    }
    async with guarded(identity, trustme.CA(), folder, made.conversation, invokes=InvokeRouter(handlers)) as bot:
        yield Whole(bot, made, azure, filing, uploads)
    await store.close()
    await files.close()
    await runner.cleanup()


def elsewhere(who: dict[str, Any], conversation: dict[str, Any]) -> dict[str, Any]:
    """The person in another conversation."""
    return {**who, "conversation": conversation}
