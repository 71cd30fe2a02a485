"""A file can say which findings to leave out, at a line or for a resource, and nothing else is left out."""

from __future__ import annotations

import json

import pytest

from knowledge.preflight.finding import PreflightResult
from knowledge.preflight.source_text import SourceText
from tests.knowledge.preflight.templates import build_resource, check, check_text, list_ids

SIZE = '"vmSize": "Standard_D2_v2"'
OLD = json.dumps(build_resource({"vmProfile": {"vmSize": "Standard_D2_v2"}}), indent=2)


def check_with(written: str) -> PreflightResult:
    assert SIZE in OLD
    return check_text(OLD.replace(SIZE, written))


@pytest.mark.parametrize(
    "written",
    [
        f"{SIZE} // preflight-ignore: vm-size-retiring",
        f"{SIZE} /* preflight-ignore: vm-size-retiring */",
        f"// preflight-ignore: vm-size-retiring\n{SIZE}",
        f"{SIZE} //preflight-ignore: apt-without-yes,  vm-size-retiring",
    ],
)
def test_a_comment_at_the_line_leaves_a_finding_out(written: str) -> None:
    result = check_with(written)
    assert (list_ids(result), result.exempt_count) == ([], 1)


@pytest.mark.parametrize(
    "written",
    [
        f"{SIZE} // preflight-ignore: apt-without-yes",
        f"{SIZE} // preflight-ignore: vm-size-retiring-soon",
        f"{SIZE} // preflight-ignore:",
        f"{SIZE}\n// preflight-ignore: vm-size-retiring",
        f'"osDiskSizeGB": 64, // preflight-ignore: vm-size-retiring\n{SIZE}',
        f"// preflight-ignore: vm-size-retiring\n\n{SIZE}",
    ],
)
def test_a_comment_about_something_else_leaves_nothing_out(written: str) -> None:
    result = check_with(written)
    assert (list_ids(result), result.exempt_count) == (["vm-size-retiring"], 0)


def test_metadata_of_a_resource_leave_a_rule_out() -> None:
    properties = {"vmProfile": {"vmSize": "Standard_D2_v2"}, "buildTimeoutInMinutes": 2000}
    result = check(build_resource(properties, metadata={"preflightIgnore": ["vm-size-retiring"]}))
    assert (list_ids(result), result.exempt_count) == (["build-timeout-out-of-range"], 1)


@pytest.mark.parametrize(
    "metadata", ["vm-size-retiring", {"preflightIgnore": "vm-size-retiring"}, {"preflightIgnore": [1]}]
)
def test_metadata_of_another_shape_leave_nothing_out(metadata: object) -> None:
    result = check(build_resource({"vmProfile": {"vmSize": "Standard_D2_v2"}}, metadata=metadata))
    assert list_ids(result) == ["vm-size-retiring"]


def test_a_comment_in_a_script_counts_there() -> None:
    value = build_resource({"customize": [{"type": "Shell", "scriptUri": "https://example.com/setup.sh"}]})
    script = SourceText(
        "setup.sh", "# preflight-ignore: dnf-without-yes\nsudo yum install nginx\nsudo yum install git\n"
    )
    result = check(value, read_neighbor={"setup.sh": script}.get)
    assert [finding.position.line for finding in result.findings] == [3]
    assert result.exempt_count == 1
