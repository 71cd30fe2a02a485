"""The form is validated in place. Drafts are saved, listed, reopened, and discarded. The files equal the preview."""

from __future__ import annotations

import json

import pytest

from dialogs.model.reply import Command, CopyableText, FormField
from dialogs.state.conversation_json import state_from_json
from tests.dialogs import fixtures
from tests.dialogs.fixtures import CORRELATION, FAILED, SUBSCRIPTION, Chat

TEMPLATE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-images/providers/Microsoft.VirtualMachineImages"
    "/imageTemplates/win11-golden"
)
ANSWERS = {
    "frequency": "intermittent",
    "client": "avd",
    "last_good": "2026-02-21 22:00 UTC",
    "changed": "a new base image",
    "impact": "the release waits",
    "template_id": TEMPLATE,
}


def fields(chat: Chat) -> dict[str, FormField]:
    return {block.id: block for reply in chat.replies for block in reply.blocks if isinstance(block, FormField)}


def texts(chat: Chat) -> list[str]:
    return [block.text for reply in chat.replies for block in reply.blocks if isinstance(block, CopyableText)]


async def drafted(locale: str = "en-US") -> Chat:
    chat = Chat(locale)
    await chat.say("FAILED.LOG")
    await chat.say("draft")
    return chat


async def test_what_only_the_person_knows_is_asked_for_and_goes_into_the_text() -> None:
    chat = await drafted()
    shown = fields(chat)
    assert list(shown) == [
        "product", "severity", "frequency", "client", "last_good", "changed", "impact", "template_id", "title",
        "description",
    ]  # fmt: skip
    assert {name for name, field in shown.items() if field.required} == {"title", "description"}
    assert (shown["frequency"].value, shown["client"].value, shown["template_id"].value) == ("unknown", "unknown", "")
    await chat.act("post", {}, ANSWERS)
    (text,) = texts(chat)
    for line in (
        "How often it fails: sometimes",
        "Build started with: Azure Virtual Desktop custom image templates",
        "Last good run: 2026-02-21 22:00 UTC",
        "What changed since: a new base image",
        "Business impact: the release waits",
        f"Image template (resource id): {TEMPLATE}",
        "Operating system of the image: Windows",
    ):
        assert line in text.split("\n")


async def test_a_template_id_that_the_text_holds_whole_is_filled_in_and_not_repeated() -> None:
    found = FAILED._replace(ids=(("resource", TEMPLATE), ("resource", TEMPLATE.replace("golden", "other"))))
    chat = Chat()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixtures, "DIAGNOSES", {"WITH-ID": found})
        await chat.say("WITH-ID")
    await chat.say("draft")
    assert fields(chat)["template_id"].value == TEMPLATE
    await chat.act("post")
    assert texts(chat)[0].count(TEMPLATE) == 1


