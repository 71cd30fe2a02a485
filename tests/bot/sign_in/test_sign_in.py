"""Signing in, over signed HTTPS: silently, with consent, by number, in several clients at once, and by impostors."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from bot.telemetry.logs import SILENCED_LOGGERS
from tests.bot.auth.identity_service import TENANT
from tests.bot.sign_in.conftest import LOOKED, Room
from tests.bot.sign_in.entra import ADA, API, BOB, CONNECTION

OTHER_TENANT = "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10"
GROUP = {"id": "g:1", "conversationType": "groupChat", "isGroup": True, "tenantId": TENANT}
SIGN_IN = ["refused: sign-in", "Sign in"]


async def shown_card(room: Room, object_id: str = ADA) -> dict[str, Any]:
    assert await room.say("look", object_id) == SIGN_IN
    return room.cards[-1]


async def test_the_card_is_what_teams_needs_to_sign_in_without_asking(room: Room) -> None:
    card = await shown_card(room)
    assert card["connectionName"] == CONNECTION
    assert card["tokenExchangeResource"] == {"id": "exchange-1", "uri": API, "providerId": "aad"}
    [button] = card["buttons"]
    assert (button["type"], button["title"]) == ("signin", "Sign in")
    assert button["value"].startswith(f"{room.entra.url}/signin?")
    [state] = room.entra.states
    assert state["connectionName"] == CONNECTION
    assert state["conversation"]["user"]["id"] == "29:1111"
    assert "text" not in room.bot.teams.sent[-1]


async def test_a_silent_sign_in_goes_on_where_the_person_was(room: Room) -> None:
    card = await shown_card(room)
    status, said = await room.exchange(room.entra.user_token(ADA), card)
    assert (status, said) == (200, {"id": "exchange-1", "connectionName": CONNECTION})
    assert room.seen[-1] == LOOKED[ADA]
    assert await room.say("look") == [LOOKED[ADA]]  # it is remembered


async def test_every_client_of_a_person_may_bring_a_token_and_one_turn_comes_of_it(room: Room) -> None:
    card = await shown_card(room)
    answers = await asyncio.gather(*(room.exchange(room.entra.user_token(ADA), card) for _ in range(4)))
    answers.append(await room.exchange(room.entra.user_token(ADA), card))
    assert {status for status, _ in answers} == {200}
    assert room.seen == [*SIGN_IN, LOOKED[ADA]]


async def test_where_consent_is_missing_the_card_and_its_number_lead_on(room: Room) -> None:
    room.entra.consented.clear()
    card = await shown_card(room)
    status, said = await room.exchange(room.entra.user_token(ADA), card)
    assert status == 412
    assert said["id"] == "exchange-1"
    assert said["failureDetail"]
    assert room.seen == SIGN_IN  # the turn still waits
    room.entra.consented.add(ADA)  # in the browser
    room.entra.codes["123456"] = room.entra.user_token(ADA)
    assert await room.invoke("verifyState", {"state": "123456"}) == (200, {})
    assert room.seen == [*SIGN_IN, LOOKED[ADA]]


async def test_the_number_can_be_typed(room: Room) -> None:
    await shown_card(room)
    room.entra.codes["004711"] = room.entra.user_token(ADA)
    assert await room.say(" 004711\n") == [LOOKED[ADA]]
    assert await room.say("004711") == ["heard 004711"]  # nothing waits for a number any more


async def test_a_typed_number_that_was_seen_before_a_crash_still_counts(room: Room) -> None:
    await shown_card(room)
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    assert await room.say("123456") == [LOOKED[ADA]]


@pytest.mark.parametrize("text", ["12345", "1234567", "12345a", "١٢٣٤٥٦", "123 456", "123456 and more"])
async def test_other_words_are_words(room: Room, text: str) -> None:
    await shown_card(room)
    assert await room.say(text) == [f"heard {text}"]


async def test_six_digits_without_a_sign_in_card_are_text(room: Room) -> None:
    assert await room.say("123456") == ["heard 123456"]
    assert not room.entra.calls


@pytest.mark.parametrize("state", ["999999", "CancelledByUser", "", None, 5, {}, "x" * 5000])
async def test_a_sign_in_that_came_to_nothing_is_said(room: Room, state: Any) -> None:
    await shown_card(room)
    assert (await room.invoke("verifyState", {"state": state}))[0] == 200
    assert room.seen == [*SIGN_IN, "not signed in"]
    # the card is still there
    room.entra.codes["123456"] = room.entra.user_token(ADA)
    await room.invoke("verifyState", {"state": "123456"})
    assert room.seen[-1] == LOOKED[ADA]


@pytest.mark.parametrize("value", [None, "x", {"token": "forged"}, {"token": "forged", "connectionName": CONNECTION}])
async def test_an_event_is_a_hint_and_never_a_token(room: Room, value: Any) -> None:
    event = {"type": "event", "name": "tokens/response", "value": value}
    assert (await room.post(room.activity(**event)))[0] == 201
    await shown_card(room)
    assert (await room.post(room.activity(**event)))[0] == 201
    assert room.seen == SIGN_IN  # the service knows of no token
    room.entra.kept["29:1111"] = room.entra.user_token(ADA)
    for _ in range(2):
        assert (await room.post(room.activity(**event)))[0] == 201
    assert room.seen == [*SIGN_IN, LOOKED[ADA]]
    assert "forged" not in str(room.entra.on_behalf)


async def test_whatever_comes_after_a_sign_in_runs_no_second_turn(room: Room) -> None:
    card = await shown_card(room)
    await room.exchange(room.entra.user_token(ADA), card)
    room.entra.codes["123456"] = room.entra.user_token(ADA)
    assert (await room.invoke("verifyState", {"state": "123456"}))[0] == 200
    assert (await room.exchange(room.entra.user_token(ADA), card, id="exchange-9"))[0] == 200
    assert room.seen == [*SIGN_IN, LOOKED[ADA]]


@pytest.mark.parametrize(
    ("who", "claims"),
    [(BOB, {}), (ADA, {"tid": OTHER_TENANT}), ("", {}), (ADA, {"oid": None}), (ADA, {"tid": 5})],
    ids=["another person", "another tenant", "nobody", "no id", "odd tenant"],
)
async def test_someone_elses_token_signs_no_one_in(room: Room, who: str, claims: dict[str, Any]) -> None:
    card = await shown_card(room)
    assert (await room.exchange(room.entra.user_token(who, **claims), card))[0] == 412
    assert room.entra.calls["exchange"] == 0  # it was not handed on
    room.entra.codes["123456"] = room.entra.user_token(who, **claims)
    await room.invoke("verifyState", {"state": "123456"})
    assert room.seen[2] == "not signed in"
    assert room.seen[3].startswith("You signed in with a different account")
    assert room.entra.kept == {}  # and not left for later
    assert await room.say("look") == SIGN_IN


@pytest.mark.parametrize("token", ["not a token", "a.b.c", "x" * 20_000, "", None, 5, {}])
async def test_what_is_no_token_signs_nobody_in(room: Room, token: Any) -> None:
    card = await shown_card(room)
    assert (await room.exchange(token, card))[0] in (400, 412)
    assert (room.seen, room.entra.kept) == (SIGN_IN, {})


@pytest.mark.parametrize("signer", ["forger", "second"])
async def test_a_forged_token_signs_nobody_in(room: Room, signer: str) -> None:
    card = await shown_card(room)
    assert (await room.exchange(room.entra.user_token(ADA, signer), card))[0] == 412
    assert (await room.exchange(room.entra.user_token(ADA, lasts=-60), card))[0] == 412
    assert (room.seen, room.entra.kept) == (SIGN_IN, {})


@pytest.mark.parametrize(
    "odd",
    [None, 5, [], {"connectionName": "other"}, {"connectionName": None}, {"id": None}, {"id": ""}, {"id": "x" * 300}],
)
async def test_an_odd_exchange_is_refused(room: Room, odd: Any) -> None:
    await shown_card(room)
    whole = {"id": "exchange-1", "connectionName": CONNECTION, "token": room.entra.user_token(ADA)}
    assert (await room.invoke("tokenExchange", {**whole, **odd} if isinstance(odd, dict) else odd))[0] == 400
    assert (room.seen, room.entra.kept) == (SIGN_IN, {})


async def test_in_a_group_nobody_signs_in(room: Room) -> None:
    assert await room.say("look", conversation=GROUP) == ["refused: sign-in"]
    token = room.entra.user_token(ADA)
    value = {"id": "exchange-1", "connectionName": CONNECTION, "token": token}
    assert (await room.invoke("tokenExchange", value, conversation=GROUP))[0] == 412
    assert (await room.invoke("verifyState", {"state": "123456"}, conversation=GROUP))[0] == 404
    assert await room.say("123456", conversation=GROUP) == ["heard 123456"]
    event = {"type": "event", "name": "tokens/response", "conversation": GROUP}
    assert (await room.post(room.activity(**event)))[0] == 201
    assert room.entra.calls["exchange"] == 0
    assert room.seen == ["refused: sign-in", "heard 123456"]


async def test_the_two_see_with_their_own_eyes(room: Room) -> None:
    for person in (ADA, BOB):
        card = await shown_card(room, person)
        await room.exchange(room.entra.user_token(person), card, person)
        assert room.seen[-1] == LOOKED[person]
    assert [await room.say("look", person) for person in (ADA, BOB)] == [[LOOKED[ADA]], [LOOKED[BOB]]]


async def test_a_sign_out_ends_it(room: Room) -> None:
    await room.exchange(room.entra.user_token(ADA), await shown_card(room))
    assert await room.say("sign out") == ["signed out: True"]
    assert await room.say("look") == SIGN_IN
    assert await room.say("sign out") == ["signed out: False"]


async def test_a_service_out_of_reach_is_no_dead_end(room: Room) -> None:
    card = await shown_card(room)
    room.entra.failing = {"*": 503}
    assert (await room.exchange(room.entra.user_token(ADA), card))[0] == 412
    assert await room.say("look") == ["refused: no-network"]
    assert await room.say("123456") == ["not signed in", room.seen[-1]]
    assert room.seen[-1].startswith("I can't reach the sign-in service")
    room.entra.failing = {}
    await room.exchange(room.entra.user_token(ADA), card)
    assert room.seen[-1] == LOOKED[ADA]


async def test_a_card_that_cannot_be_made_is_a_sentence(room: Room) -> None:
    room.entra.failing = {"GetSignInResource": 500}
    refused, sentence = await room.say("look", locale="it-IT")
    assert refused == "refused: sign-in"
    assert sentence.startswith("I can't reach the sign-in service")
    room.entra.failing = {}
    await shown_card(room)


async def test_the_bots_own_token_is_renewed_once(room: Room) -> None:
    await shown_card(room)
    room.entra.failing = {"GetToken": 401}
    tokens = room.entra.hits["token"]
    assert await room.say("look") == ["refused: no-network"]
    assert room.entra.hits["token"] == tokens + 1


async def test_teams_own_failures_are_noted(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    for code in ("resourcematchfailed", "<script>", 5):
        assert (await room.invoke("failure", {"code": code, "message": "secret words"}))[0] == 200
    assert "resourcematchfailed" in caplog.text
    assert "script" not in caplog.text
    assert "secret words" not in caplog.text


async def test_a_token_is_nowhere_but_where_it_belongs(
    room: Room, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Search the replies, the responses, the state on disk, and the log for everything that was issued."""
    caplog.set_level(logging.DEBUG)
    for name in SILENCED_LOGGERS:  # as the program sets them
        caplog.set_level(logging.CRITICAL, logger=name)
    said: list[Any] = []
    for person in (ADA, BOB):
        card = await shown_card(room, person)
        said.append(await room.exchange("planted." + room.entra.user_token(person), card, person))
        said.append(await room.exchange(room.entra.user_token(person), card, person))
    room.entra.refusal = (400, {"error": "x", "error_description": "AADSTS50013: " + room.entra.issued[-1]})
    await room.signing.credential_provider.close()
    said += [await room.say("look"), await room.say("sign out")]
    disk = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("state.sqlite3*")))  # noqa: ASYNC240
    sent = str([item for item in room.bot.teams.sent if not item.get("attachments")]) + str(said)
    cards = str(room.bot.teams.sent)
    assert len(room.entra.issued) > 8
    for token in room.entra.issued:
        for piece in (token, token.split(".")[2], token.split(".")[1]):
            assert piece.encode() not in disk
            assert piece not in sent
            assert piece not in cards
            assert piece not in caplog.text
    assert b"secret-link" not in disk
    assert "secret-link" not in caplog.text
    assert "secret-link" in cards
