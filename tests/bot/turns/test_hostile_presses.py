"""Buttons replayed, altered, and pressed by someone else, over signed HTTP, for every verb."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from dialogs.actions import ACTIONS
from dialogs.azure.actions import AZURE_ACTIONS
from dialogs.support.ticket.actions import TICKET_ACTIONS
from tests.bot.hostile import ADA, EVES, HERS, ROOM, Whole, elsewhere, whole
from tests.bot.scripted import KNOWLEDGE
from tests.dialogs.fixtures import SUBSCRIPTION
from tests.dialogs.support.ticket.office import NUMBER
from tests.dialogs.support.ticket.test_flow import CONTACT

pytestmark = pytest.mark.property

VERBS = sorted({*ACTIONS, "share", "drop table"} - {""})
PASTE = (
    "==> azure-arm: Provisioning with shell script: /tmp/script_1\n"
    "    azure-arm: E: Unable to locate package quarterly-payroll-agent\n"
    "==> azure-arm: Script exited with non-zero exit status: 100. Allowed exit codes are: [0]"
)
GOLDEN = {"sub": SUBSCRIPTION, "rg": "rg-images", "name": "win11-golden"}
ODD: list[dict[str, Any]] = [
    {},
    {"entry": ["x"], "step": -1, "paste": 2**70},
    {"entry": "x" * 100_000, "step": "0", "paste": None},
    {"entry": "../../etc/passwd", "step": 10**9, "paste": 10**12, "id": "../x", "path": [["x"]] * 5000},
    {"sub": 7, "rg": ["a"], "name": {"a": {}}, "size": -1, "first": 1.5},
    {"sub": SUBSCRIPTION, "rg": "..", "name": "../../providers/Microsoft.Compute"},
    {"sub": SUBSCRIPTION, "rg": "rg;rm -rf /", "name": "$(reboot)"},
    {"sub": SUBSCRIPTION + "/x", "rg": "rg", "name": "x" * 5000},
    {"seal": None, "kind": 10**18, "number": 10**30, "log": "1", "as": "exe"},
    {"seal": "0" * 24, "kind": True, "number": -1, "log": 10**20, "as": ["json"]},
    {f"k{n}": "x" for n in range(3000)},
    {"first": {"first": {"first": [[[[[[[]]]]]]]}}, "path": "build", "id": 0},
]


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path, KNOWLEDGE) as bot:
        yield bot


async def previewed(bot: Whole) -> str:
    """Ada reads her template and gets a ticket's preview, ready to confirm; returns its hash."""
    await bot.say(HERS, PASTE)
    await bot.say(HERS, "look at win11-golden")
    await bot.press(HERS, "look-yes")
    await bot.press(HERS, "draft")
    await bot.press(HERS, "post", product="linux")
    await bot.press(HERS, "ticket")
    await bot.press(HERS, "ticket-preview", **CONTACT)
    sent = bot.bot.teams.sent[-1]["attachments"][0]["content"]["actions"]
    (seal,) = [one["data"]["args"]["seal"] for one in sent if one.get("data", {}).get("do") == "ticket-yes"]
    return str(seal)


async def hers(bot: Whole, seal: str) -> list[dict[str, Any]]:
    """The arguments that Ada's own cards have."""
    state = await bot.load_dialog_state(HERS)
    walk = state["walk"]
    step = {"entry": walk["entry"], "step": walk["step"], "paste": walk["paste"]}
    return [GOLDEN, {**GOLDEN, "size": 12}, step, {"seal": seal}, {"kind": 0}, {"number": 1}, {"first": 4}, {"log": 1}]


async def test_every_verb_with_odd_arguments_is_answered(bot: Whole, caplog: pytest.LogCaptureFixture) -> None:
    await previewed(bot)
    for do in VERBS:
        for args in ODD:
            said = await bot.press(HERS, do, args)
            assert said, (do, args)
            assert "etc/passwd" not in said
            assert "reboot" not in said
    assert "urn failed" not in caplog.text
    await bot.settled()
    assert bot.filing.filed == []


