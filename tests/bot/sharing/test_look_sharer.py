"""Sharing a lookup over signed HTTP: from the group, through the private chat, back to the group."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bot.state.store import build_state_key
from bot.teams.botframework import roster
from bot.turns.conversation_document import compute_activity_key
from dialogs.model.azure import LogTail
from tests.bot.auth.identity_service import TENANT
from tests.bot.hostile import ADA, EVE, EVES, HERS, ROOM, Whole, elsewhere, whole
from tests.bot.scripted import KNOWLEDGE
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS
from tests.dialogs.azure.statuses import with_values
from tests.dialogs.fixtures import CORRELATION

pytestmark = pytest.mark.property

PRIVATE = elsewhere(HERS, {"id": "a:private with 29:ada", "conversationType": "personal", "tenantId": TENANT})
IN_ROOM = elsewhere(HERS, ROOM)
TEAM, CHANNEL = "19:general@thread.tacv2", "19:images@thread.tacv2"
THREAD = {"id": f"{CHANNEL};messageid=1700", "conversationType": "channel", "isGroup": True, "tenantId": TENANT}
IN_THREAD = {**elsewhere(HERS, THREAD), "channelData": {"tenant": {"id": TENANT}, "team": {"id": TEAM}}}
SECRET = "Tr0ub4dor-and-3"
EVIL = "**x** `rm` [a](http://evil.example) <at>all</at> {{DATE(2026-01-01)}} \u202e"
LINE = (
    f'The string is missing the terminator: ". {EVIL} password={SECRET} in https://stage1.blob.core.windows.net/packerlogs '
    f"{GOLDEN.to_resource_id()} of resource group 'rg-other', rg-images, {CORRELATION}, ada@contoso.example"
)
LOG = "\n".join(
    f"[{CORRELATION}] PACKER {line}"
    for line in (
        "OUT ==> azure-arm: Provisioning with Powershell...",
        "OUT     azure-arm: Installing the quarterly payroll agent",
        f"ERR ==> azure-arm: {LINE}",
        "OUT ==> azure-arm: Provisioning step had errors: Running the cleanup provisioner, if present...",
        "OUT Build 'azure-arm' errored after 6 minutes 12 seconds: "
        "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]",
    )
)
KEPT_APART = (
    SECRET, GOLDEN.subscription, GOLDEN.resource_group, "rg-other", "stage1", "packerlogs", CORRELATION, "ada@", "payroll",
    "IT_rg-images", "https://", "/subscriptions/", "northeurope", "MicrosoftWindowsDesktop",
)  # fmt: skip
"""What of a look is never posted: secrets, ids, places in Azure, other lines, other facts."""


def member(person: dict[str, str] = ADA, **more: Any) -> dict[str, Any]:
    known = {"id": person["id"], "name": person["name"], "tenantId": TENANT, "userRole": "user", **more}
    return {key: value for key, value in known.items() if value is not None}


@pytest_asyncio.fixture
async def bot(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Whole]:
    """A bot where sharing is on, unless parametrized with False; Ada's template failed with a log full of harm."""
    status = with_values(STATUS, run_sub_state=f"Customizing {EVIL}")
    async with whole(tmp_path, KNOWLEDGE, status, can_share_looks=getattr(request, "param", True)) as bot:
        bot.azure.tails[GOLDEN] = LogTail("customization.log", LOG, len(LOG), len(LOG))
        for place in (ROOM["id"], CHANNEL, TEAM):
            bot.bot.teams.members[place] = [member(), member(EVE)]
        yield bot


def cards_in(bot: Whole, place: str) -> list[dict[str, Any]]:
    """The cards that were sent to a conversation, in order."""
    sent = [one for one in bot.bot.teams.sent if one["type"] == "message" and one["conversation"]["id"] == place]
    return [one["attachments"][0]["content"] for one in sent if one.get("attachments")]


def last_card(bot: Whole) -> dict[str, Any]:
    return cards_in(bot, PRIVATE["conversation"]["id"])[-1]


def args_of(card: dict[str, Any], do: str) -> dict[str, Any]:
    found = [action["data"] for action in card["actions"] if action["data"]["do"] == do]
    assert len(found) == 1, [action["title"] for action in card["actions"]]
    return dict(found[0]["args"])


