"""The shipped rules are right, and every mistake in a rule is reported with its file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from knowledge.checks.preflight_checks import check_preflight_rules
from knowledge.model.errors import InvalidFilesError
from knowledge.preflight import rule_parsing
from knowledge.preflight.predicates import PREDICATES
from knowledge.preflight.rule import CONDITION_TESTS, EDIT_OPERATIONS
from knowledge.preflight.rule_catalog import RULES_DIR, load_rules
from tests.shipped_knowledge import ENTRIES, KNOWLEDGE_BASE

RULE = """\
id: my-rule
level: error
at: properties.buildTimeoutInMinutes
when:
  - not_in_range: [0, 960]
becomes: build-timeout
title: {en: The timeout is wrong, it: Il timeout è errato}
why: {en: It's too long., it: È troppo lungo.}
fix: {en: Set it., it: Impostalo.}
correct: {do: set, value: 960}
source: {url: https://example.com, read: 2026-11-29}
examples:
  - properties: {buildTimeoutInMinutes: 5000}
near_misses:
  - properties: {buildTimeoutInMinutes: 60}
"""


def check_rule(folder: Path, text: str) -> list[str]:
    (folder / "rules").mkdir()
    (folder / "rules" / "my-rule.yaml").write_text(text, "utf-8")
    return [str(fault) for fault in check_preflight_rules(folder / "rules", {"build-timeout"}, {"silent-installer"})]


def test_the_shipped_rules_are_right() -> None:
    assert check_preflight_rules(entry_ids=ENTRIES, finding_ids=KNOWLEDGE_BASE.findings.rules) == []
    assert len(load_rules()) > 80


def test_the_page_about_rules_tells_every_key() -> None:
    page = (RULES_DIR / "README.md").read_text("utf-8")
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    told = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert told - {"do"} == {*rule_parsing._KEYS, *CONDITION_TESTS, *EDIT_OPERATIONS}
    assert set(re.findall(r"^ {6}(\w+):", page, re.MULTILINE)) == set(rule_parsing.SCRIPT_KEYS)


def test_every_predicate_is_used() -> None:
    assert {rule.predicate for rule in load_rules()} - {""} == set(PREDICATES)


@pytest.mark.parametrize("shows_as", ["", "\nshows_as: [silent-installer, build-timeout]"])
def test_a_right_rule_has_no_faults(tmp_path: Path, shows_as: str) -> None:
    assert check_rule(tmp_path, RULE.replace("becomes: build-timeout", f"becomes: build-timeout{shows_as}")) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("id: my-rule", "id: other", "rules/my-rule.yaml:1: the id must be the file's name, 'my-rule'"),
        ("level: error", "level: fatal", ":2: 'level' is 'fatal'; use error, warning, advice"),
        ("becomes: build-timeout", "becomes: nothing", ":6: there's no entry 'nothing'"),
        ("becomes: build-timeout", "becomes: build-timeout\nshows_as: [x]", ":7: there's no finding 'x'"),
        ("not_in_range: [0, 960]", "not_in_range: [0]", ":5: 'not_in_range' must be two numbers"),
        ("not_in_range: [0, 960]", "over: 960", ":5: 'over' isn't known here"),
        ("not_in_range: [0, 960]", "matches: '('", ":5: RE2 doesn't accept '('"),
        ("not_in_range: [0, 960]", "one_of: 5", ":5: 'one_of' must be a list of values"),
        ("not_in_range: [0, 960]", "missing: no", ":5: 'missing' is true, or isn't there"),
        ("not_in_range: [0, 960]", "is_a: word", ":5: 'is_a' is 'word'; use text, number, flag, list, object"),
        ("at: properties.buildTimeoutInMinutes", "predicate: magic", ":3: there's no predicate 'magic'"),
        ("at: properties.buildTimeoutInMinutes\n", "", ":1: a rule needs one of 'at', 'predicate', and 'script'"),
        ("url: https://example.com", "url: example.com", ":11: 'url' must begin with https://"),
        ("read: 2026-11-29", "read: today", ":11: 'read' must be a day, such as 2026-11-29"),
        ("is wrong, it:", "is wrong., it:", ":7: a title has no period at the end"),
        ("The timeout is wrong", "x" * 111, ":7: a title has at most 110 characters"),
        ("buildTimeoutInMinutes: 5000", "buildTimeoutInMinutes: 50", ":13: the rule doesn't find this"),
        ("buildTimeoutInMinutes: 60", "buildTimeoutInMinutes: 6000", ":15: the rule finds this, too"),
        ("value: 960", "value: 9600", ":13: the rule still finds this after its correction"),
        ("do: set, value: 960", "do: replace, find: x, value: y", ":13: the rule can't correct this"),
        ("do: set, value: 960", "do: replace, value: y", ":10: 'replace' needs 'find'"),
        ("  - properties: {buildTimeoutInMinutes: 5000}", "  - nothing", ":13: an example is a part of a resource"),
        ("near_misses:\n  - properties: {buildTimeoutInMinutes: 60}\n", "", ": 'near_misses' needs at least one"),
        ("it: È troppo lungo.", "fr: non", ":8: 'why' needs"),
    ],
)
def test_faults_of_a_rule_are_reported_with_their_line(tmp_path: Path, before: str, after: str, fault: str) -> None:
    assert before in RULE
    faults = check_rule(tmp_path, RULE.replace(before, after))
    assert any(fault in found for found in faults), faults


def test_a_rule_with_faults_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "my-rule.yaml").write_text(RULE.replace("level: error", "level: fatal"), "utf-8")
    with pytest.raises(InvalidFilesError, match=r"my-rule\.yaml:2"):
        load_rules(tmp_path)
