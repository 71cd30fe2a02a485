"""Dispatch invokes, the requests of a Teams client that wait for an answer in their HTTP response, to their handlers.

The project's own cards don't use `adaptiveCard/action`: their buttons are Action.Submit, and the bot edits the card in
place. There are three reasons:

- The cards declare version 1.2, which Teams shows on phones. Below 1.5 it depends on the client whether an
  Action.Execute appears at all.
- Only the person who pressed sees what the invoke returns, until the message is edited as well. Other clients of the
  person, and the others in a thread, need the edit anyway.
- The outbox makes sure that an edit arrives. There's no way to know whether a response did.

The invoke is still served, for cards that come another way: a message extension, or a newer client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from bot.cards.messages import CARD_TYPE, CardMessage, ResponseMessage, TextMessage
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
    """An invoke from a trusted service.

    Attributes:
        name: Its name if it has a handler, else "".
        value: What it carries, untrusted and of any shape.
        incoming: Who sent it and where, and the activity's key.
        body: The whole activity, untrusted as well.
    """

    name: str
    value: Any
    incoming: InboundActivity
    body: Mapping[str, Any]

    def render_notice(self, notice: NoticeId) -> str:
        """Return a notice in the language of the person's client."""
        return render_notice(notice, detect_language(self.incoming.turn.locale))


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """The HTTP response to an invoke: its status, and its body as JSON; None for an empty one."""

    status: int = 200
    body: Any = None


InvokeHandler = Callable[[Invoke, TurnRunner, Channel], Awaitable[InvokeResult]]
"""Answers an invoke within about 10 s. What changes the conversation runs as a turn, under its lock and only once.

A handler may raise what `TurnRunner.run_turn` raises.
"""


class InvokeRouter:
    """The handlers by name; `adaptiveCard/action` always has one. The handler of an event is named `event NAME`.

    The answer to an event is empty, since nothing waits for it.
    """

    def __init__(self, handlers: Mapping[str, InvokeHandler] | None = None) -> None:
        self._handlers: dict[str, InvokeHandler] = {"adaptiveCard/action": handle_card_action, **(handlers or {})}

    def extend(self, handlers: Mapping[str, InvokeHandler]) -> InvokeRouter:
        """Return a router with these handlers added; a new one replaces an old one with the same name."""
        return InvokeRouter({**self._handlers, **handlers})

    def can_handle(self, body: Mapping[str, Any]) -> bool:
        """Return whether an activity is for the handlers: an invoke, or an event that has a handler."""
        activity_type = body.get("type")
        return activity_type == "invoke" or (activity_type == "event" and bool(self._find_handler_name(body)))

    async def dispatch(
        self, body: Mapping[str, Any], incoming: InboundActivity, turns: TurnRunner, channel: Channel
    ) -> InvokeResult:
        """Run the handler of the invoke `body`, and return its answer; a name without a handler gets a notice."""
        name = self._find_handler_name(body)
        handler = self._handlers.get(name, handle_unknown_invoke)
        return await handler(Invoke(name, body.get("value"), incoming, body), turns, channel)

    def _find_handler_name(self, body: Mapping[str, Any]) -> str:
        name = body.get("name")
        # an invoke must not reach the handler of an event
        if not isinstance(name, str) or name.startswith(EVENT_PREFIX):
            return ""
        name = f"{EVENT_PREFIX}{name}" if body.get("type") == "event" else name
        return name if name in self._handlers else ""


async def handle_unknown_invoke(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
    """Answer an invoke that neither the cards nor the app package offers: with a notice instead of an error."""
    return InvokeResult(501, {"error": {"code": "NotSupported", "message": invoke.render_notice("not-understood")}})


async def handle_card_action(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
    """Answer a pressed Action.Execute with the card that replaces the pressed one, or with a text.

    Its data is a button's, as Action.Submit sends it; the verb may replace `do`. Other replies are sent as messages.
    """
    action = as_mapping(as_mapping(invoke.value).get("action"))
    data, verb = action.get("data"), action.get("verb")
    if isinstance(data, dict) and isinstance(verb, str) and "do" not in data:
        data = {**data, "do": verb}
    incoming = read_button_press(invoke.incoming, invoke.body, data)
    if incoming is None or as_mapping(invoke.value).get("trigger") == "automatic":
        # the bot's own cards don't refresh themselves, so this isn't a press
        return _build_card_action_result(TextMessage(invoke.render_notice("strange-button")))
    if incoming.can_replace_card and not incoming.replaced_activity_id:
        incoming = replace(incoming, replaced_activity_id=RESPONSE_ONLY)
    return _build_card_action_result(await turns.run_invoke(incoming, channel))


def _build_card_action_result(message: ResponseMessage) -> InvokeResult:
    match message:
        case CardMessage(card):
            content: dict[str, Any] = {"type": CARD_TYPE, "value": card}
        case TextMessage(text):
            content = {"type": MESSAGE_TYPE, "value": text}
        case _:
            assert_never(message)
    return InvokeResult(200, {"statusCode": 200, **content})
