"""A bot stopped while it files a ticket: after a restart it continues with the same ticket and posts its number once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.cards.messages import CardMessage, Message
from bot.state.sqlite_store import SqliteStore
from bot.state.store import build_state_key
from bot.turns.inbound import InboundActivity
from bot.turns.turn_runner import TurnRunner
from dialogs.conversation import Conversation
from dialogs.model.effects import ReplyEffect
from dialogs.model.reply import Reply
from dialogs.model.turn import ACTION_VERSION, ActionPressed, MessageSent, Turn
from dialogs.replies.plain_text import render_plain_text
from dialogs.resources import DialogResources
from knowledge.knowledge_base import load_knowledge_base
from tests.bot.azure.support.desk import PERSON, SUBSCRIPTION, Office
from tests.bot.turns.test_job_runner import FAST, Wire, running, until_nothing_waits
from tests.dialogs.fixtures import ENTRIES, diagnose
from tests.dialogs.support.ticket.test_flow import CONTACT

NUMBER = "2611220010000001"


class Seen(Wire):
    """Sees what people see, and the buttons that came last."""

    buttons: dict[str, dict[str, Any]]

    def render_reply(self, reply: Reply, effects: Sequence[ReplyEffect]) -> Sequence[Message]:
        self.buttons = {button.action_id: dict(button.args) for button in reply.buttons} or self.buttons
        return [CardMessage({"body": []}, render_plain_text(reply))]


class Walk:
    """A person's presses."""

    def __init__(self, wire: Seen) -> None:
        self.wire = wire
        wire.buttons = {}
        self.marks = 0

    async def does(self, turns: TurnRunner, text: str = "", do: str = "", **fields: str) -> None:
        self.marks += 1
        action = ActionPressed(do, self.wire.buttons.get(do, {}), fields, ACTION_VERSION)
        turn = Turn(PERSON, "a:1", locale="en-US", event=action if do else MessageSent(text))
        await turns.run_turn(InboundActivity("answer", turn, activity_key=str(self.marks)), self.wire)


async def test_a_stop_while_it_is_filed_leaves_one_ticket_and_one_report(office: Office, tmp_path: Path) -> None:
    store = await SqliteStore(tmp_path / "state").open()
    wire = Seen()
    walk = Walk(wire)
    made, go_on = asyncio.Event(), asyncio.Event()

    async def held(moment: str) -> None:
        if moment == "made":
            made.set()
            await go_on.wait()

    def turns() -> TurnRunner:
        resources = DialogResources(diagnose, lambda: "2026-03-01T00:00:00Z", ticket_filer=office.ticket_filer())
        return TurnRunner(Conversation(load_knowledge_base(ENTRIES), resources), store, limits=FAST)

    office.desk.on_create_ticket = held
    async with running(turns(), wire) as first:
        await walk.does(first, "FAILED.LOG")
        await walk.does(first, do="draft")
        await walk.does(first, do="post")
        await walk.does(first, do="ticket")
        await walk.does(first, do="ticket-preview", **{**CONTACT, "subscription": SUBSCRIPTION})
        await walk.does(first, do="ticket-kind")
        await walk.does(first, do="ticket-yes")
        async with asyncio.timeout(20):
            await made.wait()
    assert not any(NUMBER in said for said in wire.seen)
    go_on.set()
    async with running(turns(), wire):
        await until_nothing_waits(store)
    assert sum(NUMBER in said for said in wire.seen) == 1
    assert (office.puts(), len(office.tickets)) == (1, 1)
    stored = await store.load(build_state_key(PERSON.tenant, "a:1", PERSON.id))
    assert stored
    assert "win11-golden" in str(stored.value)
    assert "ada@example.com" not in str(stored.value)
    await store.close()
