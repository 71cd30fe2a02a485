"""A tampered state sends no token elsewhere, shows no one else's data, and breaks nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme

from bot.auth.channel_auth import build_channel_auth
from bot.auth.loopback import LoopbackAuthenticator
from bot.cards.messages import TextMessage
from bot.errors import DeliveryError, StateConflictError
from bot.state.sqlite_store import SqliteStore
from bot.turns.conversation_document import ConversationDocument, read_conversation_document
from bot.turns.pending import PendingTurn, turn_to_json
from bot.turns.unit_of_work import UnitOfWork
from dialogs.model.reply import TextRun
from dialogs.model.turn import ActionPressed, Person, Turn
from dialogs.state.azure_state import AzureState
from dialogs.state.conversation_json import state_from_json, state_to_json
from dialogs.state.share_state import AskedPlace, LookSummary, ShareState
from dialogs.state.ticket_json import TICKET_CODEC
from knowledge.template.template_id import TemplateId
from tests.bot.auth.identity_service import APP, CREDENTIALS, TENANT, IdentityService
from tests.bot.guarded import Guarded, guarded
from tests.bot.local_server import serve
from tests.bot.scripted import build_conversation
from tests.bot.stand_ins import Chat
from tests.store_rules.pastes import PASTES

ADA, BOB = "29:ada", "29:bob"
KEY = f"{TENANT}|a:1|{ADA}"
CHAT_KEY = f"contoso|a:1|{ADA}"


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Guarded]:
    identity = IdentityService()
    runner, identity.url = await serve(identity.app())
    async with guarded(identity, trustme.CA(), tmp_path) as bot:
        yield bot
    await runner.cleanup()


def back(service: str, **more: Any) -> dict[str, Any]:
    told = {"app": APP, "service": service, "conversation": "a:1", "group": False, "person": ADA, "bot": "28:bot"}
    return {**told, "activity": "1", "locale": "en-US", "test": False, **more}


def waiting(way: dict[str, Any]) -> ConversationDocument:
    document = ConversationDocument(dialog_state={"turns": 1})
    document.enqueue_messages("1", [TextMessage("late")], way, "en", 2e9)
    return document


@pytest.mark.parametrize(
    "service",
    [
        "https://evil.example/", "https://smba.trafficmanager.net.evil.example/emea/", "http://smba.trafficmanager.net/",
        "https://evil.trafficmanager.net/emea/", "https://smba.trafficmanager.net@evil.example/", "https://botframework.com/",
        "https://smba.trafficmanager.net:8443/", "https://evilteams.microsoft.com/", "https://smba.trafficmanager.net\\@x/",
        "https://169.254.169.254/metadata/", "", "file:///etc/passwd", None, 7, ["https://smba.trafficmanager.net/"],
    ],
)  # fmt: skip
async def test_no_token_is_sent_to_a_service_that_only_the_state_names(bot: Guarded, service: Any) -> None:
    async def work(channel: Any) -> None:
        await channel.send(TextMessage("late"))

    with pytest.raises(DeliveryError, match="hasn't called since the start"):
        await bot.adapter.resume_conversation(back(service), work)
    assert (bot.tokens_seen, bot.identity.hits["token"]) == ([], 0)


async def test_what_waits_goes_to_the_service_once_it_has_called(bot: Guarded, tmp_path: Path) -> None:
    store = await SqliteStore(tmp_path / "state.sqlite3").open()
    await store.commit(KEY, None, waiting(back(bot.identity.service_url)).to_json(), waiting=True)
    await bot.turns.sweep(bot.adapter)
    assert bot.teams.messages == []
    await bot.post(bot.identity.token())
    assert bot.teams.messages == ["late", "2 heard hi"]
    await store.close()


@pytest.mark.parametrize(
    "url", ["https://smba.trafficmanager.net/emea/", "https://SMBA.trafficmanager.net:443/amer/abc/", "https://x.botframework.com"]
)  # fmt: skip
def test_the_usual_services_are_known_after_a_restart(url: str) -> None:
    assert build_channel_auth(CREDENTIALS).authenticator.is_trusted_service_url(url)


@pytest.mark.parametrize("url", ["https://127.0.0.1.evil.example/", "http://10.0.0.1/", "http://[::1]@evil.example/"])
def test_without_credentials_nothing_leaves_this_machine(url: str) -> None:
    assert not LoopbackAuthenticator().is_trusted_service_url(url)
    assert LoopbackAuthenticator().is_trusted_service_url("http://127.0.0.1:56150/_connector")


def pending_of(who: str = ADA, where: str = "a:1", **way: Any) -> ConversationDocument:
    turn = turn_to_json(Turn(Person(TENANT, who), where), should_include_content=False)
    work = {"do": "whole-log", "args": {}}
    return ConversationDocument(pending_turns=[PendingTurn("1", turn, back("https://localhost/", **way), 0.0, work)])


def leading_to(**way: Any) -> ConversationDocument:
    """A document with the way to a conversation in which looks are shared."""
    return ConversationDocument(way_back=back("https://localhost/", **way))


@pytest.mark.parametrize(
    ("document", "left"),
    [
        (waiting(back("https://localhost/")), 1),
        (waiting(back("https://localhost/", conversation="a:2")), 0),
        (waiting(back("https://localhost/", person=BOB)), 0),
        (waiting({}), 0),
        (waiting(back("https://localhost/", person=["29:ada"])), 0),
        (pending_of(), 1),
        (pending_of(BOB), 0),
        (pending_of(BOB, person=BOB), 0),
        (pending_of(ADA, "a:2"), 0),
        (pending_of(conversation="a:2"), 0),
        (pending_of(person=BOB), 0),
        (leading_to(), 1),
        (leading_to(conversation="a:2"), 0),
        (leading_to(person=BOB), 0),
        (leading_to(person=None), 0),
    ],
)
async def test_replies_to_another_conversation_are_dropped(
    document: ConversationDocument, left: int, tmp_path: Path
) -> None:
    """Else the answer to a look of one person could be sent to another's chat."""
    store = await SqliteStore(tmp_path / "state.sqlite3").open()
    await store.commit(KEY, None, document.to_json(), waiting=True)
    found = (await UnitOfWork(store, KEY).load()).document
    assert len(found.outbox) + len(found.pending_turns) + (found.way_back is not None) == left
    await store.close()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://portal.azure.com/#view/x", True),
        ("https://portal.azure.us/#view/x", True),
        ("https://portal.azure.com.evil.example/", False),
        ("https://portal.azure.com@evil.example/", False),
        ("javascript:alert(1)", False),
        ("http://portal.azure.com/", False),
    ],
)
def test_the_button_of_a_ticket_opens_only_the_portal(url: str, kept: bool) -> None:
    ticket = {"number": "1", "id": "/x", "url": url, "state": "Open", "attached": 0, "again": False}
    assert TICKET_CODEC.decode(ticket).url == (url if kept else "")


