"""A secret planted in a log doesn't appear anywhere else: command line, cards, plain text, case, state, our own logs."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from bot.cards.splitting import split_reply
from bot.cli.diagnosis_report import DiagnosisReport
from bot.cli.draft import render_draft
from dialogs.model.effects import OfferFile
from dialogs.model.reply import Button, FormField, Reply
from dialogs.model.turn import ActionPressed, MessageSent, Person, Turn
from dialogs.replies.plain_text import render_plain_text
from tests.bot.cards.rendering import render_card
from tests.bot.scripted import build_conversation
from tests.build_logs import begun, powershell, script_failed, shell
from tests.knowledge.redaction.test_redact import PIECE, PLACES, SHAPES, password, put
from tests.reporting import failures_together
from tests.shipped_knowledge import DIAGNOSER, ENTRIES

pytestmark = pytest.mark.property

CONVERSATION = build_conversation()
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


FORMS: list[Callable[[str], str]] = [windows, linux, unknown, in_json, tail]
TYPED = ["next", "other candidates", "draft a support case"]


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
        yield render_plain_text(reply)
        for part in split_reply(reply):
            yield json.dumps(render_card(part), ensure_ascii=False)


def press(button: Button, replies: tuple[Reply, ...]) -> ActionPressed:
    fields = {block.id: block.value for reply in replies for block in reply.blocks if isinstance(block, FormField)}
    return ActionPressed(button.action_id, button.args, {**fields, "product": fields.get("product") or "linux"}, 1)


LEAVES: list[tuple[str, Mapping[str, Any]]] = [
    ("az-case", {}),
    *(("file-case", {"as": kind}) for kind in ("text", "markdown", "json")),
    ("cancel-case", {}),
    ("drafts", {}),
    ("take-up", {"number": 1}),
]


async def left(state: Mapping[str, Any] | None, action: ActionPressed) -> str:
    """All that a case shows, stores, links to and gives as a file on its ways out, from the press that posts it on."""
    seen: list[str] = []
    for pressed in (action, *(ActionPressed(do, args, {}, 1) for do, args in LEAVES)):
        given = await CONVERSATION.answer_turn(Turn(PERSON, "chat", event=pressed), state)
        state = json.loads(json.dumps(given.state))
        seen += [*shown_by(given.replies), json.dumps(state, ensure_ascii=False)]
        seen += [button.url for reply in given.replies for button in reply.buttons]
        for effect in given.effects:
            if isinstance(effect, OfferFile):
                content = CONVERSATION.read_offered_file(state, effect.args)
                assert content, pressed.action_id
                seen += [content.decode("utf-8"), effect.name, repr(effect.args)]
    return "\n".join(seen)


async def conversation(text: str) -> str:
    """Everything that a whole conversation shows and stores, from the paste to the posted case."""
    seen: list[str] = []
    state: Mapping[str, Any] | None = None
    replies: tuple[Reply, ...] = ()
    for said in (text, *TYPED):
        given = await CONVERSATION.answer_turn(Turn(PERSON, "chat", event=MessageSent(said)), state)
        state, replies = json.loads(json.dumps(given.state)), given.replies
        seen += [*shown_by(replies), json.dumps(state, ensure_ascii=False)]
    posts = [button for reply in replies for button in reply.buttons if button.primary]
    assert posts
    return "\n".join([*seen, await left(state, press(posts[0], replies))])


def assert_unseen(secret: str, shown: str) -> None:
    for at in range(max(1, len(secret) - PIECE + 1)):
        assert secret[at : at + PIECE] not in shown, f"{secret[at : at + PIECE]!r} of {secret!r} is shown"


@pytest.mark.parametrize("form", FORMS, ids=[form.__name__ for form in FORMS])
def test_no_outlet_shows_a_planted_secret(form: Callable[[str], str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with failures_together(at_least=101) as failures:
        for name, secret, line in planted():
            text = form(line)
            diagnosis = DIAGNOSER.diagnose(text)
            shown = [
                json.dumps(diagnosis.to_json(), ensure_ascii=False),
                DiagnosisReport(ENTRIES, "en", DIAGNOSER.findings).render(diagnosis),
            ]
            shown.append(render_draft(diagnosis, DIAGNOSER, "json", "it"))
            shown += [json.dumps(list(diagnosis.ids)), asyncio.run(conversation(text)), caplog.text]
            with failures.check(name):
                for one in shown:
                    assert_unseen(secret, one)
            caplog.clear()


def test_what_a_person_writes_into_a_case_is_hidden_too() -> None:
    with failures_together(at_least=202) as failures:
        for name, secret, line in planted():
            fields = dict.fromkeys(("last_good", "changed", "impact", "template_id", "title"), line) | {
                "description": f"IDENTIFICATION\nSubscription: {line}\nRun started (UTC): {line}\n{line}",
                "product": "windows",
            }
            with failures.check(name):
                assert_unseen(secret, asyncio.run(written(fields)))
            with failures.check(f"{name}, without a template"):
                assert_unseen(secret, asyncio.run(written({**fields, "template_id": ""})))


async def written(fields: Mapping[str, str]) -> str:
    """What becomes of a case that a person has written like that; where it is not taken yet, of the form."""
    given = await CONVERSATION.answer_turn(Turn(PERSON, "chat", event=MessageSent("draft")), None)
    action = ActionPressed("post", {}, fields, 1)
    first = await CONVERSATION.answer_turn(Turn(PERSON, "chat", event=action), given.state)
    shown = "\n".join([*shown_by(first.replies), json.dumps(first.state, ensure_ascii=False)])
    return shown if fields["template_id"] else f"{shown}\n{await left(given.state, action)}"


def test_a_stream_in_utf_16_hides_it_too() -> None:
    with failures_together(at_least=101) as failures:
        for name, secret, line in planted():
            with failures.check(name):
                diagnosis = DIAGNOSER.diagnose_stream(io.BytesIO(windows(line).encode("utf-16")))
                assert diagnosis.outcome == "failed"
                assert_unseen(secret, json.dumps(diagnosis.to_json(), ensure_ascii=False))


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
