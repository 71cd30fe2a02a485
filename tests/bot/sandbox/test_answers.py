"""The answers about the sandbox's templates: one for each, however people ask, and nothing untrue."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.azure.arm.settings import AzureSettings
from bot.azure.open import open_azure_reader
from bot.host.conversation import build_dialog_services
from bot.sandbox.server import Sandbox
from dialogs.conversation import Conversation
from dialogs.model.effects import StartJob
from dialogs.model.reply import Reply
from dialogs.model.turn import JobDone, MessageSent, Turn, TurnEvent
from dialogs.replies.plain_text import render_plain_text
from tests.bot.sandbox.clients import NEWCOMER
from tests.bot.scripted import KNOWLEDGE, build_in_process_workers
from tests.shipped_knowledge import DIAGNOSER


class Chat:
    """A person who has allowed looks; the jobs that a turn leaves are done at once."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._state: dict[str, Any] | None = None
        self.replies: tuple[Reply, ...] = ()

    async def say(self, text: str) -> str:
        return await self._take(MessageSent(text))

    async def look(self, name: str) -> str:
        shown = await self.say(f"look at {name}")
        return await self.say("yes") if "May I read your template in Azure?" in shown else shown

    async def _take(self, event: TurnEvent) -> str:
        turn = Turn(NEWCOMER, "conversation", locale="en-US", event=event)
        answer = await self._conversation.answer_turn(turn, self._state)
        self._state, self.replies = json.loads(json.dumps(answer.state)), answer.replies
        shown = "\n\n".join(map(render_plain_text, answer.replies))
        for effect in answer.effects:
            if isinstance(effect, StartJob):
                result = await self._conversation.perform_job(NEWCOMER, effect.job, "en", lambda *_: None)
                shown += await self._take(JobDone(effect.job, result))
        return shown


@pytest_asyncio.fixture
async def conversation(sandbox: Sandbox) -> AsyncIterator[Conversation]:
    azure = open_azure_reader(AzureSettings("sandbox"), DIAGNOSER, sandbox.credential_provider, sandbox.cloud)
    yield build_dialog_services(KNOWLEDGE, azure=azure, workers=build_in_process_workers()).conversation
    await azure.close()


async def list_causes(chat: Chat) -> dict[str, str]:
    """Return what the list of failed templates says of each, by its name and resource group."""
    shown, causes = await chat.say("what failed"), {}
    while True:
        shown = await chat.say("yes") if "May I read your template" in shown else shown
        cause = ""
        for line in filter(None, shown.splitlines()):
            if re.search(r" · rg-[a-z]+(?: · [^·]+ ago)?$", line):
                causes[" in ".join(line.split(" · ")[:2])] = cause
            else:
                cause = line.removeprefix("✖ ").removeprefix("? ")
        if "Next 10" not in shown:
            return causes
        shown = await chat.say("Next 10")


@pytest.mark.property
async def test_which_failed_and_a_look_give_the_same_answer(conversation: Conversation) -> None:
    causes = await list_causes(Chat(conversation))
    assert len(causes) == 18
    del causes["win11-notebooks in rg-research"]  # looks at it are throttled
    unknown = [name for name, cause in causes.items() if cause.startswith("The status doesn't say why")]
    assert len(unknown) == 4, "the logs of these may not be read"
    for name in causes.keys() - set(unknown):
        shown = await Chat(conversation).look(name)
        headline = re.sub(r" \((?:likely|possible)\)$", "", causes[name])
        rest = ".*" if headline.endswith("…") else ""
        assert re.search(rf"\n\n(?:✖ |\? Possible: ){re.escape(headline.rstrip('…'))}{rest}\n\n", shown), (
            f"{name}: {causes[name]}\n{shown}"
        )


