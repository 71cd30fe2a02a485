"""Turns happen once: repeated deliveries, turns at the same time, every outcome of a send, a crash at every boundary."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.cards.messages import CardMessage, Message
from bot.errors import DeliveryError, RequestRefusedError, StoreError
from bot.state.sqlite_store import SqliteStore
from bot.state.store import StoredState
from bot.turns.channel import Channel, ConversationReference
from bot.turns.conversation_document import (
    MAX_CRASHED_SENDS,
    MAX_PROCESSED_ACTIVITIES,
    ConversationDocument,
    compute_activity_key,
    read_conversation_document,
)
from bot.turns.inbound import InboundActivity
from bot.turns.outbox import MAX_UNKNOWN_OUTCOMES, DeliveryPolicy
from bot.turns.pending import MAX_CRASHED_ATTEMPTS, PendingTurn, turn_to_json
from bot.turns.turn_processor import MAX_UNSENT_MESSAGES
from bot.turns.turn_runner import TurnLimits, TurnRunner
from dialogs.model.effects import ReplyEffect
from dialogs.model.reply import Paragraph, Reply, parse_markup
from dialogs.model.turn import MessageSent, Person, Turn
from tests.bot.scripted import ScriptedResult
from tests.bot.stand_ins import describe_message
from tests.turns import text_of

FAST = TurnLimits(delivery=DeliveryPolicy(max_flush_seconds=2.0, first_wait_seconds=0.0, min_retry_seconds=0.0))
KEY = "contoso|a:1|29:ada"


class Crash(BaseException):
    """The program ends here: nothing catches it."""


class Fuse:
    """Ends the program at the boundaries with the given numbers, counted across restarts."""

    def __init__(self, *at: int) -> None:
        self.at = set(at)
        self.passed = 0

    def here(self) -> None:
        self.passed += 1
        if self.passed in self.at:
            raise Crash


class CountingConversation:
    """Counts its turns in the state, and answers with numbered `replies`."""

    def __init__(self, replies: int = 1) -> None:
        self.replies = replies
        self.runs = 0
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def answer_turn(self, turn: Turn, state: Mapping[str, Any] | None) -> ScriptedResult:
        self.runs += 1
        if self.meanwhile:
            await self.meanwhile()
        count = (state or {}).get("turns", 0) + 1
        said = [f"{count} {text_of(turn)} {n}" for n in range(self.replies)]
        return ScriptedResult(
            {"turns": count}, tuple(Reply((Paragraph(parse_markup(text)),), summary=text) for text in said)
        )


@dataclass
class Line:
    """A channel in memory that accepts every send unless `troubles` has an error for it; also the way back to it."""

    fuse: Fuse = field(default_factory=Fuse)
    taken: list[str] = field(default_factory=list)
    tried: int = 0
    troubles: list[tuple[DeliveryError | None, bool]] = field(default_factory=list)
    unmarked: bool = False
    sending: Callable[[], Awaitable[None]] | None = None
    way: Exception | None = None

    @property
    def conversation_reference(self) -> ConversationReference:
        return {"line": "1", "conversation": "a:1", "person": "29:ada"}

    def render_reply(self, reply: Reply, effects: Sequence[ReplyEffect]) -> Sequence[Message]:
        return [CardMessage({}, reply.summary)]

    async def send(self, message: Message) -> None:
        self.fuse.here()
        self.tried += 1
        if self.sending:
            await self.sending()
        trouble, taken = self.troubles.pop(0) if self.troubles else (None, True)
        if taken:
            self.taken.append(describe_message(message))
            self.unmarked = True
        self.fuse.here()
        if trouble:
            raise trouble

    async def send_typing(self) -> None:
        pass

    async def resume_conversation(
        self, back: ConversationReference, work: Callable[[Channel], Awaitable[None]]
    ) -> None:
        assert back == self.conversation_reference
        if self.way:
            raise self.way
        await work(self)


class FusedStore(SqliteStore):
    """A store with a boundary before and after each of its operations."""

    fuse = Fuse()
    line = Line()
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
        self.line.unmarked = False
        self.fuse.here()
        return new


def said(text: str, mark: str = "-", person: str = "29:ada", conversation: str = "a:1") -> InboundActivity:
    turn = Turn(Person("contoso", person, "Ada"), conversation, event=MessageSent(text))
    return InboundActivity("answer", turn, activity_key=text if mark == "-" else mark)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[FusedStore]:
    store = FusedStore(tmp_path / "s")
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def line(store: FusedStore) -> Line:
    store.line = Line()
    return store.line


async def kept(store: SqliteStore, key: str = KEY) -> ConversationDocument:
    stored = await store.load(key)
    return read_conversation_document(stored.value) if stored else ConversationDocument()


def trouble(outcome: Any, status: int | None = None, wait: float | None = None) -> DeliveryError:
    return DeliveryError("no", status, outcome, wait)


# repeated deliveries and turns at the same time


@pytest.mark.parametrize(
    ("deliveries", "heard"),
    [
        (["a", "a"], ["1 a 0"]),
        (["a", "b", "a", "b", "a"], ["1 a 0", "2 b 0"]),
        (["a", "b", "c", "b"], ["1 a 0", "2 b 0", "3 c 0"]),
    ],
)
async def test_a_repeated_delivery_changes_nothing(
    store: FusedStore, line: Line, deliveries: list[str], heard: list[str]
) -> None:
    conversation = CountingConversation()
    turns = TurnRunner(conversation, store, limits=FAST)
    for text in deliveries:
        await turns.run_turn(said(text), line)
    assert line.taken == heard
    assert (conversation.runs, (await kept(store)).dialog_state) == (len(heard), {"turns": len(heard)})
    assert turns.counts["again"] == len(deliveries) - len(heard)


async def test_deliveries_at_once_are_done_in_order_and_once(store: FusedStore, line: Line) -> None:
    turns = TurnRunner(CountingConversation(2), store, limits=FAST)
    await asyncio.gather(*(turns.run_turn(said(text), line) for text in "abacb"))
    assert line.taken == ["1 a 0", "1 a 1", "2 b 0", "2 b 1", "3 c 0", "3 c 1"]


async def test_what_has_no_id_or_another_place_is_no_repetition(store: FusedStore, line: Line) -> None:
    turns = TurnRunner(CountingConversation(), store, limits=FAST)
    for incoming in (
        said("a", ""), said("a", ""), said("a", "1"), said("a", "1", person="29:bob"), said("a", "1", conversation="a:2")
    ):  # fmt: skip
        await turns.run_turn(incoming, line)
    assert line.taken == ["1 a 0", "2 a 0", "3 a 0", "1 a 0", "1 a 0"]


def test_the_mark_of_an_activity_is_short_and_its_own() -> None:
    marks = {
        compute_activity_key(kind, name)
        for kind in ("message", "conversationUpdate")
        for name in ("1", "2", "x" * 512, "\ud800")
    }
    assert (len(marks), {len(mark) for mark in marks}) == (8, {24})


async def test_a_repeated_failure_is_not_tried_again(store: FusedStore, line: Line) -> None:
    conversation = CountingConversation()

    async def fail() -> None:
        raise ValueError

    conversation.meanwhile = fail
    turns = TurnRunner(conversation, store, limits=FAST)
    await turns.run_turn(said("a"), line)
    await turns.run_turn(said("a"), line)
    assert conversation.runs == 1
    assert len(line.taken) == 1
    assert line.taken[0].startswith("Something went wrong on my side")


async def test_what_is_remembered_is_bounded(store: FusedStore, line: Line) -> None:
    now = 1e9
    turns = TurnRunner(CountingConversation(), store, limits=FAST, clock=lambda: now)
    for n in range(MAX_PROCESSED_ACTIVITIES + 5):
        await turns.run_turn(said(str(n)), line)
    done = (await kept(store)).processed_activities
    assert list(done) == [str(n) for n in range(5, MAX_PROCESSED_ACTIVITIES + 5)]
    now += 86_401
    await turns.run_turn(said("tomorrow"), line)
    assert list((await kept(store)).processed_activities) == ["tomorrow"]


# outcomes


@pytest.mark.parametrize(
    ("troubles", "heard", "counts"),
    [
        ([(None, True)], ["1 a 0", "1 a 1"], {"sent": 2}),
        ([(trouble("later", 429, 0.01), False)], ["1 a 0", "1 a 1"], {"sent": 2, "later": 1}),
        ([(trouble("later"), False)] * 2, ["1 a 0", "1 a 1"], {"sent": 2, "later": 2}),
        ([(trouble("unknown", 502), False)], ["1 a 0", "1 a 1"], {"sent": 2, "unknown": 1, "repeated": 1}),
        ([(trouble("unknown", 504), True)], ["1 a 0", "1 a 0", "1 a 1"], {"sent": 2, "unknown": 1, "repeated": 1}),
        ([(None, True), (trouble("later", 412), False)], ["1 a 0", "1 a 1"], {"sent": 2, "later": 1}),
    ],
)
async def test_what_was_not_taken_or_not_confirmed_is_sent_again(
    store: FusedStore, line: Line, troubles: list[Any], heard: list[str], counts: dict[str, int]
) -> None:
    line.troubles = list(troubles)
    turns = TurnRunner(CountingConversation(2), store, limits=FAST)
    await turns.run_turn(said("a"), line)
    assert line.taken == heard
    assert dict(turns.counts) == {**counts, "again": 0}
    assert (await kept(store)).outbox == []


@pytest.mark.parametrize(
    ("troubles", "heard", "counts"),
    [
        ([(trouble("refused", 403), False)], ["1 a 1"], {"sent": 1, "refused": 1}),
        ([(trouble("refused", 404), False)] * 2, [], {"refused": 2}),
        ([(trouble("refused", 413), False)] * 2, ["1 a 1"], {"sent": 1, "refused": 2, "replaced": 1}),
    ],
)
async def test_what_is_refused_for_good_is_let_go_of_and_owned_up_to(
    store: FusedStore, line: Line, troubles: list[Any], heard: list[str], counts: dict[str, int]
) -> None:
    line.troubles = list(troubles)
    turns = TurnRunner(CountingConversation(2), store, limits=FAST)
    with pytest.raises(DeliveryError):
        await turns.run_turn(said("a"), line)
    assert line.taken == heard
    assert {key: count for key, count in turns.counts.items() if count} == counts
    await turns.run_turn(said("a"), line)
    assert line.tried == sum(counts.get(key, 0) for key in ("sent", "refused", "unknown"))


@pytest.mark.parametrize("status", [400, 413])
async def test_a_card_that_is_refused_is_replaced_by_a_sentence_in_its_place(
    store: FusedStore, line: Line, status: int
) -> None:
    line.troubles = [(trouble("refused", status), False)]
    await TurnRunner(CountingConversation(2), store, limits=FAST).run_turn(said("a"), line)
    assert line.taken[0].startswith("I couldn't show my answer here")
    assert line.taken[1:] == ["1 a 1"]


async def test_no_log_holds_what_a_reply_says(store: FusedStore, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    line.troubles = [(trouble("refused", 413), False), *[(trouble("unknown"), True)] * MAX_UNKNOWN_OUTCOMES]
    turns = TurnRunner(CountingConversation(), store, limits=FAST)
    with pytest.raises(DeliveryError):
        await turns.run_turn(said("hunter2"), line)
    for _ in range(MAX_UNKNOWN_OUTCOMES):
        await turns.sweep(line)
    # refused; put off each time but the last; given up
    assert len(caplog.records) == 1 + (MAX_UNKNOWN_OUTCOMES - 1) + 2
    assert "hunter2" not in caplog.text


async def test_a_send_that_hangs_is_given_up_as_unknown(store: FusedStore, line: Line) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    line.sending = hang
    turns = TurnRunner(
        CountingConversation(), store, limits=TurnLimits(delivery=DeliveryPolicy(max_flush_seconds=0.02))
    )
    with pytest.raises(DeliveryError, match="too long"):
        await turns.run_turn(said("a"), line)
    line.sending = None
    await turns.run_turn(said("a"), line)
    assert line.taken == ["1 a 0"]
    assert turns.counts["repeated"] == 1


async def test_replies_that_wait_come_before_the_next_ones(store: FusedStore, line: Line) -> None:
    turns = TurnRunner(CountingConversation(2), store, limits=FAST)
    line.troubles = [(trouble("later", 503), False)] * 4
    for text in "ab":
        with pytest.raises(DeliveryError):
            await turns.run_turn(said(text), line)
    assert line.taken == []
    await turns.run_turn(said("c"), line)
    assert line.taken == [f"{count} {text} {n}" for count, text in enumerate("abc", 1) for n in (0, 1)]


async def test_a_conversation_whose_channel_takes_nothing_is_not_answered_for_ever(
    store: FusedStore, line: Line
) -> None:
    conversation = CountingConversation(10)
    turns = TurnRunner(conversation, store, limits=FAST)
    line.troubles = [(trouble("later"), False)] * 100
    for n in range(MAX_UNSENT_MESSAGES // 10):
        with pytest.raises(DeliveryError):
            await turns.run_turn(said(str(n)), line)
    with pytest.raises(RequestRefusedError, match="could not be sent yet") as refused:
        await turns.run_turn(said("more"), line)
    assert refused.value.status == 503
    assert conversation.runs == MAX_UNSENT_MESSAGES // 10
    assert (await kept(store)).dialog_state == {"turns": conversation.runs}


async def fill_outbox(store: FusedStore, line: Line) -> None:
    """Leave a conversation with as many unsent replies as it may have."""
    turns = TurnRunner(CountingConversation(10), store, limits=FAST)
    line.troubles = [(trouble("later"), False)] * 100
    for n in range(MAX_UNSENT_MESSAGES // 10):
        with pytest.raises(DeliveryError):
            await turns.run_turn(said(str(n)), line)


async def test_a_long_turn_that_is_refused_and_not_stored_is_delivered_again(store: FusedStore, line: Line) -> None:
    await fill_outbox(store, line)
    turns = TurnRunner(CountingConversation(), store, limits=replace(FAST, response_timeout_seconds=0.0))
    store.broken = 1
    with pytest.raises(RequestRefusedError, match="could not be sent yet"):
        await turns.run_turn(said("more"), line)
    assert (await kept(store)).pending_turns == []


async def test_a_stored_turn_waits_for_its_channel_as_long_as_it_takes(store: FusedStore, line: Line) -> None:
    await fill_outbox(store, line)
    conversation, stop = CountingConversation(), asyncio.Event()
    delivery = replace(FAST.delivery, sweep_interval_seconds=0.002)
    turns = TurnRunner(conversation, store, limits=replace(FAST, delivery=delivery))
    stored = await store.load(KEY)
    assert stored is not None
    document = read_conversation_document(stored.value)
    document.pending_turns.append(
        PendingTurn("more", turn_to_json(said("more").turn), dict(line.conversation_reference), 0.0)
    )
    await store.commit(KEY, stored.etag, document.to_json(), waiting=True)
    line.troubles = [(trouble("later"), False)] * 10 * MAX_CRASHED_ATTEMPTS
    line.taken.clear()
    sweeping = asyncio.create_task(turns.redeliver(line, stop))
    async with asyncio.timeout(20):
        while len(line.taken) <= MAX_UNSENT_MESSAGES:  # noqa: ASYNC110 - a channel tells nobody
            await asyncio.sleep(0.002)
        stop.set()
        await sweeping
    assert line.taken[-1] == f"{MAX_UNSENT_MESSAGES // 10 + 1} more 0"
    assert (await kept(store)).pending_turns == []


async def test_the_outcome_is_not_forgotten_while_the_store_fails(store: FusedStore, line: Line) -> None:
    turns = TurnRunner(CountingConversation(), store, limits=FAST)

    async def break_store() -> None:
        store.broken = 1

    line.sending = break_store
    with pytest.raises(DeliveryError, match="state store failed"):
        await turns.run_turn(said("a"), line)
    line.sending = None
    await turns.run_turn(said("a"), line)
    assert line.taken == ["1 a 0"]
    assert (await kept(store)).outbox == []


async def test_a_turn_that_was_kept_although_the_store_failed_is_answered(store: FusedStore, line: Line) -> None:
    """A store far away may have kept what it could not confirm."""
    commit, failed = store.commit, []

    async def unconfirmed(*arguments: Any, **more: Any) -> str:
        etag = await commit(*arguments, **more)
        if not failed:
            failed.append(etag)
            raise StoreError("no answer")
        return etag

    store.commit = unconfirmed  # type: ignore[method-assign]
    conversation = CountingConversation()
    await TurnRunner(conversation, store, limits=FAST).run_turn(said("a"), line)
    assert (line.taken, conversation.runs) == (["1 a 0"], 1)


# sweeps


async def test_a_sweep_sends_what_is_due(store: FusedStore, line: Line) -> None:
    now = 1e9
    turns = TurnRunner(
        CountingConversation(2),
        store,
        limits=TurnLimits(delivery=DeliveryPolicy(max_flush_seconds=1, first_wait_seconds=5, max_wait_seconds=10)),
        clock=lambda: now,
    )
    line.troubles = [(trouble("later", 503), False), (trouble("later", 429, 3600), False)]
    with pytest.raises(DeliveryError):
        await turns.run_turn(said("a"), line)
    await turns.sweep(line)
    assert line.tried == 1
    now += 11
    await turns.sweep(line)
    assert (line.tried, line.taken) == (2, [])
    now += 11
    await turns.sweep(line)
    assert line.taken == ["1 a 0", "1 a 1"]
    await turns.sweep(line)
    assert line.tried == 4


async def test_a_reply_that_is_never_confirmed_is_let_go_of_after_a_few_tries(store: FusedStore, line: Line) -> None:
    turns = TurnRunner(CountingConversation(2), store, limits=FAST)
    line.troubles = [(trouble("unknown", 502), True)] * MAX_UNKNOWN_OUTCOMES
    with pytest.raises(DeliveryError):
        await turns.run_turn(said("a"), line)
    for _ in range(MAX_UNKNOWN_OUTCOMES):
        await turns.sweep(line)
    assert line.taken == ["1 a 0"] * MAX_UNKNOWN_OUTCOMES + ["1 a 1"]
    counts = {key: count for key, count in turns.counts.items() if count}
    assert counts == {"sent": 1, "unknown": MAX_UNKNOWN_OUTCOMES, "repeated": MAX_UNKNOWN_OUTCOMES - 1, "given-up": 1}


@pytest.mark.parametrize("people_write", [False, True])
async def test_a_channel_that_is_down_for_an_hour_loses_no_reply(
    store: FusedStore, line: Line, people_write: bool
) -> None:
    """It answers 502 each time. The tries are few and far apart; a person who writes meanwhile wears none out."""
    now = 1e9
    turns = TurnRunner(
        CountingConversation(), store, TurnLimits(delivery=DeliveryPolicy(max_flush_seconds=0.2)), clock=lambda: now
    )
    line.troubles = [(trouble("unknown", 502), False)] * 10_000
    with pytest.raises(DeliveryError):
        await turns.run_turn(said("a"), line)
    written = "a"
    for second in range(0, 3600, 15):
        now = 1e9 + second
        await turns.sweep(line)
        if people_write and second % 300 == 0:
            written += chr(ord("b") + second // 300)
            with pytest.raises(DeliveryError):
                await turns.run_turn(said(written[-1]), line)
    assert line.tried < (10 if not people_write else 40)
    line.troubles = []
    for second in range(3600, 2 * 3600, 15):
        now = 1e9 + second
        await turns.sweep(line)
    assert line.taken == [f"{count} {text} 0" for count, text in enumerate(written, 1)]
    assert turns.counts["given-up"] == 0


async def test_a_reply_that_waited_a_day_is_let_go_of(store: FusedStore, line: Line) -> None:
    now = 1e9
    turns = TurnRunner(CountingConversation(), store, limits=FAST, clock=lambda: now)
    line.troubles = [(trouble("later"), False)] * 3
    with pytest.raises(DeliveryError):
        await turns.run_turn(said("a"), line)
    now += 86_401
    await turns.sweep(line)
    assert turns.counts["given-up"] == 1
    assert (await kept(store)).outbox == []
    await turns.run_turn(said("b"), line)
    assert line.taken == ["2 b 0"]


@pytest.mark.parametrize(
    ("way", "waits"), [(RequestRefusedError(403, "no"), 0), (DeliveryError("no token"), 1), (OSError("no"), 1)]
)
async def test_a_conversation_out_of_reach_waits_and_a_forbidden_one_does_not(
    store: FusedStore, line: Line, way: Exception, waits: int
) -> None:
    now = 1e9
    turns = TurnRunner(CountingConversation(), store, limits=FAST, clock=lambda: now)
    line.troubles = [(trouble("later"), False)] * 3
    with pytest.raises(DeliveryError):
        await turns.run_turn(said("a"), line)
    now += 1
    line.way = way
    await turns.sweep(line)
    assert len((await kept(store)).outbox) == waits
    line.way = None
    await turns.sweep(line)
    assert len(line.taken) == waits


async def test_sweeps_go_on_until_they_are_stopped(store: FusedStore, line: Line) -> None:
    turns = TurnRunner(
        CountingConversation(),
        store,
        limits=TurnLimits(
            delivery=DeliveryPolicy(max_flush_seconds=2, first_wait_seconds=0, sweep_interval_seconds=0.001)
        ),
    )
    line.troubles = [(trouble("later"), False)] * 10
    with pytest.raises(DeliveryError):
        await turns.run_turn(said("a"), line)
    stop, sent = asyncio.Event(), asyncio.Event()

    async def count() -> None:
        if not line.troubles:
            sent.set()

    line.sending = count
    store.broken = 1
    sweeping = asyncio.create_task(turns.redeliver(line, stop))
    async with asyncio.timeout(10):
        await sent.wait()
        stop.set()
        await sweeping
    assert line.taken == ["1 a 0"]


# crashes


async def life_after_life(path: Path, fuse: Fuse, line: Line, texts: str) -> int:
    """Deliver `texts` until each is done, restarting after every crash. Returns the crashes between send and note."""
    conversation, blind, left = CountingConversation(2), 0, list(texts)
    FusedStore.fuse, FusedStore.line = fuse, line
    while True:
        store = FusedStore(path)
        await store.open()
        turns = TurnRunner(conversation, store, limits=FAST)
        try:
            await turns.sweep(line)
            while left:
                await turns.run_turn(said(left[0]), line)
                left.pop(0)
            state = await kept(store)
            assert (state.dialog_state, state.outbox) == ({"turns": len(texts)}, [])
            return blind
        except Crash:
            blind += line.unmarked
            line.unmarked = False
        finally:
            await store.close()


def once(taken: Sequence[str]) -> list[str]:
    """What arrived, without what arrived twice in a row."""
    return [text for n, text in enumerate(taken) if n == 0 or taken[n - 1] != text]


TEXTS = "abc"
WHOLE = [f"{count} {text} {n}" for count, text in enumerate(TEXTS, 1) for n in (0, 1)]


async def boundaries(folder: Path) -> int:
    fuse, line = Fuse(), Line()
    line.fuse = fuse
    assert await life_after_life(folder / "whole", fuse, line, TEXTS) == 0
    assert line.taken == WHOLE
    return fuse.passed


async def test_after_a_crash_at_any_boundary_every_turn_was_done_once_and_every_reply_came_in_order(
    tmp_path: Path,
) -> None:
    points = await boundaries(tmp_path)
    assert points > 36
    for point in range(1, points + 1):
        fuse = Fuse(point)
        line = Line(fuse)
        blind = await life_after_life(tmp_path / f"{point}", fuse, line, TEXTS)
        assert once(line.taken) == WHOLE, point
        assert len(line.taken) == len(WHOLE) + blind, point


@pytest.mark.property
async def test_several_crashes_are_like_one(tmp_path: Path) -> None:
    points = await boundaries(tmp_path)
    dice = random.Random(7)
    for number in range(140):
        fuse = Fuse(*(dice.randint(1, points) for _ in range(4)))
        line = Line(fuse)
        blind = await life_after_life(tmp_path / f"{number}", fuse, line, TEXTS)
        assert once(line.taken) == WHOLE, fuse.at
        assert len(line.taken) == len(WHOLE) + blind, fuse.at


async def test_a_reply_that_ends_the_program_each_time_is_given_up(tmp_path: Path) -> None:
    fuse, line, sends = Fuse(), Line(), 0

    async def end() -> None:
        nonlocal sends
        sends += 1
        raise Crash

    line.sending = end
    FusedStore.fuse, FusedStore.line = fuse, line
    for life in range(MAX_CRASHED_SENDS + 3):
        store = FusedStore(tmp_path / "s")
        await store.open()
        turns = TurnRunner(CountingConversation(), store, limits=FAST)
        try:
            await (turns.sweep(line) if life else turns.run_turn(said("a"), line))
        except Crash:
            continue
        finally:
            await store.close()
    assert sends == 1 + MAX_CRASHED_SENDS
    store = FusedStore(tmp_path / "s")
    await store.open()
    assert (await kept(store)).outbox == []
    await store.close()


# two instances on one store


async def test_an_activity_that_reaches_two_instances_is_done_once(tmp_path: Path) -> None:
    FusedStore.fuse = Fuse()
    line, both = Line(), asyncio.Barrier(2)
    FusedStore.line = line
    stores = [FusedStore(tmp_path / "s") for _ in "AB"]
    conversation = CountingConversation(2)
    turns = []
    for name, store in zip("AB", stores, strict=True):
        await store.open()
        turns.append(TurnRunner(conversation, store, limits=FAST, instance=name))
    met = 0

    async def meet() -> None:
        nonlocal met
        met += 1
        if met <= 2:
            await both.wait()

    conversation.meanwhile = meet
    await asyncio.gather(*(instance.run_turn(said("a"), line) for instance in turns))
    assert line.taken == ["1 a 0", "1 a 1"]
    assert (await kept(stores[0])).dialog_state == {"turns": 1}
    for store in stores:
        await store.close()


async def test_one_instance_sends_what_the_other_adds_and_takes_over_when_it_falls_silent(tmp_path: Path) -> None:
    FusedStore.fuse, line, now = Fuse(), Line(), 1e9
    FusedStore.line = line
    stores = [FusedStore(tmp_path / "s") for _ in "AB"]
    for store in stores:
        await store.open()
    one, other = (
        TurnRunner(CountingConversation(), store, limits=FAST, instance=name, clock=lambda: now)
        for name, store in zip("AB", stores, strict=True)
    )
    once_more = [said("b"), said("a")]

    async def meanwhile() -> None:
        line.sending = None
        while once_more:  # of the two only one is new
            await other.run_turn(once_more.pop(), line)
        await other.sweep(line)

    line.sending = meanwhile
    await one.run_turn(said("a"), line)
    assert line.taken == ["1 a 0", "2 b 0"]

    async def crash() -> None:
        line.sending = None
        raise Crash

    line.sending = crash
    with pytest.raises(Crash):
        await one.run_turn(said("c"), line)
    await other.sweep(line)
    assert line.taken[2:] == []
    now += 31
    await other.sweep(line)
    assert line.taken[2:] == ["3 c 0"]
    for store in stores:
        await store.close()


async def test_what_another_instance_is_sending_is_not_given_up(tmp_path: Path) -> None:
    FusedStore.fuse, line, now = Fuse(), Line(), 1e9
    FusedStore.line = line
    stores = [FusedStore(tmp_path / "s") for _ in "AB"]
    for store in stores:
        await store.open()
    one, other = (
        TurnRunner(CountingConversation(), store, limits=FAST, instance=name, clock=lambda: now)
        for name, store in zip("AB", stores, strict=True)
    )

    async def crash() -> None:
        raise Crash

    line.sending = crash
    with pytest.raises(Crash):
        await one.run_turn(said("a"), line)
    for _ in range(MAX_CRASHED_SENDS - 1):
        now += 31
        with pytest.raises(Crash):
            await one.sweep(line)

    async def meanwhile() -> None:
        line.sending = None
        await other.run_turn(said("b"), line)

    # the last attempt that crashes leave it, which the channel doesn't take at once
    line.sending, line.troubles = meanwhile, [(trouble("later"), False)]
    now += 31
    await one.sweep(line)
    assert line.taken == ["1 a 0", "2 b 0"]
    for store in stores:
        await store.close()
