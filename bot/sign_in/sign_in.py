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
from bot.errors import DeliveryError, StoreError
from bot.sign_in.token_owner import read_token_owner
from bot.sign_in.token_service import MAX_TOKEN_CHARS, TokenService, TokenServiceError
from bot.teams.invokes import Invoke, InvokeHandler, InvokeResult
from bot.teams.message_text import as_mapping
from bot.turns.channel import Channel
from bot.turns.conversation_document import ConversationReference, compute_activity_key
from bot.turns.inbound import InboundActivity
from bot.turns.notices import NoticeId, render_notice
from bot.turns.turn_runner import TurnRunner
from dialogs.model.turn import Person, Turn
from knowledge.model.entry import Language

MAX_ID_CHARS = 200
TOKEN_SERVICE_SECONDS = 5.0
"""Seconds for all that one of them asks the token service."""
MAX_WAIT_SECONDS = 4.0
"""Seconds that an invoke waits for the turn that it leads to, after what it asked the token service."""

SignInOutcome = Literal["signed-in", "nobody", "somebody-else", "unknown"]

_OUTCOME_NOTICES: Mapping[SignInOutcome, NoticeId] = {"somebody-else": "sign-in-as-other", "unknown": "sign-in-down"}
_CODE = re.compile(r"\s*(\d{6})\s*", re.ASCII)
_FAILURE_CODE = re.compile(r"[A-Za-z]{1,40}", re.ASCII)
_NOT_EXCHANGED = "The token cannot be exchanged: sign in with the button."

_log = logging.getLogger(__name__)


