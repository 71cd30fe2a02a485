"""Buttons that wait for their answer (Action.Execute), as Teams sends them: over HTTP, with real tokens where they matter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme
from aiohttp import web

from bot.cards.messages import CARD_TYPE, TextMessage, hash_owner_id
from bot.state.store import build_state_key
from bot.teams.invokes import MESSAGE_TYPE, Invoke, InvokeResult, InvokeRouter
from bot.turns.conversation_document import MAX_INVOKE_RESPONSES, ConversationDocument, read_conversation_document
from dialogs.model.turn import Turn
from tests.bot.auth.identity_service import IdentityService
from tests.bot.guarded import Guarded, guarded
from tests.bot.local_server import serve
from tests.bot.scripted import build_conversation
from tests.bot.stand_ins import Chat, build_local_app, cards, pressed
from tests.patching import set_existing
from tests.turns import action_of

TEXT = "==> azure-arm: Timeout waiting for SSH."
STRANGE = "I don't know what that button does, so I changed nothing. Type help, or paste the error again."
NEXT = {"v": 1, "do": "next"}


@pytest.fixture
def walking(chat: Chat) -> Chat:
    """With the real conversation."""
    conversation = build_conversation()
    chat.conversation.answer_turn, chat.conversation.hand_off = conversation.answer_turn, conversation.hand_off  # type: ignore[assignment, attr-defined, method-assign]
    return chat


def execute(data: Any, verb: Any = None, **more: Any) -> dict[str, Any]:
    """What Teams sends for a pressed Action.Execute."""
    action = {"type": "Action.Execute", "verb": verb, "data": data}
    return {"type": "invoke", "name": "adaptiveCard/action", "replyToId": "card-1",
            "value": {"action": {k: v for k, v in action.items() if v is not None}, "trigger": "manual"}, **more}  # fmt: skip


async def invoke(chat: Chat, body: dict[str, Any]) -> tuple[str, Any]:
    """The kind of the answer, and what it shows: a card as JSON text, or a sentence."""
    async with chat.session.post(f"{chat.url}/api/messages", json=body) as answered:
        found = await answered.json()
    assert (answered.status, found["statusCode"]) == (200, 200)
    await chat.turns.wait_for_running_turns()
    return found["type"], found["value"]


async def press(chat: Chat, data: Any, **more: Any) -> tuple[str, Any]:
    return await invoke(chat, chat.activity(**execute(data, **more)))


async def test_the_answer_is_the_card_that_takes_the_place(walking: Chat) -> None:
    await walking.send(TEXT)
    data = pressed(walking, "done")
    for following in ("done", "failed-again"):
        kind, card = await press(walking, data)
        data = data_of(card, following)
        assert (kind, card["type"], card["version"]) == (CARD_TYPE, "AdaptiveCard", "1.2")
        assert "✓" in json.dumps(card, ensure_ascii=False)
    assert walking.teams.methods == ["POST"]  # nothing else was sent, and nothing edited
    await walking.send("next")
    assert "Step 5 of" in json.dumps(cards(walking)[-1])


def data_of(card: dict[str, Any], do: str) -> dict[str, Any]:
    return next(action["data"] for action in card["actions"] if action.get("data", {}).get("do") == do)


async def test_a_repeated_delivery_gives_the_same_card_and_changes_nothing(walking: Chat) -> None:
    await walking.send(TEXT)
    body = walking.activity(**execute(pressed(walking, "done")))
    first = await invoke(walking, body)
    stored = await walking.store.load(build_state_key("contoso", "a:1", "29:ada"))
    answers = await asyncio.gather(*(invoke(walking, body) for _ in range(3)))
    assert answers == [first] * 3
    again = await walking.store.load(build_state_key("contoso", "a:1", "29:ada"))
    assert stored
    assert again
    assert stored.value["medic"] == again.value["medic"]
    assert walking.turns.counts["again"] == 3
    assert walking.teams.methods == ["POST"]


async def test_deliveries_at_the_same_time_are_one_turn(chat: Chat) -> None:
    body = chat.activity(**execute(NEXT))
    answers = await asyncio.gather(*(invoke(chat, body) for _ in range(5)))
    assert answers == answers[:1] * 5
    assert len(chat.conversation.heard) == 1


async def test_an_older_repetition_is_told_where_to_look(chat: Chat) -> None:
    body = chat.activity(**execute(NEXT))
    await invoke(chat, body)
    for _ in range(MAX_INVOKE_RESPONSES):
        await press(chat, NEXT)
    assert await invoke(chat, body) == (
        MESSAGE_TYPE,
        "I've already done that. The latest message shows where we are.",
    )
    assert len(chat.conversation.heard) == 1 + MAX_INVOKE_RESPONSES


async def test_the_verb_stands_for_what_to_do(chat: Chat) -> None:
    await press(chat, {"v": 1, "args": {"n": 2}, "title": "T"}, verb="draft")
    await press(chat, {"v": 1, "do": "mine"}, verb="draft")
    actions = [turn.event for turn, _ in chat.conversation.heard]
    assert [(a.action_id, a.args, a.fields, a.is_foreign) for a in actions if a] == [
        ("draft", {"n": 2}, {"title": "T"}, False), ("mine", {}, {}, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [{"replyToId": None}, {"replyToId": "a\nb"}, {"id": None}],
    ids=["card not told", "odd card", "no id"],
)
async def test_the_card_stands_in_the_response_whatever_is_not_told(chat: Chat, more: dict[str, Any]) -> None:
    kind, card = await press(chat, NEXT, **more)
    assert kind == CARD_TYPE
    assert "pressed next" in json.dumps(card)
    assert chat.teams.sent == []


@pytest.mark.parametrize(
    "body",
    [
        execute(None), execute([]), execute("next"), execute({}), execute({"v": 1}), execute({"v": 1, "do": ["x"]}),
        execute({"v": "1"}, verb="next"), execute({"v": 1}, verb=7), execute({"v": 1, "do": "x", "deep": {}}),
        execute(NEXT) | {"value": {"action": {"data": NEXT}, "trigger": "automatic"}},
        execute(NEXT) | {"value": None}, execute(NEXT) | {"value": "x"}, execute(NEXT) | {"value": {"action": 5}},
    ],
)  # fmt: skip
async def test_what_is_no_button_of_ours_is_answered_politely(chat: Chat, body: dict[str, Any]) -> None:
    assert await invoke(chat, chat.activity(**body)) == (MESSAGE_TYPE, STRANGE)
    assert (await invoke(chat, chat.activity(**{**body, "locale": "it-IT"})))[1].startswith(
        "Non so che cosa fa questo pulsante"
    )
    assert (chat.conversation.heard, chat.teams.sent) == ([], [])


async def test_a_card_of_another_version_keeps_its_place(walking: Chat) -> None:
    kind, said = await press(walking, {"v": 7, "do": "next"})
    assert kind == MESSAGE_TYPE
    assert said == walking.teams.messages[0]
    assert "another version" in said


async def test_a_card_that_stays_is_answered_below(walking: Chat) -> None:
    kind, said = await press(walking, {"v": 1, "do": "guided", "_keep": True})
    assert kind == MESSAGE_TYPE
    assert walking.teams.methods == ["POST"]
    assert said == walking.teams.messages[0]


async def test_somebody_elses_card_starts_a_walk_of_ones_own(walking: Chat) -> None:
    group = {"conversation": {"id": "g:1", "conversationType": "groupChat", "isGroup": True, "tenantId": "contoso"}}
    await walking.send(TEXT, **group)
    data = pressed(walking, "steps")
    assert data["_by"] == hash_owner_id("29:ada")
    kind, said = await press(walking, data, **group, **{"from": {"id": "29:bob"}})
    assert kind == MESSAGE_TYPE
    assert walking.teams.methods == ["POST", "POST"]
    assert said == walking.teams.messages[-1]
    assert pressed(walking, "done")["_by"] == hash_owner_id("29:bob")
    kind, card = await press(walking, data, **group)  # its owner's press puts it in its place
    assert kind == CARD_TYPE
    assert data_of(card, "done")["_by"] == hash_owner_id("29:ada")


async def test_further_replies_are_sent_as_messages(walking: Chat) -> None:
    kind, card = await press(walking, {"v": 1, "do": "example"})
    assert kind == CARD_TYPE
    assert "Step 1 of" in json.dumps(card)
    assert len(walking.teams.messages) == 1
    assert "example" in walking.teams.messages[0]


async def test_a_turn_that_fails_is_answered_with_a_sentence(chat: Chat) -> None:
    async def fail(turn: Turn) -> None:
        raise OSError("no")

    chat.conversation.first = fail
    kind, said = await press(chat, NEXT)
    assert kind == MESSAGE_TYPE
    assert said.startswith("Something went wrong on my side")
    assert chat.teams.sent == []


async def test_an_answer_that_takes_long_comes_later_in_the_cards_place(chat: Chat) -> None:
    set_existing(chat.turns, "_response_timeout_seconds", 0.05)
    free = asyncio.Event()

    async def wait(turn: Turn) -> None:
        await free.wait()

    chat.conversation.first = wait
    body = chat.activity(**execute(NEXT))
    async with chat.session.post(f"{chat.url}/api/messages", json=body) as answered:
        assert (await answered.json())["value"].startswith("This is taking a little longer.")
    assert chat.teams.sent == []
    free.set()
    await chat.turns.wait_for_running_turns()
    assert (chat.teams.methods, chat.teams.paths[-1].rpartition("/")[2]) == (["PUT"], "card-1")
    assert chat.teams.messages == ["1 pressed next"]


async def test_an_answer_does_not_wait_for_what_is_sent_below(walking: Chat) -> None:
    """A channel that doesn't answer delays the further replies, but not the response."""
    walking.teams.refuse = lambda activity: 503
    kind, _ = await press(walking, {"v": 1, "do": "example"})
    assert kind == CARD_TYPE
    walking.teams.refuse = lambda activity: None
    await walking.send("thanks")
    assert len(walking.teams.messages) == 2