def find_args(bot: Whole, do: str) -> dict[str, Any]:
    """The arguments of the newest button `do` in the private chat."""
    for card in reversed(cards_in(bot, PRIVATE["conversation"]["id"])):
        for action in card["actions"]:
            if action["data"]["do"] == do:
                return dict(action["data"]["args"])
    raise AssertionError(f"no button {do}")


def posts(bot: Whole, place: str = ROOM["id"]) -> list[dict[str, Any]]:
    """The cards in a conversation that share a look."""
    return [card for card in cards_in(bot, place) if "Shared by" in card["fallbackText"]]


async def look(bot: Whole, where: dict[str, Any] = IN_ROOM) -> None:
    """Ask for a look in a group, and see it in private."""
    await bot.say(where, "look at win11-golden")
    await bot.press(PRIVATE, "look-yes")


async def preview(bot: Whole, where: dict[str, Any] = IN_ROOM) -> dict[str, Any]:
    """Ask for a look, and press the button that shares it; returns the arguments of its yes."""
    await look(bot, where)
    await bot.press(PRIVATE, "share-look", find_args(bot, "share-look"))
    return args_of(last_card(bot), "share-yes")


def audit(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "bot.sharing.audit"]


def texts(value: Any) -> list[str]:
    """The texts of every run inside a card's elements."""
    if isinstance(value, dict):
        own = [str(value["text"])] if value.get("type") == "TextRun" else []
        return own + [text for item in value.values() for text in texts(item)]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    ("where", "place"), [(IN_ROOM, ROOM["id"]), (IN_THREAD, THREAD["id"])], ids=["group", "channel"]
)
async def test_the_post_is_exactly_the_preview(
    bot: Whole, where: dict[str, Any], place: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    yes = await preview(bot, where)
    shown = last_card(bot)
    assert posts(bot, place) == []
    assert audit(caplog) == []
    await bot.press(PRIVATE, "share-yes", yes)
    [posted] = posts(bot, place)
    heading, explanation, *texts_shown = shown["fallbackText"].split("\n\n")
    assert "\n\n".join(texts_shown[:-1]) == posted["fallbackText"], "all but the buttons, to the letter"
    assert texts(shown["body"])[-len(texts(posted["body"])) :] == texts(posted["body"])
    assert (heading.startswith("Share this in the "), "nothing else" in explanation) == (True, True)
    assert posted["actions"] == []
    for part in (
        "Template win11-golden",
        "Failed",
        "is never closed",
        "▶ line 3",
        "Close the quote",
        "Shared by Ada Rossi",
    ):
        assert part in posted["fallbackText"]
    assert "Done: it's in the " in last_card(bot)["fallbackText"]
    [line] = audit(caplog)
    assert re.match(rf"share who={TENANT}/\S+ operation=post what=win11-golden where=19:\S+ result=ok ms=\d+$", line)
    assert "closed" not in line


async def test_no_secret_id_or_place_is_posted(bot: Whole) -> None:
    await bot.press(PRIVATE, "share-yes", await preview(bot))
    [posted] = posts(bot)
    assert [word for word in KEPT_APART if word in json.dumps(posted, ensure_ascii=False)] == []
    assert re.findall(r"line \d+", posted["fallbackText"]) == ["line 3"]
    shown = posted["fallbackText"].replace("\\", "")  # it's Markdown, and escaped
    for mask in ("[REDACTED]", "<link>", "<resource>", "<name>", "<id-1>"):
        assert mask in shown


async def test_markup_in_a_post_stays_literal(bot: Whole) -> None:
    """Only text runs show untrusted text; a client neither replaces dates nor reads markup in them."""
    evil = {**PRIVATE, "from": {**ADA, "name": f"Ada {EVIL} \x07\u2028"}}
    await look(bot)
    await bot.press(evil, "share-look", find_args(bot, "share-look"))
    await bot.press(evil, "share-yes", find_args(bot, "share-yes"))
    [posted] = posts(bot)
    kinds = {element["type"] for element in posted["body"] for element in (element, *element.get("items", ()))}
    assert kinds <= {"RichTextBlock", "Container"}
    assert r"\*\*x\*\* \`rm\`" in posted["fallbackText"]
    for text in texts(posted["body"]):
        assert "{{DATE(" not in text
        assert "\u202e" not in text
    [summary] = [one["summary"] for one in bot.bot.teams.sent if one["conversation"]["id"] == ROOM["id"]][-1:]
    assert summary == "Template win11-golden"


async def test_a_colleague_cannot_share_someone_elses_lookup(bot: Whole) -> None:
    yes = await preview(bot)
    share = find_args(bot, "share-look")
    card = {"_by": "0" * 16}  # the mark of somebody else's card
    for where in (EVES, elsewhere(EVES, ROOM), elsewhere(EVES, PRIVATE["conversation"])):
        for do, args in (("share-look", share), ("share-yes", yes), ("share-look", {}), ("share-no", yes)):
            for more in ({}, card):
                said = await bot.press(where, do, args, **more)
                assert "is never closed" not in said
    assert posts(bot) == []
    await bot.press(PRIVATE, "share-yes", yes)
    assert len(posts(bot)) == 1, "and hers is as it was"


async def test_nothing_is_previewed_or_posted_where_others_can_read_it(bot: Whole) -> None:
    yes = await preview(bot)
    for do, args in (("share-look", find_args(bot, "share-look")), ("share-yes", yes), ("share-no", yes)):
        assert "I share from our private chat only" in await bot.press(IN_ROOM, do, args)
    assert "I share from our private chat only" in await bot.say(IN_ROOM, "share it")
    assert posts(bot) == []


@pytest.mark.parametrize("bot", [False], indirect=True)
async def test_when_sharing_is_off_nothing_is_offered_or_posted(bot: Whole) -> None:
    await look(bot)
    for card in cards_in(bot, PRIVATE["conversation"]["id"]):
        assert "share" not in str(card["actions"]).lower()
    assert "share" not in json.dumps(await bot.load_dialog_state(PRIVATE))
    assert "back" not in (await stored(bot, ROOM["id"]))
    assert "Sharing isn't turned on for your organization. Copy" in await bot.say(PRIVATE, "share it")
    for do in ("share-look", "share-yes", "share-no"):
        assert "Sharing isn't turned on" in await bot.press(PRIVATE, do, {"post": "0" * 24})
    assert posts(bot) == []
    assert bot.bot.teams.rosters_read == []


@pytest.mark.parametrize(
    "outsider",
    [
        member(EVE, userRole="guest"),
        member(EVE, userRole="Guest", tenantId=None),
        member(EVE, userRole="anonymous", tenantId=None),
        member(EVE, tenantId="00000000-0000-0000-0000-00000000000f"),
        member(EVE, tenantId="00000000-0000-0000-0000-00000000000f", userRole=None),
    ],
)
@pytest.mark.parametrize("group", [ROOM["id"], TEAM, CHANNEL])
async def test_nothing_is_posted_where_guests_can_read_it(
    bot: Whole, outsider: dict[str, Any], group: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    yes = await preview(bot, IN_ROOM if group == ROOM["id"] else IN_THREAD)
    bot.bot.teams.page_size = 2
    bot.bot.teams.members[group] += [member(), member(), outsider]
    said = await bot.press(PRIVATE, "share-yes", yes)
    assert "people from outside your organization can read messages" in said
    assert "without guests" in said
    assert posts(bot) == posts(bot, THREAD["id"]) == []
    assert "result=guests" in audit(caplog)[-1]


@pytest.mark.parametrize(
    "members",
    [
        [], [member(EVE)], [member(), member(EVE, userRole=None)], [member(), member(EVE, tenantId=None)],
        [member(), member(EVE, userRole="moderator")], [member(), "junk"], [member(), member(EVE, tenantId=7)], [None],
        [member(id="29:someone")],
    ],
)  # fmt: skip
async def test_nothing_is_posted_if_it_is_unclear_who_can_read_it(bot: Whole, members: list[Any]) -> None:
    yes = await preview(bot)
    bot.bot.teams.members[ROOM["id"]] = members
    assert "I can't tell whether everyone" in await bot.press(PRIVATE, "share-yes", yes)
    assert posts(bot) == []


async def test_a_channel_of_an_unknown_team_is_unclear(bot: Whole) -> None:
    yes = await preview(bot, {**IN_THREAD, "channelData": {"tenant": {"id": TENANT}}})
    assert "I can't tell whether everyone" in await bot.press(PRIVATE, "share-yes", yes)
    assert posts(bot, THREAD["id"]) == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.json_response({}, status=403), lambda: web.json_response({}, status=404),
        lambda: web.json_response({}, status=429), lambda: web.json_response({}, status=500),
        lambda: web.Response(status=302, headers={"Location": "https://evil.example/"}),
        lambda: web.Response(text="<html>"), lambda: web.json_response([member()]),
        lambda: web.json_response({"members": "all"}), lambda: web.json_response({"members": None}),
        lambda: web.json_response({"members": [member()], "continuationToken": "again"}),
        lambda: web.Response(text='{"members": [' + '"' + "x" * roster.MAX_PAGE_BYTES + '"]}'),
        lambda: web.Response(text="[" * 100_000),
    ],
)  # fmt: skip
async def test_nothing_is_posted_if_the_members_cannot_be_read(
    bot: Whole, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    yes = await preview(bot)
    bot.bot.teams.answer_roster = lambda _: answer()
    said = await bot.press(PRIVATE, "share-yes", yes)
    assert "Teams didn't tell me who can read messages" in said
    assert posts(bot) == []
    assert "result=members-unread" in audit(caplog)[-1]
    assert len(bot.bot.teams.rosters_read) <= roster.MAX_PAGES
    bot.bot.teams.answer_roster = lambda _: None
    await bot.press(PRIVATE, "share-yes", args_of(last_card(bot), "share-yes"))
    assert len(posts(bot)) == 1, "the button that tries again posts the same text"


async def test_members_that_take_too_long_are_not_waited_for(bot: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    yes = await preview(bot)
    bot.bot.adapter._roster._timeout_seconds = 0.0
    assert "Teams didn't tell me who can read messages" in await bot.press(PRIVATE, "share-yes", yes)
    assert posts(bot) == []


async def test_a_large_group_is_read_to_its_end(bot: Whole) -> None:
    yes = await preview(bot)
    bot.bot.teams.page_size = 50
    bot.bot.teams.members[ROOM["id"]] = [member(EVE, id=f"29:{n}") for n in range(120)] + [member()]
    await bot.press(PRIVATE, "share-yes", yes)
    assert len(posts(bot)) == 1
    assert bot.bot.teams.rosters_read == [ROOM["id"]] * 3


async def test_a_confirmation_pressed_twice_posts_once(bot: Whole, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    yes = await preview(bot)
    await asyncio.gather(*(bot.post(PRIVATE, value={"v": 1, "do": "share-yes", "args": yes}) for _ in range(3)))
    assert "I've already posted that" in await bot.press(PRIVATE, "share-yes", yes)
    assert "I've already posted that" in await bot.say(PRIVATE, "share it")
    assert len(posts(bot)) == 1
    assert [line.partition(" result=")[2][:3] for line in audit(caplog)] == ["ok "]


async def test_a_post_that_a_crash_interrupted_is_not_sent_again(bot: Whole, caplog: pytest.LogCaptureFixture) -> None:
    """The mark is committed before the post is sent, because after a crash it's unknown whether it arrived."""
    caplog.set_level(logging.INFO)
    yes = await preview(bot)
    await change(
        bot, ROOM["id"], lambda value: value["done"].update({compute_activity_key("share", yes["post"]): 2 * 10**9})
    )
    said = await bot.press(PRIVATE, "share-yes", yes)
    assert "Teams didn't say whether it accepted the post" in said
    assert posts(bot) == []
    assert "That card is out of date" in await bot.press(PRIVATE, "share-yes", yes)


async def test_a_post_that_was_recorded_in_the_group_alone_is_not_sent_again(bot: Whole) -> None:
    """The private chat is committed last; a turn that runs again after a crash finds the post sent."""
    yes = await preview(bot)
    before = await stored(bot, PRIVATE["conversation"]["id"])
    await bot.press(PRIVATE, "share-yes", yes)
    await change(bot, PRIVATE["conversation"]["id"], lambda value: value.update(medic=before["medic"]))
    assert "Done: it's in the group chat" in await bot.press(PRIVATE, "share-yes", yes)
    assert len(posts(bot)) == 1


@pytest.mark.parametrize(
    ("status", "said", "again"),
    [
        (403, "doesn't let me post", 1),
        (429, "I can't reach Teams right now", 1),
        (502, "didn't say whether it accepted", 0),
    ],
)
async def test_a_post_that_teams_does_not_take_is_told_and_repeated_only_if_it_cannot_have_arrived(
    bot: Whole, status: int, said: str, again: int
) -> None:
    yes = await preview(bot)
    bot.bot.teams.refuse = lambda activity: status if activity["conversation"]["id"] == ROOM["id"] else None
    assert said in await bot.press(PRIVATE, "share-yes", yes)
    bot.bot.teams.refuse = lambda activity: None
    await bot.press(PRIVATE, "share-yes", yes)
    assert len(posts(bot)) == again


@pytest.mark.parametrize("done", ["look", "ask", "forget", "start over", "sign out", "no"])
async def test_an_old_preview_posts_nothing(bot: Whole, done: str) -> None:
    yes = await preview(bot)
    share = find_args(bot, "share-look")
    bot.azure.statuses[GOLDEN] = with_values(STATUS, run_sub_state="Optimizing")
    match done:
        case "look":
            await bot.press(PRIVATE, "look", GOLDEN.to_args())
        case "ask":
            await bot.say(IN_ROOM, "look at win11-golden")
        case "forget":
            await bot.press(PRIVATE, "forget-yes")
        case "no":
            assert "OK, I won't share it." in await bot.press(PRIVATE, "share-no", yes)
        case _:
            await bot.say(PRIVATE, done)
    assert "That card is out of date, so I didn't post anything." in await bot.press(PRIVATE, "share-yes", yes)
    if done != "no":
        assert "That card is out of date" in await bot.press(PRIVATE, "share-look", share)
    assert posts(bot) == []
    assert bot.bot.teams.rosters_read == []


@pytest.mark.parametrize("post", [None, "", 7, ["a"], "0" * 24, {"post": "x"}, "x" * 100_000])
async def test_a_yes_to_anything_else_posts_nothing(bot: Whole, post: Any) -> None:
    await preview(bot)
    await bot.press(PRIVATE, "share-yes", {"post": post})
    assert posts(bot) == []


async def test_forgotten_in_the_group_nothing_leads_there_any_more(bot: Whole) -> None:
    yes = await preview(bot)
    await bot.press(IN_ROOM, "forget-yes")
    assert "back" not in await stored(bot, ROOM["id"])
    said = await bot.press(PRIVATE, "share-yes", yes)
    assert "I no longer know how to post in the group chat" in said
    assert posts(bot) == []


async def test_a_look_at_another_template_is_not_offered_there(bot: Whole) -> None:
    await look(bot)
    other = with_values(STATUS, template_id=GOLDEN.__class__(GOLDEN.subscription, "rg-images", "quiet"))
    bot.azure.statuses[other.template_id] = other
    await bot.press(PRIVATE, "look", other.template_id.to_args())
    assert "Template quiet" in json.dumps(cards_in(bot, PRIVATE["conversation"]["id"])[-2:])
    said = await bot.say(PRIVATE, "share it")
    assert "`@Image Medic look at quiet`" in said or "@Image Medic look at quiet" in said
    assert posts(bot) == []


async def test_a_lookup_started_in_the_private_chat_cannot_be_shared(bot: Whole) -> None:
    await bot.say(PRIVATE, "look at win11-golden")
    await bot.press(PRIVATE, "look-yes")
    assert all(action["data"]["do"] != "share-look" for action in last_card(bot)["actions"])
    said = await bot.say(PRIVATE, "share with the channel")
    assert "Ask me there first" in said
    assert "@Image Medic look at win11-golden" in said


async def stored(bot: Whole, place: str) -> Any:
    """The document of Ada's conversation in a place."""
    found = await bot.bot.turns._store.load(build_state_key(TENANT, place, ADA["id"]))
    assert found
    return found.value


async def change(bot: Whole, place: str, edit: Any) -> None:
    """Change the stored document of Ada's conversation in a place."""
    key = build_state_key(TENANT, place, ADA["id"])
    found = await bot.bot.turns._store.load(key)
    assert found
    edit(found.value)
    await bot.bot.turns._store.commit(key, found.etag, found.value)
