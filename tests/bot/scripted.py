"""The real conversation without its ports, and a scripted one. Nothing here needs the Bot Framework SDK."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.host.conversation import DialogWorkers, LoadedKnowledge, build_dialog_services
from bot.telemetry.observer import Observer
from bot.template_check.process import answer
from bot.template_check.process_pool import TemplateProcessPool
from dialogs.conversation import Conversation
from dialogs.model.effects import Effect
from dialogs.model.reply import Paragraph, Reply, build_literal, parse_markup
from dialogs.model.turn import MemberJoined, Turn
from dialogs.solution.usage_events import UsageEvent
from dialogs.texts.catalog import get_texts
from knowledge.model.entry import Language
from tests.shipped_knowledge import DIAGNOSER, KNOWLEDGE_BASE
from tests.turns import action_of, text_of

KNOWLEDGE = LoadedKnowledge(KNOWLEDGE_BASE, DIAGNOSER, get_texts())


class InProcessTemplatePool(TemplateProcessPool):
    """Checks templates here, without a process for each: hundreds of them would take minutes."""

    async def run(self, request: Mapping[str, Any]) -> Any:
        return json.loads(json.dumps(answer(json.loads(json.dumps(request)))))


def build_in_process_workers() -> DialogWorkers:
    """Workers that check templates in this process."""
    return DialogWorkers(templates=InProcessTemplatePool())


def build_conversation(observer: Observer | None = None) -> Conversation:
    """The real conversation, without Azure, tickets and files."""
    return build_dialog_services(KNOWLEDGE, observer, workers=build_in_process_workers()).conversation


@dataclass
class ScriptedResult:
    state: dict[str, Any]
    replies: tuple[Reply, ...]
    effects: tuple[Effect, ...] = ()
    usage_events: tuple[UsageEvent, ...] = ()


@dataclass
class ScriptedConversation:
    """Counts the turns of a conversation in its state, says what it heard, and does `first` before that."""

    first: Callable[[Turn], Awaitable[None]] | None = None
    language: Language = "en"
    heard: list[tuple[Turn, Mapping[str, Any] | None]] = field(default_factory=list)

    async def answer_turn(self, turn: Turn, state: Mapping[str, Any] | None) -> ScriptedResult:
        self.heard.append((turn, state))
        if self.first:
            await self.first(turn)
        count = (state or {}).get("turns", 0) + 1
        what = (
            "welcome"
            if isinstance(turn.event, MemberJoined)
            else f"pressed {action.action_id}"
            if (action := action_of(turn))
            else f"heard {text_of(turn)}"
        )
        reply = Reply(
            (Paragraph(parse_markup(f"Turn {count}")), Paragraph(build_literal(what))),
            (),
            self.language,
            f"{count} {what}"[:100],
        )
        return ScriptedResult({"turns": count}, (reply,))
