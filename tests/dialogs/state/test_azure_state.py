"""What's stored about lookups: plain JSON, bounded, and checked. States of earlier versions stay readable."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dialogs.model.azure import RunOutput
from dialogs.model.reply import TextRun
from dialogs.state import azure_state as memory
from dialogs.state import template_status as held_status
from dialogs.state.azure_state import AzureRequest, AzureState
from dialogs.state.conversation_json import state_from_json, state_to_json
from dialogs.state.conversation_state import ConversationState
from dialogs.state.json_fields import DecodeError
from dialogs.state.share_state import MAX_RUN_CHARS, AskedPlace, LookSummary, ShareState
from knowledge.template.template_id import TemplateQuery
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS
from tests.dialogs.azure.statuses import with_values
from tests.dialogs.fixtures import SUBSCRIPTION

PLACE = AskedPlace("19:room;messageid=1", "channel", "2026-03-01T00:00:00Z", GOLDEN)
RUNS = (TextRun("Last run: "), TextRun("x" * MAX_RUN_CHARS, "code"), TextRun("!", "bold"))
SUMMARY = LookSummary("it", "2026-03-01T00:01:00Z", RUNS, RUNS, RUNS * 13, 280, "x" * 300, RUNS)
WANTED = TemplateQuery("win11-golden", "rg-images", SUBSCRIPTION, "IT_rg_1", "xkzlyccln2x4qrzk8r60s8oc")


@pytest.mark.parametrize(
    "looks",
    [
        AzureState(),
        AzureState(True, AzureRequest("template", WANTED), "sign-in", GOLDEN, "user"),
        AzureState(False, AzureRequest("failing"), "consent"),
        AzureState(None, AzureRequest("whole-log", TemplateQuery.for_template(GOLDEN)), ""),
        AzureState(sharing=ShareState(AskedPlace("19:room", "group", "2026-03-01T00:00:00Z"))),
        AzureState(sharing=ShareState(replace(PLACE, scope="group"), SUMMARY, (TextRun("Ada"),), True)),
    ],
)
def test_it_comes_back_from_json(looks: AzureState) -> None:
    assert memory.azure_state_from_json(json.loads(json.dumps(memory.azure_state_to_json(looks)))) == looks
    written = json.loads(json.dumps(state_to_json(ConversationState(azure=looks))))
    assert state_from_json(written).azure == looks


def test_a_state_that_was_written_before_looks_is_read() -> None:
    written = state_to_json(ConversationState(language="it", diagnosis_number=3))
    del written["look"]
    assert state_from_json(written) == ConversationState(language="it", diagnosis_number=3)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"waits": "for ever"},
        {"waits": "", "whose": "mine"},
        {"waits": "", "whose": "user", "consent": "yes"},
        {"waits": "", "whose": "off", "what": "delete", "wanted": {}},
        {"waits": "", "whose": "off", "what": "template", "wanted": [1]},
        {"waits": "", "whose": "off", "ref": 3},
        {"share": {"place": {"conversation": "19:room", "scope": "personal", "at": ""}}},
        {"share": {"look": {"language": "en", "at": "", "title": [["x", "link"]], "run": []}}},
        {"share": {"by": [["x"]]}},
    ],
)
def test_another_shape_is_refused(value: object) -> None:
    with pytest.raises(DecodeError):
        memory.azure_state_from_json(value)


def test_names_that_do_not_fit_are_not_looked_for() -> None:
    hostile = {
        "name": "$(rm -rf)",
        "resource_group": "a;b",
        "subscription": "1",
        "staging_group": "a\nb",
        "account": "A B",
    }
    assert TemplateQuery.from_names(**hostile) == TemplateQuery()
    assert TemplateQuery.from_args({"sub": 1, "rg": None, "name": ["x"]}) == TemplateQuery()
    assert TemplateQuery.from_args(GOLDEN.to_args()) == TemplateQuery.for_template(GOLDEN)


def test_the_staging_group_is_taken_from_its_id() -> None:
    facts = {"staging_resource_group": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/IT_rg_1/", "template": "t_1"}
    assert TemplateQuery.from_facts(facts) == TemplateQuery(name="t_1", staging_group="IT_rg_1")


def test_a_status_comes_back_from_json_bounded_and_without_secrets() -> None:
    status = with_values(
        STATUS,
        message="x" * 9000 + " password=Hunter2-Hunter2 ends",
        outputs=(RunOutput("out", "artifact", "Succeeded"),) * 50,
        customizers=(("PowerShell", "y" * 900),) * 500,
        os_disk_gb=127,
        has_own_network=True,
    )
    bounded = held_status.sanitize_status(status)
    written = json.dumps(held_status.STATUS_CODEC.encode(bounded))
    assert held_status.STATUS_CODEC.decode(json.loads(written)) == bounded
    assert "Hunter2" not in written
    assert bounded.run.message.endswith("ends")
    assert len(bounded.run.message) <= held_status.MAX_MESSAGE_CHARS
    assert len(bounded.outputs) == held_status.MAX_OUTPUTS
    assert held_status.sanitize_status(STATUS) == STATUS


@pytest.mark.parametrize(
    "broken", [{}, {"template_id": {}}, {"template_id": GOLDEN.to_args()}, {"template": {"customizers": [["a"]]}}, []]
)
def test_a_status_of_another_shape_is_refused(broken: object) -> None:
    whole = held_status.STATUS_CODEC.encode(STATUS)
    value = {**whole, **broken} if isinstance(broken, dict) and "template" in broken else broken
    with pytest.raises(DecodeError):
        held_status.STATUS_CODEC.decode(value)