ODD: list[Any] = [None, True, -1, 2**70, 1.5, "", "x" * 3000, [], [[]], {}, {"v": {}}, "\ud800"]


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document but its root."""
    if at:
        yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from paths(item, (*at, key))


def altered(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = deepcopy(document)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


async def document(chat: Chat) -> dict[str, Any]:
    """What is kept of a conversation that has come a long way, with something of everything in it."""
    await chat.send(PASTES["the example"])
    await chat.send("draft a support case")
    stored = await chat.store.load(CHAT_KEY)
    assert stored
    document = read_conversation_document(stored.value)
    way = {"app": "", "service": chat.teams.url, "conversation": "a:1", "person": ADA, "bot": "28:bot"}
    action = ActionPressed("next", {}, {"title": "x"}, 1)
    document.enqueue_messages("9", [TextMessage("late")], way, "en", 2e9)
    kept = Turn(Person("contoso", ADA), "a:1", event=action)
    document.pending_turns = [
        PendingTurn("8", turn_to_json(kept), way, 2e9, inbound_fields={"wants": "answer"}, due_at=4e9),
        PendingTurn(
            "7",
            turn_to_json(kept, should_include_content=False),
            way,
            2e9,
            {"do": "watch", "args": {"id": "x"}},
            due_at=4e9,
        ),
    ]
    document.store_invoke_response("6", TextMessage("x"))
    seen = TemplateId("8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75", "rg", "win11")
    place = AskedPlace("19:room@thread.v2", "group", "2026-01-01T00:00:00Z", seen)
    runs = (TextRun("win11", "code"),)
    shared = ShareState(place, LookSummary("en", "2026-01-01T00:00:00Z", runs, runs, runs, 7, "x", runs), runs, True)
    document.remember_way_back(way)
    state = replace(
        state_from_json(document.dialog_state),
        azure=AzureState(has_consented=True, last_template_id=seen, watched_templates=(seen,), sharing=shared),
    )
    return {**document.to_json(), "medic": state_to_json(state)}


async def put(store: SqliteStore, value: dict[str, Any]) -> None:
    """Put a document in the place of the conversation's, even if someone else is just changing that."""
    while True:
        stored = await store.load(CHAT_KEY)
        with suppress(StateConflictError):
            await store.commit(CHAT_KEY, stored.etag if stored else None, json.loads(json.dumps(value)))
            return


async def test_no_broken_part_of_a_document_breaks_a_conversation(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    conversation = build_conversation()
    chat.conversation.answer_turn, chat.conversation.hand_off = conversation.answer_turn, conversation.hand_off  # type: ignore[assignment, attr-defined, method-assign]
    whole = await document(chat)
    every = [path for path in paths(whole) if "message" not in path]
    assert len(every) > 150
    for number, path in enumerate(every):
        value = ODD[number % len(ODD)]
        await put(chat.store, altered(whole, path, value))
        caplog.clear()
        said = await chat.send("unwatch" if number % 2 else "help")
        await chat.turns.wait_for_running_turns()
        assert said, (path, value)
        assert "urn failed" not in caplog.text, (path, value)
