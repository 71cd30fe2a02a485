"""Usage counts: stored in one document per day, added up across processes, and printed as a report."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from app import main
from bot.cards.messages import CardMessage
from bot.cli.report import format_report
from bot.errors import StoreError
from bot.host.settings import Settings
from bot.state.blob_store import BlobStore
from bot.state.sqlite_store import SqliteStore
from bot.state.usage_counts import SAVE_INTERVAL_SECONDS, UsageCounter, build_day_key, read_daily_counts
from bot.teams.botframework.outgoing_activity import build_activity
from bot.teams.feedback import FEEDBACK_HANDLERS
from bot.teams.invokes import InvokeRouter
from dialogs.model.turn import Turn
from dialogs.solution.usage_events import UsageEvent
from tests.azurite.service import AnybodyCredential, Azurite
from tests.bot.local_server import serve
from tests.bot.scripted import ScriptedResult, build_conversation
from tests.bot.stand_ins import Chat, build_local_app
from tests.patching import set_existing

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ERROR = "Failed while waiting for packerizer: Timeout waiting for microservice to complete: 'context deadline exceeded'"
SEEN = UsageEvent("recognised", "build-timeout", "certain")
WRONG = UsageEvent("wrong", "build-timeout")
REALLY = UsageEvent("really", "sysprep-timing", "build-timeout")


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore(tmp_path / "s.sqlite3").open()
    yield store
    await store.close()


def tally_of(store: SqliteStore, at: datetime = NOW) -> UsageCounter:
    return UsageCounter(store, at.timestamp)


async def test_counts_of_two_processes_and_of_several_days_add_up(store: SqliteStore) -> None:
    one, other = tally_of(store), tally_of(store)
    yesterday = tally_of(store, NOW.replace(day=22))
    one.count_events([SEEN, SEEN])
    other.count_events([SEEN, WRONG])
    yesterday.count_events([REALLY])
    await asyncio.gather(one.save(), other.save(), yesterday.save())
    assert await read_daily_counts(store, 2, NOW) == Counter({SEEN: 3, WRONG: 1, REALLY: 1})
    assert await read_daily_counts(store, 1, NOW) == Counter({SEEN: 3, WRONG: 1})
    await one.save()
    assert await read_daily_counts(store, 1, NOW) == Counter({SEEN: 3, WRONG: 1}), "what was kept is not kept again"


async def test_what_cannot_be_kept_now_is_kept_later(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    tally = tally_of(store)
    tally.count_events([SEEN])

    async def fail(*_: object, **__: object) -> str:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(store, "commit", fail)
        await tally.save()
    tally.count_events([SEEN])
    await tally.save()
    assert await read_daily_counts(store, 1, NOW) == Counter({SEEN: 2})


async def test_counts_are_kept_when_the_bot_stops(store: SqliteStore) -> None:
    tally, stop = tally_of(store), asyncio.Event()
    running = asyncio.create_task(tally.run(stop))
    await asyncio.sleep(0)
    tally.count_events([SEEN])
    stop.set()
    await asyncio.wait_for(running, SAVE_INTERVAL_SECONDS / 2)
    assert await read_daily_counts(store, 1, NOW) == Counter({SEEN: 1})


@pytest.mark.parametrize("value", [{}, {"counts": 5}, {"counts": {"a": "b", "c|d": 2, "right|e|": -1}}])
async def test_a_broken_document_counts_nothing(store: SqliteStore, value: dict[str, object]) -> None:
    await store.commit(build_day_key(NOW), None, value)
    assert await read_daily_counts(store, 1, NOW) == Counter()
    tally = tally_of(store)
    tally.count_events([SEEN])
    await tally.save()
    assert await read_daily_counts(store, 1, NOW) == Counter({SEEN: 1})


def test_the_report_says_what_recurs_and_what_was_wrong() -> None:
    counts = Counter({SEEN: 7, UsageEvent("solved", "build-timeout"): 2, WRONG: 1, REALLY: 1})
    counts[UsageEvent("unrecognised", "", "build-log customize")] = 3
    assert list(format_report(counts, 30)) == [
        "Last 30 days: 7 failures recognized, 3 not.",
        "",
        "recognized  solved  right  wrong  entry",
        "         7       2      0      1  build-timeout",
        "",
        "Judged wrong: what was shown, and what it really was",
        "         1  build-timeout -> sysprep-timing",
        "",
        "Not recognized: kind of the text, and the phase that the build reached",
        "         3  build-log customize",
    ]


async def test_the_command_reads_the_bots_own_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.sqlite3"
    monkeypatch.setenv("STATE_PATH", str(path))
    assert await asyncio.to_thread(main, ["report"]) == 2
    assert "Has the bot run here?" in capsys.readouterr().err

    store = await SqliteStore(path).open()
    tally = UsageCounter(store)
    tally.count_events([SEEN])
    await tally.save()
    assert await asyncio.to_thread(main, ["report", "--days", "1"]) == 0, "also while the bot runs"
    await store.close()
    assert "1 failures recognized" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["report", "--days", "0"]) == 2


async def test_the_command_reads_the_store_that_instances_share(
    azurite: Azurite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{azurite.url}/c{secrets.token_hex(8)}"

    async def opened(settings: Settings) -> BlobStore:
        return await BlobStore(settings.state_blob_url, AnybodyCredential(), str(azurite.authority)).open()

    monkeypatch.setattr("bot.cli.report.open_store", opened)
    monkeypatch.setenv("STATE_BLOB_URL", url)
    store = await opened(Settings(state_blob_url=url))
    tally = UsageCounter(store)
    tally.count_events([SEEN])
    await tally.save()
    await store.close()
    assert await asyncio.to_thread(main, ["report", "--days", "1"]) == 0
    assert "1 failures recognized" in capsys.readouterr().out


async def test_a_turn_is_counted_once_however_often_it_is_delivered(chat: Chat) -> None:
    counted: list[UsageEvent] = []
    set_existing(chat.turns._turn_processor, "_count_usage_events", counted.extend)

    async def answer(turn: Turn, state: object) -> ScriptedResult:
        return ScriptedResult({}, (), usage_events=(SEEN,))

    chat.conversation.answer_turn = answer  # type: ignore[assignment, method-assign]
    body = chat.activity(text="x", id="same")
    await chat.post(body)
    await chat.post(body)
    assert counted == [SEEN]


@pytest_asyncio.fixture
async def reacting(chat: Chat) -> AsyncIterator[Chat]:
    """The bot with its reactions, and the real conversation."""
    conversation = build_conversation()
    chat.conversation.answer_turn, chat.conversation.hand_off = conversation.answer_turn, conversation.hand_off  # type: ignore[assignment, attr-defined, method-assign]
    router = InvokeRouter(FEEDBACK_HANDLERS)
    runner, chat.url = await serve(web.AppRunner(build_local_app(chat.turns, chat.store, router)))
    yield chat
    await runner.cleanup()


async def react(chat: Chat, value: object) -> None:
    body = chat.activity(type="invoke", name="message/submitAction", value=value, replyToId="card-1", text=None)
    async with chat.session.post(f"{chat.url}/api/messages", json=body) as answered:
        assert (answered.status, await answered.json()) == (200, {})


@pytest.mark.parametrize(("reaction", "said"), [("like", "Thank you"), ("dislike", "Thank you for telling me")])
async def test_a_thumb_below_a_diagnosis_is_a_judgement(reacting: Chat, reaction: str, said: str) -> None:
    await reacting.post(reacting.activity(text=ERROR))
    await react(reacting, {"actionName": "feedback", "actionValue": {"reaction": reaction, "feedback": "a secret"}})
    assert reacting.teams.messages[-1].startswith(said)
    assert len(reacting.teams.messages) == 2
    assert reacting.teams.methods == ["POST", "POST"], "the card stays as it is"
    assert "a secret" not in json.dumps(reacting.teams.sent)


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"actionName": "feedback"},
        {"actionName": "x", "actionValue": {"reaction": "like"}},
        {"actionName": "feedback", "actionValue": {"reaction": ["like"]}},
    ],
)
async def test_odd_reactions_are_taken_and_change_nothing(reacting: Chat, value: object) -> None:
    await react(reacting, value)
    assert reacting.teams.messages == []


def test_a_diagnosis_asks_for_feedback_and_nothing_else_does() -> None:
    asked = build_activity(CardMessage({}, "s", asks_feedback=True))
    assert asked.channel_data == {"feedbackLoop": {"type": "default"}}
    assert build_activity(CardMessage({}, "s")).channel_data is None
