"""Fakes for the bot's surroundings: a Teams service that receives replies, and scripted dialogs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import ClientResponse, ClientSession, web

from bot.auth.channel_auth import build_channel_auth
from bot.cards.messages import CardMessage, FileMessage, Message, SignInMessage, TextMessage
from bot.host.http_server import build_app
from bot.state.sqlite_store import SqliteStore
from bot.state.store import StateStore
from bot.state.watched_store import WatchedStore
from bot.teams.botframework.adapter import TeamsAdapter
from bot.teams.invokes import InvokeRouter
from bot.turns.outbox import DeliveryPolicy
from bot.turns.turn_runner import TurnLimits, TurnRunner
from tests.bot.scripted import ScriptedConversation


def build_local_app(turns: TurnRunner, store: StateStore, invoke_router: InvokeRouter | None = None) -> web.Application:
    """The web application without credentials, which serves this machine only."""
    channel_auth = build_channel_auth(None)
    watched = store if isinstance(store, WatchedStore) else WatchedStore(store)
    return build_app(turns, watched, channel_auth, TeamsAdapter(channel_auth, invoke_router))


def describe_message(message: Message) -> str:
    """What a person reads of a message first: its text, or what notifies of it."""
    match message:
        case TextMessage(text):
            return text
        case CardMessage(summary=summary) | FileMessage(summary=summary):
            return summary
        case SignInMessage():
            return "sign in"


class FakeTeams:
    """The service that an activity's `serviceUrl` names. It stores what the bot sends, in order."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.opened: list[dict[str, Any]] = []
        self.methods: list[str] = []
        self.refuse: Callable[[dict[str, Any]], int | None] = lambda activity: None
        self.refuse_way: Callable[[str, str], int | None] = lambda method, path: None
        self.on_arrival: Callable[[dict[str, Any]], None] = lambda activity: None
        self.arrived = asyncio.Event()
        self.url = ""
        self.members: dict[str, list[Any]] = {}
        self.rosters_read: list[str] = []
        self.page_size = 500
        self.answer_roster: Callable[[str], web.Response | None] = lambda conversation_id: None

    async def typing(self, times: int) -> None:
        """Wait until so many typing indicators have arrived."""
        while sum(item["type"] == "typing" for item in self.sent) < times:
            self.arrived.clear()
            await self.arrived.wait()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{way:.*}", self._take)
        app.router.add_put("/{way:.*}", self._take)
        app.router.add_get("/{way:.*}/v3/conversations/{conversation}/pagedmembers", self._list_members)
        return app

    async def _list_members(self, request: web.Request) -> web.Response:
        """A page of the members of a conversation that has any, as Teams lists them."""
        conversation_id = request.match_info["conversation"]
        self.rosters_read.append(conversation_id)
        if answer := self.answer_roster(conversation_id):
            return answer
        members = self.members.get(conversation_id)
        if members is None:
            return web.json_response({"error": {"code": "NotFound"}}, status=404)
        start = int(request.query.get("continuationToken") or 0)
        end = start + self.page_size
        more = {"continuationToken": str(end)} if end < len(members) else {}
        return web.json_response({"members": members[start:end], **more})

    async def _take(self, request: web.Request) -> web.Response:
        activity = await request.json()
        status = self.refuse_way(request.method, request.raw_path)
        if request.path.endswith("/v3/conversations"):
            if status:
                return web.json_response({"error": {"code": "Refused"}}, status=status)
            self.opened.append(activity)
            return web.json_response({"id": f"a:private with {activity['members'][0]['id']}"}, status=201)
        self.on_arrival(activity)
        status = status or self.refuse(activity)
        if status:
            return web.json_response({"error": {"code": "Refused"}}, status=status)
        self.sent.append(activity)
        self.arrived.set()
        self.paths.append(request.raw_path)
        if activity.get("type") == "message":
            self.methods.append(request.method)
        return web.json_response({"id": str(len(self.sent))}, status=201)

    @property
    def messages(self) -> list[str]:
        """What a person sees of each message: its text, or the notification text of its card."""
        return [item.get("text") or item["summary"] for item in self.sent if item["type"] == "message"]


class Chat:
    """A bot on its own port, with a fake Teams beside it; posts activities as Teams would."""

    def __init__(
        self,
        conversation: ScriptedConversation,
        store: SqliteStore,
        teams: FakeTeams,
        session: ClientSession,
        typing_after: float = 60.0,  # on a slow machine a sooner sign would come between what a test counts
    ) -> None:
        self.conversation, self.store, self.teams, self.session = conversation, store, teams, session
        self.turns = TurnRunner(
            conversation,
            store,
            TurnLimits(
                typing_delay_seconds=typing_after,
                delivery=DeliveryPolicy(first_wait_seconds=0.001, sweep_interval_seconds=3600),
            ),
        )
        self.url = ""
        self.posted = 0
        self.runner = web.AppRunner(build_local_app(self.turns, store), shutdown_timeout=15)

    def activity(self, text: str | None = None, **more: Any) -> dict[str, Any]:
        """An activity with its own id, unless `more` has one; a field that is None is left out."""
        self.posted += 1
        body = {
            "type": "message",
            "id": str(1795382441917 + self.posted),
            "channelId": "msteams",
            "serviceUrl": self.teams.url + "/_connector",
            "from": {"id": "29:ada", "name": "Ada", "aadObjectId": "00000000-0000-0000-0000-000000000020"},
            "recipient": {"id": "28:bot", "name": "Image Medic"},
            "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": "contoso"},
            "channelData": {"tenant": {"id": "contoso"}},
            "locale": "en-US",
        }
        if text is not None:
            body["text"] = text
        body.update(more)
        return {key: value for key, value in body.items() if value is not None}

    async def post(self, body: Any, **options: Any) -> ClientResponse:
        async with self.session.post(f"{self.url}/api/messages", json=body, **options) as response:
            await response.read()
            return response

    async def send(self, text: str | None = None, **more: Any) -> list[str]:
        """Send a message; returns what the person sees because of it."""
        before = len(self.teams.messages)
        response = await self.post(self.activity(text, **more))
        assert response.status == 201, await response.text()
        return self.teams.messages[before:]


def cards(chat: Chat) -> list[dict[str, Any]]:
    """The cards that were sent, in order."""
    return [item["attachments"][0]["content"] for item in chat.teams.sent if item.get("attachments")]


def pressed(chat: Chat, do: str, at: int = -1) -> dict[str, Any]:
    """What the button `do` of a card sends, the last card unless told."""
    card = cards(chat)[at]
    rows = [card["actions"], *(element.get("actions", []) for element in card["body"])]
    [data] = [action["data"] for row in rows for action in row if action.get("data", {}).get("do") == do]
    return dict(data)
