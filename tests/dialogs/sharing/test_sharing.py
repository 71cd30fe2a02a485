"""Sharing a lookup, as a conversation: where it's offered, what it says, how it's requested, when it expires."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from dialogs.model.azure import LogTail
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.share_refusal import LASTING_SHARE_REFUSALS, ShareRefusalReason
from dialogs.model.turn import ConversationScope, MessageSent
from dialogs.state.share_state import SHARE_HOURS
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS, FakeAzure, status_of
from tests.dialogs.azure.statuses import with_values
from tests.dialogs.fixtures import SUBSCRIPTION
from tests.dialogs.sharing.sharing_chat import GROUP, FakeSharer, SharingChat


def azure(log: str = "A.FINDING", **more: Any) -> FakeAzure:
    fake = FakeAzure("user", with_values(STATUS, **{"message": "", **more}))
    fake.tails[GOLDEN] = LogTail("customization.log", log, 9, 9)
    return fake


async def looked(
    fake: FakeAzure | None = None,
    sharer: FakeSharer | None = None,
    scope: ConversationScope = "channel",
    locale: str = "en-US",
    asked: str = "look at win11-golden",
) -> SharingChat:
    """Ask for a look in a group and see it in private."""
    chat = SharingChat(fake or azure(), sharer or FakeSharer(), locale)
    await chat.ask_in_group(asked, scope)
    await chat.say("yes")
    return chat


async def test_the_post_has_its_fixed_fields_and_nothing_else() -> None:
    sharer = FakeSharer()
    chat = await looked(sharer=sharer)
    shown = await chat.press("Share in the channel")
    post = "\n\n".join(
        (
            "Template win11-golden",
            "Last run: Failed in Customizing",
            "A quote in tools.ps1 is never closed",
            "▶ line 11  The string is missing the terminator.",
            "Close the quote in tools.ps1. Running it again won't help until this is fixed.",
            "Shared from a private look at Azure by the person who asked here.",
        )
    )
    assert shown == "\n\n".join(
        (
            "Share this in the channel?",
            "I'll post exactly what's below in the channel where you asked, and nothing else. Everyone there can read it, "
            "with or without access to Azure.",
            post,
            "[1] Share it\n[2] Don't share",
        )
    )
    assert sharer.posts == []
    assert "Done: it's in the channel where you asked." in await chat.press("Share it")
    [(person, place, _, name, text)] = sharer.posts
    assert (person.id, place, name, text) == ("person", GROUP, "win11-golden", post)


@pytest.mark.parametrize(
    ("log", "more", "finding", "line", "advice"),
    [
        ("A.FINDING", {}, "A quote in tools.ps1 is never closed", "line 11", "Close the quote"),
        ("FAILED.LOG", {}, "Script ended with a non-zero exit code", "line 11", "Read the state."),
        ("LIKELY", {}, "Likely: Script ended with a non-zero exit code", "line 27", "Read the state."),
        ("ONE.POSSIBLE", {}, "Possibly: VMs from the image do not deploy", "", "Running it again"),
        ("UNKNOWN.STEP", {}, "contoso-agent: enrollment endpoint returned 418", "line 11", ""),
        ("UNMATCHED", {}, "The error isn't one that I know.", "", ""),
        ("SUCCEEDED", {"run_state": "Succeeded"}, "", "", ""),
        ("FAILED.LOG", {"run_state": "Succeeded"}, "", "", ""),
        ("UNSURE", {"run_state": "Canceled", "message": "canceled"}, "", "", ""),
        ("", {"run_state": "Running", "ended": None}, "", "", ""),
    ],
)
async def test_what_broke_is_said_as_surely_as_it_is_known(
    log: str, more: dict[str, Any], finding: str, line: str, advice: str
) -> None:
    sharer = FakeSharer()
    chat = await looked(azure(log, **more), sharer)
    await chat.say("share it")
    await chat.say("yes")
    title, state, *others, shared_by = sharer.last_text.split("\n\n")
    assert title == "Template win11-golden"
    run_state = more.get("run_state", "Failed")
    assert ("A run is in progress" if run_state == "Running" else run_state) in state
    assert "private look" in shared_by
    assert len(others) == len([part for part in (finding, line, advice) if part])
    for part in (finding, line, advice):
        assert part in "\n\n".join(others)


@pytest.mark.parametrize("scope", ["channel", "group"])
@pytest.mark.parametrize("locale", ["en-US", "it-IT"])
async def test_both_languages_and_both_kinds_of_places(scope: ConversationScope, locale: str) -> None:
    sharer = FakeSharer()
    chat = await looked(sharer=sharer, scope=scope, locale=locale)
    is_italian = locale == "it-IT"
    places = {"channel": ("channel", "nel canale"), "group": ("group chat", "nella chat di gruppo")}
    place = places[scope][is_italian]
    assert chat.share_labels == [f"Condividi {place}" if is_italian else f"Share in the {place}"]
    shown = await chat.say("condividilo" if is_italian else "share this")
    assert shown.startswith(f"Lo condivido {place}?" if is_italian else f"Share this in the {place}?")
    assert place in await chat.say("sì" if is_italian else "yes")
    first, second, *_ = sharer.last_text.split("\n\n")
    assert (first, second) == (
        ("Modello win11-golden", "Ultima esecuzione: Non riuscita, fase Personalizzazione")
        if is_italian
        else ("Template win11-golden", "Last run: Failed in Customizing")
    )


async def test_the_post_keeps_its_language_when_the_conversation_changes_its_own() -> None:
    sharer = FakeSharer()
    chat = await looked(sharer=sharer)
    await chat.say("italiano")
    shown = await chat.say("condividi")
    assert shown.startswith("Lo condivido nel canale?")
    await chat.say("sì")
    assert sharer.last_text in shown
    assert "Shared from a private look" in sharer.last_text
    assert "line 11" in sharer.last_text


@pytest.mark.parametrize(
    "text",
    [
        "share it", "Share this!", "share with the channel", "can you share it with the team?", "share win11-golden",
        "please post this in the channel", "could you share what you found with everyone?", "condividi", "Condividilo.",
        "condividi con il canale", "puoi condividere con il team?", "condividilo nel canale",
    ],
)  # fmt: skip
async def test_it_can_be_asked_for_in_words(text: str) -> None:
    chat = await looked()
    assert "Shared from a private look" in await chat.say(text)


@pytest.mark.parametrize(
    "text",
    [
        "can I share the image with another subscription?", "share the gallery with another tenant",
        "how do I share an image with the team?", "condividere l'immagine con altri tenant",
        "the share \\\\files\\tools could not be reached",
    ],
)  # fmt: skip
async def test_a_question_about_sharing_images_is_none(text: str) -> None:
    chat = await looked()
    assert "private look" not in await chat.say(text)
    assert not chat.sharing["by"]


async def test_another_name_is_not_shared_under_it() -> None:
    chat = await looked()
    assert "@Image Medic look at win11-avd" in await chat.say("share win11-avd with the channel")


async def test_without_the_setting_nothing_is_offered_or_stored() -> None:
    chat = SharingChat(azure(), None)
    shown = await chat.ask_in_group("look at win11-golden")
    assert "share" not in shown.lower()
    await chat.say("yes")
    assert chat.share_labels == []
    assert chat.sharing == {}
    for said in (await chat.say("share it"), await chat.act("share-yes", {"post": "x"})):
        assert "Sharing isn't turned on for your organization. Copy what you need" in said
    assert "share it" not in await chat.say("help")


async def test_with_the_setting_help_tells_how() -> None:
    chat = await looked()
    assert "type share it here" in await chat.say("help")


async def test_where_others_read_along_sharing_is_explained_and_nothing_else() -> None:
    chat = await looked()
    for event in ("share it", "share with the channel"):
        assert "I share from our private chat only" in await chat.turn(MessageSent(event), scope="channel")


@pytest.mark.parametrize("asked", ["look at win11-golden", "what failed"])
async def test_the_first_template_that_is_shown_is_the_one_that_was_asked_for(asked: str) -> None:
    """A list or a choice leads to one template. A later lookup of another one wasn't requested in the group."""
    fake = azure()
    fake.statuses[replace(GOLDEN, name="other")] = status_of("other")
    chat = await looked(fake, asked=asked)
    await chat.act("look", GOLDEN.to_args())
    assert chat.share_labels == ["Share in the channel"]
    await chat.act("look", replace(GOLDEN, name="other").to_args())
    assert chat.share_labels == []
    assert "@Image Medic look at other" in await chat.say("share it")
    await chat.act("look", GOLDEN.to_args())
    assert chat.share_labels == ["Share in the channel"], "back at the one that was asked for"


