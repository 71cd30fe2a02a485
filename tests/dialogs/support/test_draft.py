"""The support case: complete, honest about what is unknown, editable, redacted, and in English where it must be."""

from __future__ import annotations

import re

import pytest

from dialogs.model.reply import CopyableText, FormField
from dialogs.state.case import MAX_DESCRIPTION_CHARS
from knowledge.model.diagnosis import ExcerptLine, ProvisionerSummary
from tests.dialogs import fixtures
from tests.dialogs.fixtures import CORRELATION, DIAGNOSES, FAILED, IN_USE, NOTHING, SCRIPT, SUBSCRIPTION, Chat, match

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def form_of(chat: Chat) -> dict[str, FormField]:
    return {block.id: block for reply in chat.replies for block in reply.blocks if isinstance(block, FormField)}


def posted(chat: Chat) -> list[str]:
    return [block.text for reply in chat.replies for block in reply.blocks if isinstance(block, CopyableText)]


async def test_the_form_is_filled_in_with_what_the_text_held() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    await chat.press("Done, next")
    await chat.press("Draft a support case")
    fields = form_of(chat)
    assert fields["product"].value == "windows"
    assert fields["severity"].value == "minimal"
    assert [value for value, _ in fields["severity"].choices] == ["minimal", "moderate", "critical"]
    assert fields["title"].value == "Azure VM Image Builder: Script ended with a non-zero exit code (win11-golden)"
    for part in (
        f"Subscription: {SUBSCRIPTION}",
        "Resource group: rg-images",
        "Image template: win11-golden",
        "Run started (UTC): 2026-02-22T01:29:00Z",
        f"Correlation ID: {CORRELATION}",
        "Not known: Region, Run ended (UTC), Operation ID, Log",
        "Run state: failed",
        "Failed provisioner: powershell",
        "Exit code: 1",
        "Source image: contoso-base",
        "11: The string is missing the terminator.",
        "2026-02-22T01:29:17Z to 2026-02-22T01:29:22Z: powershell, failed, exit code 1",
        "Script ended with a non-zero exit code (certain)",
        "step 1 (done): Read the state.",
    ):
        assert part in fields["description"].value
    assert "4: waiting" not in fields["description"].value


async def test_every_id_of_the_text_is_in_it_and_no_other() -> None:
    more = tuple(("resource", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-{n}") for n in range(40))
    found = FAILED._replace(
        ids=more,
        matches=(match(SCRIPT, "certain", values={"image": "img-7"}),),
    )
    chat = Chat()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixtures, "DIAGNOSES", {"MANY-IDS": found})
        await chat.say("MANY-IDS")
    await chat.say("draft")
    text = form_of(chat)["description"].value
    assert set(_GUID.findall(text)) == {SUBSCRIPTION, CORRELATION}
    assert all(f"Resource: {value}" in text.split("\n") for _, value in more)
    assert "Image: img-7" in text


async def test_without_a_diagnosis_everything_is_unknown_and_the_product_is_asked_for() -> None:
    chat = Chat()
    shown = await chat.say("open a case")
    fields = form_of(chat)
    assert fields["product"].value == ""
    assert [label for _, label in fields["product"].choices] == [
        "Virtual Machine running Windows",
        "Virtual Machine running Linux",
    ]
    assert "Probably not a case" not in shown
    assert (
        "Not known: Subscription, Resource group, Image template, Region, Operating system of the image, "
        "Run started (UTC), Run ended (UTC), Correlation ID, Operation ID, Log, Run state, Phase reached, "
        "Failed provisioner\n"
    ) in fields["description"].value
    shown = await chat.press("Copy the text")
    assert "Not ready yet" in shown
    assert "Choose Windows or Linux" in form_of(chat)["product"].problem
    assert posted(chat) == []
    shown = await chat.act("post", {}, {"product": "linux"})
    assert "Product: Virtual Machine running Linux" in shown


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("FAILED.LOG", "the author of the script that failed"),
        ("ONE.POSSIBLE", "the Windows Server support team, topic Sysprep"),
    ],
)
async def test_whose_case_it_really_is_stands_before_the_form(said: str, seen: str) -> None:
    chat = Chat()
    await chat.say(said)
    shown = await chat.say("draft")
    assert "Probably not a case for Image Builder." in shown
    assert shown.index(seen) < shown.index("Title:")


async def test_an_image_builder_case_names_no_other_owner_but_the_fallback() -> None:
    chat = Chat()
    await chat.say("WRAPPER")
    shown = await chat.say("draft")
    assert "Probably not" not in shown
    assert "If that topic isn't offered: Management, then Issues with Azure Image Builder." in shown


