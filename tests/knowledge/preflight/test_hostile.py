"""A hostile file gets an answer, or one sentence, in a time that a plain file of its size also takes."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.model.errors import KnowledgeError
from knowledge.preflight.checking import MAX_FINDINGS
from knowledge.preflight.finding import PreflightResult
from tests.knowledge.preflight.templates import build_deployment, build_resource, check_text, list_ids

MAX_RATIO = 20
"""How much longer than a plain file of the same size, or of a megabyte if that's smaller."""
TEMPLATE_TYPE = "Microsoft.VirtualMachineImages/imageTemplates"
REPEATED = '"a": 1'
WINDOWS = {"type": "PlatformImage", "publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022"}


def write_steps(count: int) -> str:
    return f'{{"type": "{TEMPLATE_TYPE}", "properties": {{"customize": [{", ".join(["{}"] * count)}]}}}}'


def write_script(kind: str, script: str) -> str:
    steps = [{"type": kind, "inline": [script]}, {"type": "WindowsUpdate"}]
    source = {"source": WINDOWS} if kind == "PowerShell" else {}
    return json.dumps(build_resource({"customize": steps[: 2 if source else 1], **source}))


def write_members(**members: Any) -> str:
    return json.dumps(build_resource({}, **members))


def write_numbered(count: int, value: Any = 1) -> dict[str, Any]:
    return {f"unknown{number}": value for number in range(count)}


def write_chain(length: int) -> str:
    """Variables that each name the next one ten times."""
    variables = {f"v{number}": [f"[variables('v{number + 1}')]"] * 10 for number in range(length)}
    return json.dumps(build_deployment([build_resource({"customize": "[variables('v0')]"})], variables=variables))


def write_neighbors(kind: str, count: int, templates: int) -> str:
    neighbor = {"type": kind, "name": "a/b", "location": "x", "properties": {"features": [{}]}}
    return json.dumps(build_deployment([neighbor] * count + [build_resource()] * templates))


REFUSED = {
    "more than 10 MB": (lambda: write_members(tags={"a": "x" * 10_500_000}), "more than 10 MB"),
    "10,000 deep": (lambda: "[" * 10_000 + "]" * 10_000, "nested more than 100 deep"),
    "10,000 deep objects": (lambda: '{"a":' * 10_000 + "1" + "}" * 10_000, "nested more than 100 deep"),
    "a million customizers": (lambda: write_steps(1_000_000), "more than 200000 values"),
    "variables that grow": (lambda: write_chain(30), "refer to each other too often"),
    "only blanks": (lambda: "\n" * 2_000_000, "it's empty"),
    "blanks before the end": (lambda: "\n" * 2_000_000 + "x", "a text needs double quotes"),
    "a string without an end": (lambda: '{"a": "' + "," * 2_000_000, "never closed"),
    "a comment without an end": (lambda: "{" + "/* */" * 100_000 + "/*", "comment is never closed"),
}
SCRIPTS = {
    "quotes": '"' * 200_000,
    "substitutions": "$(" * 100_000,
    "backticks": "`" * 200_000,
    "documents": "cat " + "<<A " * 60_000,
    "nested texts": '"$(' * 60_000,
    "blank lines": "\n" * 200_000,
    "reboots": "reboot\n" * 30_000,
    "installers": "choco " * 40_000 + "a.exe " * 1_000,
    "programs": "a.exe " * 40_000,
    "paths": "cp /etc " * 30_000,
    "backslashes": "\\" * 200_000,
}
ANSWERED = {
    "almost 10 MB of text": lambda: write_members(tags={"a": "x" * 9_900_000}),
    "almost 10 MB of scripts": lambda: json.dumps(
        build_resource({"customize": [{"type": "Shell", "inline": ["echo hello\n" * 4_000]}] * 200})
    ),
    "190,000 customizers": lambda: write_steps(190_000),
    "100,000 properties": lambda: json.dumps(build_resource(write_numbered(100_000))),
    "100,000 members of a resource": lambda: write_members(**write_numbered(100_000)),
    "100,000 members of steps": lambda: json.dumps(
        build_resource({"customize": [{"type": "Shell", "inline": ["ls"], **write_numbered(2_000)}] * 50})
    ),
    "100,000 equal keys": lambda: f'{{"type": "{TEMPLATE_TYPE}", {", ".join([REPEATED] * 100_000)}}}',
    "20,000 targets": lambda: json.dumps(
        build_resource({"distribute": [{"type": "VHD", "runOutputName": "a"}] * 20_000})
    ),
    "20,000 triggers": lambda: write_neighbors(f"{TEMPLATE_TYPE}/triggers", 20_000, 50),
    "20,000 definitions": lambda: write_neighbors("Microsoft.Compute/galleries/images", 20_000, 1),
    **{
        f"{kind} {name}": lambda kind=kind, script=script: write_script(kind, script)
        for name, script in SCRIPTS.items()
        for kind in ("Shell", "PowerShell")
    },
}