async def test_a_look_that_only_the_private_chat_asked_for_is_shared_nowhere() -> None:
    chat = SharingChat(azure(), FakeSharer())
    await chat.say("look at win11-golden")
    await chat.say("yes")
    assert chat.share_labels == []
    assert "share" not in chat.sharing
    assert "Ask me there first: @Image Medic look at win11-golden" in await chat.say("share it")
    assert "@Image Medic look at win11-golden" in await SharingChat(azure(), FakeSharer()).say("share it")


async def test_a_look_that_azure_refuses_leaves_nothing_to_share() -> None:
    fake = azure()
    fake.refusals = {"status": AzureRefusal("denied")}
    chat = await looked(fake)
    assert chat.share_labels == []
    assert "Ask me there first" in await chat.say("share it")


async def test_the_whole_log_is_shared_where_the_look_was_asked_for() -> None:
    fake = azure("OTHER.QUOTE")
    fake.tails[GOLDEN] = LogTail("customization.log", "OTHER.QUOTE", 9, 90_000)
    sharer = FakeSharer()
    chat = await looked(fake, sharer)
    await chat.press("Read the whole log")
    fake.tails[GOLDEN] = LogTail("customization.log", "A.FINDING", 9, 90_000)
    await chat.finish_job()
    await chat.press("Share in the channel")
    await chat.press("Share it")
    assert "A quote in tools.ps1 is never closed" in sharer.last_text


