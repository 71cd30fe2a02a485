"""What a text says: of a template in it as JSON, and its operating system, which decides which team gets the case."""

from __future__ import annotations

import json

import pytest

from tests.knowledge.template.answers import ANSWERS, flatten
from tests.shipped_knowledge import DIAGNOSER


@pytest.mark.parametrize(
    ("text", "os"),
    [
        ("Downloading external file (https://st01.blob.core.windows.net/aib/setup.sh) to local file", None),
        ("AADSTS700016 at https://login.windows.net/ and https://graph.windows.net", None),
        (r'{"url": "https:\/\/management.azure.com\/subscriptions"}', None),
        ("Canonical at https://st01.blob.core.windows.net/aib/x.sh", "linux"),
        ("Downloading external file (https://st01.blob.core.windows.net/aib/setup.ps1) to local file", "windows"),
        ("offer: Windows-10, sku: 19h1-ent", "windows"),
        ("MicrosoftWindowsDesktop", "windows"),
        ("the image is of Windows", "windows"),
        (r"cannot find C:\Windows\Temp", "windows"),
        ("Timeout waiting for WinRM.", "windows"),
        ("Timeout waiting for SSH.", "linux"),
    ],
)
def test_the_operating_system_is_detected_by_unmistakable_words(text: str, os: str | None) -> None:
    assert DIAGNOSER.diagnose(f"Image Builder: imageTemplates build failed. {text}").os == os


@pytest.mark.parametrize("form", ["rest", "cli"])
def test_the_facts_of_a_template_as_azure_answers_it(form: str) -> None:
    answer = ANSWERS["running"]
    text = json.dumps(answer if form == "rest" else flatten(answer), indent=2)
    diagnosis = DIAGNOSER.diagnose(f"az image builder show:\n{text}")
    assert {key: value for key, value in diagnosis.facts.items() if key != "subscription"} == {
        "template": "template1",
        "resource_group": "img_tmpl_cancel_000001",
        "region": "westus",
        "run_state": "Running",
        "run_sub_state": "Queued",
        "run_started": "2020-09-08T04:29:55Z",  # and no end: the year 1 means none
        "provisioning_state": "Succeeded",
        "build_timeout": 240,  # not 0, which means the default
        "source_image": "Canonical:UbuntuServer:18.04-LTS:18.04.201808140",
        "identities": 1,
    }
    assert (diagnosis.outcome, diagnosis.os) == ("running", "linux")


def test_a_source_image_has_a_name_of_limited_length() -> None:
    lines = [f"==> azure-arm: -> SourceImageName: '{name}'" for name in ("x" * 301, "y" * 300)]
    assert DIAGNOSER.diagnose("\n".join(lines)).facts["source_image"] == "y" * 300


def test_the_region_is_not_that_of_a_target() -> None:
    listed = ANSWERS["list"]["value"][0]
    assert listed["properties"]["distribute"][0]["location"] == "southcentralus"
    assert DIAGNOSER.diagnose(json.dumps(listed)).facts["region"] == "westus"


def test_what_is_left_of_a_template_still_has_facts() -> None:
    cut = json.dumps(ANSWERS["running"], indent=2)[:-20]
    facts = DIAGNOSER.diagnose(cut).facts
    assert (facts["template"], facts["run_state"]) == ("template1", "Running")
    assert "run_ended" not in facts


@pytest.mark.parametrize(
    ("ended", "limit", "entry"),
    [
        ("05:00:02", None, "build-timeout"),  # the default limit
        ("05:04:00", None, "build-timeout"),
        ("03:12:02", None, "run-canceled"),
        ("03:00:03", 120, "build-timeout"),
        ("05:00:02", 480, "run-canceled"),
    ],
)
def test_a_canceled_run_that_took_as_long_as_its_limit_ran_out_of_time(
    ended: str, limit: int | None, entry: str
) -> None:
    status = {"startTime": "2026-11-28T01:00:00Z", "endTime": f"2026-11-28T{ended}Z", "runState": "Canceled"}
    printed = {"lastRunStatus": status, **({"buildTimeoutInMinutes": limit} if limit else {})}
    assert DIAGNOSER.diagnose(json.dumps(printed)).matches[0].entry == entry


MISSING = (
    "The Resource 'Microsoft.VirtualMachineImages/imageTemplates/{}' under resource group 'rg-images' was not found. "
    "Code: ResourceNotFound"
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("win11", "win11"),
        ("my.template-2", "my.template-2"),
        ("my$(id)", None),
        ("my{{name}}", None),
        ("my%20template", None),
        ("my-tèmplate", None),
        ("[parameters('name')]", None),
        ("x" * 80, None),
    ],
)
def test_part_of_a_name_is_not_the_name(name: str, shown: str | None) -> None:
    for text in (MISSING.format(name), f"PUT /providers/Microsoft.VirtualMachineImages/imageTemplates/{name}"):
        diagnosis = DIAGNOSER.diagnose(text, "en")
        assert diagnosis.facts.get("template") == shown
        for match in diagnosis.matches:
            assert match.values.get("template") in (shown, None)
