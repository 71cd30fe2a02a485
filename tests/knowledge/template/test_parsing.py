"""Templates as Azure, Azure CLI, and files write them; what is left out, empty, or hostile does no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.template.documents import find_templates
from knowledge.template.image_template import (
    Distributor,
    ErrorHandling,
    ImageTemplate,
    Network,
    Provisioning,
    TemplateStep,
    VmProfile,
)
from knowledge.template.parsing import NoTemplateError, parse_template
from knowledge.template.run import Run
from knowledge.template.template_id import TemplateId
from tests.knowledge.template.answers import ANSWERS, DEPLOYMENT, flatten

ZERO = "00000000-0000-0000-0000-000000000000"


def parse_only(document: object) -> ImageTemplate:
    (template,) = find_templates(document)
    return template


def test_what_azure_answers() -> None:
    found = parse_only(ANSWERS["rejected"])
    group = f"/subscriptions/{ZERO}/resourceGroups/img_tmpl_vmprofile000001"
    # Azure writes `resourcegroups` in lower case in ids
    assert found.template_id == TemplateId(ZERO, "img_tmpl_vmprofile000001", "ib_000005")
    assert (found.name, found.location) == ("ib_000005", "westus")
    assert (found.provisioning.state, found.provisioning.code) == ("Failed", "Other")
    assert found.provisioning.message.startswith("Not authorized to access the resource")
    assert len(found.identities) == 1
    assert found.source.describe() == "Canonical:UbuntuServer:18.04-LTS:18.04.201808140"
    assert found.vm == VmProfile(
        "",
        None,
        Network(
            f"{group}/providers/Microsoft.Network/virtualNetworks/vnet_000002/subnets/subnet_000004", "", "Standard_A1_v1"
        ),
        (
            f"{group.replace('Groups', 'groups')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id_000003",
        ),
    )  # fmt: skip
    assert found.staging_group.startswith(f"/subscriptions/{ZERO}/resourceGroups/IT_img_tmpl_vmprofile")
    assert (found.build_timeout_minutes, found.timeout_minutes) == (0, 240)
    assert (found.run, found.customizers, found.os, found.path) == (Run(), (), "linux", "properties")
    assert found.has_failed


def test_the_end_of_a_run_that_goes_on_is_none() -> None:
    assert parse_only(ANSWERS["running"]).run == Run("Running", "Queued", "2020-09-08T04:29:55Z")
    assert parse_only(ANSWERS["canceling"]).run == Run(
        "Canceling", started="2020-09-08T04:29:55Z", message="Canceling image build"
    )


@pytest.mark.parametrize("name", ["running", "canceling", "optimizing", "validating", "rejected"])
def test_azure_cli_and_other_cases_say_the_same(name: str) -> None:
    written = parse_only(ANSWERS[name])

    def compare(found: ImageTemplate) -> None:
        assert found.compute_facts("2026-01-01T00:00:00Z") == written.compute_facts("2026-01-01T00:00:00Z")
        assert (found.vm, found.run, found.customizers) == (written.vm, written.run, written.customizers)
        assert (found.template_id, found.identities, found.distributors) == (
            written.template_id,
            written.identities,
            written.distributors,
        )

    compare(parse_only(flatten(ANSWERS[name])))
    compare(parse_only(lower_keys(ANSWERS[name])))
    compare(parse_only([ANSWERS[name]]))


def lower_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower() if not key.startswith("/") else key: lower_keys(item) for key, item in value.items()}
    return [lower_keys(item) for item in value] if isinstance(value, list) else value


def test_what_optimizes_and_what_validates() -> None:
    assert parse_only(ANSWERS["optimizing"]).optimizes_boot
    found = parse_only(ANSWERS["validating"])
    assert not found.optimizes_boot
    # without the slash in front, as Azure answers it
    assert found.requested_staging_group.startswith("subscriptions/")
    assert found.validators == ()


def test_a_deployment_template_with_its_steps_and_targets() -> None:
    found = parse_only(DEPLOYMENT)
    assert found.path == "resources[1].properties"
    assert found.properties is DEPLOYMENT["resources"][1]["properties"]
    assert [(step.index, step.type, step.name, step.inline) for step in found.customizers] == [
        (0, "PowerShell", "tools", ("Install-Module Az", "exit 0")),
        (1, "File", "", ()),
        (2, "Shell", "", ()),
    ]
    assert (found.customizers[1].script_uri, found.customizers[1].sha256) == ("https://example.com/a.zip", "ab12")
    assert found.customizers[1].fields["destination"] == "c:\\a.zip"
    assert found.customizers[2].script_uri == "https://example.com/s.sh"
    assert [step.name for step in found.validators] == ["check"]
    assert found.distributors[0] == Distributor(
        0, "SharedImage", "out", "[variables('image')]",
        {"type": "SharedImage", "galleryimageid": "[variables('image')]", "runoutputname": "out",
         "replicationregions": ["northeurope"]},
    )  # fmt: skip
    assert found.distributors[1].target == "https://example.com/d.vhd"
    assert found.error_handling == ErrorHandling("abort", "cleanup")
    assert found.auto_run
    assert found.vm.os_disk_gb == 127


def test_an_expression_is_no_fact() -> None:
    # neither its text, nor the default that a missing value would mean
    assert parse_only(DEPLOYMENT).compute_facts() == {"identities": 1, "os": "windows", "customizers": 3}


def test_words_and_shapes_of_a_later_azure() -> None:
    found = parse_template(
        {
            "id": 5,
            "properties": {
                "provisioningState": "Pondering",
                "provisioningError": "odd",
                "lastRunStatus": {"runState": "Thinking", "startTime": "yesterday", "message": 7},
                "buildTimeoutInMinutes": "soon",
                "source": {"type": "Cloud", "x": 1},
                "customize": [{"type": "Shell"}, "odd", {"type": 5, "name": {"odd": 1}, "inline": "exit"}],
                "distribute": {"type": "VHD"},
                "vmProfile": [],
            },
        }
    )
    assert (found.template_id, found.provisioning) == (None, Provisioning("Pondering"))
    assert (found.run, found.build_timeout_minutes) == (Run("Thinking", message="7"), None)
    assert (found.source.describe(), found.os) == ("Cloud", "linux")
    assert [(step.index, step.type, step.name, step.inline) for step in found.customizers] == [
        (0, "Shell", "", ()),
        (2, "5", "", ()),
    ]
    assert found.distributors == ()


def test_what_may_be_secret_is_not_in_the_repr() -> None:
    step = {"type": "Shell", "inline": ["echo hunter2"], "scriptUri": "https://example.com/?sig=hunter2"}
    assert "hunter2" not in repr(parse_template({"properties": {"customize": [step]}}))
    assert "hunter2" not in repr(TemplateStep(0, "Shell", inline=("hunter2",)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3),
    max_leaves=6,
)
KEYS = sorted(
    {
        "id", "type", "name", "location", "tags", "identity", "userAssignedIdentities", "properties", "resources", "value",
        "template", "source", "publisher", "offer", "sku", "exactVersion", "imageId", "customize", "validate",
        "inVMValidations", "inline", "distribute", "vmProfile", "vmSize", "osDiskSizeGB", "vnetConfig", "subnetId",
        "buildTimeoutInMinutes", "lastRunStatus", "runState", "startTime", "endTime", "message", "provisioningState",
        "provisioningError", "optimize", "vmBoot", "autoRun", "state", "errorHandling",
    }
)  # fmt: skip
DOCUMENTS = st.recursive(
    VALUES,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.sampled_from(KEYS), values, max_size=12),
    max_leaves=30,
)


@given(DOCUMENTS)
def test_any_document_is_read_or_refused(document: object) -> None:
    for read in (parse_template, find_templates):
        try:
            found = read(document)
        except NoTemplateError:
            continue
        for template in found if isinstance(found, tuple) else (found,):
            facts = template.compute_facts("2026-03-01T00:00:00Z")
            json.dumps(facts, ensure_ascii=False).encode()
            assert all(value is not None for value in facts.values())


def test_a_huge_and_a_deep_document() -> None:
    steps = [{"type": "Shell"}] * 50_000
    found = parse_template({"properties": {"customize": steps, "distribute": steps}})
    assert 0 < len(found.customizers) <= 1000
    deep: Any = {"resources": []}
    for _ in range(5_000):
        deep = {"resources": [deep], "properties": deep}
    with pytest.raises(NoTemplateError):
        find_templates(deep)
    assert parse_template({"buildTimeoutInMinutes": 10**5000, "name": 10**5000}).build_timeout_minutes is None