async def test_after_a_day_it_must_be_asked_for_again() -> None:
    chat = await looked()
    chat.minutes += 60 * SHARE_HOURS - 10
    assert "Share this in the channel?" in await chat.say("share it")
    yes = chat.button("Share it")
    chat.minutes += 10
    assert "Ask me there first" in await chat.act(yes.action_id, dict(yes.args))
    assert "Ask me there first" in await chat.say("share it")
    await chat.say("look at win11-golden")
    assert chat.share_labels == []


@pytest.mark.parametrize("reason", get_args(ShareRefusalReason))
@pytest.mark.parametrize("locale", ["en-US", "it-IT"])
async def test_every_refusal_says_why_and_what_to_do(reason: ShareRefusalReason, locale: str) -> None:
    sharer = FakeSharer(reason)
    chat = await looked(sharer=sharer, locale=locale)
    await chat.say("condividi")
    said = await chat.act("share-yes", dict(chat.buttons[0].args))
    assert len(said.split("\n\n")) == 3
    assert "{" not in said
    can_try_again = any(button.action_id == "share-yes" for button in chat.buttons)
    assert can_try_again == (reason not in LASTING_SHARE_REFUSALS)
    sharer.refusal = None
    if can_try_again:
        await chat.act("share-yes", dict(chat.buttons[0].args))
    assert len(sharer.posts) == can_try_again


async def test_a_no_takes_the_preview_back_but_not_the_look() -> None:
    sharer = FakeSharer()
    chat = await looked(sharer=sharer)
    await chat.press("Share in the channel")
    yes = chat.button("Share it")
    assert "OK, I won't share it." in await chat.say("no")
    assert "out of date" in await chat.act("share-yes", dict(yes.args))
    assert sharer.posts == []
    await chat.say("share it")
    await chat.say("yes")
    assert len(sharer.posts) == 1


async def test_the_state_with_a_look_in_it_is_small_and_comes_back() -> None:
    """Only what the preview shows is stored: one line of the log, and no resource name."""
    chat = await looked()
    await chat.say("share it")
    stored = dict(chat.sharing)
    assert stored.keys() == {"place", "look", "by", "posted"}
    assert len(str(stored)) < 2_000
    assert SUBSCRIPTION not in str(stored["look"])
    assert "rg-images" not in str(stored["look"])
    assert "Done" in await chat.say("yes")
    assert (chat.sharing["look"], chat.sharing["by"]) == (None, [])
