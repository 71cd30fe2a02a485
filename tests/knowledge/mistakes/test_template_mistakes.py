"""The mistakes of a template as people see them: the line, and a diff; without secrets, whatever the template."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from knowledge.mistakes.template_mistakes import MAX_MISTAKES, MAX_TEMPLATE_CHARS, MAX_TEXT_CHARS, find_mistakes
from knowledge.model.template_mistake import TemplateMistake
from tests.knowledge.preflight.templates import TODAY, build_resource

SECRET = "Tr4verse-Quarry-58"


def find(*inline: str, **properties: object) -> dict[str, TemplateMistake]:
    if inline:
        properties["customize"] = [
            {"type": "Shell", "name": "hello", "inline": ["echo hello"]},
            {"type": "Shell", "name": "web", "inline": inline},
        ]
    # compact, as Azure returns it
    found = find_mistakes(json.dumps(build_resource(properties)), TODAY)
    return {mistake.rule: mistake for mistake in found}


def test_a_mistake_in_a_script_has_its_line_and_the_corrected_lines() -> None:
    mistake = find("sudo apt-get update", "sudo apt-get install nginx", "echo done")["apt-without-yes"]
    assert (mistake.part, mistake.number, mistake.script_line) == ("customizer", 2, 2)
    assert mistake.text == "sudo apt-get install nginx"
    assert mistake.diff == (
        " sudo apt-get update",
        "-sudo apt-get install nginx",
        "+sudo apt-get -y install nginx",
        " echo done",
    )
    assert not mistake.is_error


def test_an_item_of_several_lines_is_read_as_a_script() -> None:
    mistake = find("set -e\nsudo apt-get install nginx\necho done")["apt-without-yes"]
    assert (mistake.script_line, mistake.text) == (2, "sudo apt-get install nginx")
    assert mistake.diff == (
        " set -e",
        "-sudo apt-get install nginx",
        "+sudo apt-get -y install nginx",
        " echo done",
    )


def test_a_property_is_corrected_as_azure_cli_prints_it() -> None:
    mistake = find(buildTimeoutInMinutes=5000)["build-timeout-out-of-range"]
    assert mistake.is_error
    assert (mistake.part, mistake.script_line, mistake.text) == ("", 0, "")
    assert mistake.diff == ('-"buildTimeoutInMinutes": 5000', '+"buildTimeoutInMinutes": 960')


def test_what_only_a_person_can_correct_has_no_diff() -> None:
    found = find(customize=[{"type": "PowerShell", "inline": ["# tools", '$tools = @("git", "vscode, "az")']}])
    mistake = found["quote-unclosed"]
    assert mistake.is_error
    assert (mistake.script_line, mistake.text, mistake.diff) == (2, '$tools = @("git", "vscode, "az")', ())


def test_secrets_are_hidden_in_lines_and_diffs() -> None:
    lines = (
        f"sudo useradd svc --password {SECRET}",
        f"sudo apt-get install nginx # mysql -u root -p{SECRET} --password={SECRET}",
        f"export DB_PASSWORD={SECRET}",
    )
    mistake = find(*lines)["apt-without-yes"]
    assert mistake.diff
    assert SECRET not in str(mistake)
    assert "[REDACTED]" in mistake.text


def test_a_long_line_is_cut_around_its_correction() -> None:
    mistake = find(f"echo {'x ' * 200} && sudo apt-get install nginx")["apt-without-yes"]
    removed, added = mistake.diff[-2:]
    assert "apt-get install" in removed
    assert "apt-get -y install" in added
    assert max(map(len, (*mistake.diff, mistake.text))) <= MAX_TEXT_CHARS + 1


def test_advice_and_what_fails_nothing_are_left_out() -> None:
    found = find("sudo cloud-init status --wait", f"echo {SECRET}; export PASSWORD={SECRET}")
    assert not {"cloud-init-wait-status", "secret-in-inline"} & set(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "[" * 100_000,
        '{"a": 1e999999}',
        "param x string",
        '{"resources": []}',
        "\ud800",
        "7" * 9_000,
    ],
)
def test_what_is_no_template_has_no_mistakes(text: str) -> None:
    assert find_mistakes(text, TODAY) == ()


def test_a_template_that_is_too_long_is_not_checked() -> None:
    resource = build_resource({"buildTimeoutInMinutes": 5000})
    assert find_mistakes(json.dumps(resource), TODAY)
    assert find_mistakes(json.dumps({**resource, "tags": {"a": "x" * MAX_TEMPLATE_CHARS}}), TODAY) == ()


@pytest.mark.parametrize(
    "inline",
    [
        ["apt install x"] * 4_000,
        ["apt install " + "x " * 100_000],
        ["apt install \\\n" * 8_000],
        [f"apt install x --password={SECRET} {at}" for at in range(3_000)],
    ],
)
def test_mistakes_are_bounded(inline: Sequence[str]) -> None:
    found = find_mistakes(json.dumps(build_resource({"customize": [{"type": "Shell", "inline": inline}]})), TODAY)
    assert 0 < len(found) <= MAX_MISTAKES
    assert len(str(found)) < 100_000
    assert SECRET not in str(found)
