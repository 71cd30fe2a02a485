"""Performs what turns left to be done: beside the conversation, one of it at a time, found again after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.errors import DeliveryFailed, StateConflict, StoreError, where
from bot.state.store import StateStore
from bot.turns.channel import Channel, Post
from bot.turns.conversation_document import Envelope
from bot.turns.conversation_locks import LaneFull, Lanes
from bot.turns.inbound import Incoming
from bot.turns.pending import MOST_CUTS, Pending
from bot.turns.persisted_turns import incoming_of
from bot.turns.progress import Progress, Signs
from bot.turns.record import TRIES, Record, give_way
from dialogs.conversation import Medic
from dialogs.model.job import AGAIN, FAILED, Done, Failure, Work
from dialogs.model.turn import Person
from knowledge.model.entry import Language

_log = logging.getLogger(__name__)

Run = Callable[[str, Incoming, Channel], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """`at_once`: works that this process performs at a time. `seconds`: what one may take. `lease`: seconds after which
    another instance takes over from one that fell silent.
    """

    at_once: int = 8
    seconds: float = 1800.0
    lease: float = 45.0
    signs: Signs = field(default_factory=Signs)


class Working:
    """Does what is pending in conversations: works are performed by `medic`, and `run` runs the turns, also those that
    report works. `mine` holds what this process is at, by key and id.
    """

    def __init__(
        self,
        medic: Medic,
        store: StateStore,
        lanes: Lanes,
        run: Run,
        instance: str,
        clock: Callable[[], float],
        bounds: Bounds,
    ) -> None:
        self.mine: set[tuple[str, str]] = set()
        self._medic, self._store, self._lanes, self._run_turn = medic, store, lanes, run
        self._instance, self._clock, self._bounds = instance, clock, bounds
        self._free = asyncio.Semaphore(bounds.at_once)
        self._post: Post | None = None
        self._stop = asyncio.Event()
        self._busy: dict[tuple[str, bool], asyncio.Task[None]] = {}
        self._again: set[tuple[str, bool]] = set()

    @asynccontextmanager
    async def open(self, post: Post, stop: asyncio.Event) -> AsyncIterator[None]:
        """Perform works while the block runs; then leave those that are begun to the next process."""
        self._post, self._stop = post, stop
        try:
            yield
        finally:
            self._post = None
            stop.set()
            if self._busy:
                await asyncio.wait(self._busy.values())

    def look(self, key: str, envelope: Envelope) -> None:
        """Begin what is pending in a conversation, unless it is begun, or nothing can be."""
        if not envelope.pending or self._post is None or self._stop.is_set():
            return
        for works in {pending.work is not None for pending in envelope.pending if self._is_free(key, pending)}:
            if (key, works) in self._busy:
                self._again.add((key, works))
            else:
                self._busy[key, works] = asyncio.create_task(self._attend(key, works, self._post))

    async def _attend(self, key: str, works: bool, post: Post) -> None:
        """Run the turns or perform the works of one conversation, in order, until none is left or one has to wait."""
        this = (key, works)
        try:
            async with self._free if works else contextlib.nullcontext():
                self._again.add(this)
                while this in self._again:
                    self._again.discard(this)
                    while not self._stop.is_set() and await self._one(key, works, post):
                        pass
        except LaneFull:
            _log.warning("What is pending has to wait: too many turns of its conversation do.")
        except StoreError as error:
            _log.error("What is pending could not be looked up or kept: %s", error)
        except Exception as error:  # noqa: BLE001 - the others must go on
            _log.error("What is pending could not be done: %s", where(error))
        finally:
            self._again.discard(this)
            del self._busy[this]

    async def _one(self, key: str, works: bool, post: Post) -> bool:
        """Do the first that is free; whether there was one and it is done."""
        begun = await self._begin(key, works)
        if begun is None:
            return False
        pending, language = begun
        try:
            work = pending.left
            if work is None:
                return await self._run_kept(key, pending, incoming_of(pending), post)
            if pending.cuts >= MOST_CUTS:
                _log.error("A work (%s) is given up: it was begun %d times and never ended.", work.do, pending.cuts)
                return await self._report(key, pending, Done(work, _failed("stopped")), post)
            progress = Progress(post, pending, language, self._bounds.signs)
            result = await self._perform(key, work, progress, language)
            if result is None:
                await self._change(key, pending.id, Pending.release)
                return False
            again = result.get(AGAIN)
            if isinstance(again, int | float):
                due, args = self._clock() + again, result.get("args", work.args)
                await self._change(key, pending.id, lambda left: left.postpone(args, due))
                return True
            await progress.end()
            return await self._report(key, pending, Done(work, result), post)
        finally:
            self.mine.discard((key, pending.id))

    async def _begin(self, key: str, works: bool) -> tuple[Pending, Language] | None:
        for attempt in range(TRIES):
            async with self._lanes.lane(key):
                record = await Record(self._store, key).load()
                waiting = [pending for pending in record.envelope.pending if (pending.work is not None) == works]
                # in order: what waits behind one that another instance does is that one's to begin
                first = next((pending for pending in waiting if pending.due <= self._clock()), None)
                if first is None or not self._is_free(key, first):
                    return None
                first.begin(self._instance, self._clock(), self._bounds.lease)
                try:
                    await record.commit()
                except StateConflict:
                    await give_way(attempt)
                    continue
                self.mine.add((key, first.id))
                return first, record.envelope.language or "en"
        return None

    async def _perform(self, key: str, work: Work, progress: Progress, language: Language) -> Mapping[str, Any] | None:
        """The result; None when the work is to be left: the program stops, or somebody else has it."""
        performing = asyncio.create_task(
            _performed(self._medic, progress.pending.who.person, work, language, progress.note)
        )
        beside = [
            asyncio.create_task(self._stop.wait()),
            asyncio.create_task(self._renew(key, progress)),
            asyncio.create_task(progress.show()),
        ]
        try:
            ended, _ = await asyncio.wait(
                [performing, *beside], timeout=self._bounds.seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in (performing, *beside):
                task.cancel()
            # a sign that is on its way must not come after the report; a work that does not end is not waited for
            await asyncio.wait(beside, timeout=2)
        if performing in ended:
            return performing.result()
        if ended:
            return None
        _log.error("A work (%s) took more than %d s and is ended.", work.do, self._bounds.seconds)
        return _failed("too-long")

    async def _renew(self, key: str, progress: Progress) -> None:
        """Keep the lease until somebody else has it, or it is no longer pending."""
        until = self._clock() + self._bounds.lease
        while self._clock() < until:
            await asyncio.sleep(self._bounds.lease / 3)
            try:
                kept = await self._change(key, progress.pending.id, self._lease)
            except StoreError as error:
                _log.warning("The lease of a work could not be renewed: %s", error)
                continue
            if kept is None:
                return
            until, progress.pending.shown = kept.until, kept.shown

    def _lease(self, pending: Pending) -> None:
        pending.until = self._clock() + self._bounds.lease

    async def _change(self, key: str, identifier: str, edit: Callable[[Pending], None]) -> Pending | None:
        """Change what this process is at, and return it; None if it is that no longer."""
        for attempt in range(TRIES):
            record = await Record(self._store, key).load()
            pending = record.envelope.pending_of(identifier)
            if pending is None or pending.worker != self._instance:
                return None
            edit(pending)
            try:
                await record.commit()
            except StateConflict:
                await give_way(attempt)
            else:
                return pending
        raise StateConflict("The conversation was changed each time that a work was to be noted.")

    async def _report(self, key: str, pending: Pending, done: Done, post: Post) -> bool:
        incoming = Incoming("answer", replace(pending.who, done=done), mark=pending.id, kept=True)
        return await self._run_kept(key, pending, incoming, post)

    async def _run_kept(self, key: str, pending: Pending, incoming: Incoming, post: Post) -> bool:
        """Run a turn that ends what is pending; whether it did."""

        async def there(channel: Channel) -> None:
            await self._run_turn(key, incoming, channel)

        try:
            await post.reach(pending.back, there)
        except DeliveryFailed as failed:
            _log.info("The replies of a turn that was kept still wait: %s", failed)
        except Exception as error:  # noqa: BLE001 - it is tried again with the next sweep
            _log.error("What was pending could not be ended: %s", where(error))
        return await self._change(key, pending.id, lambda left: left.release(failed=True)) is None

    def _is_free(self, key: str, pending: Pending) -> bool:
        return (key, pending.id) not in self.mine and pending.is_free(self._instance, self._clock())


async def _performed(
    medic: Medic, person: Person, work: Work, language: Language, progress: Callable[[int, int], None]
) -> Mapping[str, Any]:
    began = time.monotonic()
    try:
        return await medic.perform(person, work, language, progress)
    except Exception as error:  # noqa: BLE001 - the last net: a person must never meet silence
        _log.error("A work (%s) failed after %d s: %s", work.do, time.monotonic() - began, where(error))
        return _failed("broken")


def _failed(why: Failure) -> Mapping[str, Any]:
    return {FAILED: why}
