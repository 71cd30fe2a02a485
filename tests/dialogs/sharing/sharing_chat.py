"""A private chat that continues from a group, with a fake that receives its posts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dialogs.model.errors import ShareRefusedError
from dialogs.model.reply import Reply
from dialogs.model.share_refusal import ShareRefusalReason
from dialogs.model.turn import ConversationScope, MessageSent, Person, Turn
from dialogs.replies.plain_text import render_plain_text
from tests.dialogs.azure.fake_azure import FakeAzure, LookingChat

GROUP = "19:group@thread.v2"


@dataclass
class FakeSharer:
    """Accepts every post, unless the test makes it refuse."""

    refusal: ShareRefusalReason | None = None
    posts: list[tuple[Person, str, str, str, str]] = field(default_factory=list)

    async def share(
        self, person: Person, conversation_id: str, share_id: str, template_name: str, reply: Reply
    ) -> None:
        if self.refusal:
            raise ShareRefusedError(self.refusal)
        self.posts.append((person, conversation_id, share_id, template_name, render_plain_text(reply)))

    @property
    def last_text(self) -> str:
        return self.posts[-1][-1]


class SharingChat(LookingChat):
    """A chat whose lookups can be requested in a group; nothing is posted without `sharer`."""

    def __init__(self, azure: FakeAzure, sharer: FakeSharer | None, locale: str = "en-US", **more: Any) -> None:
        super().__init__(azure, locale, look_sharer=sharer, **more)

    def clock(self) -> str:
        self.minutes += 1
        return (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=self.minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def ask_in_group(self, text: str, scope: ConversationScope = "channel") -> str:
        """Ask in a group, whose state isn't stored here, and continue in private; returns what's shown there."""
        person = Person("tenant", "person")
        thread_turn = Turn(person, GROUP, scope, self.locale, MessageSent(text))
        told = await self.conversation.answer_turn(thread_turn, None)
        turn = Turn(person, "conversation", "personal", self.locale, MessageSent())
        moved, _ = await self.conversation.hand_off(turn, self.state, thread_turn, told.state, "look")
        self.state = json.loads(json.dumps(moved.state))
        self.replies, self.effects = moved.replies, moved.effects
        return self.shown

    @property
    def sharing(self) -> dict[str, Any]:
        """What is stored for sharing; empty if nothing is."""
        stored: dict[str, Any] = (self.state or {})["look"].get("share", {})
        return stored

    @property
    def share_labels(self) -> list[str]:
        return [button.label for button in self.buttons if button.action_id == "share-look"]
