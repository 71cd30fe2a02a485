"""A chat over real HTTP: what a person sends and sees, what's stored, and what happens when something fails."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.cards.messages import OWNER_KEY, hash_owner_id
from bot.errors import RequestRefusedError
from bot.teams.activities import read_activity
from dialogs.model.turn import ActionPressed, MemberJoined, MessageSent, Turn
from dialogs.state.case import CaseForm
from dialogs.support.ticket.contact import FIELD_NAMES
from tests.bot.scripted import ScriptedResult
from tests.bot.stand_ins import Chat
from tests.patching import set_existing
from tests.turns import text_of

EARLY_SIGN = pytest.mark.parametrize("chat", [0.01], indirect=True, ids=["early typing sign"])

SUBMIT = {"v": 1, "do": "next", "args": {"entry": "a", "step": 2}, "title": "T", "note": ""}


FILE = "application/vnd.microsoft.teams.file.download.info"


def attachment(kind: str, content: Any = None, **more: Any) -> dict[str, Any]:
    return {"contentType": kind, "content": content, **more}


async def test_each_turn_gets_the_state_of_the_last(chat: Chat) -> None:
    assert await chat.send("one") == ["1 heard one"]
    assert await chat.send("two") == ["2 heard two"]
    assert [state for _, state in chat.conversation.heard] == [None, {"turns": 1}]


async def test_a_reply_is_a_card_with_a_summary_and_no_text(chat: Chat) -> None:
    await chat.send("one")
    [sent] = chat.teams.sent
    assert sent["summary"] == "1 heard one"
    assert "text" not in sent
    assert [item["contentType"] for item in sent["attachments"]] == ["application/vnd.microsoft.card.adaptive"]
    assert sent["attachments"][0]["content"]["type"] == "AdaptiveCard"
    assert "1 heard one"[2:] in json.dumps(sent["attachments"][0]["content"])
    assert sent["from"]["id"] == "28:bot"
    assert chat.teams.paths == ["/_connector/v3/conversations/a%3A1/activities/1795382441918"]


async def test_the_test_client_gets_no_hint_that_it_would_warn_of(chat: Chat) -> None:
    await chat.post(chat.activity("one"))
    await chat.post(chat.activity("two"), headers={"x-ms-agents-playground": "true"})
    teams, playground = (sent["attachments"][0]["content"] for sent in chat.teams.sent)
    assert "msteams" in teams
    assert "msteams" not in playground


async def test_the_turn_says_who_and_where(chat: Chat) -> None:
    await chat.send("ciao", locale="it-IT")
    [(turn, _)] = chat.conversation.heard
    assert (turn.person.tenant, turn.person.id, turn.person.name) == ("contoso", "29:ada", "Ada")
    assert (turn.conversation_id, turn.scope, turn.locale, turn.event) == (
        "a:1",
        "personal",
        "it-IT",
        MessageSent("ciao"),
    )


@pytest.mark.parametrize(
    ("value", "action"),
    [
        (SUBMIT, ActionPressed("next", {"entry": "a", "step": 2}, {"title": "T", "note": ""}, 1)),
        ({"v": 7, "do": "later"}, ActionPressed("later", {}, {}, 7)),
        (
            {"v": 1, "do": "x", "on": True, "n": 3, "none": None},
            ActionPressed("x", {}, {"on": "true", "n": "3", "none": ""}, 1),
        ),
        ({"v": 1, "do": "x", "msteams": {"type": "messageBack"}}, ActionPressed("x", {}, {}, 1)),
    ],
)
async def test_a_button_is_an_action_with_the_fields_of_its_form(chat: Chat, value: Any, action: ActionPressed) -> None:
    await chat.send(value=value, replyToId="1")
    assert [turn.event for turn, _ in chat.conversation.heard] == [action]


@pytest.mark.parametrize(
    "value",
    [
        "next", 5, [], {}, {"do": "next"}, {"v": 1}, {"v": "1", "do": "next"}, {"v": True, "do": "next"},
        {"v": 1, "do": ""}, {"v": 1, "do": ["next"]}, {"v": 1, "do": "x" * 65}, {"v": 1, "do": "next", "args": []},
        {"v": 1, "do": "next", "args": None}, {"v": 1, "do": "next", "field": {"deep": 1}},
    ],
)  # fmt: skip
async def test_a_button_that_is_not_ours_changes_nothing_and_is_answered(chat: Chat, value: Any) -> None:
    assert await chat.send(value=value) == [
        "I don't know what that button does, so I changed nothing. Type help, or paste the error again."
    ]
    assert chat.conversation.heard == []


@pytest.mark.parametrize("form", [FIELD_NAMES, tuple(CaseForm.__dataclass_fields__)], ids=["contact", "case"])
async def test_no_field_of_a_form_takes_the_place_of_what_its_button_sends(chat: Chat, form: tuple[str, ...]) -> None:
    typed = dict.fromkeys(form, "typed")
    await chat.send(value={"v": 1, "do": "next", "args": {}, OWNER_KEY: hash_owner_id("29:ada"), **typed})
    [(turn, _)] = chat.conversation.heard
    assert turn.event == ActionPressed("next", {}, typed, 1)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"text": "<at>Image Medic</at> help", "entities": "mention"}, "help"),
        ({"text": "\n\nline 3\n"}, "\n\nline 3\n"),
        ({"text": "nul \0 and \ud800 half"}, "nul \0 and ? half"),
        ({"text": "x" * 1_000_000}, "x" * 1_000_000),
        ({"text": "👩‍💻 è"}, "👩‍💻 è"),
        ({"attachments": [attachment("text/html", "<div><p>a &lt;b&gt;</p>c<br/>d</div>")]}, "a <b>\nc\nd"),
        ({"attachments": [attachment("text/plain", "whole log")]}, "whole log"),
        (
            {"text": "cut", "attachments": [attachment("text/html", "<pre>cut off here\nand more</pre>")]},
            "cut off here\nand more",
        ),
        ({"text": "bold words", "attachments": [attachment("text/html", "<p><b>bold</b> words</p>")]}, "bold words"),
        ({"text": "5 < 6", "attachments": [attachment("text/html", None), "junk", 7]}, "5 < 6"),
        ({"text": "typed", "value": "also"}, "typed"),
        ({}, ""),
        ({"text": " \n "}, ""),
        ({"text": 5}, ""),
        ({"attachments": {}}, ""),
    ],
)
async def test_what_was_meant_as_text_is_heard_as_text(chat: Chat, more: dict[str, Any], text: str) -> None:
    if more.get("entities") == "mention":
        mention = {"type": "mention", "mentioned": {"id": "28:bot"}, "text": "<at>Image Medic</at>"}
        more = more | {"entities": [mention, {"type": "mention"}, "junk"]}
    await chat.send(**more)
    assert [turn.event for turn, _ in chat.conversation.heard] == [MessageSent(text)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"attachments": [attachment("image/png", contentUrl="https://x")]}, "I can't read pictures."),
        ({"attachments": [attachment("audio/ogg")]}, "I can't listen to recordings."),
        ({"attachments": [attachment(FILE, {})]}, "I can't open that kind of attachment."),
        ({"attachments": [attachment(FILE, {"downloadUrl": "x" * 5000})]}, "I can't open that kind of attachment."),
        ({"attachments": [attachment(FILE, {"downloadUrl": "x", "fileType": "PNG"})]}, "I can't read pictures."),
        ({"attachments": [attachment(FILE, {"downloadUrl": "x", "fileType": "mp4"})]}, "I can't listen to recordings."),
        ({"attachments": [attachment("application/vnd.microsoft.card.codesnippet", {})]}, "I can't read code snippets"),
        ({"attachments": [{"contentType": 5}]}, "I can't open that kind of attachment."),
        ({"attachments": [attachment("image/png")], "locale": "it-IT"}, "Non so leggere le immagini."),
    ],
)
async def test_what_cannot_be_read_is_answered(chat: Chat, more: dict[str, Any], said: str) -> None:
    [answer] = await chat.send(**more)
    assert answer.startswith(said)
    assert chat.conversation.heard == []


async def test_text_beside_a_picture_is_heard_and_the_picture_is_owned_up_to(chat: Chat) -> None:
    heard, also = await chat.send("the error", attachments=[attachment("image/png")])
    assert heard == "1 heard the error"
    assert also.startswith("I read the text of your message, but I can't open the attachment")


async def test_the_outside_speaks_the_language_of_the_conversation(chat: Chat) -> None:
    chat.conversation.language = "it"
    await chat.send("parla italiano", locale="en-US")
    [said] = await chat.send(locale="en-US", attachments=[attachment("image/png")])
    assert said.startswith("Non so leggere le immagini.")


def joining(chat: Chat, kind: str, **more: Any) -> dict[str, Any]:
    new = {"action": "add"} if kind == "installationUpdate" else {"membersAdded": [{"id": "29:ada"}, {"id": "28:bot"}]}
    return chat.activity(type=kind, **{**new, **more})


async def test_one_person_is_welcomed_once(chat: Chat) -> None:
    """The test client sends both events at once, and both again each time its page is loaded."""
    for _ in range(2):
        kinds = ("installationUpdate", "conversationUpdate")
        answers = await asyncio.gather(*(chat.post(joining(chat, kind)) for kind in kinds))
        assert [answer.status for answer in answers] == [201, 201]
        await chat.send("hello")
    assert chat.teams.messages == ["1 welcome", "2 heard hello", "3 heard hello"]


async def test_other_people_and_other_chats_are_welcomed_too(chat: Chat) -> None:
    for more in (
        {},
        {"from": {"id": "29:bob"}},
        {"conversation": {"id": "a:2"}},
        {"channelData": {"tenant": {"id": "x"}}},
    ):
        await chat.post(joining(chat, "conversationUpdate", **more))
    assert chat.teams.messages == ["1 welcome"] * 4


async def test_a_welcome_that_failed_is_made_up_for(chat: Chat) -> None:
    async def fail(turn: Turn) -> None:
        raise OSError("no")

    chat.conversation.first = fail
    await chat.post(joining(chat, "conversationUpdate"))
    chat.conversation.first = None
    await chat.post(joining(chat, "conversationUpdate"))
    assert chat.teams.messages[1:] == ["1 welcome"]


async def test_whoever_uninstalls_is_forgotten(chat: Chat) -> None:
    await chat.post(joining(chat, "installationUpdate"))
    await chat.post(joining(chat, "installationUpdate", action="remove"))
    await chat.post(joining(chat, "installationUpdate"))
    assert chat.teams.messages == ["1 welcome", "1 welcome"]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "typing"}, {"type": "messageReaction"}, {"type": "event", "name": "tokens/response", "value": {}},
        {"type": "conversationUpdate", "membersRemoved": [{"id": "x"}]},
        {"type": "conversationUpdate", "membersAdded": 5}, {"type": "installationUpdate", "action": 5},
        {"type": "message\0"},
    ],
)  # fmt: skip
async def test_what_needs_no_answer_gets_none(chat: Chat, body: dict[str, Any]) -> None:
    response = await chat.post(chat.activity(**body))
    assert response.status == 201
    assert chat.teams.sent == []
    assert chat.conversation.heard == []


@EARLY_SIGN
async def test_turns_of_one_conversation_run_one_after_the_other(chat: Chat) -> None:
    running, most = 0, 0
    begun, second_waits = asyncio.Event(), asyncio.Event()

    async def overlap(turn: Turn) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if text_of(turn) == "first":
            begun.set()
            await second_waits.wait()
        running -= 1

    chat.conversation.first = overlap
    first = asyncio.create_task(chat.send("first"))
    await begun.wait()
    second = asyncio.create_task(chat.send("second"))
    # the second shows that it was received, while it waits for its turn
    await chat.teams.typing(2)
    assert len(chat.conversation.heard) == 1
    second_waits.set()
    await asyncio.gather(first, second)
    assert most == 1
    assert chat.teams.messages == ["1 heard first", "2 heard second"]


async def test_turns_of_different_people_do_not_wait_for_each_other(chat: Chat) -> None:
    both = asyncio.Barrier(2)

    async def meet(turn: Turn) -> None:
        await both.wait()

    chat.conversation.first = meet
    await asyncio.gather(chat.send("a"), chat.send("b", **{"from": {"id": "29:bob"}}))
    assert sorted(chat.teams.messages) == ["1 heard a", "1 heard b"]


@EARLY_SIGN
async def test_a_slow_answer_shows_typing_first(chat: Chat) -> None:
    seen = asyncio.Event()
    chat.teams.on_arrival = lambda activity: seen.set() if activity["type"] == "typing" else None

    async def slow(turn: Turn) -> None:
        await seen.wait()

    chat.conversation.first = slow
    await chat.send("slow")
    assert [item["type"] for item in chat.teams.sent] == ["typing", "message"]


@EARLY_SIGN
async def test_an_answer_does_not_depend_on_the_typing(chat: Chat) -> None:
    refused = asyncio.Event()

    def refuse(activity: dict[str, Any]) -> int | None:
        if activity["type"] == "typing":
            refused.set()
            return 500
        return None

    async def slow(turn: Turn) -> None:
        await refused.wait()

    chat.teams.refuse, chat.conversation.first = refuse, slow
    assert await chat.send("slow") == ["1 heard slow"]


async def test_state_is_saved_before_the_replies_are_sent(chat: Chat) -> None:
    kept: list[int | None] = []

    def look(activity: dict[str, Any]) -> None:
        direct = sqlite_turns(chat)
        kept.append(direct)

    chat.teams.on_arrival = look
    await chat.send("one")
    assert kept == [1]


def sqlite_turns(chat: Chat) -> int | None:
    import sqlite3

    database = sqlite3.connect(chat.store._path)
    row = database.execute("select value from state").fetchone()
    database.close()
    return json.loads(row[0])["medic"]["turns"] if row else None


async def test_a_turn_whose_state_was_changed_meanwhile_is_run_again(chat: Chat) -> None:
    key, once = "contoso|a:1|29:ada", []

    async def interfere(turn: Turn) -> None:
        if not once:
            once.append(turn)
            await chat.store.commit(
                key, None, {"schema": 1, "welcomed": True, "language": None, "medic": {"turns": 41}}
            )

    chat.conversation.first = interfere
    assert await chat.send("one") == ["42 heard one"]


async def test_broken_state_reaches_the_dialogs_as_an_empty_one(chat: Chat) -> None:
    await chat.store.commit("contoso|a:1|29:ada", None, {"schema": 99, "medic": {"turns": 5}})
    assert await chat.send("one") == ["1 heard one"]
    assert chat.conversation.heard[0][1] == {}


async def test_a_turn_that_fails_says_so_and_logs_no_contents(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(turn: Turn) -> None:
        raise ValueError(f"cannot take {text_of(turn)}")

    chat.conversation.first = fail
    [said] = await chat.send("password=hunter2")
    assert said.startswith("Something went wrong on my side")
    reference = said.rstrip(".").split()[-1]
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert reference in record.getMessage()
    assert "ValueError at" in record.getMessage()
    assert "hunter2" not in caplog.text

    chat.conversation.first = None
    assert await chat.send("again") == ["1 heard again"]


async def test_a_turn_that_hangs_is_given_up(chat: Chat) -> None:
    async def hang(turn: Turn) -> None:
        await asyncio.Event().wait()

    set_existing(chat.turns._turn_processor, "_timeout_seconds", 0.05)
    chat.conversation.first = hang
    [said] = await chat.send("hang")
    assert said.startswith("That took too long, so I stopped.")
    chat.conversation.first = None
    assert await chat.send("again") == ["1 heard again"]


async def test_a_reply_that_waited_answers_its_own_message(chat: Chat) -> None:
    chat.teams.refuse = lambda activity: 503
    await chat.post(chat.activity("one", id="first"))
    chat.teams.refuse = lambda activity: None
    await chat.post(chat.activity("two", id="second"))
    assert chat.teams.messages == ["1 heard one", "2 heard two"]
    assert [path.rpartition("/")[2] for path in chat.teams.paths] == ["first", "second"]


async def test_a_state_that_grew_too_large_says_so(chat: Chat) -> None:
    async def grow(turn: Turn) -> None:
        raise AssertionError

    async def large(turn: Turn, state: Any) -> Any:
        return ScriptedResult({"x": "a" * 600_000}, ())

    chat.conversation.answer_turn = large  # type: ignore[method-assign]
    [said] = await chat.send("one", locale="it")
    assert said.startswith("Si è verificato un problema da parte mia")


async def test_a_card_that_teams_refuses_is_replaced_by_a_sentence(chat: Chat) -> None:
    chat.teams.refuse = lambda activity: 413 if "attachments" in activity else None
    [said] = await chat.send("one")
    assert said.startswith("I couldn't show my answer here, but what you did was saved.")


async def test_what_a_channel_did_not_take_is_an_error_of_the_request_and_comes_before_the_next(chat: Chat) -> None:
    chat.teams.refuse = lambda activity: 503
    response = await chat.post(chat.activity("one"))
    assert response.status == 502
    assert "could not be delivered" in await response.text()
    chat.teams.refuse = lambda activity: None
    assert await chat.send("two") == ["1 heard one", "2 heard two"]


async def test_a_redirect_of_the_channel_is_not_followed(chat: Chat) -> None:
    chat.teams.refuse = lambda activity: 307
    assert (await chat.post(chat.activity("one"))).status == 502


async def test_a_proxy_of_the_environment_is_not_asked(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await chat.send("one") == ["1 heard one"]


async def test_too_many_waiting_turns_are_refused(chat: Chat) -> None:
    free = asyncio.Event()

    async def wait(turn: Turn) -> None:
        await free.wait()

    chat.conversation.first = wait
    posts = [asyncio.create_task(chat.post(chat.activity(str(number)))) for number in range(60)]
    done, _ = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
    assert {post.result().status for post in done} == {429}
    free.set()
    statuses = [response.status for response in await asyncio.gather(*posts)]
    assert (statuses.count(201), statuses.count(429)) == (50, 10)
    assert len(chat.turns._locks) == 0


_anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_types = some.sampled_from(["message", "conversationUpdate", "installationUpdate", "invoke", "x"])


@given(
    some.dictionaries(
        some.sampled_from(
            ["text", "value", "attachments", "entities", "locale", "channelData", "membersAdded", "action"]
        ),
        _anything
        | some.lists(some.dictionaries(some.sampled_from(["contentType", "content", "type", "text"]), _anything)),
    ),
    _types,
    _anything,
)
def test_whatever_an_activity_holds_it_is_read_or_refused_in_words(body: dict[str, Any], kind: str, junk: Any) -> None:
    whole = {"type": kind, "channelId": "msteams", "from": {"id": "u"}, "conversation": {"id": "c"}, **body}
    for activity in (whole, whole | {"from": junk}, whole | {"conversation": junk}, junk):
        with suppress(RequestRefusedError):
            event = read_activity(activity).turn.event
            assert isinstance(event, MessageSent | ActionPressed | MemberJoined), "the other events aren't a client's"


@pytest.mark.parametrize(
    ("given", "object_id"),
    [
        ("4F1C0A52-8D3E-4B7A-9C61-2E5D7F80B394", "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394"),
        ("4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394\n", ""), ("00000000-0000-0000-0000-000000000000", ""),
        ("4f1c0a528d3e4b7a9c612e5d7f80b394", ""), ("", ""), (None, ""), (7, ""), ({"id": "x"}, ""),
    ],
)  # fmt: skip
def test_a_person_has_the_id_that_teams_vouches_for(given: Any, object_id: str) -> None:
    sender = {"id": "29:ada", "aadObjectId": given}
    body = {"type": "message", "channelId": "msteams", "from": sender, "conversation": {"id": "a:1"}}
    assert read_activity(body).turn.person.object_id == object_id
