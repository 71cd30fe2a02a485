"""The facts of a template: under which names, and which it doesn't tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.template.image_template import ImageSource, ImageTemplate, Network, Provisioning, TemplateStep, VmProfile
from knowledge.template.run import Run
from knowledge.template.template_id import TemplateId

GOLDEN = TemplateId("4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394", "rg-images", "win11-golden")
TEMPLATE = ImageTemplate(
    template_id=GOLDEN,
    name="win11-golden",
    location="northeurope",
    identities=("/identity",),
    provisioning=Provisioning("Succeeded", "Other", "It went wrong."),
    run=Run("Failed", "Customizing", "2026-02-22T01:26:00Z", "2026-02-22T03:26:00Z", "See the log."),
    source=ImageSource("PlatformImage", "MicrosoftWindowsDesktop:windows-11:win11-24h2-ent:latest", "26100.2314"),
    customizers=(TemplateStep(0, "PowerShell"),),
    vm=VmProfile("Standard_D2ds_v4", 127, Network("/subnets/s")),
    staging_group="/subscriptions/4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394/resourceGroups/IT_rg-images_1",
    os="windows",
)


def test_every_fact() -> None:
    assert TEMPLATE.compute_facts() == {
        **GOLDEN.to_facts(),
        "region": "northeurope",
        "run_state": "Failed",
        "run_sub_state": "Customizing",
        "run_started": "2026-02-22T01:26:00Z",
        "run_ended": "2026-02-22T03:26:00Z",
        "provisioning_state": "Succeeded",
        "error_code": "Other",
        "vm_size": "Standard_D2ds_v4",
        "build_timeout": 240,
        "staging_resource_group": "IT_rg-images_1",
        "source_image": "MicrosoftWindowsDesktop:windows-11:win11-24h2-ent:latest (26100.2314)",
        "identities": 1,
        "run_minutes": 120,
        "run_share": 50,
        "vm_cpus": 2,
        "own_network": "yes",
        "os": "windows",
        "customizers": 1,
    }


def test_a_template_that_says_nothing() -> None:
    assert ImageTemplate().compute_facts() == {
        "build_timeout": 240,
        "identities": 0,
        "own_network": "no",
        "customizers": 0,
    }


def test_a_run_that_goes_on_is_measured_until_now() -> None:
    running = replace(TEMPLATE, run=Run("Running", started="2026-02-28T23:00:00Z"))
    assert running.compute_facts("2026-03-01T00:00:00Z")["run_minutes"] == 60
    assert "run_minutes" not in running.compute_facts()
    assert "run_minutes" not in running.compute_facts("2026-02-28T22:00:00Z")


@pytest.mark.parametrize(
    "text",
    ["[parameters('size')]", "rm -rf `x`", "x" * 301, "two\0lines", "a=b", "\u202e", "https://example.com/?sig=x"],
)
def test_a_text_that_no_such_value_has_is_no_fact(text: str) -> None:
    facts = replace(
        TEMPLATE, location=text, vm=VmProfile(text), source=ImageSource(text), run=Run(text)
    ).compute_facts()
    assert not {"region", "vm_size", "source_image", "run_state"} & set(facts)


def test_the_names_of_the_id_may_be_of_any_script() -> None:
    assert (
        replace(TEMPLATE, template_id=replace(GOLDEN, resource_group="gruppo-é")).compute_facts()["resource_group"]
        == "gruppo-é"
    )


@pytest.mark.parametrize(
    ("template", "has_failed"),
    [
        (TEMPLATE, True),
        (replace(TEMPLATE, run=Run("Canceled")), True),
        (replace(TEMPLATE, run=Run("Canceling")), False),
        (replace(TEMPLATE, run=Run("Succeeded")), False),
        (replace(TEMPLATE, run=Run(), provisioning=Provisioning("failed")), True),
        (ImageTemplate(), False),
    ],
)
def test_which_template_has_failed(template: ImageTemplate, has_failed: bool) -> None:
    assert template.has_failed is has_failed


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (ImageSource("ManagedImage", "/images/i"), "/images/i"),
        (ImageSource("SharedImageVersion", "/versions/latest", "/versions/1.0.7"), "/versions/latest (1.0.7)"),
        (ImageSource("SharedImageVersion", "/versions/1.0.7", "/versions/1.0.7"), "/versions/1.0.7"),
        (ImageSource("Cloud"), "Cloud"),
        (ImageSource(), ""),
    ],
)
def test_the_source_in_one_line(source: ImageSource, line: str) -> None:
    assert source.describe() == line
