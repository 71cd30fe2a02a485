"""Sends what the outboxes hold: each reply in order, noted before it is begun and again when its outcome is known.

A reply is sent twice only where nobody can know whether it arrived: the channel did not say, or the program was killed
between sending and noting.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.cards.messages import Message
from bot.errors import DeliveryFailed, RefusedRequest, StoreError, where
from bot.state.store import StateStore
from bot.turns.channel import Channel, Post
from bot.turns.conversation_document import Envelope, Row
from bot.turns.conversation_locks import LaneFull, Lanes
from bot.turns.notices import say
from bot.turns.record import Record

CLAIM_SECONDS = 30
"""How long another instance leaves the replies of a conversation to the one that began to send them."""
MOST_SWEPT = 1000
MOST_AT_ONCE = 8
MOST_DOUBTS = 4
"""Sends without a known outcome after which a reply is not sent again. Of a channel that leaves one in twenty open, two
would lose a reply in four hundred; with four nobody sees it lost, and hardly anybody thrice.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `most`: one turn's sending, all in all; `first_wait`: before a reply is tried again, doubled each time.

    `quick_tries` are made while the turn waits; the rest by the sweep, every `sweep`.
    """

    most: float = 8.0
    first_wait: float = 0.4
    longest_wait: float = 600.0
    quick_tries: int = 2
    sweep: float = 15.0

    def wait(self, tries: int, asked: float | None) -> float:
        """How long to wait after so many tries: what the channel asked for, or longer each time, never in step."""
        spread: float = random.uniform(0.75, 1.25)  # noqa: S311 - it hides nothing
        own = self.first_wait * 2.0 ** min(tries, 20) * spread
        return min(max(own, asked or 0.0), self.longest_wait)


class Delivery:
    """Sends from the outboxes of `store`; `lanes` keeps the turns and the sweeps of one conversation apart.

    `counts` tells what became of replies: sent, repeated, unknown, later, refused, replaced, given-up.
    """

    def __init__(
        self,
        store: StateStore,
        lanes: Lanes,
        pace: Pace | None = None,
        instance: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._store, self._lanes, self._pace = store, lanes, pace or Pace()
        self._instance, self._clock = instance, clock
        self._sent: dict[tuple[str, str], str | None] = {}

    def begin(self, record: Record) -> None:
        """Note, before a commit, that the first reply of the outbox is about to be sent: by this process, if it may."""
        now = self._clock()
        self._give_up(record.envelope.drop_hopeless(now))
        record.ready = record.envelope.begin(self._instance, now, CLAIM_SECONDS)

    async def flush(self, record: Record, channel: Channel, mark: str = "") -> DeliveryFailed | None:
        """Send the outbox until it is empty, or its first reply has to wait; the conversation's lane must be held.

        Returns why replies still wait, or why one to the activity of `mark` was lost; None also where another instance
        sends them.
        """
        ends = time.monotonic() + self._pace.most
        lost: DeliveryFailed | None = None
        try:
            if not record.ready and record.envelope.outbox:
                await self._advance(record, lambda _: None)
            while record.ready:
                row = record.envelope.outbox[0]
                error = None if (record.key, row.id) in self._sent else await self._send(record.key, channel, row, ends)
                wait = await self._note(record, row, error)
                if wait is not None:
                    if row.tries > self._pace.quick_tries or time.monotonic() + wait >= ends:
                        return error
                    await asyncio.sleep(wait)
                    await self._advance(record, lambda _: None)
                elif error and mark and row.id.startswith(mark) and not record.envelope.row(row.id):
                    lost = error
        except StoreError as error_of_store:
            _log.error("What was sent could not be noted: %s", error_of_store)
            return DeliveryFailed("The state store failed while replies were sent.")
        return lost

    async def run(self, post: Post, stop: asyncio.Event, seen: Callable[[str, Envelope], None]) -> None:
        """Sweep now, for what a crash left, and then every so often until `stop`; a sweep is finished first."""
        while not stop.is_set():
            try:
                await self.sweep(post, seen, stop)
            except StoreError as error:
                _log.error("Waiting replies could not be looked up: %s", error)
            except Exception as error:  # noqa: BLE001 - it must go on while the program does
                _log.error("Waiting replies could not be sent: %s", where(error))
            try:
                async with asyncio.timeout(self._pace.sweep):
                    await stop.wait()
            except TimeoutError:
                continue

    async def sweep(self, post: Post, seen: Callable[[str, Envelope], None], stop: asyncio.Event | None = None) -> None:
        """Send, in every conversation where replies wait and no turn runs, those that are due.

        `seen` gets every conversation in which anything waits.
        """
        free = asyncio.Semaphore(MOST_AT_ONCE)

        async def one(key: str) -> None:
            async with free:
                if not (stop and stop.is_set()):
                    await self._revisit(key, post, seen)

        await asyncio.gather(*(one(key) for key in await self._store.waiting_keys(MOST_SWEPT)))

    async def _revisit(self, key: str, post: Post, seen: Callable[[str, Envelope], None]) -> None:
        if self._lanes.busy(key):
            return  # its own turns send what waits; who waited for them here would hold up the others
        try:
            async with self._lanes.lane(key):
                record = await Record(self._store, key).load()
                envelope, now = record.envelope, self._clock()
                seen(key, envelope)
                if envelope.sent_by_another(self._instance, now):
                    return
                if hopeless := envelope.drop_hopeless(now):
                    await record.commit()
                    self._give_up(hopeless)
                if envelope.outbox and (envelope.outbox[0].begun or envelope.outbox[0].due <= now):
                    await self._reach(record, post)
        except LaneFull:
            return  # its own turns send it
        except StoreError as error:
            _log.error("Waiting replies could not be read or noted: %s", error)

    async def _reach(self, record: Record, post: Post) -> None:
        async def work(channel: Channel) -> None:
            await self.flush(record, channel)

        row = record.envelope.outbox[0]
        try:
            await post.reach(row.back, work)
        except RefusedRequest as refused:
            self.counts["refused"] += 1
            _log.error("A reply that waited is not sent: %s", refused)
            await record.change(lambda envelope: envelope.take_out(row.id))
        except Exception as error:  # noqa: BLE001 - one conversation out of reach must not stop the others
            self.counts["later"] += 1
            _log.warning("A conversation could not be reached: %s", where(error))
            due = self._clock() + self._pace.wait(row.tries, None)
            await record.change(lambda envelope: _put_off(envelope, row.id, False, due))

    async def _send(self, key: str, channel: Channel, row: Row, ends: float) -> DeliveryFailed | None:
        if row.repeated:
            self.counts["repeated"] += 1
        try:
            async with asyncio.timeout(max(ends - time.monotonic(), 0.0)):
                another = row.back.get("activity") != channel.back.get("activity")
                sent = await (channel.send(row.message, row.back) if another else channel.send(row.message))
                self._sent[key, row.id] = sent
        except DeliveryFailed as error:
            return error
        except TimeoutError:
            return DeliveryFailed("The channel took too long to take a reply.", outcome="unknown")
        except Exception as error:  # noqa: BLE001 - one reply must not stop those behind it for ever
            _log.error("A reply could not be sent: %s", where(error))
            return DeliveryFailed("A reply could not be sent.", outcome="unknown")
        return None

    async def _note(self, record: Record, row: Row, error: DeliveryFailed | None) -> float | None:
        """Note the outcome, and begin the next reply. Returns the seconds to wait for, None if that one is next."""
        if error is None:
            sent = (record.key, row.id)
            activity = None if row.spare else self._sent[sent]
            await self._advance(record, lambda envelope: envelope.take_out(row.id, activity))
            self._sent.pop(sent, None)
            self.counts["sent"] += 1
            return None
        self.counts[error.outcome] += 1
        if error.outcome == "refused":
            reference = secrets.token_hex(4)
            if "replaces" in row.message:
                # the card is gone, too old or not the bot's: what was to stand there is sent below
                self.counts["replaced"] += 1
                message = {key: value for key, value in row.message.items() if key != "replaces"}
                await self._advance(record, lambda envelope: _replace(envelope, row.id, message, spare=False))
                return None
            _log.error("%s It is not sent again, reference %s.", error, reference)
            if error.status in (400, 413) and not row.spare:
                self.counts["replaced"] += 1
                spare = {"text": say("not-shown", row.language, reference)}
                await self._advance(record, lambda envelope: _replace(envelope, row.id, spare))
            else:
                await self._advance(record, lambda envelope: envelope.take_out(row.id))
            return None
        if error.outcome == "unknown" and row.doubts + 1 >= MOST_DOUBTS:
            _log.error("%s", error)
            self._give_up([row])
            await self._advance(record, lambda envelope: envelope.take_out(row.id))
            return None
        _log.warning("%s The reply waits for another try (%s).", error, error.outcome)
        wait = self._pace.wait(row.tries, error.retry_after)
        doubt, due = error.outcome == "unknown", self._clock() + wait
        record.ready = False
        await record.change(lambda envelope: _put_off(envelope, row.id, doubt, due))
        return wait

    async def _advance(self, record: Record, edit: Callable[[Envelope], None]) -> None:
        def both(envelope: Envelope) -> None:
            edit(envelope)
            self.begin(record)

        await record.change(both)

    def _give_up(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.counts["given-up"] += 1
            _log.error(
                "A reply is given up: %d tries failed, %d without a known outcome, %d crashes.",
                row.tries,
                row.doubts,
                row.breaks,
            )


def _replace(envelope: Envelope, identifier: str, message: Message, spare: bool = True) -> None:
    row = envelope.row(identifier)
    if row:
        row.message, row.spare, row.begun, row.tries = message, spare, False, 0


def _put_off(envelope: Envelope, identifier: str, doubt: bool, due: float) -> None:
    row = envelope.row(identifier)
    if row:
        row.begun, row.due = False, due
        row.tries += 1
        row.doubts += doubt