async def test_the_advice_of_an_earlier_text_is_not_shown_on_a_new_diagnosis(conversation: Conversation) -> None:
    chat = Chat(conversation)
    assert "a quote is never closed" in await chat.say("example")
    shown = await chat.look("win10-kiosk")
    assert "Sysprep ran before WindowsAzureGuestAgent was installed" in shown
    assert "▶ line 218  Get-Service : Cannot find any service" in shown
    for part in ("quote", "parse the script", "Other possible causes", "Script ended with a non-zero exit code"):
        assert part not in shown
    shown = await chat.say("draft")
    assert "Title: Azure VM Image Builder: Sysprep" in shown
    for part in ("terminator", "quote", "0f1e2d3c-4b5a-4697-8879-aabbccddeeff"):
        assert part not in shown


async def test_the_same_error_as_in_the_text_stays_what_is_talked_about(conversation: Conversation) -> None:
    chat = Chat(conversation)
    await chat.say("example")
    assert "The same error as the one we're working on." in await chat.look("win11-golden")
    assert "Step 2 of" in await chat.say("doesn't apply")


async def test_the_failing_customizer_is_named_as_the_template_names_it(conversation: Conversation) -> None:
    shown = await Chat(conversation).look("win11-golden")
    assert "PowerShell couldn't parse the script: a quote is never closed\n\nCustomizer 3 of 5 · install-dev" in shown
    assert '▶ line 280  The string is missing the terminator: ".' in shown


async def test_what_rests_on_a_persons_own_words_is_called_that(conversation: Conversation) -> None:
    shown = await Chat(conversation).say("my build can't find the source image version in the gallery, 404")
    assert "no version with this number\n\nSubmitting the template\n\nBased on your description." in shown
    assert "Likely:" not in shown
    assert "▶" not in shown


async def test_a_canceled_run_is_not_blamed_on_the_build_vm(conversation: Conversation) -> None:
    chat = Chat(conversation)
    shown = await chat.look("win11-lab")
    assert "This run was canceled." in shown
    assert len(chat.replies) == 1
    assert "too small" not in shown


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('"lastRunStatus": {"runState": "Canceled", "message": ""}', ("This run was canceled", "To get an image")),
        ("State\n--------\nCanceled", ("This run was canceled", "To get an image")),
        ("Image template 'win11-lab' was canceled by a user", ("The run was canceled", "nobody stopped it on purpose")),
    ],
)
async def test_a_canceled_run_is_not_said_to_end_well(
    conversation: Conversation, text: str, parts: tuple[str, ...]
) -> None:
    shown = await Chat(conversation).say(text)
    assert all(part in shown for part in parts)
    assert "Harmless" not in shown


async def test_a_template_without_a_network_of_its_own_has_a_way_out(conversation: Conversation) -> None:
    """One host could not be found; the facts say that it isn't the subnet."""
    chat = Chat(conversation)
    await chat.look("ubuntu-desktop")
    shown = await chat.say("read the whole log")
    assert "Points away from it: Image Builder's own network has outbound access" in shown
    title = next(line for line in shown.splitlines() if "mirror.sandbox.example" in line)
    assert not title.startswith("No outbound access")
    assert "Customizer 2 of 2 · cad-suite" in shown
    assert "The build subnet has no way out" not in shown


async def test_how_far_a_run_got_is_known_although_its_status_is_silent(conversation: Conversation) -> None:
    for name in ("win11-golden", "ubuntu-web in rg-images", "win2022-sql", "ubuntu-db"):
        shown = await Chat(conversation).look(name)
        assert "Last run: Failed" in shown
        assert "how far the run got" not in shown, name


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("ubuntu-edge", "A run is in progress: Queued"),
        ("ubuntu-agents", "A run is in progress: Building"),
        ("win11-lab", "Last run: Canceled"),
    ],
)
async def test_the_state_of_a_run_is_shown_as_azure_says_it(conversation: Conversation, name: str, line: str) -> None:
    shown = await Chat(conversation).look(name)
    assert line in shown
    assert "0001" not in shown


async def test_the_check_of_a_template_names_what_its_last_run_failed_of(conversation: Conversation) -> None:
    chat = Chat(conversation)
    await chat.say("check win11-golden")
    shown = await chat.say("yes")
    assert "✖ Will fail: A quote or a comment is never closed" in shown
    assert "customizer 3 install-developer-tools · script line 7" in shown
    assert "Tr4verse" not in shown
    assert "a quote is never closed" in await chat.say("Last run")
