"""The ways in which a sign-in comes to its end in Teams, each leading to the turn that was waiting for it.

Without asking the person (`signin/tokenExchange`), in a browser (`signin/verifyState`), by the number that a browser
shows, typed into the chat, and by an event that says that there is a token now. None of them is believed: whether and
as whom the person is signed in, the token service says. A sign-in happens in the private chat only.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from bot.cards.messages import Message
from bot.errors import DeliveryFailed, StoreError
from bot.sign_in.token_owner import holder_of
from bot.sign_in.token_service import LONGEST_TOKEN, TokenService, TokenServiceFailed
from bot.teams.invokes import Handler, Invoke, InvokeAnswer
from bot.teams.message_text import as_mapping
from bot.turns.channel import Channel
from bot.turns.conversation_document import Back, mark_of
from bot.turns.inbound import Incoming
from bot.turns.notices import Sentence, say
from bot.turns.turn_runner import Turns
from dialogs.model.turn import Person, Turn
from knowledge.model.entry import Language

LONGEST_ID = 200
ASKING = 5.0
"""Seconds for all that one of them asks the token service."""
HOLD = 4.0
"""Seconds that an invoke waits for the turn that it leads to, after what it asked the token service."""

Outcome = Literal["signed-in", "nobody", "somebody-else", "unknown"]

_SAID: Mapping[Outcome, Sentence] = {"somebody-else": "sign-in-as-other", "unknown": "sign-in-down"}
_CODE = re.compile(r"\s*(\d{6})\s*", re.ASCII)
_FAILURE = re.compile(r"[A-Za-z]{1,40}", re.ASCII)
_NOT_EXCHANGED = "The token cannot be exchanged: sign in with the button."

_log = logging.getLogger(__name__)


class SignIn:
    """Signs people in by means of `service`."""

    def __init__(self, service: TokenService) -> None:
        self._service = service

    def handlers(self) -> Mapping[str, Handler]:
        """What it answers, by name, for `Invokes`."""
        return {
            "signin/tokenExchange": self._exchange,
            "signin/verifyState": self._verify,
            "signin/failure": self._failure,
            "event tokens/response": self._hint,
        }

    async def card(self, back: Back, language: Language) -> Message:
        """The message with the client's own way to sign in, made when it is sent: its link is good for a short time.

        Where there is none to be had now, the sentence that says so.
        """
        try:
            resource = await self._service.resource(back)
        except TokenServiceFailed as failed:
            _log.error("A sign-in cannot be offered: %s", failed)
            return {"text": say("sign-in-down", language)}
        title = say("sign-in-button", language)
        card: dict[str, Any] = {
            "text": say("sign-in-card", language),
            "connectionName": self._service.connection,
            "buttons": [{"type": "signin", "title": title, "value": resource.link}],
        }
        if resource.exchange:
            card["tokenExchangeResource"] = dict(resource.exchange)
        return {"oauth": card, "summary": title}

    async def take(self, incoming: Incoming, turns: Turns, channel: Channel) -> None:
        """As `turns.take`, but a number that ends a sign-in is taken for one."""
        turn = incoming.turn
        code = _CODE.fullmatch(turn.text) if len(turn.text) < 20 else None
        if not code or turn.scope != "personal" or not await _awaited(turns, turn):
            return await turns.take(incoming, channel)
        return await turns.take(_ended(incoming, await self._outcome(turn.person, code[1])), channel, HOLD)

    async def _exchange(self, invoke: Invoke, turns: Turns, channel: Channel) -> InvokeAnswer:
        """The client has signed the person in by itself, and brings a token to prove it."""
        value, turn = as_mapping(invoke.value), invoke.incoming.turn
        token, identifier = value.get("token"), value.get("id")
        if (
            not isinstance(token, str)
            or not 0 < len(token) <= LONGEST_TOKEN
            or not isinstance(identifier, str)
            or not 0 < len(identifier) <= LONGEST_ID
            or value.get("connectionName") != self._service.connection
        ):
            return InvokeAnswer(400, {"error": {"code": "BadArgument", "message": "This is not the bot's connection."}})
        told = {"id": identifier, "connectionName": self._service.connection}
        if turn.scope != "personal" or not await self._exchanged(turn.person, token):
            # the client falls back to the card's button, where a person can consent
            return InvokeAnswer(412, {**told, "failureDetail": _NOT_EXCHANGED})
        # each of a person's clients brings its own token for one card, under one id: one turn
        mark = mark_of("signin", identifier)
        await _go_on(replace(_ended(invoke.incoming, "signed-in"), mark=mark), turns, channel)
        return InvokeAnswer(200, told)

    async def _exchanged(self, person: Person, token: str) -> bool:
        try:
            # before the token is given away: afterwards the service would keep somebody else's for this person
            if not holder_of(token).is_person(person):
                _log.warning("A client brought the token of somebody else; it was not taken.")
                return False
            async with asyncio.timeout(ASKING):
                given = await self._service.exchange(person.id, token)
                return given is not None and await self._whose(person, given) == "signed-in"
        except (TokenServiceFailed, TimeoutError) as failed:
            _log.warning("A token was not exchanged: %s", str(failed) or "the token service is too slow")
            return False

    async def _verify(self, invoke: Invoke, turns: Turns, channel: Channel) -> InvokeAnswer:
        """The browser window of a sign-in has closed, and told a number, or that the person gave up."""
        if invoke.incoming.turn.scope != "personal":
            return InvokeAnswer(404, {})
        state = as_mapping(invoke.value).get("state")
        code = _CODE.fullmatch(state) if isinstance(state, str) and len(state) < 20 else None
        outcome: Outcome = await self._outcome(invoke.incoming.turn.person, code[1]) if code else "nobody"
        await _go_on(_ended(invoke.incoming, outcome), turns, channel)
        return InvokeAnswer(200, {})

    async def _failure(self, invoke: Invoke, turns: Turns, channel: Channel) -> InvokeAnswer:
        """The client could not sign the person in by itself; the card's button is still there."""
        code = as_mapping(invoke.value).get("code")
        known = code if isinstance(code, str) and _FAILURE.fullmatch(code) else "no reason"
        _log.warning(
            "Teams could not sign a person in without asking: %s. The app package's webApplicationInfo and the "
            "connection's token exchange URL must name the same API.",
            known,
        )
        return InvokeAnswer(200, {})

    async def _hint(self, invoke: Invoke, turns: Turns, channel: Channel) -> InvokeAnswer:
        """There may be a token now. What the event holds is not looked at: anybody's token could stand there."""
        turn = invoke.incoming.turn
        if turn.scope == "personal" and await _awaited(turns, turn):
            outcome = await self._outcome(turn.person)
            if outcome == "signed-in":
                await _go_on(_ended(invoke.incoming, outcome), turns, channel)
        return InvokeAnswer(201)

    async def _outcome(self, person: Person, code: str = "") -> Outcome:
        """Whether and as whom the person is signed in, once the service has seen `code`."""
        try:
            async with asyncio.timeout(ASKING):
                token = await self._service.token(person.id, code)
                if token is None and code:
                    # a number is good for once; it may have been seen before
                    token = await self._service.token(person.id)
                return "nobody" if token is None else await self._whose(person, token)
        except (TokenServiceFailed, TimeoutError) as failed:
            _log.error("A sign-in could not be ended: %s", str(failed) or "the token service is too slow")
            return "unknown"

    async def _whose(self, person: Person, token: str) -> Outcome:
        if holder_of(token).is_person(person):
            return "signed-in"
        _log.warning("A person signed in as somebody else; that sign-in was forgotten.")
        await self._service.sign_out(person.id)
        return "somebody-else"


def _ended(incoming: Incoming, outcome: Outcome) -> Incoming:
    """The turn that the sign-in leads to, in place of what `incoming` was."""
    turn = replace(incoming.turn, text="", action=None, joined=False, signed_in=outcome == "signed-in")
    return replace(incoming, wants="answer", turn=turn, say=_SAID.get(outcome))


async def _awaited(turns: Turns, turn: Turn) -> bool:
    """Whether a sign-in is awaited; where the state cannot be read, the turn itself finds that out."""
    try:
        return await turns.awaits_sign_in(turn)
    except StoreError:
        return False


async def _go_on(incoming: Incoming, turns: Turns, channel: Channel) -> None:
    try:
        await turns.take(incoming, channel, HOLD)
    except DeliveryFailed as failed:
        _log.warning("The answer to a sign-in waits: %s", failed)
