"""A job and its result are read back unchanged, and anything of another shape is refused."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.support import (
    ClassificationChoice,
    ServiceChoice,
    Ticket,
    TicketAttachment,
    TicketContact,
    TicketDraft,
)
from dialogs.state.json_fields import DecodeError
from dialogs.state.refusal_json import REFUSAL_CODEC
from dialogs.state.ticket_json import DRAFT_CODEC, TICKET_CODEC
from dialogs.state.value_codecs import Codec
from dialogs.support.ticket.preview_hash import compute_preview_hash

CONTACT = TicketContact(
    "Ada", "Rossi", "ada@example.com", "ITA", "W. Europe Standard Time", "it-it", "phone", "+39 055 1"
)
DRAFT = TicketDraft(
    id="7-20260301",
    subscription="99999999-8888-7777-6666-555555555555",
    service=ServiceChoice("/providers/Microsoft.Support/services/s", "Virtual Machine running Windows"),
    classification=ClassificationChoice("/providers/x/problemClassifications/c", "Azure Features / X"),
    title="A title",
    description="Line one\nline two",
    severity="moderate",
    contact=CONTACT,
    can_collect_diagnostics=True,
    problem_started_at="2026-02-22T01:29:00Z",
    attachments=(TicketAttachment("image-medic-case.md", "the case"),),
)
TICKET = Ticket("119120321001170", "/subscriptions/s/providers/x", "https://portal.azure.com/#x", "Open", 1, True)
REFUSAL = AzureRefusal("busy", "", "a/b/action", "/subscriptions/s", "A role", "TooMany", 30, detail="wait")


CODECS: dict[type, Codec[Any]] = {TicketDraft: DRAFT_CODEC, Ticket: TICKET_CODEC, AzureRefusal: REFUSAL_CODEC}


def through(value: Any) -> Any:
    return json.loads(json.dumps(CODECS[type(value)].encode(value)))


@pytest.mark.parametrize(
    "draft", [DRAFT, replace(DRAFT, attachments=(), problem_started_at="", can_collect_diagnostics=False)]
)
def test_a_draft_comes_back_as_it_was(draft: TicketDraft) -> None:
    assert DRAFT_CODEC.decode(through(draft)) == draft


def test_a_ticket_and_a_refusal_come_back_as_they_were() -> None:
    assert TICKET_CODEC.decode(through(TICKET)) == TICKET
    assert REFUSAL_CODEC.decode(through(REFUSAL)) == REFUSAL


@pytest.mark.parametrize("key", sorted(through(DRAFT)))
def test_a_draft_with_a_field_missing_or_of_another_shape_is_none(key: str) -> None:
    for spoiled in (None, 7, {"a": "b"}):
        with pytest.raises(DecodeError):
            DRAFT_CODEC.decode({**through(DRAFT), key: spoiled})


def test_consent_is_never_read_from_something_that_is_not_true() -> None:
    for spoiled in ("Yes", 1, "true", None):
        with pytest.raises(DecodeError):
            DRAFT_CODEC.decode({**through(DRAFT), "diagnostics": spoiled})


def test_the_seal_is_of_everything_that_leaves() -> None:
    other: dict[str, Any] = {"can_collect_diagnostics": False, "severity": "critical", "attachments": ()}
    for field in fields(DRAFT):
        value = other.get(field.name, getattr(DRAFT, field.name))
        if field.name in ("service", "classification"):
            value = replace(value, id="x")
        elif field.name == "contact":
            value = replace(value, email="eve@example.com")
        elif field.name not in other:
            value = f"{value}x"
        assert compute_preview_hash(replace(DRAFT, **{field.name: value})) != compute_preview_hash(DRAFT), field.name
