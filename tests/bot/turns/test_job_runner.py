"""Background jobs: done beside the conversation and reported once, in order, whatever process ends in between."""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from bot.cards.messages import CardMessage, Message
from bot.errors import DeliveryError, RequestRefusedError, StoreError
from bot.state.sqlite_store import SqliteStore
from bot.state.store import StoredState
from bot.turns.channel import Channel, ConversationReference
from bot.turns.conversation_document import ConversationDocument, read_conversation_document
from bot.turns.inbound import InboundActivity
from bot.turns.job_runner import JobLimits
from bot.turns.outbox import DeliveryPolicy
from bot.turns.pending import MAX_CRASHED_ATTEMPTS, PendingTurn, read_pending, turn_from_json, turn_to_json
from bot.turns.progress import ProgressIntervals
from bot.turns.turn_effects import MAX_PENDING_JOBS
from bot.turns.turn_runner import TurnLimits, TurnRunner
from dialogs.model.effects import CancelJobs, ReplyEffect, StartJob
from dialogs.model.files import AttachedFile
from dialogs.model.job import RETRY_AFTER_KEY, Job
from dialogs.model.reply import Paragraph, Reply, parse_markup
from dialogs.model.turn import ActionPressed, MemberJoined, MessageSent, Person, SignedIn, Turn, TurnEvent
from knowledge.model.entry import Language
from tests.bot.scripted import ScriptedResult
from tests.bot.stand_ins import describe_message
from tests.patching import set_existing
from tests.turns import report_of, text_of

if TYPE_CHECKING:
    from tests.bot.stand_ins import Chat

KEY = "contoso|a:1|29:ada"
FAST = TurnLimits(delivery=DeliveryPolicy(max_flush_seconds=2.0, first_wait_seconds=0.0, sweep_interval_seconds=0.005))


class Crash(BaseException):
    """The program ends here: nothing catches it."""


