"""Every reason why a lookup fails has a message, a next step, and a way to continue, in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.effects import AskFeedback, RequestSignIn
from dialogs.model.job import Job, JobDone
from dialogs.model.reply import parse_markup
from dialogs.model.turn import SignedIn
from knowledge.model.entry import COMPLETE_LANGUAGES, Language
from tests.dialogs.azure.fake_azure import GOLDEN, FakeAzure, LookingChat
from tests.dialogs.fixtures import SUBSCRIPTION
from tests.reporting import failures_together
from tests.shipped_texts import TEXTS

REASONS: tuple[AzureRefusalReason, ...] = get_args(AzureRefusalReason)
ACTION = "Microsoft.VirtualMachineImages/imageTemplates/read"


def said(key: str, language: Language) -> str:
    return "".join(run.text for run in parse_markup(TEXTS[language][key]))


async def refused(
    method: str, refusal: AzureRefusal, language: Language, chat: LookingChat | None = None
) -> tuple[LookingChat, str]:
    """Look up a template of an Azure that refuses; a `chat` that is given starts over."""
    chat = chat or LookingChat(FakeAzure(), language)
    assert chat.azure is not None
    chat.state = None
    chat.azure.refusals = {method: refusal}
    await chat.say("look at win11-golden")
    return chat, await chat.say("ok")


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
@pytest.mark.parametrize("method", ["find", "status", "log_tail"])
async def test_each_reason_has_its_words_and_a_way_on(method: str, language: Language) -> None:
    chat = LookingChat(FakeAzure(), language)
    with failures_together() as failures:
        for reason in REASONS:
            with failures.check(reason):
                _, shown = await refused(method, AzureRefusal(reason, target=GOLDEN.to_resource_id()), language, chat)
                assert said(f"refused.{reason}", language) in shown
                assert said(f"refused.{reason}.next", language) in shown
                assert GOLDEN.to_resource_id() in shown or (method, reason) in (
                    ("log_tail", "no-log"),
                    ("log_tail", "no-run"),
                )
                assert chat.buttons


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
async def test_no_two_reasons_say_the_same(language: Language) -> None:
    words = [TEXTS[language][f"refused.{reason}{part}"] for reason in REASONS for part in ("", ".next")]
    assert len(set(words)) == 2 * len(REASONS)


async def test_what_was_denied_and_what_is_missing_stands_there() -> None:
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-images"
    refusal = AzureRefusal(
        "denied",
        GOLDEN.to_resource_id(),
        ACTION,
        scope,
        "Reader",
        "AuthorizationFailed",
        subscriptions=("Contoso Dev",),
    )
    _, shown = await refused("status", refusal, "en")
    for part in (
        f"What I wanted to read: {GOLDEN.to_resource_id()}",
        f"Missing action: {ACTION}",
        f"On: {scope}",
        "Role that allows it: Reader",
        "Azure's code: AuthorizationFailed",
        "Contoso Dev",
        "az image builder show -n win11-golden",
        "Paste the output here",
    ):
        assert part in shown
    _, shown = await refused("status", replace(refusal, role="Contributor"), "en")
    assert "Role that allows it: Contributor" in shown


async def test_a_log_that_is_denied_leaves_the_status_and_says_how_to_read_it() -> None:
    chat, shown = await refused(
        "log_tail", AzureRefusal("no-data-role", "packerlogs", role="Storage Blob Data Reader"), "en"
    )
    assert "Last run: Failed in Customizing" in shown
    assert "Role that allows it: Storage Blob Data Reader" in shown
    assert "az storage account list -g IT_rg-images_win11-golden_1" in shown
    assert "Step 1 of 3" in shown  # the status's own message was recognized
    assert chat.sign_in_requests == []


async def test_how_long_to_wait() -> None:
    _, shown = await refused("find", AzureRefusal("busy", retry_after=17), "en")
    assert "17 s" in shown
    _, shown = await refused("find", AzureRefusal("busy"), "en")
    assert "asks to wait" not in shown


async def test_a_sign_in_goes_on_with_the_look() -> None:
    chat, shown = await refused("find", AzureRefusal("sign-in"), "en")
    assert chat.sign_in_requests == [len(chat.replies) - 1]
    assert "Sign in below" in shown
    assert chat.azure is not None
    chat.azure.refusals.clear()
    assert "Template win11-golden" in await chat.turn(SignedIn(True))
    assert "You're signed in." in await chat.turn(SignedIn(True))


async def test_a_sign_in_for_the_log_goes_on_too() -> None:
    chat, shown = await refused("log_tail", AzureRefusal("sign-in"), "en")
    assert chat.effects == (RequestSignIn(reply_index=0), AskFeedback(reply_index=1)), "each below its own message"
    assert "Template win11-golden" in shown
    assert chat.azure is not None
    chat.azure.refusals.clear()
    assert "back to where that customizer began" in await chat.turn(SignedIn(True))


async def test_a_sign_in_that_failed_can_be_tried_again() -> None:
    chat, _ = await refused("find", AzureRefusal("sign-in"), "en")
    assert "The sign-in didn't work" in await chat.turn(SignedIn(False))
    assert chat.azure is not None
    chat.azure.refusals.clear()
    assert "Template win11-golden" in await chat.press("Try again")


async def test_a_refused_look_can_be_tried_again() -> None:
    chat, _ = await refused("status", AzureRefusal("azure-trouble"), "it")
    assert chat.azure is not None
    chat.azure.refusals.clear()
    assert "Modello win11-golden" in await chat.press("Riprova")


async def test_a_whole_log_that_is_refused_is_reported() -> None:
    azure = FakeAzure()
    chat = LookingChat(azure)
    with failures_together() as failures:
        for reason in REASONS:
            chat.state = None
            chat.jobs.clear()
            azure.refusals.clear()
            await chat.say("look at win11-golden")
            await chat.say("yes")
            await chat.press("Read the whole log")
            azure.refusals["read_log"] = AzureRefusal(
                reason, "packerlogs", retry_after=5, subscriptions=("Contoso Dev",)
            )
            with failures.check(reason):
                shown = await chat.finish_job()
                assert "I couldn't read the log." in shown
                assert said(f"refused.{reason}.next", "en") in shown
                assert (chat.sign_in_requests == [0]) == (reason == "sign-in")
                azure.refusals.clear()
                await chat.press("Try again") if "Try again" in shown else await chat.turn(SignedIn(True))
                if reason in ("sign-in", "busy"):
                    assert "I read all of" in await chat.finish_job()


async def test_a_job_that_breaks_raises_and_the_report_names_the_reference() -> None:
    azure = FakeAzure()
    chat = LookingChat(azure)
    await chat.say("look at win11-golden")
    await chat.say("yes")
    await chat.press("Read the whole log")
    azure.statuses.clear()
    with pytest.raises(KeyError):  # the runtime catches it, and logs its place under a reference
        await chat.finish_job()
    shown = await chat.turn(JobDone(Job("whole-log", {}), {"failed": "broken", "reference": "1a2b3c4d"}))
    assert "failed on my side" in shown
    assert "this reference: 1a2b3c4d" in shown.replace("`", "")
