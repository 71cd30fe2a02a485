"""One turn from end to end: state loaded, the dialogs asked, state saved once, then the replies sent. No SDK."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

from bot.activities import Incoming
from bot.errors import DeliveryFailed, RefusedRequest, StateConflict, StateTooLarge, StoreError, where
from bot.lanes import LaneFull, Lanes
from bot.sentences import Sentence, language_of, say
from bot.store import StateStore, Stored, state_key
from dialogs.turn import Turn
from dialogs.view import Reply
from knowledge.entry import Language

TYPING_AFTER = 0.7
"""Seconds without an answer after which a person sees that one is being written; Teams asks for 2 at most."""
TYPING_AGAIN = 4.0
"""Seconds that a typing indicator lasts in the clients, about."""
PATIENCE = 60.0
"""Seconds after which a turn is given up, so that one that hangs does not hold its conversation for ever."""
TRIES = 3
"""How often a turn is run when somebody else changes its state meanwhile."""
ENVELOPE = 1
"""The version of what is kept beside the dialogs' own state."""

_log = logging.getLogger(__name__)


class Answer(Protocol):
    """What the dialogs make of a turn."""

    @property
    def state(self) -> Mapping[str, Any]:
        """The state to hand back at the next turn: plain JSON."""
        ...

    @property
    def replies(self) -> Sequence[Reply]:
        """What to show, in order."""
        ...


class Medic(Protocol):
    """The dialogs, as the outside sees them."""

    async def answer(self, turn: Turn, state: Mapping[str, Any] | None) -> Answer:
        """The answer to one turn. `state` is what the last answer held; what is old or broken is its business."""
        ...


class Channel(Protocol):
    """Where a turn came from, and its replies go. Every method may raise DeliveryFailed."""

    async def show(self, reply: Reply) -> None:
        """Send one reply."""
        ...

    async def say(self, text: str) -> None:
        """Send a sentence."""
        ...

    async def typing(self) -> None:
        """Show that an answer is being written."""
        ...


class Turns:
    """Runs turns against a `Medic` and a `StateStore`."""

    def __init__(
        self, medic: Medic, store: StateStore, typing_after: float = TYPING_AFTER, patience: float = PATIENCE
    ) -> None:
        self._medic = medic
        self._store = store
        self._typing_after = typing_after
        self._patience = patience
        self._lanes = Lanes()

    async def take(self, incoming: Incoming, channel: Channel) -> None:
        """Do what `incoming` asks for. Whatever fails, the person gets a sentence and the log a line without contents.

        Raises:
            RefusedRequest: (429) too many turns of this conversation are waiting.
            DeliveryFailed: the channel took neither the replies nor a sentence about it.
        """
        if incoming.wants == "nothing":
            return
        turn = incoming.turn
        key = state_key(turn.person.tenant, turn.conversation, turn.person.id)
        try:
            typing_after = self._typing_after if incoming.wants == "answer" else None
            async with _typing(channel, typing_after) as answered, self._lanes.lane(key):
                replies = await self._settle(key, incoming)
                await answered()
                await self._send(replies, channel, language_of(turn.locale))
        except LaneFull:
            raise RefusedRequest(
                429, "Too many messages of this conversation are waiting; send them again later."
            ) from None

    async def _settle(self, key: str, incoming: Incoming) -> list[Reply | str]:
        """What to send, once the state is saved; a sentence with a reference when the turn failed."""
        language = language_of(incoming.turn.locale)
        try:
            async with asyncio.timeout(self._patience):
                if incoming.wants == "forget":
                    await self._store.forget(key)
                    return []
                return await self._answer(key, incoming)
        except TimeoutError as error:
            return [_failure("too-slow", language, error)]
        except StoreError as error:
            return [_failure("failed" if isinstance(error, StateTooLarge) else "state-lost", language, error)]
        except Exception as error:  # noqa: BLE001 - the last net: a person must never meet silence or a traceback
            return [_failure("failed", language, error)]

    async def _answer(self, key: str, incoming: Incoming) -> list[Reply | str]:
        turn = incoming.turn
        for attempt in range(TRIES):
            stored = await self._store.load(key)
            envelope, language = _opened(stored), language_of(turn.locale)
            if turn.joined and envelope["welcomed"]:
                return []
            replies: list[Reply | str] = []
            if incoming.wants == "answer":
                answer = await self._medic.answer(turn, envelope["medic"])
                replies += answer.replies
                envelope["medic"] = dict(answer.state)
                language = answer.replies[-1].language if answer.replies else envelope["language"] or language
                envelope["language"] = language
            elif turn.joined or envelope["language"] is None:
                language = language_of(turn.locale)
            else:
                language = envelope["language"]
            if incoming.say:
                replies.append(say(incoming.say, language))
            if turn.joined or incoming.wants == "answer":
                envelope["welcomed"] = envelope["welcomed"] or turn.joined
                try:
                    await self._store.commit(key, stored.etag if stored else 0, envelope)
                except StateConflict:
                    if attempt + 1 == TRIES:
                        raise
                    continue
            return replies
        raise AssertionError("every way out of the loop returns or raises")

    async def _send(self, replies: Sequence[Reply | str], channel: Channel, language: Language) -> None:
        try:
            for reply in replies:
                await (channel.say(reply) if isinstance(reply, str) else channel.show(reply))
        except Exception as error:  # noqa: BLE001 - a card refused or not drawn must not leave the person without a word
            sentence = _failure("failed", language, error)
            try:
                await channel.say(sentence)
            except DeliveryFailed as undelivered:
                _log.error("The sentence about it could not be sent either: %s", undelivered)
                raise


def _opened(stored: Stored | None) -> dict[str, Any]:
    """The envelope that was stored, or a new one; {} as the dialogs' state says that there was one that is broken."""
    new: dict[str, Any] = {"schema": ENVELOPE, "welcomed": False, "language": None, "medic": None}
    if stored is None:
        return new
    value = stored.value
    medic, language = value.get("medic"), value.get("language")
    if value.get("schema") != ENVELOPE or not isinstance(medic, dict | None):
        return {**new, "welcomed": value.get("welcomed") is True, "medic": {}}
    return {
        **new,
        "welcomed": value.get("welcomed") is True,
        "language": language if language in ("en", "it") else None,
        "medic": medic,
    }


def _failure(sentence: Sentence, language: Language, error: BaseException) -> str:
    """Log what failed and where under a new reference, and the sentence that names the reference to the person."""
    reference = secrets.token_hex(4)
    _log.error("Turn failed, reference %s: %s", reference, where(error))
    return say(sentence, language, reference)


@asynccontextmanager
async def _typing(channel: Channel, after: float | None) -> AsyncIterator[Any]:
    """Show typing from `after` seconds on (None: never) until the yielded coroutine function is called."""
    done = asyncio.Event()

    async def show() -> None:
        wait = after
        while True:
            try:
                async with asyncio.timeout(wait):
                    await done.wait()
                return
            except TimeoutError:
                wait = TYPING_AGAIN
            try:
                await channel.typing()
            except DeliveryFailed as error:
                _log.info("Typing could not be shown: %s", error)
                return

    task = asyncio.create_task(show()) if after is not None else None

    async def stop() -> None:
        """End it; an indicator that is on its way is awaited, so that it does not arrive after the answer."""
        done.set()
        if task is not None and not task.done():
            await asyncio.wait([task], timeout=1)
            task.cancel()

    try:
        yield stop
    finally:
        await stop()