class Fuse:
    """Ends the program at one boundary; from then on whatever it still tries ends too, until the next life."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.passed = 0
        self.blown = asyncio.Event()

    def here(self) -> None:
        self.passed += 1
        if self.blown.is_set() or self.passed == self.at:
            self.blown.set()
            raise Crash


class FusedStore(SqliteStore):
    """A store with a boundary before and after each of its operations; for `broken` commits it fails."""

    fuse: Fuse
    broken = 0

    async def load(self, key: str) -> StoredState | None:
        self.fuse.here()
        stored = await super().load(key)
        self.fuse.here()
        return stored

    async def commit(self, key: str, etag: str | None, value: Mapping[str, Any], waiting: bool = False) -> str:
        self.fuse.here()
        if self.broken:
            self.broken -= 1
            raise StoreError("no space left")
        new = await super().commit(key, etag, value, waiting)
        self.fuse.here()
        return new


@dataclass
class Wire:
    """A channel in memory, and the way back to it: notes what arrives, and wakes who waits for it."""

    fuse: Fuse = field(default_factory=Fuse)
    seen: list[str] = field(default_factory=list)
    typed: int = 0
    refuse: Callable[[Message], DeliveryError | None] = lambda message: None
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    conversation: str = "a:1"

    @property
    def conversation_reference(self) -> ConversationReference:
        return {"wire": "1", "conversation": self.conversation, "person": "29:ada"}

    def render_reply(self, reply: Reply, effects: Sequence[ReplyEffect]) -> Sequence[Message]:
        return [CardMessage({"body": []}, reply.summary)]

    async def send(self, message: Message) -> str:
        self.fuse.here()
        if failed := self.refuse(message):
            raise failed
        said = describe_message(message)
        notes = [line["text"] for line in message.card["body"]] if isinstance(message, CardMessage) else []
        where = f"[{message.replaced_activity_id}] " if message.replaced_activity_id else ""
        await self.arrive(f"{where}{' / '.join([said, *notes])}")
        self.fuse.here()
        return f"id of {said}"

    async def arrive(self, what: str) -> None:
        async with self.news:
            self.seen.append(what)
            self.news.notify_all()

    async def sees(self, *what: str) -> None:
        """Wait until all of these have arrived."""
        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(lambda: all(one in self.seen for one in what))

    async def send_typing(self) -> None:
        self.typed += 1
        async with self.news:
            self.news.notify_all()

    def get_private_chat_link(self) -> str:
        raise NotImplementedError

    async def open_private_chat(self, tenant: str, work: Callable[[str, Channel], Awaitable[None]]) -> None:
        raise NotImplementedError

    async def resume_conversation(
        self, back: ConversationReference, work: Callable[[Channel], Awaitable[None]]
    ) -> None:
        assert {**back, "conversation": self.conversation} == self.conversation_reference
        await work(self)


@dataclass
class BusyConversation:
    """`do x y` leaves the jobs x and y. Counts the turns in its state; a report says what came of the job."""

    performed: list[str] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    do: Callable[[str, Callable[[int, int], None]], Awaitable[None]] | None = None
    answering: Callable[[Turn], Awaitable[None]] | None = None
    at_once: int = 0
    most_at_once: int = 0

    async def answer_turn(self, turn: Turn, state: Mapping[str, Any] | None) -> ScriptedResult:
        if self.answering:
            await self.answering(turn)
        count = (state or {}).get("turns", 0) + 1
        text, report = text_of(turn), report_of(turn)
        what = f"{report.job.name}: {dict(report.result)}" if report else text
        reply = Reply(
            (Paragraph(parse_markup("x")),), summary=f"{count} {what}", placement="stays" if text else "in-place"
        )
        names = text.split()[1:] if text.startswith("do ") else []
        return ScriptedResult({"turns": count}, (reply,), tuple(StartJob(Job(name, {"n": 1})) for name in names))

    async def hand_off(self, *_: Any) -> Any:
        raise NotImplementedError

    async def perform_job(
        self, person: Person, job: Job, language: Language, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        assert job.args == {"n": 1}
        self.performed.append(job.name)
        self.people.append(person)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            if self.do:
                await self.do(job.name, progress)
        finally:
            self.at_once -= 1
        return {"ok": job.name}


def said(text: str, conversation: str = "a:1", mark: str = "-") -> InboundActivity:
    turn = Turn(Person("contoso", "29:ada", "Ada", "oid"), conversation, event=MessageSent(text))
    return InboundActivity("answer", turn, activity_key=text if mark == "-" else mark)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[FusedStore]:
    store = FusedStore(tmp_path / "s")
    store.fuse = Fuse()
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@asynccontextmanager
async def running(turns: TurnRunner, wire: Wire) -> AsyncIterator[TurnRunner]:
    """Sends and performs while the block runs, then stops as a server does."""
    stop = asyncio.Event()
    task = asyncio.create_task(turns.redeliver(wire, stop))
    await asyncio.sleep(0)
    yield turns
    stop.set()
    async with asyncio.timeout(20):
        await task


async def kept(store: SqliteStore, key: str = KEY) -> ConversationDocument:
    stored = await store.load(key)
    return read_conversation_document(stored.value) if stored else ConversationDocument()


async def until_nothing_waits(store: SqliteStore) -> None:
    async with asyncio.timeout(20):
        while await store.list_waiting_keys(1):  # noqa: ASYNC110 - a store tells nobody
            await asyncio.sleep(0.002)


def gate() -> tuple[asyncio.Event, Callable[[str, Callable[[int, int], None]], Awaitable[None]]]:
    """An event, and what a job does that waits for it."""
    opened = asyncio.Event()

    async def wait(name: str, progress: Callable[[int, int], None]) -> None:
        await opened.wait()

    return opened, wait


# order and number


async def test_people_go_on_talking_and_the_report_continues_from_there(store: FusedStore, wire: Wire) -> None:
    conversation = BusyConversation()
    opened, conversation.do = gate()
    async with running(TurnRunner(conversation, store, limits=FAST), wire) as turns:
        await turns.run_turn(said("do a"), wire)
        await turns.run_turn(said("next"), wire)
        assert wire.seen == ["1 do a", "2 next"]
        opened.set()
        await wire.sees("3 a: {'ok': 'a'}")
        await until_nothing_waits(store)
    assert conversation.performed == ["a"]
    assert conversation.people == [Person("contoso", "29:ada", "Ada", "oid")]
    state = await kept(store)
    assert (state.dialog_state, state.pending_turns, state.outbox) == ({"turns": 3}, [], [])


async def test_works_of_one_conversation_are_done_in_order_one_at_a_time(store: FusedStore, wire: Wire) -> None:
    conversation = BusyConversation()

    async def do(name: str, progress: Any) -> None:
        await wire.arrive(f"doing {name}")
        await asyncio.sleep(0.001)

    conversation.do = do
    async with running(TurnRunner(conversation, store, limits=FAST), wire) as turns:
        await turns.run_turn(said("do a b"), wire)
        await turns.run_turn(said("do c"), wire)
        await until_nothing_waits(store)
    assert conversation.performed == ["a", "b", "c"]
    assert conversation.most_at_once == 1
    reports = [line for line in wire.seen if "ok" in line]
    assert [line.split()[1] for line in reports] == ["a:", "b:", "c:"]


async def test_works_of_several_conversations_are_done_side_by_side_up_to_a_bound(
    store: FusedStore, wire: Wire
) -> None:
    conversation = BusyConversation()
    opened, conversation.do = gate()
    async with running(
        TurnRunner(conversation, store, limits=replace(FAST, jobs=JobLimits(max_concurrent_jobs=3))), wire
    ) as turns:
        for number in range(7):
            await turns.run_turn(said("do a", f"a:{number}"), Wire(conversation=f"a:{number}"))
        async with asyncio.timeout(20):
            while conversation.at_once < 3:  # noqa: ASYNC110 - the bound is what is waited for
                await asyncio.sleep(0.002)
        opened.set()
        await until_nothing_waits(store)
    assert len(conversation.performed) == 7
    assert conversation.most_at_once == 3


async def test_more_works_than_a_conversation_may_have_are_refused_in_words_at_once(
    store: FusedStore, wire: Wire
) -> None:
    conversation = BusyConversation()
    turns = TurnRunner(conversation, store, limits=FAST)
    await turns.run_turn(said("do " + " ".join("abcdefg")), wire)
    assert wire.seen[1:] == ["2 f: {'failed': 'too-many'}", "3 g: {'failed': 'too-many'}"]
    async with running(turns, wire):
        await until_nothing_waits(store)
    assert conversation.performed == list("abcdefg"[:MAX_PENDING_JOBS])


# what goes wrong with a job


async def test_a_work_that_hangs_is_ended_with_words(store: FusedStore, wire: Wire) -> None:
    conversation = BusyConversation()
    ended = asyncio.Event()

    async def do(name: str, progress: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    conversation.do = do
    async with running(
        TurnRunner(conversation, store, limits=replace(FAST, jobs=JobLimits(timeout_seconds=0.01))), wire
    ) as turns:
        await turns.run_turn(said("do a"), wire)
        await wire.sees("2 a: {'failed': 'too-long'}")
    assert ended.is_set()
    assert (await kept(store)).pending_turns == []


async def test_a_work_that_fails_is_reported_without_its_secrets(
    store: FusedStore, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    conversation = BusyConversation()

    async def do(name: str, progress: Any) -> None:
        raise ValueError("hunter2")

    conversation.do = do
    async with running(TurnRunner(conversation, store, limits=FAST), wire) as turns:
        await turns.run_turn(said("do a"), wire)
        await until_nothing_waits(store)
    assert "ValueError at" in caplog.text
    assert "hunter2" not in caplog.text
    (report,) = [line for line in wire.seen if line.startswith("2 a: ")]
    result = ast.literal_eval(report.removeprefix("2 a: "))
    assert result["failed"] == "broken"
    assert f"reference {result['reference']}:" in caplog.text, "the person gets the reference that the log has"


async def test_a_stop_leaves_the_work_to_the_next_start_however_often(store: FusedStore, wire: Wire) -> None:
    conversation = BusyConversation()
    opened, conversation.do = gate()
    for _ in range(MAX_CRASHED_ATTEMPTS + 2):
        before = len(conversation.performed)
        async with running(TurnRunner(conversation, store, limits=FAST), wire) as turns:
            if not before:
                await turns.run_turn(said("do a"), wire)
            async with asyncio.timeout(20):
                while len(conversation.performed) == before:  # noqa: ASYNC110 - the fake tells nobody
                    await asyncio.sleep(0.002)
        [pending] = (await kept(store)).pending_turns
        assert (pending.in_flight, pending.crashed_attempts) == (False, 0)
    opened.set()
    async with running(TurnRunner(conversation, store, limits=FAST), wire):
        await wire.sees("2 a: {'ok': 'a'}")
        await until_nothing_waits(store)
    assert len(wire.seen) == 2


async def test_who_removes_the_bot_ends_its_work(store: FusedStore, wire: Wire) -> None:
    conversation = BusyConversation()
    opened, conversation.do = gate()
    async with running(TurnRunner(conversation, store, limits=FAST), wire) as turns:
        await turns.run_turn(said("do a"), wire)
        person = Turn(Person("contoso", "29:ada"), "a:1")
        await turns.run_turn(InboundActivity("forget", person, activity_key="gone"), wire)
        opened.set()
    assert wire.seen == ["1 do a"]
    assert await store.load(KEY) is None


# ends of the program


async def life_after_life(path: Path, at: int, wire: Wire) -> tuple[BusyConversation, int, int]:
    """Two messages that leave jobs, with one crash. Returns the dialogs, the boundaries passed, the crashes."""
    conversation, crashes, left = BusyConversation(), 0, [said("do a b"), said("do c")]
    fuse = Fuse(at)
    while True:
        store = FusedStore(path)
        store.fuse = wire.fuse = fuse
        await store.open()
        turns = TurnRunner(conversation, store, limits=FAST)
        stop = asyncio.Event()

        async def live(turns: TurnRunner = turns, store: FusedStore = store) -> None:
            while left:
                await turns.run_turn(left[0], wire)
                left.pop(0)
            await until_nothing_waits(store)

        beside = asyncio.create_task(turns.redeliver(wire, stop))
        life = asyncio.create_task(live())
        blown = asyncio.create_task(fuse.blown.wait())
        await asyncio.wait([life, blown], return_when=asyncio.FIRST_COMPLETED)
        if not fuse.blown.is_set():
            points, fuse.at = fuse.passed, 0
            await life
            stop.set()
            await beside
            state = await kept(store)
            assert (state.dialog_state, state.pending_turns) == ({"turns": 5}, [])
            await store.close()
            blown.cancel()
            return conversation, points, crashes
        # nothing of this life does anything any more
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await store.close()
        crashes += 1
        fuse = Fuse()


def once(seen: Sequence[str]) -> list[str]:
    """What arrived, without what arrived twice in a row."""
    return [text for n, text in enumerate(seen) if n == 0 or seen[n - 1] != text]


async def test_after_a_crash_at_any_boundary_each_work_is_reported_once_and_in_order(tmp_path: Path) -> None:
    wire = Wire()
    _, points, _ = await life_after_life(tmp_path / "whole", 0, wire)
    assert points > 40
    again = 0
    for point in range(1, points + 1, 2 if points > 150 else 1):
        wire = Wire()
        conversation, _, crashes = await life_after_life(tmp_path / f"{point}", point, wire)
        reports = [line.split()[1] for line in once(wire.seen) if "ok" in line]
        assert reports == ["a:", "b:", "c:"], point
        assert [int(line.split()[0]) for line in once(wire.seen)] == [1, 2, 3, 4, 5], point
        assert once(conversation.performed) == ["a", "b", "c"], point
        assert len(conversation.performed) <= 3 + crashes
        again += len(conversation.performed) - 3
    assert again > 0


async def test_a_work_that_ends_the_program_each_time_is_given_up_with_words(store: FusedStore, wire: Wire) -> None:
    conversation = BusyConversation()
    await TurnRunner(conversation, store, limits=FAST).run_turn(said("do a"), wire)
    begun = 0
    while (
        (pending := (await kept(store)).pending_turns)
        and begun < 10
        and pending[0].crashed_attempts < MAX_CRASHED_ATTEMPTS
    ):
        begun += 1
        # what a process leaves that ended in the middle
        stored = await store.load(KEY)
        assert stored is not None
        document = read_conversation_document(stored.value)
        document.pending_turns[0].start("", 0, 45)
        await store.commit(KEY, stored.etag, document.to_json(), waiting=True)
    async with running(TurnRunner(conversation, store, limits=FAST), wire):
        await wire.sees("2 a: {'failed': 'stopped'}")
        await until_nothing_waits(store)
    assert (begun, conversation.performed) == (MAX_CRASHED_ATTEMPTS + 1, [])


# two instances on one store


async def test_of_two_instances_one_performs_and_the_other_takes_over_when_it_falls_silent(
    tmp_path: Path, wire: Wire
) -> None:
    now = 1e9
    stores = [FusedStore(tmp_path / "s") for _ in "AB"]
    for store in stores:
        store.fuse = Fuse()
        await store.open()
    conversations = [BusyConversation(), BusyConversation()]
    opened, conversations[0].do = gate()
    one, other = (
        TurnRunner(
            conversation,
            store,
            limits=replace(FAST, jobs=JobLimits(lease_seconds=60.0)),
            instance=name,
            clock=lambda: now,
        )
        for name, store, conversation in zip("AB", stores, conversations, strict=True)
    )
    first = asyncio.create_task(one.redeliver(wire, asyncio.Event()))
    await asyncio.sleep(0)
    await one.run_turn(said("do a"), wire)
    async with asyncio.timeout(20):
        while not conversations[0].performed:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0.002)
    async with running(other, wire):
        await asyncio.sleep(0.05)
        assert conversations[1].performed == []
        now += 61
        await wire.sees("2 a: {'ok': 'a'}")
    assert (conversations[0].performed, conversations[1].performed) == (["a"], ["a"])
    # the first one was alive after all: what it has to report was reported
    opened.set()
    await asyncio.sleep(0.05)
    assert wire.seen == ["1 do a", "2 a: {'ok': 'a'}"]
    assert (await kept(stores[0])).dialog_state == {"turns": 2}
    first.cancel()
    await asyncio.wait([first])
    for store in stores:
        await store.close()


async def test_a_lease_is_renewed_as_long_as_the_work_goes_on(tmp_path: Path, wire: Wire) -> None:
    stores = [FusedStore(tmp_path / "s") for _ in "AB"]
    for store in stores:
        store.fuse = Fuse()
        await store.open()
    conversations = [BusyConversation(), BusyConversation()]
    opened, conversations[0].do = gate()
    one, other = (
        TurnRunner(conversation, store, limits=replace(FAST, jobs=JobLimits(lease_seconds=0.6)), instance=name)
        for name, store, conversation in zip("AB", stores, conversations, strict=True)
    )
    async with running(one, wire):
        await one.run_turn(said("do a"), wire)
        async with asyncio.timeout(20):
            while not conversations[0].performed:  # noqa: ASYNC110 - the fake tells nobody
                await asyncio.sleep(0.002)
        async with running(other, wire):
            await asyncio.sleep(1.3)
            assert (conversations[0].performed, conversations[1].performed) == (["a"], [])
            opened.set()
            await wire.sees("2 a: {'ok': 'a'}")
    for store in stores:
        await store.close()


# progress


async def test_how_far_it_is_stands_below_the_message_that_announced_it(store: FusedStore, wire: Wire) -> None:
    conversation = BusyConversation()

    async def do(name: str, progress: Callable[[int, int], None]) -> None:
        for done in (50, 50, 120):
            progress(done, 200)
            await wire.sees(f"[id of 1 do a] 1 do a / So far: {done // 2} %")
        progress(0, 0)

    conversation.do = do
    bounds = JobLimits(progress_intervals=ProgressIntervals(update_seconds=0.01))
    async with running(TurnRunner(conversation, store, limits=replace(FAST, jobs=bounds)), wire) as turns:
        await turns.run_turn(said("do a"), wire)
        await wire.sees("2 a: {'ok': 'a'}")
    shown = [line.removeprefix("[id of 1 do a] 1 do a / ") for line in wire.seen[1:]]
    assert shown == ["So far: 25 %", "So far: 60 %", "Done: see below.", "2 a: {'ok': 'a'}"]
    assert wire.typed >= 1


async def test_a_work_without_progress_types_for_a_while_and_changes_no_message(store: FusedStore, wire: Wire) -> None:
    conversation = BusyConversation()
    opened, conversation.do = gate()
    bounds = JobLimits(progress_intervals=ProgressIntervals(update_seconds=0.01, typing_idle_seconds=0.2))
    async with running(TurnRunner(conversation, store, limits=replace(FAST, jobs=bounds)), wire) as turns:
        await turns.run_turn(said("do a"), wire)
        async with asyncio.timeout(20), wire.news:
            await wire.news.wait_for(lambda: wire.typed >= 2)
        await asyncio.sleep(0.3)
        typed = wire.typed
        await asyncio.sleep(0.1)
        assert wire.typed == typed
        opened.set()
        await wire.sees("2 a: {'ok': 'a'}")
    assert len(wire.seen) == 2


async def test_a_channel_that_refuses_signs_gets_fewer_of_them_and_the_report(store: FusedStore, wire: Wire) -> None:
    conversation, asked = BusyConversation(), 0

    def refuse(message: Message) -> DeliveryError | None:
        nonlocal asked
        if not message.replaced_activity_id:
            return None
        asked += 1
        return DeliveryError("too many", 429)

    async def do(name: str, progress: Callable[[int, int], None]) -> None:
        for percent in range(60):
            progress(percent, 100)
            await asyncio.sleep(0.01)

    wire.refuse, conversation.do = refuse, do
    bounds = JobLimits(progress_intervals=ProgressIntervals(update_seconds=0.01))
    async with running(TurnRunner(conversation, store, limits=replace(FAST, jobs=bounds)), wire) as turns:
        await turns.run_turn(said("do a"), wire)
        await wire.sees("2 a: {'ok': 'a'}")
    assert 1 <= asked <= 7
    assert wire.seen == ["1 do a", "2 a: {'ok': 'a'}"]


# turns that take longer than their request may wait


async def test_a_long_turn_lets_its_request_go_and_answers_when_it_is_done(store: FusedStore, wire: Wire) -> None:
    conversation, opened, secret = BusyConversation(), asyncio.Event(), "password=hunter2hunter2"

    async def answering(turn: Turn) -> None:
        await opened.wait()

    conversation.answering = answering
    async with running(
        TurnRunner(conversation, store, limits=replace(FAST, response_timeout_seconds=0.01)), wire
    ) as turns:
        await turns.run_turn(said(f"long {secret}", mark="1"), wire)
        assert wire.seen == []
        [pending] = (await kept(store)).pending_turns
        assert (pending.id, pending.in_flight) == ("1", True)
        assert "hunter2" not in json.dumps(pending.to_json())
        # delivered once more, and something after it: both wait their turn
        await turns.run_turn(said(f"long {secret}", mark="1"), wire)
        await turns.run_turn(said("next"), wire)
        opened.set()
        await until_nothing_waits(store)
    assert wire.seen == [f"1 long {secret}", "2 next"]
    state = await kept(store)
    assert (state.dialog_state, turns.counts["kept"]) == ({"turns": 2}, 3)


async def test_a_long_turn_that_a_crash_cuts_is_run_by_the_next_process(tmp_path: Path) -> None:
    wire, conversation = Wire(), BusyConversation()

    async def answering(turn: Turn) -> None:
        await asyncio.Event().wait()

    for pressed in (False, True):
        path = tmp_path / f"{pressed}"
        store = FusedStore(path)
        store.fuse = Fuse()
        await store.open()
        conversation.answering = answering
        incoming = said("long")
        if pressed:
            action = ActionPressed("next", {"n": [1]}, {"note": "x"}, 1)
            turn = Turn(Person("contoso", "29:ada"), "a:1", event=action)
            incoming = InboundActivity("answer", turn, "unread", "long", "card")
        before = asyncio.all_tasks()
        await TurnRunner(conversation, store, limits=replace(FAST, response_timeout_seconds=0.01)).run_turn(
            incoming, wire
        )
        for task in asyncio.all_tasks() - before:
            task.cancel()
        await asyncio.sleep(0)
        assert len((await kept(store)).pending_turns) == 1
        heard: list[Turn] = []

        async def hear(turn: Turn, heard: list[Turn] = heard) -> None:
            heard.append(turn)

        conversation.answering = hear
        async with running(TurnRunner(conversation, store, limits=FAST), wire) as turns:
            await until_nothing_waits(store)
            await turns.run_turn(incoming, wire)
        assert [turn.event for turn in heard] == [incoming.turn.event]
        assert (await kept(store)).dialog_state == {"turns": 1}
        await store.close()
    assert wire.seen[0] == "1 long"
    assert wire.seen[1] == "[card] 1 "
    assert wire.seen[2].startswith("I read the text of your message, but I can't open")


async def test_a_turn_that_ends_the_program_each_time_is_given_up_with_words(store: FusedStore, wire: Wire) -> None:
    pending = PendingTurn(
        "1", turn_to_json(said("long").turn), dict(wire.conversation_reference), 0.0, inbound_fields={"wants": "answer"}
    )
    pending.in_flight, pending.crashed_attempts = True, MAX_CRASHED_ATTEMPTS
    await store.commit(KEY, None, ConversationDocument(pending_turns=[pending]).to_json(), waiting=True)
    conversation = BusyConversation()
    async with running(TurnRunner(conversation, store, limits=FAST), wire):
        await until_nothing_waits(store)
    [line] = wire.seen
    assert line.startswith("I was interrupted each time I worked on your message")


async def test_a_long_turn_that_cannot_be_kept_is_no_success_of_its_request(store: FusedStore, wire: Wire) -> None:
    conversation, opened = BusyConversation(), asyncio.Event()

    async def answering(turn: Turn) -> None:
        await opened.wait()

    conversation.answering = answering
    async with running(
        TurnRunner(conversation, store, limits=replace(FAST, response_timeout_seconds=0.01)), wire
    ) as turns:
        store.broken = 1
        with pytest.raises(RequestRefusedError) as refused:
            await turns.run_turn(said("long"), wire)
        assert refused.value.status == 503
        opened.set()
        await wire.sees("1 long")


async def test_a_long_turn_over_http(chat: Chat) -> None:
    opened = asyncio.Event()

    async def wait(turn: Turn) -> None:
        await opened.wait()

    chat.conversation.first = wait
    set_existing(chat.turns, "_response_timeout_seconds", 0.05)
    assert await chat.send("long") == []
    opened.set()
    async with asyncio.timeout(20):
        while not chat.teams.messages:
            chat.teams.arrived.clear()
            await chat.teams.arrived.wait()
    assert chat.teams.messages == ["1 heard long"]
    chat.conversation.first = None
    assert await chat.send("next") == ["2 heard next"]


# what is kept


@pytest.mark.parametrize(
    "event",
    [
        MessageSent("text", (AttachedFile("a.log", "reference"),)),
        ActionPressed("do", {"a": [1]}, {"f": "v"}, 1, is_foreign=True),
        MemberJoined(),
        SignedIn(succeeded=True),
        SignedIn(succeeded=False),
    ],
)
def test_what_is_pending_comes_back_as_it_was(event: TurnEvent) -> None:
    turn = Turn(Person("t", "29:ada", "Ada", "o"), "a:1", "group", "it", event)
    assert turn_from_json(json.loads(json.dumps(turn_to_json(turn)))) == turn
    pending = PendingTurn("1", turn_to_json(turn), {"b": 1}, 1.5, {"do": "x", "args": {}}, progress_activity_id="7")
    assert read_pending(json.loads(json.dumps(pending.to_json()))) == pending
    assert (pending.parsed_turn, pending.parsed_job) == (turn, Job("x", {}))


@pytest.mark.parametrize("name", [name for name in PendingTurn("", {}, {}, 0).to_json() if name not in ("work", "due")])
def test_what_is_broken_is_not_pending(name: str) -> None:
    whole = PendingTurn("1", turn_to_json(said("x").turn), {}, 0.0, {"do": "x", "args": {}}).to_json()
    assert read_pending(whole) is not None
    for broken in ({**whole, name: None}, {key: value for key, value in whole.items() if key != name}):
        assert read_pending(broken) is None


@pytest.mark.parametrize("work", [{}, {"do": 1, "args": {}}, {"do": "x", "args": []}, {"do": "x"}, 7])
def test_a_broken_work_is_not_pending(work: Any) -> None:
    assert read_pending({**PendingTurn("1", turn_to_json(said("x").turn), {}, 0.0).to_json(), "work": work}) is None
    assert read_pending({**PendingTurn("1", {"person": {"x": 1}}, {}, 0.0).to_json()}) is None


class WatchingConversation(BusyConversation):
    """A job that has to be performed again until it has been performed `times`."""

    times = 3

    async def perform_job(
        self, person: Person, job: Job, language: Language, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        self.performed.append(f"{job.name} {job.args['n']}")
        if job.args["n"] < self.times:
            return {RETRY_AFTER_KEY: 0.01, "args": {**job.args, "n": job.args["n"] + 1}}
        return {"n": job.args["n"]}


async def test_a_work_that_is_to_be_done_again_is_reported_once(store: FusedStore, wire: Wire) -> None:
    conversation = WatchingConversation()
    async with running(TurnRunner(conversation, store, limits=FAST), wire) as turns:
        await turns.run_turn(said("do watch"), wire)
        await until_nothing_waits(store)
    assert conversation.performed == ["watch 1", "watch 2", "watch 3"]
    assert [one for one in wire.seen if "watch:" in one] == ["2 watch: {'n': 3}"]


async def test_what_waits_for_its_time_holds_up_nobody(store: FusedStore, wire: Wire) -> None:
    conversation, now = WatchingConversation(), 1000.0
    conversation.times = 2
    turns = TurnRunner(conversation, store, limits=FAST, clock=lambda: now)
    async with running(turns, wire):
        await turns.run_turn(said("do watch"), wire)
        while not (await kept(store)).pending_turns or (await kept(store)).pending_turns[0].due_at == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        conversation.times = 1
        await turns.run_turn(said("do other"), wire)
        while "3 other: {'n': 1}" not in wire.seen:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        assert conversation.performed == ["watch 1", "other 1"]
        now += 1
        await until_nothing_waits(store)
    assert conversation.performed == ["watch 1", "other 1", "watch 2"]


async def test_a_watch_outlives_the_process_and_is_done_by_one_of_two(store: FusedStore, wire: Wire) -> None:
    conversation, now = WatchingConversation(), 1000.0
    conversation.times = 2
    one, two = (
        TurnRunner(conversation, store, limits=FAST, instance=name, clock=lambda: now) for name in ("one", "two")
    )
    async with running(one, wire):
        await one.run_turn(said("do watch"), wire)
        while not (await kept(store)).pending_turns or (await kept(store)).pending_turns[0].due_at == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    now += 1
    three = TurnRunner(conversation, store, limits=FAST, instance="three", clock=lambda: now)
    async with running(two, wire), running(three, wire):
        await until_nothing_waits(store)
    assert conversation.performed == ["watch 1", "watch 2"]
    assert sum("watch:" in one for one in wire.seen) == 1


async def test_a_work_that_is_stopped_is_not_done_any_more(store: FusedStore, wire: Wire) -> None:
    now = 1000.0

    class StoppableConversation(WatchingConversation):
        async def answer_turn(self, turn: Turn, state: Mapping[str, Any] | None) -> ScriptedResult:
            answer = await super().answer_turn(turn, state)
            jobs = [effect.job for effect in answer.effects if isinstance(effect, StartJob)]
            starts = tuple(StartJob(Job(job.name, {**job.args, "id": job.name})) for job in jobs)
            return replace(answer, effects=(*starts, *([CancelJobs(("watch",))] if text_of(turn) == "stop" else [])))

    conversation = StoppableConversation()
    turns = TurnRunner(conversation, store, limits=FAST, clock=lambda: now)
    async with running(turns, wire):
        await turns.run_turn(said("do watch"), wire)
        while not (await kept(store)).pending_turns or (await kept(store)).pending_turns[0].due_at == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        await turns.run_turn(said("stop"), wire)
        assert (await kept(store)).pending_turns == []
    assert conversation.performed == ["watch 1"]


def test_what_an_earlier_version_kept_is_due() -> None:
    written = PendingTurn("1", turn_to_json(said("x").turn), {}, 0.0, {"do": "x", "args": {}}).to_json()
    del written["due"]
    read = read_pending(written)
    assert read
    assert read.due_at == 0.0
