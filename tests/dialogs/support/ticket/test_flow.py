"""Whole conversations that end in a ticket, or say why not, in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from dialogs.model.azure_refusal import AzureRefusal, AzureRefusalReason
from dialogs.model.effects import HandOff
from dialogs.model.job import FAILURE_KEY
from dialogs.model.reply import CopyableText, FormField
from dialogs.model.support import ClassificationChoice
from dialogs.model.turn import SignedIn
from dialogs.support.ticket.actions import TICKET_ACTIONS
from knowledge.model.entry import COMPLETE_LANGUAGES, Language
from tests.dialogs.fixtures import SUBSCRIPTION
from tests.dialogs.support.ticket.office import ADA, AIB, NUMBER, OLDER, OWN_SERVICE, FakeTicketFiler, FilingChat
from tests.reporting import failures_together
from tests.shipped_texts import TEXTS

CONTACT = {
    "subscription": SUBSCRIPTION,
    "first": "Ada",
    "last": "Rossi",
    "email": "ada@example.com",
    "by": "email",
    "phone": "",
    "country": "ita",
    "time_zone": "W. Europe Standard Time",
    "language": "en-us",
    "diagnostics": "no",
}
LABELS: dict[Language, dict[str, str]] = {
    language: {key.removeprefix("button."): text for key, text in texts.items() if key.startswith("button.")}
    for language, texts in TEXTS.items()
}


async def press(chat: FilingChat, key: str, language: Language = "en", /, **fields: str) -> str:
    return await chat.press(LABELS[language][key], **fields)


async def to_the_form(chat: FilingChat, language: Language = "en") -> str:
    await chat.say("FAILED.LOG")
    await press(chat, "draft", language)
    await press(chat, "post", language)
    return await press(chat, "ticket", language)


async def to_the_preview(chat: FilingChat, language: Language = "en", /, **answers: str) -> str:
    await to_the_form(chat, language)
    return await press(chat, "ticket-preview", language, **{**CONTACT, **answers})


def fields(chat: FilingChat) -> dict[str, FormField]:
    return {block.id: block for reply in chat.replies for block in reply.blocks if isinstance(block, FormField)}


def copied(chat: FilingChat) -> list[str]:
    return [block.text for reply in chat.replies for block in reply.blocks if isinstance(block, CopyableText)]


async def test_a_case_becomes_a_ticket_after_an_explicit_yes() -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing)
    shown = await to_the_form(chat)
    assert "Nothing is sent yet" in shown
    assert [button.should_omit_fields for button in chat.buttons] == [False, True]
    assert {name: field.value for name, field in fields(chat).items()} == {
        **CONTACT, "first": "Ada", "last": "Maria Rossi", "email": "", "country": "USA", "time_zone": "UTC"
    }  # fmt: skip
    assert filing.asked == []
    shown = await press(chat, "ticket-preview", **CONTACT)
    assert filing.asked == [(ADA, SUBSCRIPTION, "windows")]
    for part in (
        "This is everything that will be sent",
        SUBSCRIPTION,
        "Virtual Machine running Windows",
        "Azure Features / Azure Image Builder",
        "Ada Rossi, ada@example.com",
        "ITA, W. Europe Standard Time",
        "Diagnostic information: No",
        "2026-02-22T01:29:00Z",
        "as Ada Maria Rossi?",
    ):
        assert part in shown
    (text,) = copied(chat)
    assert (filing.filed, chat.jobs) == ([], [])
    shown = await press(chat, "ticket-yes")
    assert "Filing…" in shown
    assert filing.filed == []
    shown = await chat.finish_job()
    assert NUMBER in shown
    assert "State: Open" in shown
    (link,) = [button for button in chat.buttons if button.url]
    assert link.url == "https://portal.azure.com/#view/x"
    (draft,) = filing.filed
    assert filing.who == [ADA]
    # what was shown is what left
    assert draft.description == text
    assert (draft.title, draft.severity, draft.problem_started_at) == (
        "Azure VM Image Builder: Script ended with a non-zero exit code (win11-golden)",
        "minimal",
        "2026-02-22T01:29:00Z",
    )
    assert (draft.can_collect_diagnostics, draft.attachments, draft.classification) == (False, (), AIB)
    assert (draft.contact.country, draft.contact.phone, draft.contact.contact_method) == ("ITA", "", "email")


async def test_in_italian_the_english_goes_along_as_a_file() -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing, "it-IT")
    shown = await to_the_form(chat, "it")
    values = {name: field.value for name, field in fields(chat).items()}
    assert (values["country"], values["time_zone"], values["language"]) == ("ITA", "W. Europe Standard Time", "it-it")
    assert "Non viene ancora inviato nulla" in shown
    shown = await press(chat, "ticket-preview", "it", **{**CONTACT, "language": "it-it"})
    assert "Questo è tutto ciò che verrà inviato" in shown
    assert "a nome di Ada Maria Rossi?" in shown
    own, english = copied(chat)
    assert "CHE COSA È SUCCESSO" in own
    assert "WHAT HAPPENED" in english
    await press(chat, "ticket-yes", "it")
    assert NUMBER in await chat.finish_job()
    (draft,) = filing.filed
    assert draft.description == own
    assert [(file.name, file.text) for file in draft.attachments] == [("image-medic-case-english.md", english)]


async def test_support_in_another_language_gets_english() -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing, "it-IT")
    await to_the_preview(chat, "it", language="de-de")
    (text,) = copied(chat)
    assert "WHAT HAPPENED" in text
    await press(chat, "ticket-yes", "it")
    await chat.finish_job()
    assert (filing.filed[0].description, filing.filed[0].attachments) == (text, ())
    assert filing.filed[0].title.startswith("Azure VM Image Builder: Script ended")


async def test_a_file_that_was_not_taken_is_said() -> None:
    filing = FakeTicketFiler()
    filing.attached = 0
    chat = FilingChat(filing, "it-IT")
    await to_the_preview(chat, "it", language="it-it")
    await press(chat, "ticket-yes", "it")
    assert "Il file non è stato allegato" in await chat.finish_job()


async def test_consent_is_no_unless_said() -> None:
    chat = FilingChat(FakeTicketFiler())
    await to_the_form(chat)
    field = fields(chat)["diagnostics"]
    assert (field.value, [value for value, _ in field.choices]) == ("no", ["no", "yes"])
    answers = {name: value for name, value in CONTACT.items() if name != "diagnostics"}
    assert "Diagnostic information: No" in await press(chat, "ticket-preview", **answers)
    assert "Diagnostic information: No" not in await press(chat, "ticket-change")
    assert "Diagnostic information: Yes, I agree" in await press(chat, "ticket-preview", diagnostics="yes")


UNACCEPTABLE = [
    ("subscription", ""),
    ("subscription", "not-a-guid"),
    ("first", "  "),
    ("last", ""),
    ("email", "ada"),
    ("email", "ada@localhost"),
    ("email", "a b@example.com"),
    ("country", "XXX"),
    ("country", "Italy"),
    ("country", "Austria"),
    ("subscription", f"{SUBSCRIPTION}0"),
    ("email", "ada@example.com" + "m" * 120),
    ("first", "A" * 61),
    ("phone", "call me"),
]


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
async def test_what_support_would_not_take_is_asked_again(language: Language) -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing, "it-IT" if language == "it" else "en-US")
    with failures_together() as failures:
        for name, value in UNACCEPTABLE:
            chat.state = None
            await to_the_preview(chat, language, **{name: value})
            found = fields(chat)
            with failures.check(f"{name}: {value}"):
                assert [field.id for field in found.values() if field.problem] == [name]
                assert found[name].problem == TEXTS[language][f"ticket.problem.{name}"]
                assert found["email"].value == ("ada@example.com" if name != "email" else value.strip())
                assert filing.asked == []


async def test_a_call_needs_a_number() -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing)
    await to_the_preview(chat, by="phone")
    assert fields(chat)["phone"].problem
    shown = await press(chat, "ticket-preview", phone="+39 055 123456")
    assert "Ada Rossi, ada@example.com, +39 055 123456" in shown
    await press(chat, "ticket-yes")
    await chat.finish_job()
    assert (filing.filed[0].contact.contact_method, filing.filed[0].contact.phone) == ("phone", "+39 055 123456")


async def test_several_problem_types_are_asked() -> None:
    filing = FakeTicketFiler(OLDER, AIB)
    chat = FilingChat(filing)
    shown = await to_the_preview(chat)
    assert "lists several problem types for Virtual Machine running Windows" in shown
    shown = await chat.act("ticket-kind", {"kind": 1})
    assert "Problem type: Azure Features / Azure Image Builder" in shown
    await press(chat, "ticket-yes")
    await chat.finish_job()
    assert filing.filed[0].classification == AIB


def own_classifications(count: int) -> tuple[ClassificationChoice, ...]:
    prefix = f"{OWN_SERVICE.id}/problemClassifications/"
    return tuple(ClassificationChoice(f"{prefix}{number}", f"Kind {number}") for number in range(1, count + 1))


@pytest.mark.parametrize("count", [1, 4, 5])
async def test_a_product_of_its_own_comes_first_and_says_why(count: int) -> None:
    filing = FakeTicketFiler()
    filing.own_classifications = own_classifications(count)
    chat = FilingChat(filing)
    shown = await to_the_preview(chat)
    assert "Azure now lists Image Builder as its own product, Azure VM Image Builder" in shown
    assert ("Azure lists more problem types" in shown) == (count > 4)
    offered = [f"Kind {number}" for number in range(1, min(count, 4) + 1)]
    assert [button.label for button in chat.buttons] == [*offered, "Documented path", "Change the details"]
    assert [button.label for button in chat.buttons if button.primary] == ["Kind 1"]
    assert "1: Azure VM Image Builder / Kind 1" in shown
    documented = "Virtual Machine running Windows / Azure Features / Azure Image Builder"
    assert f"{len(offered) + 1}: {documented}" in shown
    shown = await chat.press("Kind 1")
    assert "Service: Azure VM Image Builder" in shown
    (text,) = copied(chat)
    assert "Product to choose first, if Azure lists it: Azure VM Image Builder" in text
    await press(chat, "ticket-yes")
    await chat.finish_job()
    (draft,) = filing.filed
    assert (draft.service, draft.classification) == (OWN_SERVICE, filing.own_classifications[0])
    assert draft.description == text


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
async def test_the_documented_path_is_one_press_away(language: Language) -> None:
    filing = FakeTicketFiler()
    filing.own_classifications = own_classifications(2)
    chat = FilingChat(filing, "it-IT" if language == "it" else "en-US")
    await to_the_preview(chat, language)
    shown = await press(chat, "ticket-documented", language)
    assert "Virtual Machine running Windows" in shown
    assert "Azure Features / Azure Image Builder" in shown
    own_row = TEXTS[language]["case.head.own-product"].format(value="")
    assert not any(own_row in text for text in copied(chat))
    await press(chat, "ticket-yes", language)
    await chat.finish_job()
    (draft,) = filing.filed
    assert (draft.service.name, draft.classification) == ("Virtual Machine running Windows", AIB)


async def test_what_is_remembered_of_a_product_of_its_own_can_be_read_by_0_1_0() -> None:
    filing = FakeTicketFiler()
    filing.own_classifications = own_classifications(9)
    chat = FilingChat(filing)
    await to_the_preview(chat)
    assert chat.state
    routes = chat.state["tickets"]["under_way"]["routes"]
    assert routes["service"] == {"id": OWN_SERVICE.id, "name": OWN_SERVICE.name}
    # 0.1.0 takes the service for that of each classification, and six at most
    assert all(one["id"].startswith(OWN_SERVICE.id) for one in routes["classifications"])
    assert len(routes["classifications"]) <= 6


async def test_pressing_yes_twice_files_once() -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing)
    await to_the_preview(chat)
    yes = chat.button("Yes, file it")
    await press(chat, "ticket-yes")
    assert "being filed already" in await chat.act(yes.action_id, dict(yes.args))
    assert len(chat.jobs) == 1
    await chat.finish_job()
    assert NUMBER in await chat.act(yes.action_id, dict(yes.args))
    assert (len(filing.filed), chat.jobs) == (1, [])


async def test_a_draft_stays_one_ticket_after_it_was_edited() -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing)
    await to_the_preview(chat)
    await press(chat, "ticket-yes")
    await chat.finish_job()
    await press(chat, "edit-case")
    await press(chat, "post", title="Another title")
    assert f"The request number is {NUMBER}" in await press(chat, "ticket")
    await press(chat, "edit-case")
    await press(chat, "afresh")
    await press(chat, "post")
    shown = await press(chat, "ticket")
    assert f"Request {NUMBER} was already filed from this conversation" in shown
    # what was asked for the first ticket went with it
    assert fields(chat)["email"].value == ""
    await press(chat, "ticket-preview", **CONTACT)
    await press(chat, "ticket-yes")
    await chat.finish_job()
    first, second = filing.filed
    assert first.id != second.id


async def test_what_changed_after_the_preview_is_shown_before_it_leaves() -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing)
    await to_the_preview(chat)
    yes = chat.button("Yes, file it")
    await press(chat, "edit-case")
    await press(chat, "post", impact="A release waits")
    shown = await chat.act(yes.action_id, dict(yes.args))
    assert "Something has changed since you saw it" in shown
    assert "A release waits" in shown
    assert chat.jobs == []
    await press(chat, "ticket-yes")
    await chat.finish_job()
    assert "A release waits" in filing.filed[0].description


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
@pytest.mark.parametrize("step", ["routes", "file"])
async def test_every_refusal_has_its_words_and_leaves_the_draft(language: Language, step: str) -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing, "it-IT" if language == "it" else "en-US")
    with failures_together() as failures:
        for reason in get_args(AzureRefusalReason):
            chat.state = None
            chat.jobs.clear()
            with failures.check(reason):
                await check_refusal(chat, filing, language, reason, step)


async def check_refusal(
    chat: FilingChat, filing: FakeTicketFiler, language: Language, reason: AzureRefusalReason, step: str
) -> None:
    filing.refusal = AzureRefusal(
        reason, "", "a/b/write", "/subscriptions/x", "Some Role", "Code1", 30, detail="**Developer**"
    )
    filing.refuses = step
    shown = await to_the_preview(chat, language)
    if step == "file":
        await press(chat, "ticket-yes", language)
        shown = await chat.finish_job()
    for part in ("", ".next"):
        own, general = f"unfiled.{reason}{part}", f"refused.{reason}{part}"
        assert TEXTS[language][own if own in TEXTS[language] else general].replace("`", "") in shown
    for literal in ("**Developer**", "a/b/write", "/subscriptions/x", "Some Role", "Code1"):
        assert literal in shown
    assert ("30" in shown) is (reason == "busy")
    assert bool(chat.sign_in_requests) is (reason == "sign-in")
    labels = [button.label for button in chat.buttons]
    assert LABELS[language]["ways-out"] in labels
    filing.refusal = None
    if LABELS[language]["ticket-again"] in labels:
        shown = await press(chat, "ticket-again", language)
        if step == "routes":
            await press(chat, "ticket-yes", language)
        assert NUMBER in await chat.finish_job()
    else:
        assert "Script" in await press(chat, "ways-out", language)


async def test_trying_again_files_only_what_was_agreed_to() -> None:
    filing = FakeTicketFiler()
    filing.refusal = AzureRefusal("azure-trouble")
    chat = FilingChat(filing)
    await to_the_preview(chat)
    await press(chat, "ticket-yes")
    await chat.finish_job()
    again = chat.button("Try again")
    filing.refusal = None
    await press(chat, "edit-case")
    await press(chat, "post", impact="Something new")
    assert "Something has changed" in await chat.act(again.action_id, dict(again.args))
    assert chat.jobs == []


async def test_after_a_sign_in_a_filing_goes_on() -> None:
    filing = FakeTicketFiler()
    filing.refusal = AzureRefusal("sign-in")
    chat = FilingChat(filing)
    await to_the_preview(chat)
    await press(chat, "ticket-yes")
    await chat.finish_job()
    filing.refusal = None
    assert "Filing…" in await chat.turn(SignedIn(True))
    assert NUMBER in await chat.finish_job()
    assert "signed in" in await chat.turn(SignedIn(True))


async def test_after_a_sign_in_it_goes_on() -> None:
    filing = FakeTicketFiler()
    filing.refusal, filing.refuses = AzureRefusal("sign-in"), "routes"
    chat = FilingChat(filing)
    await to_the_preview(chat)
    filing.refusal = None
    assert "This is everything that will be sent" in await chat.turn(SignedIn(True))


@pytest.mark.parametrize("failure", ["broken", "too-long", "stopped", "too-many"])
async def test_a_filing_that_was_cut_off_can_be_tried_again(failure: str) -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing)
    await to_the_preview(chat)
    await press(chat, "ticket-yes")
    shown = await chat.finish_job({FAILURE_KEY: failure})
    assert "first check whether the request already exists" in shown
    await press(chat, "ticket-again")
    assert NUMBER in await chat.finish_job()


async def test_a_result_of_another_shape_is_no_ticket() -> None:
    for result in ({}, {"ticket": {"number": 7}}, {"ticket": None}, {"refusal": {"reason": "made-up"}}):
        chat = FilingChat(FakeTicketFiler())
        await to_the_preview(chat)
        await press(chat, "ticket-yes")
        shown = await chat.finish_job(result)
        assert "and I don't know why" in shown


async def test_where_it_is_not_allowed_nothing_offers_it() -> None:
    chat = FilingChat(None)
    await chat.say("FAILED.LOG")
    await press(chat, "draft")
    shown = await press(chat, "post")
    assert "File it" not in shown
    for do in sorted(TICKET_ACTIONS.actions):
        await chat.act(do, {"seal": "x", "kind": 0}, dict(CONTACT))
        assert chat.jobs == []


@pytest.mark.parametrize("scope", ["group", "channel"])
async def test_among_others_it_goes_to_the_private_chat(scope: Any) -> None:
    filing = FakeTicketFiler()
    chat = FilingChat(filing)
    await to_the_preview(chat)
    chat.scope = scope
    for do in sorted(TICKET_ACTIONS.actions):
        shown = await chat.act(do, {"seal": "x", "kind": 0}, dict(CONTACT))
        assert SUBSCRIPTION not in shown
        assert chat.effects == (HandOff("draft"),)
    assert (filing.filed, chat.jobs) == ([], [])


async def test_what_it_needs_is_said_before_the_button() -> None:
    for language, locale in (("en", "en-US"), ("it", "it-IT")):
        chat = FilingChat(FakeTicketFiler(), locale)
        await chat.say("FAILED.LOG")
        await press(chat, "draft", language)  # type: ignore[arg-type]
        shown = await press(chat, "post", language)  # type: ignore[arg-type]
        for part in ("Professional Direct", "Premier", "Unified", "Support Request Contributor"):
            assert part in shown
        assert ("in your name" if language == "en" else "a tuo nome") in shown
        assert len(chat.replies[-1].buttons) <= 6


async def test_contact_details_go_with_the_draft() -> None:
    chat = FilingChat(FakeTicketFiler())
    await to_the_preview(chat)
    assert "ada@example.com" in str(chat.state)
    await press(chat, "edit-case")
    await press(chat, "discard-case")
    assert "ada@example.com" not in str(chat.state)


async def test_planted_secrets_stay_here() -> None:
    filing = FakeTicketFiler()
    secret = "sv=2022-11-02&sig=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE%3D"
    chat = FilingChat(filing, "it-IT")
    await chat.say("FAILED.LOG")
    await press(chat, "draft", "it")
    planted = f"https://acct.blob.core.windows.net/c/a.ps1?{secret}"
    await press(
        chat, "post", "it", description=f"vedi {planted}", impact=planted, changed=planted, title=f"T {planted}"
    )
    await press(chat, "ticket", "it")
    await press(chat, "ticket-preview", "it", **{**CONTACT, "first": f"a?{secret}", "language": "it-it"})
    await press(chat, "ticket-yes", "it")
    await chat.finish_job()
    left = str(filing.filed) + str(chat.state)
    assert "acct.blob.core.windows.net" in left
    assert "Zm9vYmFyYmF6" not in left


async def test_buttons_of_another_shape_are_answered() -> None:
    chat = FilingChat(FakeTicketFiler())
    await to_the_preview(chat)
    for args in ({"kind": "x"}, {"kind": -1}, {"seal": 7}, {"seal": None}, {}):
        for do in ("ticket-kind", "ticket-yes"):
            await chat.act(do, args, {"country": "\ud800", "x": "y"})
            assert chat.jobs == []


async def test_a_person_without_a_name_is_asked_for_it() -> None:
    chat = FilingChat(FakeTicketFiler(), person=replace(ADA, name=""))
    await to_the_form(chat)
    assert (fields(chat)["first"].value, fields(chat)["last"].value) == ("", "")
    assert "in your name?" in await press(chat, "ticket-preview", **CONTACT)
