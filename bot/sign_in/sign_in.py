"""Complete sign-ins in Teams, and then run the turn that was waiting for one.

There are four ways: single sign-on by the client (`signin/tokenExchange`), a browser window (`signin/verifyState`), the
number that a browser shows, typed into the chat, and an event that a token is available. None of them is trusted: the
token service says whether and as whom the person is signed in. Sign-in happens only in the private chat.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.cards.messages import TextMessage
from bot.errors import DeliveryError, StoreError
from bot.sign_in.token_owner import read_token_owner
from bot.sign_in.token_service import MAX_TOKEN_CHARS, TokenService, TokenServiceError
from bot.teams.invokes import Invoke, InvokeHandler, InvokeResult
from bot.teams.message_text import as_mapping
from bot.turns.channel import Channel, ConversationReference
from bot.turns.conversation_document import compute_activity_key
from bot.turns.inbound import InboundActivity
from bot.turns.notices import NoticeId, render_notice
from bot.turns.turn_runner import TurnRunner
from dialogs.model.turn import MessageSent, Person, SignedIn, Turn
from knowledge.model.entry import Language

MAX_ID_CHARS = 200
"""Limit for the id of a token exchange."""
TOKEN_SERVICE_SECONDS = 5.0
"""Time limit for all calls to the token service in one of these ways."""
MAX_WAIT_SECONDS = 4.0
"""How long an invoke, after its calls to the token service, waits for the turn that it resumes."""

SignInOutcome = Literal["signed-in", "nobody", "somebody-else", "unknown"]

_OUTCOME_NOTICES: Mapping[SignInOutcome, NoticeId] = {"somebody-else": "sign-in-as-other", "unknown": "sign-in-down"}
_CODE = re.compile(r"\s*(\d{6})\s*", re.ASCII)
_MAX_CODE_CHARS = 20
_FAILURE_CODE = re.compile(r"[A-Za-z]{1,40}", re.ASCII)
_EXCHANGE_FAILED = "The token can't be exchanged: sign in with the button."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignInCard:
    """Teams' own sign-in card, and the summary that notifies of it. Its link is short-lived, so it isn't stored."""

    content: Mapping[str, Any]
    summary: str


class SignIn:
    """Completes people's sign-ins with the token service `service`."""

    def __init__(self, service: TokenService) -> None:
        self._service = service

    def get_handlers(self) -> Mapping[str, InvokeHandler]:
        """Return the handlers of the sign-in invokes, by name, for `bot.teams.invokes`."""
        return {
            "signin/tokenExchange": self._handle_token_exchange,
            "signin/verifyState": self._handle_verify_state,
            "signin/failure": self._handle_failure,
            "event tokens/response": self._handle_token_event,
        }

    async def build_card(self, reference: ConversationReference, language: Language) -> SignInCard | TextMessage:
        """Build the message that offers Teams' sign-in. Call it just before sending: the link is short-lived.

        If the token service offers no way to sign in now, the message says so.
        """
        try:
            resource = await self._service.fetch_sign_in_resource(reference)
        except TokenServiceError as error:
            _log.error("A sign-in can't be offered: %s", error)
            return TextMessage(render_notice("sign-in-down", language))
        title = render_notice("sign-in-button", language)
        card: dict[str, Any] = {
            "text": render_notice("sign-in-card", language),
            "connectionName": self._service.connection,
            "buttons": [{"type": "signin", "title": title, "value": resource.link}],
        }
        if resource.exchange:
            card["tokenExchangeResource"] = dict(resource.exchange)
        return SignInCard(card, title)

    async def run_turn(self, incoming: InboundActivity, turns: TurnRunner, channel: Channel) -> None:
        """Run a turn; if a sign-in is pending and the text is the number from the browser, complete the sign-in."""
        turn = incoming.turn
        code = _match_code(turn.event.text) if isinstance(turn.event, MessageSent) else ""
        if not code or turn.scope != "personal" or not await _is_sign_in_awaited(turns, turn):
            return await turns.run_turn(incoming, channel)
        return await turns.run_turn(
            _build_resumed_turn(incoming, await self._fetch_outcome(turn.person, code)), channel, MAX_WAIT_SECONDS
        )

    async def _handle_token_exchange(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """Handle single sign-on: the client signed the person in, and sends a token to exchange."""
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
        exchange = {"id": identifier, "connectionName": self._service.connection}
        if turn.scope != "personal" or not await self._exchange_token(turn.person, token):
            # then the client shows the card's button, where the person can consent
            return InvokeResult(412, {**exchange, "failureDetail": _EXCHANGE_FAILED})
        # each of a person's clients sends its own token for the same card, with the same id: that's one turn
        activity_key = compute_activity_key("signin", identifier)
        resumed = replace(_build_resumed_turn(invoke.incoming, "signed-in"), activity_key=activity_key)
        await _run_resumed_turn(resumed, turns, channel)
        return InvokeResult(200, exchange)

    async def _exchange_token(self, person: Person, token: str) -> bool:
        try:
            # checked before the exchange, because the service stores the result as this person's sign-in
            if not read_token_owner(token).is_person(person):
                _log.warning("A client sent a token that belongs to someone else; it was not exchanged.")
                return False
            async with asyncio.timeout(TOKEN_SERVICE_SECONDS):
                exchanged = await self._service.exchange_token(person.id, token)
                return exchanged is not None and await self._check_owner(person, exchanged) == "signed-in"
        except (TokenServiceError, TimeoutError) as error:
            _log.warning("A token was not exchanged: %s", str(error) or "the token service is too slow")
            return False

    async def _handle_verify_state(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """Handle the end of a sign-in in a browser window, which sends a number, or says that the person gave up."""
        if invoke.incoming.turn.scope != "personal":
            return InvokeResult(404, {})
        state = as_mapping(invoke.value).get("state")
        code = _match_code(state) if isinstance(state, str) else ""
        outcome: SignInOutcome = await self._fetch_outcome(invoke.incoming.turn.person, code) if code else "nobody"
        await _run_resumed_turn(_build_resumed_turn(invoke.incoming, outcome), turns, channel)
        return InvokeResult(200, {})

    async def _handle_failure(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """Log that single sign-on failed in the client. The person can still use the card's button."""
        code = as_mapping(invoke.value).get("code")
        reason = code if isinstance(code, str) and _FAILURE_CODE.fullmatch(code) else "no reason"
        _log.warning(
            "Single sign-on failed in Teams: %s. The app package's webApplicationInfo and the connection's token "
            "exchange URL must name the same API.",
            reason,
        )
        return InvokeResult(200, {})

    async def _handle_token_event(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """Handle the event that a token is available. The token in the event is ignored: it could be anyone's."""
        turn = invoke.incoming.turn
        if turn.scope == "personal" and await _is_sign_in_awaited(turns, turn):
            outcome = await self._fetch_outcome(turn.person)
            if outcome == "signed-in":
                await _run_resumed_turn(_build_resumed_turn(invoke.incoming, outcome), turns, channel)
        return InvokeResult(201)

    async def _fetch_outcome(self, person: Person, code: str = "") -> SignInOutcome:
        """Ask the token service, with the code if there is one, whether and as whom the person is signed in."""
        try:
            async with asyncio.timeout(TOKEN_SERVICE_SECONDS):
                token = await self._service.fetch_token(person.id, code)
                if token is None and code:
                    # a code works only once, and may have been used already
                    token = await self._service.fetch_token(person.id)
                return "nobody" if token is None else await self._check_owner(person, token)
        except (TokenServiceError, TimeoutError) as error:
            _log.error("A sign-in could not be completed: %s", str(error) or "the token service is too slow")
            return "unknown"

    async def _check_owner(self, person: Person, token: str) -> SignInOutcome:
        if read_token_owner(token).is_person(person):
            return "signed-in"
        _log.warning("A person signed in as someone else; that sign-in was forgotten.")
        await self._service.sign_out(person.id)
        return "somebody-else"


def _match_code(text: str) -> str:
    """Return the six-digit number if that's all of `text`, otherwise ""."""
    match = _CODE.fullmatch(text) if len(text) < _MAX_CODE_CHARS else None
    return match[1] if match else ""


def _build_resumed_turn(incoming: InboundActivity, outcome: SignInOutcome) -> InboundActivity:
    """Build the turn that the sign-in resumes, in place of `incoming`."""
    turn = replace(incoming.turn, event=SignedIn(succeeded=outcome == "signed-in"))
    return replace(incoming, intent="answer", turn=turn, notice=_OUTCOME_NOTICES.get(outcome))


async def _is_sign_in_awaited(turns: TurnRunner, turn: Turn) -> bool:
    """Tell whether the conversation is waiting for a sign-in."""
    try:
        return await turns.is_awaiting_sign_in(turn)
    except StoreError:
        return False  # a turn that needs the state reports the error


async def _run_resumed_turn(incoming: InboundActivity, turns: TurnRunner, channel: Channel) -> None:
    try:
        await turns.run_turn(incoming, channel, MAX_WAIT_SECONDS)
    except DeliveryError as error:
        _log.warning("The reply to a sign-in was not delivered yet: %s", error)