@cache
def measure_plain_megabyte() -> float:
    """The processor time that an ordinary template of a megabyte takes; the best of three."""
    step = {"type": "Shell", "inline": [f"echo {'x' * 80}"] * 50}
    text = json.dumps(build_resource({"customize": [step] * 210}))
    return min(measure(text) for _ in range(3))


def check_or_refuse(text: str) -> PreflightResult | str:
    """The result, or the sentence that refuses the text."""
    try:
        return check_text(text)
    except KnowledgeError as error:
        return str(error)


def measure(text: str) -> float:
    started = time.process_time()
    check_text(text)
    return time.process_time() - started


@pytest.mark.parametrize(("write", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_too_much_is_refused_in_one_sentence(write: Any, reason: str) -> None:
    with pytest.raises(KnowledgeError, match=reason) as caught:
        check_text(write())
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("write", ANSWERED.values(), ids=ANSWERED)
def test_a_hostile_file_takes_as_long_as_a_plain_one(write: Any) -> None:
    text = write()
    started = time.process_time()
    findings = check_text(text).findings
    taken = time.process_time() - started
    assert len(findings) <= MAX_FINDINGS
    assert taken < MAX_RATIO * measure_plain_megabyte() * max(1.0, len(text) / 1e6)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 40, "-0.0", "1" + "0" * 38])
def test_numbers_that_no_template_has_are_out_of_range_or_refused(number: str) -> None:
    text = json.dumps(build_resource({"buildTimeoutInMinutes": "NUMBER"})).replace('"NUMBER"', number)
    result = check_or_refuse(text)
    if isinstance(result, str):
        assert "value" in result
    else:
        assert list_ids(result) == ([] if number == "-0.0" else ["build-timeout-out-of-range"])


def test_a_lone_surrogate_can_be_shown() -> None:
    text = json.dumps(build_resource({"customize": [{"type": "Shell", "inline": ["sudo apt-get install \ud800"]}]}))
    (finding,) = [one for one in check_text(text).findings if one.rule.id == "apt-without-yes"]
    assert str(finding.values).encode()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from(
    ["source", "customize", "distribute", "validate", "vmProfile", "optimize", "errorHandling", "autoRun", "copy"]
)


@given(properties=st.dictionaries(PLACES, JSON_VALUES, max_size=4), members=st.dictionaries(st.text(), JSON_VALUES))
@settings(deadline=None)
def test_any_value_anywhere_is_answered(properties: dict[str, Any], members: dict[str, Any]) -> None:
    resource = {**build_resource(properties), **members}
    result = check_or_refuse(json.dumps(build_deployment([resource, members])))
    if isinstance(result, str):
        assert "\n" not in result
    else:
        assert all(finding.position.line > 0 for finding in result.findings)


@given(text=st.text(), at=st.integers(0, 400), script=st.text())
@settings(deadline=None)
def test_any_text_in_a_template_and_any_script_is_answered(text: str, at: int, script: str) -> None:
    whole = write_script("PowerShell", script)
    assert check_or_refuse(whole[:at] + text + whole[at:])