@pytest.mark.parametrize("locale", ["en-US", "it-IT"])
@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"title": "  "}, "title"),
        ({"description": ""}, "description"),
        ({"template_id": "win11-golden"}, "template_id"),
        ({"template_id": "/subscriptions/x/../imageTemplates/y"}, "template_id"),
        ({"impact": "x" * 301}, "impact"),
        ({"title": "x" * 251}, "title"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_the_rest_survives(
    locale: str, wrong: dict[str, str], name: str
) -> None:
    chat = await drafted(locale)
    await chat.act("post", {}, {**ANSWERS, **wrong})
    shown = fields(chat)
    assert [name for name, field in shown.items() if field.problem] == [name]
    assert texts(chat) == []
    assert chat.replies[0].placement == "in-place", "the same card, in its place"
    for kept, value in ANSWERS.items():
        if kept != name:
            assert shown[kept].value == value
    assert shown[name].value == " ".join(wrong[name].split())[: shown[name].max_chars]
    good = {"title": "T", "description": "D", "template_id": "", "impact": "none"}[name]
    await chat.act("post", {}, {name: good})
    assert texts(chat)


async def test_a_text_that_was_emptied_is_empty_though_clients_leave_it_out() -> None:
    chat = await drafted()
    await chat.act("post", {}, {**ANSWERS, "severity": "critical", "title": "T", "description": "D"})
    assert "Business impact: the release waits" in texts(chat)[0]
    sent = {"severity": "critical", "frequency": "always", "client": "cli", "product": "windows", "title": "T"}
    await chat.act("post", {}, sent)
    assert {name for name, field in fields(chat).items() if field.problem} == {"description"}
    await chat.act("post", {}, {**sent, "description": "D"})
    assert "Business impact" not in texts(chat)[0]


async def test_a_draft_of_an_earlier_text_is_kept_listed_and_taken_up_again() -> None:
    chat = await drafted()
    await chat.press("Save for later", title="The first", product="linux", impact="password=hunter2hunter2")
    assert "hunter2" not in repr(chat.state)
    await chat.say("WRAPPER")
    await chat.say("draft")
    assert fields(chat)["title"].value.endswith("Packer build failed (win11-golden)"), "a case of its own"
    await chat.press("Save for later", title="The second")
    shown = await chat.say("my drafts")
    assert shown.index("2: The second") < shown.index("1: The first")
    await chat.press("Resume draft 1")
    assert (fields(chat)["title"].value, fields(chat)["product"].value) == ("The first", "linux")
    assert f"Correlation ID: {CORRELATION}" in fields(chat)["description"].value
    await chat.act("post")
    assert "Title: The first" in texts(chat)[0]
    shown = await chat.say("drafts")
    assert "In progress: The first" in shown
    assert "2: The second" in shown
    assert "1: The first" not in shown


async def test_taking_up_one_puts_the_other_aside() -> None:
    chat = await drafted()
    await chat.press("Save for later", title="The first")
    await chat.say("WRAPPER")
    await chat.say("draft")
    await chat.act("post", {}, {"title": "The second"})
    await chat.act("take-up", {"number": 1})
    assert fields(chat)["title"].value == "The first"
    assert "The second" in await chat.say("le mie bozze")


async def test_a_case_that_was_posted_becomes_a_draft_when_the_next_text_comes() -> None:
    chat = await drafted()
    await chat.act("post", {}, {"title": "Posted"})
    await chat.say("WRAPPER")
    assert "Posted" in await chat.say("my drafts")


async def test_drafts_outlive_starting_over_and_a_discarded_one_is_gone() -> None:
    chat = await drafted()
    await chat.press("Save for later", title="The first")
    await chat.say("start over")
    await chat.say("my drafts")
    await chat.press("Resume draft 1")
    await chat.press("Discard")
    assert "discarded" in chat.shown
    assert "You have no drafts." in await chat.say("my drafts")
    assert "That draft no longer exists." in await chat.act("take-up", {"number": 1})


async def test_five_drafts_are_kept_and_all_can_be_taken_up() -> None:
    chat = Chat()
    for number in range(7):
        await chat.say("FAILED.LOG")
        await chat.say("draft")
        await chat.press("Save for later", title=f"Case {number}")
    shown = await chat.say("drafts")
    assert [f"Case {number}" in shown for number in range(7)] == [False, False, *[True] * 5]
    assert len(chat.replies[0].buttons) == 5
    for label in [button.label for button in chat.replies[0].buttons]:
        assert "Resume draft" in label


async def test_an_italian_draft_keeps_its_english_when_its_text_is_long_gone() -> None:
    chat = await drafted("it-IT")
    await chat.press("Salva per dopo", impact="il rilascio aspetta")
    await chat.say("WRAPPER")
    await chat.say("le mie bozze")
    await chat.press("Riprendi la bozza 1")
    edited = fields(chat)["description"].value + "\nSuccede ogni notte."
    await chat.press("Copia il testo", description=edited)
    italian, english = texts(chat)
    assert "Fase raggiunta: personalizzazione" in italian
    assert "Phase reached: customizing" in english
    assert "Script ended with a non-zero exit code (certain)" in english
    assert "Succede ogni notte." in italian
    assert "Succede ogni notte." in english
    assert "Title: Azure VM Image Builder: Script ended with a non-zero exit code (win11-golden)" in english


async def test_a_form_that_was_edited_survives_a_change_of_language() -> None:
    chat = await drafted("it-IT")
    await chat.act("post", {}, {"impact": "il rilascio aspetta"})
    await chat.say("english")
    await chat.say("draft")
    assert fields(chat)["impact"].value == "il rilascio aspetta"
    assert "Phase reached: customizing" in fields(chat)["description"].value
    await chat.say("italiano")
    await chat.act("post")
    assert "il rilascio aspetta" in texts(chat)[0]


@pytest.mark.parametrize("locale", ["en-US", "it-IT"])
async def test_what_leaves_is_the_preview_byte_for_byte(locale: str) -> None:
    chat = await drafted(locale)
    odd = "it's `x` \u202e\x1b[31m \ud800 ```` \u2028 end"
    await chat.act("post", {}, {**ANSWERS, "description": odd, "impact": odd})
    previews = texts(chat)
    english = previews[-1]
    assert "\x1b" not in english
    for kind in ("text", "markdown", "json"):
        await chat.act("file-case", {"as": kind})
        (file,) = chat.offered_files
        content = chat.conversation.read_offered_file(chat.state, file.args)
        assert content is not None
        assert len(content) == file.size
        if kind == "text":
            assert content == english.encode("utf-8")
        if kind == "markdown":
            for preview in previews:
                assert f"`````text\n{preview}\n`````\n".encode() in content
        if kind == "json":
            held = json.loads(content)
            assert held["own_product"] == {
                "name": "Azure VM Image Builder", "service_id": "8df50d5e-6cdd-3a3a-0cb5-95dbef9e09ab"
            }  # fmt: skip
            assert held["product"] == "Virtual Machine running Windows"
            assert [held["text"], held["text_en"]] == [previews[0], english]
            assert held["diagnosis"] is None
            assert held["template_id"] == TEMPLATE
    await chat.act("az-case")
    (file,), (reply,) = chat.offered_files, chat.replies
    assert chat.conversation.read_offered_file(chat.state, file.args) == english.encode("utf-8")
    assert all(f"@{file.name}" in block.text for block in reply.blocks if isinstance(block, Command))


async def test_a_file_of_a_case_that_was_changed_since_is_not_another_file() -> None:
    chat = await drafted()
    await chat.act("post", {}, ANSWERS)
    await chat.press("As a file")
    (offered,) = chat.offered_files
    assert offered.name.startswith("image-medic-case-win11-golden-")
    kept = chat.state
    await chat.say("WRAPPER")
    assert chat.conversation.read_offered_file(chat.state, offered.args) == chat.conversation.read_offered_file(
        kept, offered.args
    ), "a draft now"
    await chat.act("take-up", {"number": 1})
    await chat.act("post", {}, {"impact": "another"})
    assert chat.conversation.read_offered_file(chat.state, offered.args) is None
    for broken in ({}, {"as": "exe", "mark": offered.args["mark"]}, {"as": "text", "mark": 7}, {"as": ["text"]}):
        assert chat.conversation.read_offered_file(kept, broken) is None
    assert chat.conversation.read_offered_file(None, offered.args) is None
    assert chat.conversation.read_offered_file({"v": 99}, offered.args) is None


async def test_links_open_the_portal_with_ids_only() -> None:
    chat = await drafted()
    await chat.act("post", {}, {**ANSWERS, "title": "secret title"})
    urls = [button.url for button in chat.buttons if button.url]
    assert len(urls) == 2
    assert "If the page lists the service Azure VM Image Builder" in chat.shown
    assert all(url.startswith("https://portal.azure.com/#create/Microsoft.Support") for url in urls)
    assert SUBSCRIPTION in urls[0]
    assert "secret" not in "".join(urls)
    assert "https://portal.azure.us/#create/Microsoft.Support" in chat.shown
    await chat.say("1")
    assert "open its address in a browser" in chat.shown


async def test_a_case_of_the_us_government_cloud_opens_its_portal() -> None:
    chat = await drafted()
    edited = fields(chat)["description"].value.replace("Not known: Region", "Region: usgovvirginia\nNot known: ")
    await chat.act("post", {}, {"description": edited})
    urls = [button.url for button in chat.buttons if button.url]
    assert all(url.startswith("https://portal.azure.us/") for url in urls)


async def test_a_subscription_that_was_taken_out_is_in_no_link_and_no_command() -> None:
    chat = await drafted()
    edited = fields(chat)["description"].value.replace(f"Subscription: {SUBSCRIPTION}\n", "")
    await chat.act("post", {}, {"description": edited})
    assert SUBSCRIPTION not in "".join(button.url for button in chat.buttons)
    assert SUBSCRIPTION not in await chat.act("az-case")


async def test_ways_out_of_no_case_say_what_to_do() -> None:
    chat = Chat()
    for do in ("az-case", "file-case", ""):
        assert chat.replies == () or chat.buttons
        await chat.act(do)
    assert "no finished case" in await chat.act("az-case")
    assert state_from_json(chat.state).form is None
