"""What is stored of a checked template: small, and readable whatever has happened to it."""

from __future__ import annotations

import base64
import json
import random
import string
import zlib
from dataclasses import replace
from typing import Any

import pytest

from dialogs.model.preflight import CheckedPlace, CheckProblem, TemplateCheck, TemplateFinding
from dialogs.state.azure_state import AzureRequest, AzureState, azure_state_from_json, azure_state_to_json
from dialogs.state.conversation_json import MAX_STATE_BYTES, state_from_json, state_to_json
from dialogs.state.conversation_state import ConversationState
from dialogs.state.template_check import KeptCheck, pack_text, unpack_text
from knowledge.template.template_id import TemplateId, TemplateQuery

FINDING = TemplateFinding(
    "apt-without-yes",
    "warning",
    "Without -y, {command|apt} asks",
    "It hangs.",
    "Add `-y`.",
    {"command": "apt"},
    "build-timeout",
    CheckedPlace("$.properties.customize[0]", "customizer", 1, "web", 2, 30),
    3,
    ("-a", "+b"),
)
CHECK = TemplateCheck(
    "web", (FINDING,), (0, 1, 0), ("$.name",), ("a.sh",), True, ("roles: {code}",), '{"a": "è"}', True
)
KEPT = KeptCheck(20260301120000, CHECK, TemplateId("5b0f8a7e-11d2-4c3b-9a64-7de0c2f1a9b8", "rg", "web"))


def build_noise(size: int) -> str:
    """A text that hardly gets smaller."""
    return "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=size))


def through_json(state: ConversationState) -> ConversationState:
    return state_from_json(json.loads(json.dumps(state_to_json(state))))


@pytest.mark.parametrize(
    "kept",
    [
        KEPT,
        replace(KEPT, template_id=None),
        KeptCheck(1, TemplateCheck(problem=CheckProblem("not-json", 3, 7))),
        KeptCheck(1, TemplateCheck("web")),
    ],
)
def test_a_check_is_kept(kept: KeptCheck) -> None:
    assert through_json(ConversationState(kept_check=kept)).kept_check == kept


def test_without_a_check_nothing_is_written() -> None:
    assert "preflight" not in state_to_json(ConversationState())
    assert "checks" not in azure_state_to_json(AzureState(pending_request=AzureRequest()))


def test_an_older_release_takes_a_pending_check_for_a_lookup_of_the_template() -> None:
    request = AzureRequest("template", TemplateQuery("web"), checks=True)
    stored = azure_state_to_json(AzureState(pending_request=request, pending_input="consent"))
    assert stored["what"] == "template"
    assert azure_state_from_json(stored).pending_request == request
    del stored["checks"]
    assert azure_state_from_json(stored).pending_request == replace(request, checks=False)


@pytest.mark.parametrize(
    "value",
    [
        7, [], {}, {"number": 1}, {"number": "1", "check": {}}, {"number": 1, "check": []},
        {"number": 1, "check": {"findings": [{}]}}, {"number": 1, "check": {"problem": {"reason": "later"}}},
    ],
)  # fmt: skip
def test_a_check_that_cannot_be_read_costs_nothing_else(value: Any) -> None:
    document = state_to_json(ConversationState(diagnosis_number=5)) | {"preflight": value}
    assert state_from_json(document) == ConversationState(diagnosis_number=5)


@pytest.mark.parametrize(
    "packed",
    [
        None, 7, "", "~~~", "x" * 30_000,
        base64.b85encode(zlib.compress(b"a" * 50_000_000)).decode(),
        base64.b85encode(zlib.compress(b"\xff\xfe")).decode(),
        base64.b85encode(zlib.compress(b"abc" * 1000)[:-5]).decode(),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_none(packed: Any) -> None:
    assert unpack_text(packed) == ""


def test_a_file_is_kept_only_if_it_is_small() -> None:
    text = json.dumps([{"type": "Shell", "inline": [f"echo {number}"]} for number in range(2000)])
    assert unpack_text(pack_text(text)) == text
    assert pack_text(build_noise(60_000)) == ""


def test_the_file_goes_first_when_a_state_is_too_large() -> None:
    noise = build_noise(12_000)
    finding = replace(FINDING, why="a" * 400, fix="b" * 400, diff=("c" * 300,) * 14)
    kept = replace(KEPT, check=replace(CHECK, findings=(finding,) * 10, corrected=noise))
    assert pack_text(noise)
    document = state_to_json(ConversationState(diagnosis_number=5, kept_check=kept))
    assert len(json.dumps(document)) <= MAX_STATE_BYTES * 1.1
    found = state_from_json(document)
    assert found.kept_check is not None
    assert found.kept_check.check.corrected == ""
    assert found.kept_check.check.findings == (finding,) * 10
