"""Templates in documents: lists, deployments, and what people paste around them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.template.documents import find_templates, read_pasted_template
from knowledge.template.parsing import NoTemplateError
from tests.knowledge.template.answers import ANSWERS, DEPLOYMENT, STEPS, flatten


def test_a_list_of_templates_and_a_list_of_something_else() -> None:
    listed = find_templates(ANSWERS["list"])
    assert [template.name for template in listed] == ["template01", "template02"]
    assert [template.path for template in listed] == ["value[0].properties", "value[1].properties"]
    assert listed[0].vm.os_disk_gb == 20
    assert [target.type for target in listed[0].distributors] == ["ManagedImage", "VHD"]
    with pytest.raises(NoTemplateError):
        find_templates(ANSWERS["triggers"])


def test_nested_deployments_and_symbolic_names() -> None:
    resource = DEPLOYMENT["resources"][1]
    nested = {
        "type": "Microsoft.Resources/deployments",
        "properties": {"template": {"resources": {"golden": resource}}},
    }
    (found,) = find_templates({"languageVersion": "2.0", "resources": {"inner": nested}})
    assert found.path == "resources.inner.properties.template.resources.golden.properties"


def test_the_type_of_the_first_samples() -> None:
    (found,) = find_templates({"type": "Microsoft.VirtualMachineImages", "properties": {"customize": STEPS}})
    assert [step.type for step in found.customizers] == ["PowerShell", "File", "Shell"]


@pytest.mark.parametrize("document", [{}, [], None, 1, "text", {"properties": {}}, {"value": [1, None]}, {"type": 1}])
def test_a_document_without_a_template(document: object) -> None:
    with pytest.raises(NoTemplateError):
        find_templates(document)


PASTED = json.dumps(flatten(ANSWERS["rejected"]), indent=2)


@pytest.mark.parametrize(
    "text",
    [
        PASTED,
        json.dumps(ANSWERS["rejected"]),
        f"PS C:\\> az image builder show -n ib_000005 -g rg -o json\n{PASTED}\nPS C:\\>",
        "$ az image builder show --query '{a:b}'\r\n" + PASTED.replace("\n", "\r\n"),
        f"{{ this is the template:\n```json\n{PASTED}\n```\nWhat is wrong?",
        PASTED.replace("  ", "\xa0\xa0"),
        json.dumps([ANSWERS["rejected"], ANSWERS["running"]], indent=1),
    ],
)
def test_a_paste_with_a_template(text: str) -> None:
    found = read_pasted_template(text)
    assert found is not None
    assert (found.name, found.provisioning.code) == ("ib_000005", "Other")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        PASTED[:-2],
        PASTED.replace("ib_000005", "ib_000\n005"),
        "> " + PASTED.replace("\n", "\n> "),
        json.dumps(ANSWERS["triggers"]),
        "[" * 200_000,
        '{"value":' * 200_000,
        "{\n" * 200_000,
        '{"a": ' + "9" * 100_000 + "}",
    ],
)
def test_a_paste_without_a_whole_template(text: str) -> None:
    assert read_pasted_template(text) is None


@given(st.text(), st.text())
def test_any_text_around_a_template_is_read(before: str, after: str) -> None:
    found = read_pasted_template(f"{before}\n{PASTED}\n{after}")
    assert found is None or found.name == "ib_000005"
    read_pasted_template(before + PASTED[: len(after) * 50] + after)


def test_resources_within_resources_are_searched_once() -> None:
    nested: Any = [DEPLOYMENT["resources"][1]]
    for _ in range(3):
        nested = {"resources": nested, "value": nested, "template": nested}
    assert len(find_templates({"resources": nested})) == 3**3
