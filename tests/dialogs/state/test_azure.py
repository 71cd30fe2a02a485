"""What is remembered of looks: plain JSON, bounded, checked; and states of versions that did not look stay readable."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dialogs.model.azure import CustomizerOf, RunOutput, Wanted
from dialogs.state import azure as memory
from dialogs.state import state as states
from dialogs.state import template_status as held_status
from dialogs.state.azure import Asked, Looks
from dialogs.state.json_fields import ShapeError
from dialogs.state.state import State
from tests.dialogs.azure.fake_azure import GOLDEN, STATUS
from tests.dialogs.fixtures import SUBSCRIPTION

WANTED = Wanted("win11-golden", "rg-images", SUBSCRIPTION, "IT_rg_1", "xkzlyccln2x4qrzk8r60s8oc")


@pytest.mark.parametrize(
    "looks",
    [
        Looks(),
        Looks(True, Asked("template", WANTED), "sign-in", GOLDEN, "user"),
        Looks(False, Asked("failing"), "consent"),
        Looks(None, Asked("whole-log", memory.of_ref(GOLDEN)), ""),
    ],
)
def test_it_comes_back_from_json(looks: Looks) -> None:
    assert memory.from_json(json.loads(json.dumps(memory.to_json(looks)))) == looks
    written = json.loads(json.dumps(states.to_json(State(look=looks))))
    assert states.from_json(written).look == looks


def test_a_state_that_was_written_before_looks_is_read() -> None:
    written = states.to_json(State(language="it", paste=3))
    del written["look"]
    assert states.from_json(written) == State(language="it", paste=3)


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
    ],
)
def test_another_shape_is_refused(value: object) -> None:
    with pytest.raises(ShapeError):
        memory.from_json(value)


def test_names_that_do_not_fit_are_not_looked_for() -> None:
    hostile = {
        "name": "$(rm -rf)",
        "resource_group": "a;b",
        "subscription": "1",
        "staging_group": "a\nb",
        "account": "A B",
    }
    assert memory.checked(**hostile) == Wanted()
    assert memory.of_args({"sub": 1, "rg": None, "name": ["x"]}) == Wanted()
    assert memory.of_args(memory.args_of(GOLDEN)) == memory.of_ref(GOLDEN)


def test_the_staging_group_is_taken_from_its_id() -> None:
    facts = {"staging_resource_group": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/IT_rg_1/", "template": "t_1"}
    assert memory.wanted_of(facts) == Wanted(name="t_1", staging_group="IT_rg_1")


def test_a_status_comes_back_from_json_bounded_and_without_secrets() -> None:
    status = replace(
        STATUS,
        message="x" * 9000 + " password=Hunter2-Hunter2 ends",
        outputs=(RunOutput("out", "artifact", "Succeeded"),) * 50,
        customizers=(CustomizerOf("PowerShell", "y" * 900),) * 500,
        os_disk_gb=127,
        own_network=True,
    )
    bounded = held_status.bounded(status)
    written = json.dumps(held_status.to_json(bounded))
    assert held_status.from_json(json.loads(written)) == bounded
    assert "Hunter2" not in written
    assert bounded.message.endswith("ends")
    assert len(bounded.message) <= held_status.LONG
    assert len(bounded.outputs) == held_status.MOST_OUTPUTS
    assert held_status.bounded(STATUS) == STATUS


@pytest.mark.parametrize("broken", [{}, {"ref": {}}, {"ref": memory.args_of(GOLDEN)}, {"customizers": [["a"]]}, []])
def test_a_status_of_another_shape_is_refused(broken: object) -> None:
    whole = held_status.to_json(STATUS)
    value = {**whole, **broken} if isinstance(broken, dict) and "customizers" in broken else broken
    with pytest.raises(ShapeError):
        held_status.from_json(value)
