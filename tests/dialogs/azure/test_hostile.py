"""Hostile names, messages, and logs: shown literally, without secrets, and never in a command."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.model.azure import LogTail, RunOutput, TemplateSearchResult
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.reply import Command, FactTable, Paragraph, Reply, RichText
from dialogs.model.turn import ACTION_VERSION, ActionPressed
from knowledge.template.template_id import TemplateId
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS, TAIL, FakeAzure, LookingChat
from tests.dialogs.azure.statuses import with_values

SECRET = "password=Tr0ub4dor-and-3"
EVIL = f"**x** `rm -rf /` [a](http://evil) $(reboot); {SECRET} {{name}} \u202e\x1b[31m"


def texts_of(reply: Reply) -> list[RichText]:
    found: list[RichText] = []
    for block in reply.blocks:
        if isinstance(block, Paragraph):
            found.append(block.text)
        if isinstance(block, FactTable):
            found += [value for _, value in block.rows]
    return found


def harmless(chat: LookingChat, said: str) -> None:
    assert "Tr0ub4dor" not in chat.shown
    assert "Tr0ub4dor" not in str(chat.state)
    for reply in chat.replies:
        for text in texts_of(reply):
            assert not any("evil" in run.text for run in text if run.style != "code"), text
        for block in reply.blocks:
            if isinstance(block, Command):
                assert "reboot" not in block.text
                assert "rm -rf" not in block.text
    assert len(chat.buttons) <= 12
    assert all(len(reply.buttons) <= 6 for reply in chat.replies)
    assert said


async def see(azure: FakeAzure) -> LookingChat:
    chat = LookingChat(azure)
    await chat.say("look at win11-golden")
    harmless(chat, await chat.say("yes"))
    return chat


async def test_a_status_full_of_harm() -> None:
    status = with_values(
        STATUS,
        region=EVIL,
        run_state=EVIL,
        run_sub_state=EVIL,
        provisioning_state=EVIL,
        provisioning_code=EVIL,
        provisioning_message=EVIL,
        message=EVIL,
        vm_size=EVIL,
        source=EVIL,
        staging_group=EVIL,
        on_error=EVIL,
        started=EVIL,
        ended="not a time",
        customizers=(("PowerShell", EVIL), (EVIL,)),
        outputs=(RunOutput(EVIL, EVIL, EVIL),),
    )
    azure = FakeAzure("user", status)
    azure.tails[GOLDEN] = replace(TAIL, text=f"FAILED.LOG {EVIL}", size=10, bytes_read=10)
    chat = await see(azure)
    harmless(chat, await chat.say("draft a case"))


async def test_templates_with_names_full_of_harm() -> None:
    evil = TemplateId("not-a-guid", EVIL, EVIL)
    azure = FakeAzure()
    for found in (
        TemplateSearchResult((evil, GOLDEN), (), (EVIL,), (EVIL,)),
        TemplateSearchResult((), (evil,), (EVIL,) * 50, (EVIL,) * 50),
    ):
        azure.found = found
        chat = await see(azure)
        # a button whose names do not fit looks for nothing in particular
        assert "Which template?" in await chat.act("look", {"sub": "x", "rg": EVIL, "name": EVIL})


async def test_refusals_full_of_harm() -> None:
    azure = FakeAzure()
    refusal = AzureRefusal("denied", EVIL, EVIL, EVIL, EVIL, EVIL, subscriptions=(EVIL,) * 9)
    azure.refusals = {"find": refusal}
    await see(azure)
    azure.refusals = {"log_tail": refusal}
    await see(azure)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["look", "look-other", "look-yes", "look-no", "look-retry", "failing", "whole-log", "sign-out", "log"]
            ),
            st.dictionaries(
                st.sampled_from(["name", "rg", "sub", "first", "size"]),
                st.one_of(st.text(max_size=20), st.integers(-5, 2**70), st.none(), st.lists(st.integers(), max_size=2)),
                max_size=5,
            ),
        ),
        max_size=6,
    ),
    st.sampled_from(["personal", "group", "channel"]),
)
def test_no_sequence_of_presses_ends_in_silence(presses: list[tuple[str, Any]], scope: str) -> None:
    async def run() -> None:
        chat = LookingChat(FakeAzure())
        for do, args in presses:
            shown = await chat.turn(ActionPressed(do, args, {}, ACTION_VERSION), scope=scope)
            assert shown.strip()
            assert "Something on my side failed" not in shown
        while chat.jobs:
            assert (await chat.finish_job()).strip()

    asyncio.run(run())


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200), st.integers(0, 10**12))
def test_any_log_and_message_is_answered(message: str, log: str, size: int) -> None:
    async def run() -> None:
        azure = FakeAzure("user", with_values(STATUS, message=message))
        azure.tails[GOLDEN] = LogTail("customization.log", log, min(len(log), size), size)
        chat = await see(azure)
        assert "Something on my side failed" not in chat.shown

    asyncio.run(run())