async def test_edited_values_survive_and_are_redacted() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    await chat.say("draft")
    secret = "hunter2hunter2"
    edited = form_of(chat)["description"].value + f"\nIt blocks the release; password={secret}"
    await chat.press(
        "Save for later", description=edited, severity="moderate", title="Golden image fails", product="linux"
    )
    assert secret not in repr(chat.state)
    assert "Step 1 of 3" in chat.shown
    shown = await chat.press("Draft a support case")
    assert "It blocks the release" in shown
    shown = await chat.press("Copy the text")
    assert secret not in shown
    for part in ("Title: Golden image fails", "Severity: B: ", "running Linux", "It blocks the release; password="):
        assert part in posted(chat)[0]
    await chat.press("Edit the case")
    assert "It blocks the release" not in await chat.press("Start a new form")


@pytest.mark.parametrize(
    "fields",
    [{"severity": "apocalyptic", "product": "solaris", "client": "z"}, {"nonsense": "x"}, {"title": 7}, None, "x"],
)
async def test_fields_that_are_not_allowed_change_nothing(fields: object) -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    await chat.act("post", {}, fields)
    assert "Severity: C: " in chat.shown
    assert "running Windows" in chat.shown
    assert "Title: Azure VM Image Builder: Script ended" in chat.shown


async def test_an_italian_case_is_followed_by_the_same_in_english() -> None:
    chat = Chat("it-IT")
    await chat.say("FAILED.LOG")
    await chat.say("draft")
    edited = (
        form_of(chat)["description"].value.replace(f"Sottoscrizione: {SUBSCRIPTION}\n", "") + "\nSuccede ogni notte."
    )
    await chat.press("Copia il testo", description=edited)
    italian, english = posted(chat)
    assert "ID di correlazione: " + CORRELATION in italian
    assert "Non disponibile: Area, " in italian
    assert "Fase raggiunta: personalizzazione" in italian
    assert "Phase reached: customizing" in english
    assert "Gravità: C: " in italian
    assert "Correlation ID: " + CORRELATION in english
    assert "Not known: Region, " in english
    assert "Title: Azure VM Image Builder: Script ended with a non-zero exit code (win11-golden)" in english
    assert "non disponibile" not in english
    for text in (italian, english):
        assert "Succede ogni notte." in text
        assert SUBSCRIPTION not in text  # the person took it out, so it stays out


async def test_an_english_case_is_posted_once() -> None:
    chat = Chat()
    await chat.say("FAILED.LOG")
    await chat.act("post")
    assert len(posted(chat)) == 1


async def test_a_text_typed_while_the_form_is_open_is_understood() -> None:
    chat = Chat()
    await chat.say("draft")
    assert "Step 1 of 3" in await chat.say("FAILED.LOG")
    assert f"Correlation ID: {CORRELATION}" in await chat.say("draft")


async def test_a_sign_that_was_picked_is_said_to_be_picked() -> None:
    chat = Chat()
    await chat.act("choose", {"entry": IN_USE.id, "paste": 0})
    shown = await chat.say("draft")
    assert "VMs from the image do not deploy (possible, picked by the person" in shown


async def test_a_diagnosis_of_any_size_gives_a_form_of_bounded_size_in_whole_lines() -> None:
    huge = DIAGNOSES["FAILED.LOG"]._replace(
        matches=tuple(
            match(entry, "certain", *((n, "x" * 390) for n in range(5)), values={f"v{n}": "y" * 390 for n in range(20)})
            for entry in (SCRIPT, IN_USE)
        ),
        excerpt=tuple(ExcerptLine(n, "z" * 400) for n in range(50)),
        facts={f"fact {n}": f"{n:04}" * 90 for n in range(60)},
        timeline=tuple(ProvisionerSummary("p" * 120, None, None, n, n, n, "ended") for n in range(80)),
        ids=tuple(("resource", f"/subscriptions/{n:03}" + "/a" * 280) for n in range(40)),
    )
    chat = Chat()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixtures, "DIAGNOSES", {"HUGE": huge})
        await chat.say("HUGE")
    await chat.say("draft")
    description = form_of(chat)["description"].value
    assert len(description) <= MAX_DESCRIPTION_CHARS
    for line in description.split("\n"):
        if line.startswith("fact "):
            assert len(line.split(": ")[1]) == 360
    await chat.press("Copy the text")
    assert len(repr(chat.state)) < 64_000


async def test_nothing_found_is_not_a_diagnosis_to_draft_from() -> None:
    chat = Chat()
    await chat.say("something else entirely")
    assert NOTHING.matches == ()
    assert "No known error was recognized." in await chat.say("draft")
