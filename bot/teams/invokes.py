"""Invokes: requests of a Teams client that wait for an answer in their HTTP response. Each name has its handler.

The project's own cards do not ask for `adaptiveCard/action`: they press with Action.Submit, and the bot edits the card
in place. They declare version 1.2, the version that Teams shows on phones, and below 1.5 it depends on the client
whether an Action.Execute appears at all. What it returns is seen by the presser alone until the message is edited as
well: a walk that goes on in another client, or under the eyes of a thread, needs the edit anyway. An edit is also
delivered once for certain, from the outbox; nobody learns whether a response arrived. The invoke is served all the
same, in full, for a card that comes through another door (a message extension, a later client).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.cards.messages import CARD_TYPE, Message
from bot.teams.activities import read_button_press
from bot.teams.message_text import as_mapping
from bot.turns.channel import Channel
from bot.turns.inbound import InboundActivity
from bot.turns.invoke_response import RESPONSE_ONLY
from bot.turns.notices import NoticeId, detect_language, render_notice
from bot.turns.turn_runner import TurnRunner

EVENT_PREFIX = "event "
MESSAGE_TYPE = "application/vnd.microsoft.activity.message"


@dataclass(frozen=True, slots=True)
class Invoke:
    """An invoke from a service that was vouched for. `name` is one that has a handler, else "".

    `incoming` has the turn (who, where) and the mark that tells a repeated delivery; `body` is the activity as it came,
    `value` what it carries: both untrusted, of any shape.
    """

    name: str
    value: Any
    incoming: InboundActivity
    body: Mapping[str, Any]

    def render_notice(self, notice: NoticeId) -> str:
        """A sentence of the outside in the language of the person's client."""
        return render_notice(notice, detect_language(self.incoming.turn.locale))


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """The HTTP response: its status, and its body as JSON; None for an empty one."""

    status: int = 200
    body: Any = None


InvokeHandler = Callable[[Invoke, TurnRunner, Channel], Awaitable[InvokeResult]]
"""Answers an invoke within some 10 s. What changes the conversation goes through `Turns`, in the person's lane, once.

It may raise what `Turns.take` raises.
"""


class InvokeRouter:
    """The handlers by name; `adaptiveCard/action` is always one of them. `event NAME` is that of an event.

    Nobody waits for the answer to an event; it is an empty one.
    """

    def __init__(self, handlers: Mapping[str, InvokeHandler] | None = None) -> None:
        self._handlers: dict[str, InvokeHandler] = {"adaptiveCard/action": handle_card_action, **(handlers or {})}

    def extend(self, handlers: Mapping[str, InvokeHandler]) -> InvokeRouter:
        """These handlers, and some more."""
        return InvokeRouter({**self._handlers, **handlers})

    def can_handle(self, body: Mapping[str, Any]) -> bool:
        """Whether a checked activity's `body` is for the handlers: an invoke, or an event that one of them knows."""
        kind = body.get("type")
        return kind == "invoke" or (kind == "event" and bool(self._find_handler_name(body)))

    async def dispatch(
        self, body: Mapping[str, Any], incoming: InboundActivity, turns: TurnRunner, channel: Channel
    ) -> InvokeResult:
        """The answer to the invoke in a checked activity's `body`; to a name that nobody knows, one that says so."""
        known = self._find_handler_name(body)
        handler = self._handlers.get(known, handle_unknown_invoke)
        return await handler(Invoke(known, body.get("value"), incoming, body), turns, channel)

    def _find_handler_name(self, body: Mapping[str, Any]) -> str:
        name = body.get("name")
        if not isinstance(name, str) or name.startswith(EVENT_PREFIX):
            return ""
        name = f"{EVENT_PREFIX}{name}" if body.get("type") == "event" else name
        return name if name in self._handlers else ""


async def handle_unknown_invoke(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
    """The answer to an invoke that the cards and the package do not offer: a sentence, not an error."""
    return InvokeResult(501, {"error": {"code": "NotSupported", "message": invoke.render_notice("not-understood")}})


async def handle_card_action(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
    """The answer to a pressed Action.Execute: the card that takes the pressed one's place, or a sentence.

    Its data is that of a button of ours, as Action.Submit sends it; the verb may stand for `do`. Further replies are
    sent as messages.
    """
    action = as_mapping(as_mapping(invoke.value).get("action"))
    data, verb = action.get("data"), action.get("verb")
    if isinstance(data, dict) and isinstance(verb, str) and "do" not in data:
        data = {**data, "do": verb}
    incoming = read_button_press(invoke.incoming, invoke.body, data)
    if incoming is None or as_mapping(invoke.value).get("trigger") == "automatic":
        # a card that refreshes itself was not made here, and nobody pressed it
        return _build_card_action_result({"text": invoke.render_notice("strange-button")})
    if incoming.can_replace_card and not incoming.replaced_activity_id:
        incoming = replace(incoming, replaced_activity_id=RESPONSE_ONLY)
    return _build_card_action_result(await turns.run_invoke(incoming, channel))


def _build_card_action_result(message: Message) -> InvokeResult:
    card = message.get("card")
    shown = {"type": CARD_TYPE, "value": card} if card else {"type": MESSAGE_TYPE, "value": message["text"]}
    return InvokeResult(200, {"statusCode": 200, **shown})
