"""A secret planted in a log is seen nowhere outside it: command line, cards, plain text, case, state, the bot's own logs."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from bot.cards import card, parts
from bot.start import build_medic
from dialogs.plain import plain
from dialogs.turn import Action, Person, Turn
from dialogs.view import Button, Field, Reply
from knowledge.diagnosing import Diagnoser
from knowledge.loading import load_entries
from knowledge.report import report
from tests.build_logs import begun, powershell, script_failed, shell
from tests.knowledge.test_redaction import PIECE, PLACES, SHAPES, password, put

ENTRIES = load_entries()
DIAGNOSER = Diagnoser(ENTRIES)
MEDIC = build_medic()
PERSON = Person("tenant", "person", "Chiara")


def windows(line: str) -> str:
    log = powershell(
        begun(), ["Connecting", f"Failed to connect with {line}", "Installation failed, see above"], code=1
    )
    return script_failed(log, 1).text()


def linux(line: str) -> str:
    return script_failed(shell(begun("old", windows=False), [f"error: {line}"], code=1), 1).text()


def unknown(line: str) -> str:
    return f"Something nobody knows\n{line}\nhas happened to our image build"


def in_json(line: str) -> str:
    return json.dumps(
        {"error": {"code": "QuotaExceeded", "message": json.dumps({"detail": f"exceeding quota: {line}"})}}
    )


def tail(line: str) -> str:
    lines = windows(line).splitlines()
    at = next(number for number, text in enumerate(lines) if "Failed to connect" in text)
    return "\n".join([lines[at][45:], *lines[at + 1 :]])


DRESSES: list[Callable[[str], str]] = [windows, linux, unknown, in_json, tail]
WAYS = ["next", "other candidates", "draft a support case"]


def planted() -> Iterator[tuple[str, str, str]]:
    """A name, the secret, the line that holds it."""
    for number, carrier in enumerate(PLACES):
        secret = password(random.Random(number))
        yield f"place {number}", secret, put(carrier, secret)
    for name, make in SHAPES.items():
        secret = make(random.Random(name))
        yield name, secret, f"using {secret} to sign in"


def shown_by(replies: tuple[Reply, ...]) -> Iterator[str]:
    for reply in replies:
        yield plain(reply)
        for part in parts(reply):
            yield json.dumps(card(part), ensure_ascii=False)


def press(button: Button, replies: tuple[Reply, ...]) -> Action:
    fields = {block.id: block.value for reply in replies for block in reply.blocks if isinstance(block, Field)}
    return Action(button.do, button.args, fields, 1)


async def conversation(text: str) -> str:
    """All that a whole conversation shows and stores: paste, walk, candidates, case, posted."""
    seen: list[str] = []
    state: Mapping[str, Any] | None = None
    replies: tuple[Reply, ...] = ()
    for said in (text, *WAYS):
        given = await MEDIC.answer(Turn(PERSON, "chat", text=said), state)
        state, replies = json.loads(json.dumps(given.state)), given.replies
        seen += [*shown_by(replies), json.dumps(state, ensure_ascii=False)]
    posts = [button for reply in replies for button in reply.buttons if button.primary]
    assert posts
    given = await MEDIC.answer(Turn(PERSON, "chat", action=press(posts[0], replies)), state)
    return "\n".join([*seen, *shown_by(given.replies), json.dumps(given.state, ensure_ascii=False)])


def assert_unseen(secret: str, shown: str) -> None:
    for at in range(max(1, len(secret) - PIECE + 1)):
        assert secret[at : at + PIECE] not in shown, f"{secret[at : at + PIECE]!r} of {secret!r} is shown"


@pytest.mark.parametrize("dress", DRESSES, ids=[dress.__name__ for dress in DRESSES])
def test_no_outlet_shows_a_planted_secret(dress: Callable[[str], str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    count = 0
    for name, secret, line in planted():
        text = dress(line)
        diagnosis = DIAGNOSER.diagnose(text)
        shown = [json.dumps(diagnosis.as_json(), ensure_ascii=False), report(diagnosis, ENTRIES, "en")]
        shown += [json.dumps(list(diagnosis.ids)), asyncio.run(conversation(text)), caplog.text]
        for one in shown:
            try:
                assert_unseen(secret, one)
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from None
        count += 1
    assert count > 100


def test_a_stream_in_utf_16_hides_it_too() -> None:
    for name, secret, line in planted():
        diagnosis = DIAGNOSER.diagnose_stream(io.BytesIO(windows(line).encode("utf-16")))
        assert diagnosis.outcome == "failed", name
        assert_unseen(secret, json.dumps(diagnosis.as_json(), ensure_ascii=False))


STAYS = [
    "Key Vault Secret Name : 'packerKeyVaultSecret'",
    r"C:\Windows\Temp\script-1.ps1 : the token has expired",
    "OperationId: 3c1f7a52-9d0e-4b7a-8a55-2f60c1d9e7b4",
    "powershell -executionpolicy bypass -file x.ps1",
]


@pytest.mark.parametrize("line", STAYS)
def test_what_must_stay_stays(line: str) -> None:
    diagnosis = DIAGNOSER.diagnose(windows(line))
    assert any(line in shown.text for shown in diagnosis.excerpt)
