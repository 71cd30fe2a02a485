"""Sign-in with the real conversation: a person asks for a lookup, signs in, and the lookup continues."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from azure.core.credentials_async import AsyncTokenCredential

from bot.azure.clients.refusals import build_refused_error
from bot.azure.credentials.scoped_credential import ScopedCredential
from bot.sign_in.on_behalf_of import OnBehalfOfCredentials
from dialogs.conversation import Conversation
from dialogs.model.azure import TemplateSearchResult, TemplateStatus
from dialogs.model.turn import Person
from dialogs.resources import DialogResources
from knowledge.azure_clouds import CLOUDS
from knowledge.knowledge_base import load_knowledge_base
from knowledge.template.template_id import TemplateId, TemplateQuery
from tests.bot.auth.identity_service import TENANT
from tests.bot.sign_in.conftest import Room, a_room
from tests.bot.sign_in.entra import ADA
from tests.dialogs.azure.fake_azure import FakeAzure
from tests.dialogs.fixtures import ENTRIES, diagnose


class SeenAzure(FakeAzure):
    """A made-up Azure that shows itself to anyone with a token for it."""

    credential_provider: OnBehalfOfCredentials

    async def find_templates(self, person: Person, wanted: TemplateQuery) -> TemplateSearchResult:
        await self._knock(person)
        return await super().find_templates(person, wanted)

    async def fetch_status(self, person: Person, ref: TemplateId) -> TemplateStatus:
        await self._knock(person)
        return await super().fetch_status(person, ref)

    async def sign_out(self, person: Person) -> bool:
        return await self.credential_provider.sign_out(person)

    async def _knock(self, person: Person) -> None:
        try:
            async with self.credential_provider.open_credential(person) as credential:
                await self._token(credential)
        except Exception as error:
            raise build_refused_error(error, "win11-golden") from error

    async def _token(self, credential: AsyncTokenCredential) -> None:
        await ScopedCredential(credential, CLOUDS["public"].resource_scope).get_token(CLOUDS["public"].resource_scope)


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    azure = SeenAzure()
    resources = DialogResources(diagnose, lambda: "2026-03-01T10:00:00Z", azure_reader=azure)
    conversation = Conversation(load_knowledge_base(ENTRIES), resources)
    async with a_room(tmp_path, conversation) as room:
        azure.credential_provider = room.signing.credential_provider
        yield room


def shown(room: Room) -> str:
    return json.dumps(room.bot.teams.sent[-1])


def button(room: Room, do: str) -> dict[str, Any]:
    """What the last card's button `do` sends."""
    [card] = room.bot.teams.sent[-1]["attachments"]
    rows = [card["content"]["actions"], *(element.get("actions", []) for element in card["content"]["body"])]
    return next(action["data"] for row in rows for action in row if action.get("data", {}).get("do") == do)


async def test_a_look_goes_on_after_the_sign_in(room: Room) -> None:
    await room.say("look at win11-golden")
    await room.post(room.activity(value=button(room, "look-yes"), replyToId="1"))
    [card] = room.cards
    assert "win11-golden" not in shown(room)
    await room.exchange(room.entra.user_token(ADA), card)
    assert "win11-golden" in "".join(room.seen[-2:])
    assert "northeurope" in json.dumps(room.bot.teams.sent)
    await room.say("sign out")
    assert room.entra.kept == {}


async def test_consent_that_is_missing_at_azure_is_explained(room: Room) -> None:
    """The sign-in is there, but Entra gives nothing for it: words, and no endless sign-in cards."""
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    room.entra.consented.clear()
    await room.say("look at win11-golden")
    await room.post(room.activity(value=button(room, "look-yes"), replyToId="1"))
    assert room.cards == []
    assert "consent" in shown(room)


async def test_a_sign_in_that_was_given_up_is_no_dead_end(room: Room) -> None:
    await room.say("look at win11-golden", locale="it-IT")
    await room.post(room.activity(value=button(room, "look-yes"), replyToId="1", locale="it-IT"))
    assert room.cards[-1]["buttons"][0]["title"] == "Accedi"
    await room.invoke("verifyState", {"state": "CancelledByUser"})
    retry = button(room, "look-retry")
    await room.post(room.activity(value=retry, replyToId="2"))
    assert len(room.cards) == 2
    await room.exchange(room.entra.user_token(ADA), room.cards[-1])
    assert "northeurope" in json.dumps(room.bot.teams.sent)


async def test_a_look_asked_for_in_a_group_signs_in_in_private(room: Room) -> None:
    group = {"id": "g:1", "conversationType": "groupChat", "isGroup": True, "tenantId": TENANT}
    await room.say("look at win11-golden", conversation=group)
    [opened] = room.bot.teams.opened
    assert opened["members"] == [{"id": "29:1111"}]
    private = {"id": "a:private with 29:1111", "conversationType": "personal", "tenantId": TENANT}
    where = [path for path in room.bot.teams.paths if "private" in path]
    assert where
    cards = [item for item in room.bot.teams.sent if "look-yes" in json.dumps(item)]
    [attachment] = cards[-1]["attachments"]
    [yes] = [a["data"] for a in attachment["content"]["actions"] if a.get("data", {}).get("do") == "look-yes"]
    await room.post(room.activity(value=yes, replyToId="1", conversation=private))
    [card] = room.cards
    assert "private" in room.bot.teams.paths[-1]
    await room.invoke(
        "tokenExchange",
        {"id": card["tokenExchangeResource"]["id"], "connectionName": "sso", "token": room.entra.user_token(ADA)},
        conversation=private,
    )
    assert "northeurope" in json.dumps(room.bot.teams.sent)
    assert all("private" in path for path in room.bot.teams.paths[-2:])