async def test_too_many_at_once_are_refused(chat: Chat) -> None:
    free = asyncio.Event()

    async def wait(turn: Turn) -> None:
        await free.wait()

    chat.conversation.first = wait
    posts = [asyncio.create_task(chat.post(chat.activity(**execute(NEXT)))) for _ in range(60)]
    done, _ = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
    assert {post.result().status for post in done} == {429}
    free.set()
    statuses = [post.status for post in await asyncio.gather(*posts)]
    assert (statuses.count(200), statuses.count(429)) == (50, 10)


async def test_others_register_their_names(chat: Chat) -> None:
    async def query(asked: Invoke, turns: Any, channel: Any) -> InvokeResult:
        return InvokeResult(200, {"heard": asked.value, "name": asked.name, "who": asked.incoming.turn.person.id})

    router = InvokeRouter({"composeExtension/query": query})
    runner, url = await serve(web.AppRunner(build_local_app(chat.turns, chat.store, router)))
    try:
        body = chat.activity(type="invoke", name="composeExtension/query", value=5)
        async with chat.session.post(f"{url}/api/messages", json=body) as found:
            assert await found.json() == {"heard": 5, "name": "composeExtension/query", "who": "29:ada"}
        async with chat.session.post(f"{url}/api/messages", json=body | {"name": "task/fetch"}) as found:
            assert found.status == 501
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Guarded]:
    service = IdentityService()
    runner, service.url = await serve(service.app())
    async with guarded(service, trustme.CA(), tmp_path) as bot:
        yield bot
    await runner.cleanup()


async def test_only_teams_itself_can_press(bot: Guarded) -> None:
    body = bot.activity(**execute(NEXT), text=None)
    assert await bot.post(None, body) == 401
    assert await bot.post(bot.identity.token(aud="x"), body) == 401
    assert await bot.post(bot.identity.token(serviceurl="https://evil.example/"), body) == 403
    assert await bot.post(bot.identity.token(), body | {"from": {}}) == 400
    assert bot.conversation.heard == []
    assert await bot.post(bot.identity.token(), body) == 200
    assert [action.action_id for turn, _ in bot.conversation.heard if (action := action_of(turn))] == ["next"]


def test_only_the_last_answers_are_kept() -> None:
    document = ConversationDocument()
    for number in range(9):
        document.store_invoke_response(str(number), TextMessage(str(number)))
    kept = read_conversation_document(json.loads(json.dumps(document.to_json()))).invoke_responses
    assert kept == {number: TextMessage(number) for number in "678"}
    assert read_conversation_document({"schema": 2, "medic": None, "answers": {"a": 5}}).invoke_responses == {}