class SignIn:
    """Signs people in by means of `service`."""

    def __init__(self, service: TokenService) -> None:
        self._service = service

    def get_handlers(self) -> Mapping[str, InvokeHandler]:
        """What it answers, by name, for `Invokes`."""
        return {
            "signin/tokenExchange": self._handle_token_exchange,
            "signin/verifyState": self._handle_verify_state,
            "signin/failure": self._handle_failure,
            "event tokens/response": self._handle_token_event,
        }

    async def build_card(self, reference: ConversationReference, language: Language) -> Message:
        """The message with the client's own way to sign in, made when it is sent: its link is good for a short time.

        Where there is none to be had now, the sentence that says so.
        """
        try:
            resource = await self._service.fetch_sign_in_resource(reference)
        except TokenServiceError as failed:
            _log.error("A sign-in cannot be offered: %s", failed)
            return {"text": render_notice("sign-in-down", language)}
        title = render_notice("sign-in-button", language)
        card: dict[str, Any] = {
            "text": render_notice("sign-in-card", language),
            "connectionName": self._service.connection,
            "buttons": [{"type": "signin", "title": title, "value": resource.link}],
        }
        if resource.exchange:
            card["tokenExchangeResource"] = dict(resource.exchange)
        return {"oauth": card, "summary": title}

    async def take(self, incoming: InboundActivity, turns: TurnRunner, channel: Channel) -> None:
        """As `turns.take`, but a number that ends a sign-in is taken for one."""
        turn = incoming.turn
        code = _CODE.fullmatch(turn.text) if len(turn.text) < 20 else None
        if not code or turn.scope != "personal" or not await _is_sign_in_awaited(turns, turn):
            return await turns.run_turn(incoming, channel)
        return await turns.run_turn(
            _build_resumed_turn(incoming, await self._fetch_outcome(turn.person, code[1])), channel, MAX_WAIT_SECONDS
        )

    async def _handle_token_exchange(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """The client has signed the person in by itself, and brings a token to prove it."""
        value, turn = as_mapping(invoke.value), invoke.incoming.turn
        token, identifier = value.get("token"), value.get("id")
        if (
            not isinstance(token, str)
            or not 0 < len(token) <= MAX_TOKEN_CHARS
            or not isinstance(identifier, str)
            or not 0 < len(identifier) <= MAX_ID_CHARS
            or value.get("connectionName") != self._service.connection
        ):
            return InvokeResult(400, {"error": {"code": "BadArgument", "message": "This is not the bot's connection."}})
        told = {"id": identifier, "connectionName": self._service.connection}
        if turn.scope != "personal" or not await self._exchange_token(turn.person, token):
            # the client falls back to the card's button, where a person can consent
            return InvokeResult(412, {**told, "failureDetail": _NOT_EXCHANGED})
        # each of a person's clients brings its own token for one card, under one id: one turn
        mark = compute_activity_key("signin", identifier)
        await _run_turn(replace(_build_resumed_turn(invoke.incoming, "signed-in"), activity_key=mark), turns, channel)
        return InvokeResult(200, told)

    async def _exchange_token(self, person: Person, token: str) -> bool:
        try:
            # before the token is given away: afterwards the service would keep somebody else's for this person
            if not read_token_owner(token).is_person(person):
                _log.warning("A client brought the token of somebody else; it was not taken.")
                return False
            async with asyncio.timeout(TOKEN_SERVICE_SECONDS):
                given = await self._service.exchange_token(person.id, token)
                return given is not None and await self._check_owner(person, given) == "signed-in"
        except (TokenServiceError, TimeoutError) as failed:
            _log.warning("A token was not exchanged: %s", str(failed) or "the token service is too slow")
            return False

    async def _handle_verify_state(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """The browser window of a sign-in has closed, and told a number, or that the person gave up."""
        if invoke.incoming.turn.scope != "personal":
            return InvokeResult(404, {})
        state = as_mapping(invoke.value).get("state")
        code = _CODE.fullmatch(state) if isinstance(state, str) and len(state) < 20 else None
        outcome: SignInOutcome = await self._fetch_outcome(invoke.incoming.turn.person, code[1]) if code else "nobody"
        await _run_turn(_build_resumed_turn(invoke.incoming, outcome), turns, channel)
        return InvokeResult(200, {})

    async def _handle_failure(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """The client could not sign the person in by itself; the card's button is still there."""
        code = as_mapping(invoke.value).get("code")
        known = code if isinstance(code, str) and _FAILURE_CODE.fullmatch(code) else "no reason"
        _log.warning(
            "Teams could not sign a person in without asking: %s. The app package's webApplicationInfo and the "
            "connection's token exchange URL must name the same API.",
            known,
        )
        return InvokeResult(200, {})

    async def _handle_token_event(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """There may be a token now. What the event holds is not looked at: anybody's token could stand there."""
        turn = invoke.incoming.turn
        if turn.scope == "personal" and await _is_sign_in_awaited(turns, turn):
            outcome = await self._fetch_outcome(turn.person)
            if outcome == "signed-in":
                await _run_turn(_build_resumed_turn(invoke.incoming, outcome), turns, channel)
        return InvokeResult(201)

    async def _fetch_outcome(self, person: Person, code: str = "") -> SignInOutcome:
        """Whether and as whom the person is signed in, once the service has seen `code`."""
        try:
            async with asyncio.timeout(TOKEN_SERVICE_SECONDS):
                token = await self._service.fetch_token(person.id, code)
                if token is None and code:
                    # a number is good for once; it may have been seen before
                    token = await self._service.fetch_token(person.id)
                return "nobody" if token is None else await self._check_owner(person, token)
        except (TokenServiceError, TimeoutError) as failed:
            _log.error("A sign-in could not be ended: %s", str(failed) or "the token service is too slow")
            return "unknown"

    async def _check_owner(self, person: Person, token: str) -> SignInOutcome:
        if read_token_owner(token).is_person(person):
            return "signed-in"
        _log.warning("A person signed in as somebody else; that sign-in was forgotten.")
        await self._service.sign_out(person.id)
        return "somebody-else"


def _build_resumed_turn(incoming: InboundActivity, outcome: SignInOutcome) -> InboundActivity:
    """The turn that the sign-in leads to, in place of what `incoming` was."""
    turn = replace(incoming.turn, text="", action=None, has_joined=False, has_signed_in=outcome == "signed-in")
    return replace(incoming, intent="answer", turn=turn, notice=_OUTCOME_NOTICES.get(outcome))


async def _is_sign_in_awaited(turns: TurnRunner, turn: Turn) -> bool:
    """Whether a sign-in is awaited; where the state cannot be read, the turn itself finds that out."""
    try:
        return await turns.is_awaiting_sign_in(turn)
    except StoreError:
        return False


async def _run_turn(incoming: InboundActivity, turns: TurnRunner, channel: Channel) -> None:
    try:
        await turns.run_turn(incoming, channel, MAX_WAIT_SECONDS)
    except DeliveryError as failed:
        _log.warning("The answer to a sign-in waits: %s", failed)
