"""What's read from Bicep without its compiler: literals, simple names, where they stand, and what isn't known."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.model.errors import KnowledgeError
from knowledge.preflight.bicep_reader import InvalidBicepError, find_bicep_offset, read_bicep
from knowledge.preflight.positioned_json import JsonNode
from tests.knowledge.preflight.templates import check_text, list_ids

TYPE = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"


def read(body: str, before: str = "", **values: JsonNode) -> dict[str, Any]:
    """The members of a resource with this body."""
    ((_, node),) = read_bicep(f"{before}\nresource r '{TYPE}' = {{\n{body}\n}}\n", values)
    return {
        key: "unknown" if member.is_unevaluated else member.to_plain()
        for key, member in node.members.items()
        if key not in ("type", "apiVersion")
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("'it\\'s \\u{41} \\\\ \\n'", "it's A \\ \n"),
        ("'''\n  a\n'b' ${c}'''", "  a\n'b' ${c}"),
        ("'\\${a} $b'", "${a} $b"),
        ("-12", -12),
        ("true // a comment", True),
        ("null", None),
        ("[ 'a', 'b'\n 'c' /* d */\n]", ["a", "b", "c"]),
        ("{ a: { 'b-c': [1] }, d: 2 }", {"a": {"b-c": [1]}, "d": 2}),
        ("text", "literal"),
        ("number", 7),
        ("'${text}-${number}'", "literal-7"),
        ("list", ["literal", 7]),
        ("given", "unknown"),
        ("missing", "unknown"),
        ("cycle", "unknown"),
        ("'a${resourceGroup().name}'", "unknown"),
        ("'a${flag}'", "unknown"),
        ("flag\n ? 'a'\n : 'b'", "unknown"),
        ("text == 'a' ? { b: 1 } : {\n c: 2\n}", "unknown"),
        ("list[0]", "unknown"),
        ("concat(\n text,\n text)", "unknown"),
        ("[for x in list: {\n a: x\n}]", "unknown"),
        ("[...list]", ["[...list]"]),
        ("{ ...other, a: 1 }", "unknown"),
        ("'a' ?? 'b'", "unknown"),
        ("other.properties.a", "unknown"),
    ],
)
def test_a_value_is_known_if_it_is_written_down(value: str, expected: Any) -> None:
    before = (
        "@description('param x = 1')\nparam text string = 'literal'\nparam given string\nparam number int = 7\n"
        "var flag = true\nvar list = [\n  text\n  number\n]\nvar cycle = '${cycle}'\n"
        "type t = {\n  a: string?\n}\nfunc f(x string) string => '${x}'\nimport { a } from 'b.bicep'\n"
        "module m 'm.bicep' = {\n  name: 'm'\n}\noutput o string = text\n"
    )
    assert read(f"  before: 1\n  a: {value}\n  after: 2", before) == {"before": 1, "a": expected, "after": 2}


def test_a_parameter_file_counts_more_than_a_default() -> None:
    given = JsonNode("given", 0, 0, is_elsewhere=True)
    assert read("a: text\nb: other", "param text string = 'default'\nparam other string", text=given, other=given) == {
        "a": "given",
        "b": "given",
    }


def test_keys_that_are_expressions_are_kept() -> None:
    assert read("a: {\n  '${id}': {}\n  b: 1\n}") == {"a": {"['${id}': {}]": None, "b": 1}}


def test_existing_and_nested_resources_are_left_alone() -> None:
    text = (
        f"resource a '{TYPE}' existing = {{\n  name: 'a'\n}}\nresource b '{TYPE}' = if (c == 'd') {{\n  name: 'b'\n"
        f"  resource c 'x@1' = {{\n    name: 'c'\n  }}\n}}\nresource d '{TYPE}' = [for e in f: {{\n  name: 'd'\n}}]\n"
    )
    assert [(symbol, node.members["name"].value) for symbol, node in read_bicep(text, {})] == [("b", "b")]


@pytest.mark.parametrize(
    ("text", "offset", "found"),
    [("'abc'", 1, "b"), ("'a\\n\\u{41}bc'", 4, "c"), ("'''\nabc'''", 2, "c"), ("'a\\'b'", 2, "b"), ("name", 3, "n")],
)
def test_an_offset_in_a_string_is_found_in_the_file(text: str, offset: int, found: str) -> None:
    position = find_bicep_offset(f"a: {text}", JsonNode("", 3, 3 + len(text)), offset)
    assert f"a: {text}"[position] == found


def test_a_finding_in_a_script_has_its_line_in_the_bicep_file() -> None:
    text = (
        f"resource r '{TYPE}' = {{\n  location: 'northeurope'\n  properties: {{\n    customize: [\n      {{\n"
        "        type: 'PowerShell'\n        inline: [\n          'Write-Host \\'a\\''\n"
        "          'Write-Host \"b'\n        ]\n      }\n    ]\n  }\n}\n"
    )
    (finding,) = [finding for finding in check_text(text).findings if finding.rule.id == "quote-unclosed"]
    assert (finding.position, finding.path) == ((9, 23), "r.properties.customize[0].inline[1]")


def test_nothing_is_claimed_about_what_is_not_known() -> None:
    text = f"resource r '{TYPE}' = {{\n  ...shared\n  properties: properties\n}}\n"
    with pytest.raises(KnowledgeError, match="no resource"):
        check_text(text)
    result = check_text(f"resource r '{TYPE}' = {{\n  name: n\n  identity: i\n  location: l\n  properties: p\n}}\n")
    assert list_ids(result) == []
    assert set(result.unevaluated) == {"r.name", "r.identity", "r.location", "r.properties"}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a:" * 50_000,
        "'${" * 50_000,
        "(" * 100_000,
        "/*" * 100_000,
        "'" * 100_001,
        "\n" * 200_000 + "?",
        "a: [a a /* " * 20_000,
        "\n}\n" + "".join(f"var a{i} = [a{i + 1}, a{i + 1}]\n" for i in range(60)) + f"var a60 = '{'x' * 9999}'\n",
        "\n}\n"
        + "".join(f"var a{i} = '${{a{i + 1}}}${{a{i + 1}}}'\n" for i in range(60))
        + f"var a60 = '{'x' * 9999}'\n",
        "\n}\n" + "".join(f"var a{i} = a{i + 1}\n" for i in range(5000)),
        "x" * 2_000_000,
    ],
)
def test_a_hostile_file_ends_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidBicepError) as caught:
        read_bicep(f"resource r '{TYPE}' = {{\n  a: a0\n  b: {text}", {})
    assert len(str(caught.value)) < 100