@pytest.mark.parametrize("where", [EVES, elsewhere(EVES, ROOM)], ids=["private", "group"])
async def test_arguments_of_someone_else_show_and_change_nothing(bot: Whole, where: dict[str, Any]) -> None:
    seal = await previewed(bot)
    before, asked = await bot.load_dialog_state(HERS), list(bot.azure.people)
    for args in await hers(bot, seal):
        for do in VERBS:
            said = await bot.press(where, do, args, **CONTACT)
            assert "payroll" not in said, (do, args)
            assert "Rossi" not in said, (do, args)
        # nobody's leave was given here before a look was asked for
        await bot.press(where, "forget-yes")
    assert await bot.load_dialog_state(HERS) == before
    assert set(bot.azure.people[len(asked) :]) <= {EVES["from"]["id"]}
    await bot.settled()
    assert bot.filing.filed == []


async def test_a_template_that_was_never_shown_needs_consent_and_is_read_with_the_persons_own_permissions(
    bot: Whole,
) -> None:
    for do in sorted(AZURE_ACTIONS.actions.keys() - {"look-yes"}):
        await bot.press(EVES, do, GOLDEN)
    assert bot.azure.people == []
    await bot.press(EVES, "look", GOLDEN)
    await bot.press(EVES, "look-yes")
    assert set(bot.azure.people) == {EVES["from"]["id"]}


async def test_in_a_group_no_press_shows_azure_data_or_files(bot: Whole) -> None:
    seal = await previewed(bot)
    asked, shown = len(bot.azure.people), len(bot.bot.teams.sent)
    room = elsewhere(HERS, ROOM)
    for do in sorted(AZURE_ACTIONS.actions.keys() | TICKET_ACTIONS.actions.keys()):
        for args in await hers(bot, seal):
            await bot.press(room, do, args)
    sent = [one for one in bot.bot.teams.sent[shown:] if one["conversation"]["id"] == ROOM["id"]]
    there = [str((one.get("text"), one.get("attachments"))) for one in sent]
    assert len(there) > 20
    assert not [
        (word, one) for one in there for word in ("Customizing", "northeurope", "Rossi", "payroll") if word in one
    ]
    await bot.settled()
    assert bot.filing.filed == []
    assert set(bot.azure.people[asked:]) <= {ADA["id"]}


async def test_what_was_asked_for_in_a_group_is_done_in_private(bot: Whole) -> None:
    private = elsewhere(HERS, {**HERS["conversation"], "id": "a:private with 29:ada"})
    await bot.say(private, "look at win11-golden")
    await bot.press(private, "look-yes")
    await bot.post(elsewhere(HERS, ROOM), text="read the whole log")
    await bot.settled()
    assert [what for what, _ in bot.azure.asked].count("read_log") == 1


async def test_a_replayed_confirmation_files_one_ticket(bot: Whole) -> None:
    seal = await previewed(bot)
    for _ in range(3):
        await bot.press(HERS, "ticket-yes", {"seal": seal})
    await bot.settled()
    assert NUMBER in await bot.press(HERS, "ticket-yes", {"seal": seal})
    await bot.settled()
    assert len(bot.filing.filed) == 1
    assert [person.id for person in bot.filing.who] == [ADA["id"]]


@pytest.mark.parametrize("seal", ["", "0" * 24, None, 7, "x" * 10_000, ["a"]])
async def test_a_confirmation_of_another_text_shows_the_preview_and_files_nothing(bot: Whole, seal: Any) -> None:
    await previewed(bot)
    assert await bot.press(HERS, "ticket-yes", {"seal": seal})
    await bot.settled()
    assert bot.filing.filed == []


@pytest.mark.parametrize(
    "value",
    [
        {"v": 1, "do": "x" * 65, "args": {}}, {"v": "1", "do": "help"}, {"v": True, "do": "help"}, {"do": "help"},
        {"v": 2, "do": "forget-yes"}, {"v": 1, "do": ["help"]}, {"v": 1, "do": "post", "title": {"a": 1}},
        {"v": 1, "do": "help", "args": "x"}, {"v": 1, "do": "forget-yes", "args": []}, [], 7, "forget-yes",
    ],
)  # fmt: skip
async def test_what_is_no_button_of_this_version_does_nothing(bot: Whole, value: Any) -> None:
    await bot.say(HERS, PASTE)
    before = await bot.load_dialog_state(HERS)
    status, said = await bot.post(HERS, value=value)
    assert (status, len(said)) == (201, 1)
    after = await bot.load_dialog_state(HERS)
    assert {**after, "offered": []} == {**before, "offered": []}
