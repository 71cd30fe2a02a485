"""A template is recognized in what people paste, and nothing else is."""

from __future__ import annotations

import json
import time

import pytest

from knowledge.input.pasted_template import find_pasted_template

PROPERTIES = {"source": {"type": "PlatformImage"}, "customize": [], "distribute": []}
RESOURCE = json.dumps({"type": "Microsoft.VirtualMachineImages/imageTemplates", "properties": PROPERTIES}, indent=2)
SHOWN = json.dumps({"id": "/x", "provisioningState": "Succeeded", **PROPERTIES}, indent=2)
RUN = '{\n  "lastRunStatus": {"runState": "%s"},\n  "source": {},\n  "distribute": []\n}'
BICEP = "param location string\nresource t 'Microsoft.VirtualMachineImages/imageTemplates@2024-02-01' = {\n}\n"


@pytest.mark.parametrize(
    ("text", "template", "has_open_run"),
    [
        (RESOURCE, RESOURCE, False),
        (f"\n\n{RESOURCE}\n", RESOURCE, False),
        (json.dumps(json.loads(RESOURCE)), json.dumps(json.loads(RESOURCE)), False),
        (SHOWN, SHOWN, False),
        (f"can you check this?\n{RESOURCE}\nthanks!", RESOURCE, False),
        (f"```json\n{RESOURCE}\n```", RESOURCE, False),
        (f"puoi controllare questo modello?\n\n{RESOURCE}", RESOURCE, False),
        (f"[\n{SHOWN}\n]", f"[\n{SHOWN}\n]", False),
        (RUN % "Succeeded", RUN % "Succeeded", False),
        (RUN % "Failed", RUN % "Failed", True),
        (RUN % "Running", RUN % "Running", True),
        (RUN % "Canceled", RUN % "Canceled", True),
        (SHOWN.replace("Succeeded", "Failed"), SHOWN.replace("Succeeded", "Failed"), True),
        (BICEP, BICEP, False),
        # cut off: that's said, too
        (RESOURCE[:-20], RESOURCE[:-20].rpartition("]")[0] + "]", False),
    ],
)
def test_a_template_is_found(text: str, template: str, has_open_run: bool) -> None:
    found = find_pasted_template(text)
    assert found is not None
    assert (found.text, found.has_open_run) == (template, has_open_run)


def test_the_words_around_it_are_the_persons() -> None:
    found = find_pasted_template(f"puoi controllare?\n```json\n{RESOURCE}\n```\ngrazie")
    assert found is not None
    assert found.words.split() == ["puoi", "controllare?", "grazie"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "why did win11-golden fail?",
        '{"error": {"code": "NotFound", "message": "Microsoft.VirtualMachineImages/imageTemplates/x not found"}}',
        '{"lastRunStatus": {"runState": "Failed", "message": "see the log"}}',
        '[\n{"name": "x", "type": "Microsoft.VirtualMachineImages/imageTemplates"}\n]',
        '{"type": "Microsoft.Compute/virtualMachines", "properties": {}}',
        '{"builders": [{"type": "azure-arm"}], "provisioners": []}',
        f"ERROR: (ValidationFailed) Code: ValidationFailed\n{RESOURCE}",
        f"[0f1e2d3c-4b5a-4697-8879-aabbccddeeff] PACKER OUT ==> azure-arm: Provisioning with Powershell...\n{RESOURCE}",
        "a line of something else\n" * 40 + RESOURCE,
        "param location string\nresource vm 'Microsoft.Compute/virtualMachines@2024-03-01' = {\n}\n",
    ],
)
def test_anything_else_is_a_text_to_diagnose(text: str) -> None:
    assert find_pasted_template(text) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 400_000,
        "[{\n" * 400_000,
        '"source"' + " " * 2_000_000,
        '{\n"source": {' + '"distribute"' * 200_000,
        "resource " * 300_000 + "imageTemplates@",
        '{\n"runState"' + ': "' * 500_000 + '"source": {"distribute": [',
    ],
)
def test_hostile_text_takes_no_time(text: str) -> None:
    started_at = time.perf_counter()
    find_pasted_template(text)
    assert time.perf_counter() - started_at < 2
