"""Every recorded answer is read correctly, by the template reader and as a pasted text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.azure.templates.template_status import build_template_status
from knowledge.model.diagnosis import BuildOutcome
from knowledge.model.reported_state import find_reported_state
from knowledge.template.documents import find_templates
from knowledge.template.image_template import ImageTemplate
from knowledge.template.template_id import TemplateId
from tests.recordings.exchange import SUBSCRIPTION, Exchange, read_exchanges
from tests.shipped_knowledge import DIAGNOSER

EXCHANGES = [exchange for exchange in read_exchanges("image_builder") if exchange.body is not None]
WITH_TEMPLATE = [exchange for exchange in EXCHANGES if exchange.templates]
REFUSED = {
    "2020/test_image_builder_template_file 6 PUT": "cross-tenant-denied",
    "2023/test_image_builder_vm_profile 11 GET": "identity-not-authorized",
    "2023/test_image_builder_vm_profile 12 GET": "identity-not-authorized",
}
"""The recorded answers that say why something failed."""


def name_exchange(exchange: Exchange) -> str:
    return exchange.name


def shorten(time: str | None) -> str | None:
    """Return a recorded time to the second; year 1 is none."""
    return f"{time[:19]}Z" if time and not time.startswith("0001") else None


def check_template(read: ImageTemplate, written: dict[str, Any]) -> None:
    properties, identity = written["properties"], written.get("identity", {})
    run = properties.get("lastRunStatus", {})
    assert read.template_id == TemplateId(SUBSCRIPTION, written["id"].split("/")[4], written["name"])
    assert (read.name, read.location, read.tags) == (written["name"], written["location"], written["tags"])
    assert read.identities == tuple(identity.get("userAssignedIdentities") or ())
    assert read.provisioning.state == properties["provisioningState"]
    error = properties.get("provisioningError", {})
    assert (read.provisioning.code, read.provisioning.message) == (
        error.get("provisioningErrorCode", ""),
        error.get("message", ""),
    )
    assert (read.run.state, read.run.sub_state, read.run.message) == tuple(
        run.get(key, "") for key in ("runState", "runSubState", "message")
    )
    assert (read.run.started, read.run.ended) == (shorten(run.get("startTime")), shorten(run.get("endTime")))
    assert read.run.is_running == (run.get("runState") in ("Running", "Canceling"))
    vm = properties.get("vmProfile", {})
    assert (read.vm.size, read.vm.os_disk_gb) == (vm.get("vmSize", ""), vm.get("osDiskSizeGB") or None)
    assert (read.vm.network.subnet_id if read.vm.network else None) == vm.get("vnetConfig", {}).get("subnetId")
    assert read.staging_group == properties.get("exactStagingResourceGroup", "")
    assert read.requested_staging_group == properties.get("stagingResourceGroup", "")
    assert (read.build_timeout_minutes, read.timeout_minutes) == (
        properties["buildTimeoutInMinutes"],
        properties["buildTimeoutInMinutes"] or 240,
    )
    assert [(step.type, step.name) for step in read.customizers] == [
        (step["type"], step.get("name", "")) for step in properties.get("customize") or []
    ]
    assert [target.run_output_name for target in read.distributors] == [
        target["runOutputName"] for target in properties["distribute"]
    ]
    assert len(read.validators) == len(properties.get("validate", {}).get("inVMValidations") or [])
    assert read.source.type == properties["source"]["type"]
    publisher = properties["source"].get("publisher")
    if publisher:
        assert read.os == ("linux" if publisher == "Canonical" else "windows")


@pytest.mark.parametrize("exchange", WITH_TEMPLATE, ids=name_exchange)
def test_a_template_is_read_as_it_was_written(exchange: Exchange) -> None:
    for read, written in zip(find_templates(exchange.body), exchange.templates, strict=True):
        check_template(read, written)
        assert read.template_id
        status = build_template_status(read.template_id, read)
        assert (status.run, status.template.provisioning.state) == (read.run, read.provisioning.state)
        facts = read.compute_facts("2023-04-26T05:00:00Z")
        assert "run_ended" not in facts
        assert facts["build_timeout"] == 240 or read.build_timeout_minutes


@pytest.mark.parametrize("indent", [None, 2, 4])
@pytest.mark.parametrize("exchange", EXCHANGES, ids=name_exchange)
def test_a_pasted_answer_has_the_error_that_it_names_and_no_other(exchange: Exchange, indent: int | None) -> None:
    diagnosis = DIAGNOSER.diagnose(json.dumps(exchange.body, indent=indent))
    expected = [(REFUSED[exchange.name], "certain")] if exchange.name in REFUSED else []
    assert [(match.entry, match.confidence) for match in diagnosis.matches] == expected
    assert (diagnosis.finding is not None) == bool(expected)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("exchange", WITH_TEMPLATE, ids=name_exchange)
def test_a_pasted_template_says_its_state(exchange: Exchange, indent: int | None) -> None:
    diagnosis = DIAGNOSER.diagnose(json.dumps(exchange.body, indent=indent))
    properties = exchange.templates[0]["properties"]
    run = properties.get("lastRunStatus", {})
    facts = diagnosis.facts
    assert facts.get("run_state") == run.get("runState")
    assert facts.get("run_sub_state") == run.get("runSubState")
    assert (facts.get("run_started"), facts.get("run_ended")) == (shorten(run.get("startTime")), None)
    assert facts["provisioning_state"] == properties["provisioningState"]
    if exchange.name in REFUSED:
        return
    by_state = {"Creating": "changing", "Succeeded": "no-run"}
    expected = str(run["runState"]).lower() if run else by_state[properties["provisioningState"]]
    assert find_reported_state(diagnosis) == expected
    assert diagnosis.outcome == ("running" if run else "unknown")


STARTED = '"startTime": "2026-11-26T04:54:34.61182626Z"'
NO_END = '"endTime": "0001-01-01T00:00:00Z"'
ENDED = '"endTime": "2026-11-26T05:01:02.3456789Z"'


@pytest.mark.parametrize(
    ("status", "outcome", "state", "ended"),
    [
        (f'{{{STARTED}, {NO_END}, "runState": "Running", "runSubState": "Queued", "message": ""}}', "running", "running", None),
        (f'{{{STARTED}, {NO_END}, "runState": "Running", "runSubState": "Building", "message": ""}}', "running", "running", None),
        (
            f'{{{STARTED}, {NO_END}, "runState": "Canceling", "message": "Canceling image build"}}',
            "running", "canceling", None,
        ),
        (
            f'{{{STARTED}, {ENDED}, "runState": "Canceled", "message": "The build was canceled"}}',
            "canceled", "canceled", "2026-11-26T05:01:02Z",
        ),
        (f'{{{STARTED}, {ENDED}, "runState": "Succeeded", "message": ""}}', "succeeded", None, "2026-11-26T05:01:02Z"),
    ],
)  # fmt: skip
def test_a_pasted_run_status_says_its_state(
    status: str, outcome: BuildOutcome, state: str | None, ended: str | None
) -> None:
    for text in (status, json.dumps(json.loads(status), indent=2), f'"lastRunStatus": {status}'):
        diagnosis = DIAGNOSER.diagnose(text)
        assert (diagnosis.outcome, find_reported_state(diagnosis)) == (outcome, state)
        assert [match.entry for match in diagnosis.matches] == (["run-canceled"] if state == "canceled" else [])
        assert diagnosis.finding is None
        assert diagnosis.facts["run_started"] == "2026-11-26T04:54:34Z"
        assert diagnosis.facts.get("run_ended") == ended
