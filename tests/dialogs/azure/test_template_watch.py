"""Watching a template: started by words and buttons, polled, and reported when the run has ended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dialogs.azure.template_watch import (
    IDLE_POLL_SECONDS,
    MAX_FAILED_POLLS,
    MIN_RETRY_SECONDS,
    RUNNING_POLL_SECONDS,
    WATCH_TEMPLATE_JOB,
)
from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.effects import CancelJobs
from dialogs.model.job import RETRY_AFTER_KEY, Job
from dialogs.model.turn import Person, SignedIn
from dialogs.state.conversation_json import state_from_json
from tests.dialogs.azure.fake_azure import STATUS, FakeAzure, LookingChat, status_of
from tests.dialogs.azure.statuses import with_values

RUNNING = status_of("win11-golden", run_state="Running", started="2026-02-22T03:00:00Z", ended=None)
PERSON = Person("tenant", "person")


class WatchingChat(LookingChat):
    """A chat in which looking was allowed."""

    async def begin(self, asked: str = "watch win11-golden") -> str:
        said = await self.say(asked)
        return said if "Yes, go ahead" not in said and "Sì" not in said else await self.press_primary()

    async def press_primary(self) -> str:
        button = next(b for reply in self.replies for b in reply.buttons if b.primary)
        return await self.say(button.label)

    async def look_once(self) -> dict[str, Any]:
        """The result of the oldest job, through JSON; the job continues with its new arguments."""
        job = self.jobs[0]
        result = dict(await self.conversation.perform_job(PERSON, job, "en", lambda done, total: None))
        result = json.loads(json.dumps(result))
        if RETRY_AFTER_KEY in result:
            self.jobs[0] = Job(job.name, result["args"])
        return result


def running(*more: Any) -> FakeAzure:
    return FakeAzure("user", RUNNING, *more)


@pytest.mark.parametrize(
    ("locale", "asked", "said", "stop", "stopped"),
    [
        ("en-US", "watch win11-golden", "When this run ends, I'll post here", "stop watching", "I've stopped watching"),
        (
            "it-IT",
            "osserva win11-golden",
            "questa esecuzione termina",
            "smetti di osservare",
            "Monitoraggio interrotto",
        ),
    ],
)
async def test_a_run_is_watched_until_one_says_stop(
    locale: str, asked: str, said: str, stop: str, stopped: str
) -> None:
    chat = WatchingChat(running(), locale)
    assert said in await chat.begin(asked)
    (work,) = chat.jobs
    assert work.name == WATCH_TEMPLATE_JOB
    assert stopped in await chat.say(stop)
    assert chat.effects == (CancelJobs((work.args["id"],)),)
    assert chat.state
    assert chat.state["look"]["watches"] == []


@pytest.mark.parametrize(
    ("asked", "said"), [("what do you watch?", "I'm watching: win11-golden."), ("monitoraggi", "win11-golden.")]
)
async def test_what_is_watched_is_listed(asked: str, said: str) -> None:
    chat = WatchingChat(running())
    assert "I'm not watching anything" in await chat.say("what are you watching?")
    await chat.begin()
    assert said in await chat.say(asked)


async def test_the_end_of_the_run_is_told_with_what_a_look_shows() -> None:
    azure = running()
    chat = WatchingChat(azure)
    await chat.begin()
    assert (await chat.look_once())[RETRY_AFTER_KEY] == RUNNING_POLL_SECONDS
    azure.statuses[RUNNING.template_id] = with_values(STATUS, started=RUNNING.run.started, ended="2026-02-22T03:09:00Z")
    said = await chat.finish_job()
    assert "win11-golden: the run you asked me to watch has ended: Failed." in said
    assert "Script ended with a non-zero exit code" in said
    assert chat.state
    assert chat.state["look"]["watches"] == []


async def test_where_no_run_goes_on_the_next_one_is_watched() -> None:
    azure = FakeAzure("user", STATUS)
    chat = WatchingChat(azure)
    assert "When its next run ends, I'll post here" in await chat.begin()
    assert (await chat.look_once())[RETRY_AFTER_KEY] == IDLE_POLL_SECONDS, "the old run's end is no news"
    azure.statuses[STATUS.template_id] = RUNNING
    assert (await chat.look_once())[RETRY_AFTER_KEY] == RUNNING_POLL_SECONDS
    azure.statuses[STATUS.template_id] = with_values(RUNNING, run_state="Succeeded", ended="2026-02-22T04:00:00Z")
    assert "has ended: Succeeded" in await chat.finish_job()


async def test_a_run_that_began_and_ended_between_two_looks_is_told_too() -> None:
    azure = FakeAzure("user", STATUS)
    chat = WatchingChat(azure)
    await chat.begin()
    azure.statuses[STATUS.template_id] = with_values(STATUS, started="2026-02-22T05:00:00Z")
    assert "has ended: Failed" in await chat.finish_job()


async def test_the_status_card_offers_the_watch() -> None:
    chat = WatchingChat(running())
    await chat.begin("status of win11-golden")
    assert "Watch this run" in [b.label for reply in chat.replies for b in reply.buttons]
    assert "I'm watching win11-golden" in await chat.say("Watch this run")


async def test_watching_twice_or_too_many_is_answered() -> None:
    azure = running(*(status_of(name, run_state="Running", ended=None) for name in ("a-one", "b-two", "c-three")))
    chat = WatchingChat(azure)
    await chat.begin()
    assert "already" in await chat.say("watch win11-golden")
    await chat.say("watch a-one")
    await chat.say("watch b-two")
    assert len(chat.jobs) == 3
    said = await chat.say("watch c-three")
    assert "which is the limit: win11-golden, a-one, b-two" in said
    assert len(chat.jobs) == 3
    assert "I've stopped watching: a-one" in await chat.say("Stop: a-one")
    assert "I'm not watching that one" in await chat.say("stop watching c-three")
    await chat.say("watch c-three")
    assert len(chat.jobs) == 4


async def test_stopping_nothing_is_answered() -> None:
    assert "I'm not watching anything" in await WatchingChat(running()).say("stop watching")


@pytest.mark.parametrize("reason", ["busy", "azure-trouble", "too-slow", "no-network"])
async def test_what_passes_is_waited_for_and_not_for_ever(reason: AzureRefusalReason) -> None:
    azure = running()
    chat = WatchingChat(azure)
    await chat.begin()
    azure.refusals["status"] = AzureRefusal(reason)
    for _ in range(MAX_FAILED_POLLS):
        assert (await chat.look_once())[RETRY_AFTER_KEY] == MIN_RETRY_SECONDS
    azure.refusals.clear()
    assert (await chat.look_once())[RETRY_AFTER_KEY] == RUNNING_POLL_SECONDS
    azure.refusals["status"] = AzureRefusal(reason)
    for _ in range(MAX_FAILED_POLLS):
        await chat.look_once()
    assert "I can't watch win11-golden anymore" in await chat.finish_job()


async def test_a_long_wait_that_azure_asks_for_is_kept() -> None:
    azure = running()
    chat = WatchingChat(azure)
    await chat.begin()
    azure.refusals["status"] = AzureRefusal("busy", retry_after=1200)
    assert (await chat.look_once())[RETRY_AFTER_KEY] == 1200
    azure.refusals["status"] = AzureRefusal("busy", retry_after=10**7)
    assert (await chat.look_once())[RETRY_AFTER_KEY] == 3600


async def test_without_a_token_it_ends_with_words_and_the_sign_in() -> None:
    azure = running()
    chat = WatchingChat(azure)
    await chat.begin()
    azure.refusals["status"] = AzureRefusal("sign-in")
    said = await chat.finish_job()
    assert "I can't watch win11-golden anymore" in said
    assert chat.sign_in_requests == [0]
    azure.refusals.clear()
    assert "I'm watching win11-golden" in await chat.turn(SignedIn(True)), "signed in, the watch goes on"


@pytest.mark.parametrize("reason", ["denied", "not-found", "not-allowed", "consent"])
async def test_what_does_not_pass_ends_it_at_once(reason: AzureRefusalReason) -> None:
    azure = running()
    chat = WatchingChat(azure)
    await chat.begin()
    azure.refusals["status"] = AzureRefusal(reason, target=RUNNING.template_id.to_resource_id())
    said = await chat.finish_job()
    assert "I can't watch win11-golden anymore" in said
    assert chat.sign_in_requests == []
    assert any(reply.buttons for reply in chat.replies)


async def test_after_a_day_it_asks() -> None:
    chat = WatchingChat(running())
    await chat.begin()
    work = chat.jobs[0]
    chat.jobs[0] = Job(work.name, {**work.args, "until": "2000-01-01T00:00:00Z"})
    said = await chat.finish_job()
    assert "Should I go on?" in said
    assert "I'm watching win11-golden" in await chat.press_primary()


@pytest.mark.parametrize("args", [{}, {"name": "<b>x</b>", "rg": 5}, {"name": "win11-golden"}])
async def test_an_altered_work_looks_at_nothing(args: dict[str, Any]) -> None:
    azure = running()
    result = await WatchingChat(azure).conversation.perform_job(
        PERSON, Job(WATCH_TEMPLATE_JOB, args), "en", lambda done, total: None
    )
    assert "refused" in result
    assert azure.asked == []


async def test_a_state_without_watches_can_be_read() -> None:
    chat = WatchingChat(running())
    await chat.begin()
    assert chat.state
    kept = state_from_json(chat.state)
    assert [ref.name for ref in kept.azure.watched_templates] == ["win11-golden"]
    del chat.state["look"]["watches"]
    assert state_from_json(chat.state).azure.watched_templates == ()
