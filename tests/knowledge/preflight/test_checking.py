"""What's found in a template, where, and what isn't claimed because the file doesn't say it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from knowledge.model.errors import KnowledgeError
from knowledge.preflight.checking import MAX_PARSED_CHARS
from knowledge.preflight.positioned_json import InvalidJsonError
from knowledge.preflight.preflight_input import UnsuitableInputError, is_parameter_file
from knowledge.preflight.source_text import SourceText
from tests.knowledge.preflight.templates import (
    DEFINITION,
    build_deployment,
    build_resource,
    check,
    check_text,
    list_ids,
)


def test_a_good_template_has_no_findings() -> None:
    for value in (build_resource(), build_deployment([build_resource()])):
        result = check(value)
        assert list_ids(result) == []
        assert result.unevaluated == ()


def test_a_finding_says_where_it_is() -> None:
    value = build_deployment(
        [build_resource({"customize": [{"type": "Shell", "name": "a", "inline": ["ls", "sudo yum install x"]}]})]
    )
    (finding,) = check(value).findings
    lines = json.dumps(value, indent=2).splitlines()
    assert (finding.rule.id, finding.level) == ("dnf-without-yes", "warning")
    assert finding.path == "$.resources[0].properties.customize[0].inline[1]"
    assert finding.part is not None
    assert (finding.part.kind, finding.part.number, finding.part.name) == ("customizer", 1, "a")
    assert finding.script is not None
    assert (finding.script.line, finding.script.column) == (2, 6)
    assert lines[finding.position.line - 1][finding.position.column - 1 :].startswith("yum install")


def test_the_worst_comes_first() -> None:
    value = build_resource({"vmProfile": {}, "buildTimeoutInMinutes": 3, "customize": [{"type": "Bash"}]})
    assert [finding.level for finding in check(value).findings] == ["error", "warning", "advice"]


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"parameters": {"t": {"type": "int", "defaultValue": 2000}}}, ["build-timeout-out-of-range"]),
        ({"parameters": {"t": {"type": "int"}}}, []),
        ({"parameters": {"t": {"type": "int", "defaultValue": "[add(1, 2)]"}}}, []),
    ],
)
def test_a_parameter_counts_only_if_its_value_is_written_down(members: dict[str, Any], found: list[str]) -> None:
    resource = build_resource({"buildTimeoutInMinutes": "[parameters('t')]"})
    result = check(build_deployment([resource], **members))
    assert list_ids(result) == found
    path = "$.resources[0].properties.buildTimeoutInMinutes"
    assert (path in result.unevaluated) == (not found)


def test_variables_are_followed_to_where_they_are_written() -> None:
    value = build_deployment(
        [build_resource({"customize": "[variables('steps')]"})],
        variables={"steps": [{"type": "Shell", "inline": ["[variables('line')]"]}], "line": "sudo dnf install x"},
    )
    (finding,) = check(value).findings
    text = json.dumps(value, indent=2)
    assert finding.rule.id == "dnf-without-yes"
    assert text.splitlines()[finding.position.line - 1].strip() == '"line": "sudo dnf install x"'


def test_values_of_a_parameter_file_count() -> None:
    value = build_deployment(
        [build_resource({"vmProfile": {"vmSize": "[parameters('size')]"}})], parameters={"size": {"type": "string"}}
    )
    parameters = SourceText("p.json", json.dumps({"parameters": {"Size": {"value": "Standard_D2_v2"}}}))
    (finding,) = check(value, parameters=parameters).findings
    assert (finding.rule.id, finding.values["value"]) == ("vm-size-retiring", "Standard_D2_v2")
    assert finding.path.endswith("vmProfile.vmSize")
    assert finding.edits == ()


@pytest.mark.parametrize("function", ["concat('a', 'b')", "resourceGroup().location", "format('{0}', 'x')"])
def test_functions_are_not_evaluated(function: str) -> None:
    result = check(build_resource(name=f"[{function}]", location=f"[{function}]"))
    assert list_ids(result) == []
    assert "$.name" in result.unevaluated


def test_an_unevaluated_list_says_nothing_about_its_items() -> None:
    result = check(build_resource({"distribute": "[parameters('targets')]", "vmProfile": "[parameters('vm')]"}))
    assert list_ids(result) == []
    assert {"$.properties.distribute", "$.properties.vmProfile"} <= set(result.unevaluated)


def test_a_copy_loop_counts_as_there() -> None:
    resource = build_resource()
    del resource["properties"]["distribute"]
    assert list_ids(check(resource)) == ["distribute-missing"]
    resource["properties"]["copy"] = [{"name": "distribute", "count": 2, "input": {}}]
    assert list_ids(check(resource)) == []


def test_nested_deployments_have_their_own_values() -> None:
    resource = build_resource({"buildTimeoutInMinutes": "[parameters('t')]"})
    inner = build_deployment([resource], parameters={"t": {"defaultValue": 60}})
    nested = {
        "type": "Microsoft.Resources/deployments",
        "properties": {
            "expressionEvaluationOptions": {"scope": "Inner"},
            "parameters": {"t": {"value": "[parameters('outer')]"}},
            "template": inner,
        },
    }
    value = build_deployment([nested], parameters={"outer": {"defaultValue": 5000}})
    (finding,) = check(value).findings
    assert finding.rule.id == "build-timeout-out-of-range"
    assert finding.path == "$.resources[0].properties.template.resources[0].properties.buildTimeoutInMinutes"
    nested["properties"].pop("expressionEvaluationOptions")  # type: ignore[attr-defined]
    assert list_ids(check(value)) == ["name-undeclared"]


def test_every_template_of_a_file_is_checked() -> None:
    bad = build_resource({"buildTimeoutInMinutes": -1})
    symbolic = build_deployment([], languageVersion="2.0") | {"resources": {"first": bad, "second": bad}}
    for value in (build_deployment([bad, build_resource(), bad]), symbolic, [bad, bad], {"value": [bad, bad]}):
        assert list_ids(check(value)) == ["build-timeout-out-of-range"] * 2


def test_what_azure_printed_is_not_blamed_for_what_azure_writes() -> None:
    printed = build_resource({"provisioningState": "Succeeded", "lastRunStatus": {"runState": "Failed"}})
    assert "read-only-property" in list_ids(check(printed))
    printed["id"] = "/subscriptions/s/resourceGroups/g/providers/Microsoft.VirtualMachineImages/imageTemplates/t"
    del printed["apiVersion"]
    assert list_ids(check(printed)) == []


def test_the_flat_form_of_azure_cli_is_read() -> None:
    resource = build_resource()
    flat = resource.pop("properties") | resource
    flat |= {"id": "/subscriptions/s/x", "provisioningState": "Succeeded", "buildTimeoutInMinutes": 3, "optimize": None}
    (finding,) = check(flat).findings
    assert (finding.rule.id, finding.path) == ("build-timeout-too-short", "$.buildTimeoutInMinutes")


@pytest.mark.parametrize(
    ("version", "level"), [("2024-02-01", "error"), ("2022-07-01", "warning"), ("[parameters('v')]", "warning")]
)
def test_what_only_newer_versions_refuse_is_a_warning_before(version: str, level: str) -> None:
    value = build_resource(
        {"distribute": [{"type": "sharedImage", "galleryImageId": DEFINITION, "runOutputName": "a"}]}
    )
    (finding,) = check(value | {"apiVersion": version}).findings
    assert (finding.rule.id, finding.level) == ("type-miscased", level)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it's empty"),
        ("{}", "it has no resource of the type Microsoft.VirtualMachineImages/imageTemplates"),
        ('{"builders": [{"type": "azure-arm"}]}', "it's a Packer template"),
        ('source "azure-arm" "web" {\n}\n', "it's a Packer template"),
        ("param location string\nresource a 'x@2024-02-01' = {\n}\n", "it has no resource of the type"),
        ("resource a 'x@2024-02-01' = {\n  b: 'c\n}\n", "line 2, column 6: this string is never closed"),
        ('{"$schema": "https://example.com/deploymentParameters.json#", "parameters": {}}', "it has only parameters"),
        ('{"view": {"kind": "Form"}}', "it's a form of the portal"),
    ],
)
def test_what_is_no_template_is_named(text: str, message: str) -> None:
    with pytest.raises(UnsuitableInputError, match=message):
        check_text(text)


def test_values_that_refer_to_each_other_end_in_one_sentence() -> None:
    endless = build_deployment([build_resource({"customize": "[variables('a')]"})], variables={"a": "[variables('a')]"})
    names = [f"v{number}" for number in range(40)]
    many = {name: [f"[variables('{other}')]"] * 9 for name, other in pairwise(names)}
    growing = build_deployment([build_resource({"customize": "[variables('v0')]"})], variables=many)
    for value in (endless, growing):
        with pytest.raises(InvalidJsonError, match="refer to each other too often"):
            check(value)


def test_a_parameter_file_is_recognized() -> None:
    assert is_parameter_file('{"$schema": "https://example.com/deploymentParameters.json#"}')
    assert not is_parameter_file('{"$schema": "https://example.com/deploymentTemplate.json#"}')
    with pytest.raises(KnowledgeError, match="no parameters with values"):
        check(build_resource(), parameters=SourceText("p.json", "{}"))


def test_secrets_are_not_repeated() -> None:
    value = build_resource({"customize": [{"type": "Shell", "inline": ["export PASSWORD='Hunter2Hunter2!'"]}]})
    (finding,) = check(value).findings
    assert finding.rule.id == "secret-in-inline"
    assert "Hunter2" not in str(finding.values)


def test_a_script_beside_the_template_is_checked_in_its_own_file() -> None:
    value = build_resource({"customize": [{"type": "Shell", "scriptUri": "https://example.com/a/setup.sh?sv=1"}]})
    script = SourceText("setup.sh", "#!/bin/bash\necho hello\nsudo yum install nginx\n")
    result = check(value, read_neighbor={"setup.sh": script}.get)
    (finding,) = result.findings
    assert (finding.rule.id, finding.source.name, finding.position) == ("dnf-without-yes", "setup.sh", (3, 6))
    assert result.unread_scripts == ()
    assert check(value).unread_scripts == ("setup.sh",)


def test_names_that_are_not_declared_are_found_within_functions() -> None:
    resource = build_resource(location="[toLower(parameters('place'))]", name="[variables('copied')[0]]")
    variables = {"copy": [{"name": "copied", "count": 1, "input": "a"}]}
    (finding,) = check(build_deployment([resource], variables=variables)).findings
    assert (finding.rule.id, finding.path) == ("name-undeclared", "$.resources[0].location")
    assert list_ids(check(build_deployment([resource], variables=variables, parameters={"Place": {}}))) == []


def test_secrets_in_names_are_not_repeated() -> None:
    secret = "password=Hunter2Hunter2!"
    value = build_resource({"customize": [{"type": "Bash", "name": secret}], secret: 1})
    for finding in check(value).findings:
        assert "Hunter2" not in f"{finding.path} {finding.part} {finding.values}"


def test_a_command_that_never_runs_is_left_alone() -> None:
    lines = ["cloud-init status", "set_up() {", "apt-get install x", "}", "exit 0", "apt-get install y"]
    assert list_ids(check(build_resource({"customize": [{"type": "Shell", "inline": lines}]}))) == []
    lines.insert(4, "if true; then set_up; fi")
    found = list_ids(check(build_resource({"customize": [{"type": "Shell", "inline": lines}]})))
    assert "apt-without-yes" in found


@pytest.mark.parametrize("step", [{"inline": ["ls\n" * 100_000]}, {"scriptUri": "https://example.com/a.sh"}])
def test_a_script_that_is_too_long_is_named_and_not_judged(step: dict[str, Any]) -> None:
    long = SourceText("a.sh", "apt-get install x\n'" * 20_000)
    result = check(build_resource({"customize": [{"type": "Shell", **step}]}), read_neighbor=lambda name: long)
    assert list_ids(result) == []
    (path,) = result.unparsed_scripts
    assert path.startswith("$.properties.customize[0].")
    assert result.unread_scripts == ()


def test_a_template_of_scripts_is_parsed_in_part() -> None:
    steps = [{"type": "Shell", "inline": ["ls " + "a" * 200_000]}] * 20
    result = check(build_resource({"customize": steps}))
    assert len(result.unparsed_scripts) == 20 - MAX_PARSED_CHARS // 200_003


def test_a_syntax_error_has_its_place_in_the_script_and_in_the_template() -> None:
    value = build_deployment(
        [build_resource({"customize": [{"type": "Shell", "inline": ["ls", "if true; then", "  ls", "ls"]}]})]
    )
    (finding,) = check(value).findings
    lines = json.dumps(value, indent=2).splitlines()
    assert (finding.rule.id, finding.path) == (
        "shell-block-unclosed",
        "$.resources[0].properties.customize[0].inline[1]",
    )
    assert finding.script is not None
    assert (finding.script.line, finding.script.column) == (2, 1)
    assert lines[finding.position.line - 1][finding.position.column - 1 :].startswith("if true")
