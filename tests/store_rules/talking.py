"""The real conversation as Teams drives it: activities in as JSON, messages out, presses taken from a card."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bot.cards.splitting import split_reply
from bot.cards.summary import build_summary
from bot.teams.activities import read_activity
from bot.turns.notices import detect_language, render_notice
from dialogs.conversation import Conversation
from knowledge.model.entry import Language
from tests.bot.cards.rendering import render_card

Json = dict[str, Any]

LOCALES: Mapping[Language, str] = {"en": "en-US", "it": "it-IT"}

_PASSING = re.compile(r'("paste": )\d+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')


@dataclass(frozen=True)
class Turned:
    """What a turn came to: the state after it, and its messages as they go to Teams.

    A walk asks for the rest once for each button, so it's computed once.
    """

    state: Mapping[str, Any] | None
    messages: tuple[Json, ...]

    @cached_property
    def cards(self) -> list[Json]:
        return [message["card"] for message in self.messages if "card" in message]

    @cached_property
    def buttons(self) -> list[Json]:
        """Every button of every card, in order."""
        return [action for one in self.cards for action in buttons(one)]

    @property
    def text(self) -> str:
        """All that a person without cards would read."""
        return "\n".join(message.get("text") or message["card"]["fallbackText"] for message in self.messages)

    @cached_property
    def sight(self) -> str:
        """The same for turns that look and lead the same, whenever they were."""
        return _PASSING.sub(r"\1", json.dumps([message.get("card", message) for message in self.messages]))

    @cached_property
    def kind(self) -> str:
        """The same for turns that lead the same ways: what is only filled in, or copied, may differ."""
        led = [(action["title"], action["data"]["do"], action["data"]["args"]) for action in self.buttons]
        titles = [run["text"] for one in self.cards for run in elements(one["body"][:1]) if "text" in run]
        form = any(True for one in self.cards for _ in inputs(one)) or any(do == "draft" for _, do, _ in led[:1])
        return _PASSING.sub(r"\1", json.dumps([led, titles])) if form else self.sight


def elements(value: object) -> Iterator[Json]:
    """Every dict inside `value`, itself first."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            yield at
        inner = at.values() if isinstance(at, dict) else at if isinstance(at, list) else ()
        waiting += [each for each in reversed(inner) if isinstance(each, (dict, list))]


def buttons(shown: Json) -> list[Json]:
    return [element for element in elements(shown) if element.get("type") == "Action.Submit"]


def inputs(shown: Json) -> Iterator[Json]:
    """The inputs as a current client shows them, without the fallbacks for older ones."""
    for element in shown["body"]:
        yield from (e for e in elements(element) if e.get("type", "").startswith("Input.") and "label" in e)


def activity(language: Language, **more: Any) -> Json:
    return {
        "type": "message",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": "http://127.0.0.1/",
        "from": {"id": "29:ada", "name": "Ada"},
        "recipient": {"id": "28:bot"},
        "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": "contoso"},
        "channelData": {"tenant": {"id": "contoso"}},
        "locale": LOCALES[language],
        **more,
    }


class Talk:
    """A conversation in one language, in a personal chat unless `where` is another; a state is handed in, so that each
    turn can be gone on from in several ways.
    """

    def __init__(self, conversation: Conversation, language: Language, where: Json | None = None) -> None:
        self._conversation = conversation
        self._where: Json = {"conversation": where} if where else {}
        self.language = language

    async def take(self, state: Mapping[str, Any] | None, **more: Any) -> Turned:
        """The turn of an activity with these fields."""
        incoming = read_activity(activity(self.language, **self._where, **more))
        if incoming.intent == "say":
            assert incoming.notice is not None
            return Turned(state, ({"text": render_notice(incoming.notice, detect_language(LOCALES[self.language]))},))
        assert incoming.intent == "answer", more
        answer = await self._conversation.answer_turn(incoming.turn, state)
        shown = (part for reply in answer.replies for part in split_reply(reply))
        messages = tuple({"card": render_card(part), "summary": build_summary(part)} for part in shown)
        return Turned(json.loads(json.dumps(answer.state)), messages)

    async def hand_off(self, asked: Turned) -> Turned:
        """How a lookup requested in a group continues in the private chat."""
        thread = read_activity(activity(self.language, **self._where, text="look")).turn
        private = replace(thread, conversation_id="a:1", scope="personal")
        answer, _ = await self._conversation.hand_off(private, None, thread, asked.state or {}, "look")
        messages = tuple({"card": render_card(reply), "summary": build_summary(reply)} for reply in answer.replies)
        return Turned(json.loads(json.dumps(answer.state)), messages)

    async def join(self) -> Turned:
        """The bot is installed."""
        return await self.take(None, type="conversationUpdate", membersAdded=[{"id": "28:bot"}])

    async def say(self, text: str, before: Turned | None = None) -> Turned:
        """A message is typed or pasted."""
        return await self.take(before.state if before else None, text=text)

    async def press(self, button: Json, before: Turned) -> Turned:
        """A button of `before` is pressed; the inputs of its card go with it as they are filled in, a choice made."""
        pressed = next(one for one in before.cards if button in buttons(one))
        filled = {
            item["id"]: item.get("value") or (item["choices"][0]["value"] if "choices" in item else "")
            for item in inputs(pressed)
        }
        return await self.take(before.state, value={**filled, **button["data"]})
