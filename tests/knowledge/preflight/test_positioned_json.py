"""Positions of values, what Resource Manager's JSON allows, and what's too large or broken."""

from __future__ import annotations

import pytest

from knowledge.preflight.positioned_json import (
    MAX_CHARS,
    MAX_DEPTH,
    MAX_VALUES,
    InvalidJsonError,
    find_string_offset,
    parse_json,
)
from knowledge.preflight.source_text import SourceText

TEMPLATE = """{
  // a comment
  "name": "win11", /* another */
  "properties": {
    "customize": [
      {"type": "Shell", "inline": ["first", "second",]},
    ],
  },
}
"""


def test_every_value_has_its_position() -> None:
    root = parse_json(TEMPLATE)
    source = SourceText("a.json", TEMPLATE)
    customize = root.members["properties"].members["customize"]
    second = customize.items[0].members["inline"].items[1]
    assert root.to_plain() == {
        "name": "win11",
        "properties": {"customize": [{"type": "Shell", "inline": ["first", "second"]}]},
    }
    assert source.locate(second.start) == (6, 45)
    assert TEMPLATE[second.start : second.end] == '"second"'
    assert source.locate(customize.key_start) == (5, 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("[true, false, null, -1.5, 2e3]", [True, False, None, -1.5, 2000.0]),
        ('"two\nlines"', "two\nlines"),
        ('"\\u00e8 \\ud83d\\ude00"', "è 😀"),
        ('\ufeff{"a": {}}', {"a": {}}),
        ("[]//end", []),
    ],
)
def test_what_resource_manager_accepts(text: str, value: object) -> None:
    assert parse_json(text).to_plain() == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": "b}', "line 1, column 7: this string is never closed"),
        ('{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: a comma or '}' is expected here"),
        ('{"a": }', "line 1, column 7: a value is expected here"),
        ("{\"a\": 'b'}", "line 1, column 7: a text needs double quotes"),
        ("{a: 1}", "line 1, column 2: a name in double quotes is expected here"),
        ('{"a" 1}', "line 1, column 6: a colon is expected after the name"),
        ("[1, 2", "line 1, column 1: the text ends before its ']'"),
        ("{} {}", "line 1, column 4: there's more text after the end of the JSON"),
        ('["\\x"]', "line 1, column 2: this string has an invalid escape after a backslash"),
        ("[yes]", "line 1, column 2: this isn't a value: a text needs double quotes"),
        ("[1] /* open", "line 1, column 5: this comment is never closed"),
        ("[" * (MAX_DEPTH + 2), f"line 1, column {MAX_DEPTH + 2}: values are nested more than {MAX_DEPTH} deep"),
        ("[" + "1," * (MAX_VALUES + 1) + "]", f"there are more than {MAX_VALUES} values"),
        (" " * (MAX_CHARS + 1), "it has more than 10 MB, which is too large for a template"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(InvalidJsonError) as raised:
        parse_json(text)
    assert str(raised.value).endswith(message)


@pytest.mark.parametrize(
    ("written", "offset", "found"),
    [
        ('"abc"', 2, 'c"'),
        ('"a\\"bc"', 2, 'bc"'),
        ('"\\u00e8b"', 1, 'b"'),
        ('"\\ud83d\\ude00b"', 1, 'b"'),
        ('"\\ntwo"', 1, 'two"'),
        ('"ab"', 9, '"'),
    ],
)
def test_a_character_of_a_string_is_found_behind_its_escapes(written: str, offset: int, found: str) -> None:
    text = f"[{written}]"
    node = parse_json(text).items[0]
    assert text[find_string_offset(text, node, offset) :] == f"{found}]"
