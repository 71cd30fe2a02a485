"""What every match of a pattern has: sound for all patterns that findings and redaction use."""

from __future__ import annotations

import pytest

from knowledge.catalog.findings import load_findings
from knowledge.model.finding import LinePattern
from knowledge.pattern_literals import find_required_literals
from knowledge.patterns import compile_pattern, normalize_literal


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        ("failed", (("failed",),)),
        ("(?i)Foo ?Bar+baz", (("foo",), ("baz",))),
        ("a(?:bcd|efgh)x", (("bcd", "efgh"),)),
        ("(?P<a>abc)|(?P<b>def)", (("abc", "def"),)),
        (r"[)\]]abc|d\.ef", (("abc", "d.ef"),)),
        (r"\x41bcd|\x{41}cde", (("bcd", "cde"),)),
        ("ab(?:cde)?fgh", (("fgh",),)),
        ("ab{0,3}cde", (("cde",),)),
        ("(?:abc){2}", (("abc",),)),
        ("abcd*", (("abc",),)),
        ("a{b}cd", (("a{b}cd",),)),
        ("abc|", ()),
        ("(?:foo|b)", ()),
        ("abc|[a-z]", ()),
        ("(?:abc)*", ()),
        ("[[:alpha:]]abc", ()),
        (r"\pLabc", ()),
        (r"\Qa|b\E", ()),
        ("(abc", ()),
        ("abc)", ()),
        ("foo.{3}barbaz (?:one|three)", (("barbaz ",), ("foo",))),
        ("(?:exit|code).*(?:1603|1618|1619) ", (("exit", "code"), ("1603", "1618", "1619"))),
        ("(?:abc.*defg)hij", (("defg",), ("hij",))),
        ("one.two.three.four.five", (("three",), ("four",))),
    ],
)
def test_finds_what_every_match_has(pattern: str, groups: tuple[tuple[str, ...], ...]) -> None:
    assert find_required_literals(pattern) == groups


def _list_patterns() -> list[LinePattern]:
    catalog = load_findings()
    return [*catalog.line_patterns, *(rule.pattern for rule in catalog.rules.values())]


def test_every_example_that_matches_has_a_literal() -> None:
    matches = 0
    lines = [normalize_literal(line) for pattern in _list_patterns() for line in pattern.examples]
    lines = list(dict.fromkeys(lines))
    for pattern in _list_patterns():
        for regex in pattern.regex:
            compiled, groups = compile_pattern(regex), find_required_literals(regex)
            for line in lines:
                if groups and compiled.search(line.encode()):
                    matches += 1
                    assert all(any(literal in line for literal in literals) for literals in groups), regex
    assert matches > len(_list_patterns())
