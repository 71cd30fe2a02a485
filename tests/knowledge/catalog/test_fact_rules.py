"""Facts of a status that support or contradict an entry, and the faults of the rules with their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.catalog.fact_rules import FactCheck, load_fact_rules, read_fact_rules
from knowledge.checks.entry_checks import check_entries
from knowledge.model.diagnosis import Match
from knowledge.model.errors import InvalidFilesError
from tests.knowledge.template.test_image_template import TEMPLATE
from tests.shipped_knowledge import ENTRIES

RULES = load_fact_rules()


def match(entry: str, confidence: str = "likely") -> Match:
    known = ENTRIES[entry]
    return Match(entry, known.title.get("en"), confidence, known.severity, known.retry, ())  # type: ignore[arg-type]


def check_matches(
    matches: Sequence[Match], facts: Mapping[str, str | int], can_suggest: bool = True
) -> tuple[tuple[FactCheck, ...], tuple[Match, ...]]:
    """Check matches of the shipped entries by the shipped rules."""
    return RULES.check_matches(matches, facts, ENTRIES, "en", can_suggest)


@pytest.mark.parametrize(
    ("entry", "facts", "side"),
    [
        ("build-timeout", {"run_share": 100}, "for"),
        ("build-timeout", {"run_share": 97}, "for"),
        ("build-timeout", {"run_share": 90}, None),
        ("build-timeout", {"run_share": 5}, "against"),
        ("jwt-expiry-short-timeout", {"build_timeout": 5}, "for"),
        ("jwt-expiry-short-timeout", {"build_timeout": 240}, "against"),
        ("windows-vm-resources-exhausted", {"vm_cpus": 1}, "for"),
        ("windows-vm-resources-exhausted", {"vm_cpus": 2}, None),
        ("windows-vm-resources-exhausted", {"vm_cpus": 8}, "against"),
        ("sysprep-timing", {"vm_cpus": 1}, "for"),
        ("sysprep-timing", {"os": "linux"}, "against"),
        ("identity-missing-in-template", {"identities": 0}, "for"),
        ("identity-missing-in-template", {"identities": 1}, "against"),
        ("devops-operation-canceled", {"run_state": "running"}, "for"),
        ("devops-operation-canceled", {"run_state": "succeeded"}, "for"),
        ("devops-operation-canceled", {"run_state": "failed"}, "against"),
        ("build-timeout", {"run_state": "canceled"}, "against"),
        ("build-timeout", {"run_state": "failed"}, None),
        ("gallery-replication-timeout", {"run_sub_state": "distributing"}, "for"),
        ("gallery-replication-timeout", {"run_sub_state": "customizing"}, "against"),
        ("script-nonzero-exit", {"run_sub_state": "building"}, "against"),
        ("staging-rg-conflict", {"error_code": "BadStagingResourceGroup"}, "for"),
        ("template-unknown-field", {"provisioning_state": "failed"}, "for"),
        ("template-unknown-field", {"provisioning_state": "succeeded"}, "against"),
        ("no-outbound-access", {"own_network": "yes"}, "for"),
        ("no-outbound-access", {"own_network": "no"}, "against"),
        ("private-link-policy-enabled", {"own_network": "no"}, "against"),
        ("ddos-plan-policy", {"own_network": "no"}, "for"),
        ("ddos-plan-policy", {"own_network": "yes"}, None),
        ("distribution-generic", {"run_sub_state": "validating"}, "against"),
        ("script-nonzero-exit", {"run_sub_state": "validating"}, "for"),
        ("dpkg-lock", {"run_sub_state": "validating"}, "against"),
        ("policy-violation", {"run_sub_state": "optimizing"}, "against"),
        ("dpkg-lock", {"os": "windows"}, "against"),
        ("warn-telemetry", {"run_share": 100}, None),
    ],
)
def test_facts_support_or_contradict(entry: str, facts: dict[str, str | int], side: str | None) -> None:
    (check,), _ = check_matches([match(entry)], facts, can_suggest=False)
    assert {verdict.side for verdict in check.verdicts} == ({side} if side else set())
    assert check.is_refuted == (side == "against")


def test_unknown_facts_are_named() -> None:
    (check,), _ = check_matches([match("build-timeout")], {})
    assert check.unknown_facts == ("run_share", "run_state")
    assert not check.verdicts


def test_a_refuted_match_goes_behind_unless_it_is_certain() -> None:
    facts: dict[str, str | int] = {"run_share": 10, "run_sub_state": "customizing"}
    likely = [match("build-timeout"), match("script-nonzero-exit")]
    assert [m.entry for m in check_matches(likely, facts)[1]] == [
        "script-nonzero-exit",
        "build-timeout",
    ]
    certain = [match("build-timeout", "certain"), match("script-nonzero-exit")]
    assert [m.entry for m in check_matches(certain, facts)[1]] == [
        "build-timeout",
        "script-nonzero-exit",
    ]


def test_a_fact_alone_makes_an_entry_possible() -> None:
    _, order = RULES.check_matches([], {"run_share": 100}, ENTRIES, "it", can_suggest=True)
    assert [(m.entry, m.confidence, m.title) for m in order] == [
        ("build-timeout", "possible", ENTRIES["build-timeout"].title.get("it"))
    ]
    assert RULES.check_matches([], {"run_share": 100}, ENTRIES, "it", can_suggest=False) == ((), ())
    assert RULES.check_matches([], {"run_share": 100}, {}, "it", can_suggest=True) == ((), ())


@given(
    st.dictionaries(
        st.sampled_from(sorted(RULES.facts)), st.one_of(st.integers(-(2**40), 2**40), st.text(max_size=30)), max_size=9
    )
)
def test_any_values_are_accepted(facts: dict[str, str | int]) -> None:
    matches = [match(entry) for entry in list(ENTRIES)[:5]]
    checks, order = check_matches(matches, facts)
    assert {m.entry for m in matches} <= {m.entry for m in order}
    assert [check.entry for check in checks] == [m.entry for m in order]


def test_every_rule_names_entries_that_exist() -> None:
    assert [name for rule in RULES.rules for name in rule.entries if name not in ENTRIES] == []


BROKEN = """\
rules:
  - entries: [build-timeout]
    fact: colour
    for: {is: [red], says: {en: a, it: b}}
  - entries: []
    fact: run_share
    for: {at_least: many, says: {en: a, it: b}}
  - entries: [build-timeout]
    fact: run_share
    for: {is: [failed], says: {en: a, it: b}}
  - entries: [no-such-entry]
    fact: run_state
    suggests: true
    against:
      is: [failed]
      says: {en: only english}
  - entries: [build-timeout]
    fact: run_state
    perhaps: yes
facts:
  run_share: {type: number, name: {en: a, it: b}}
  run_state: {type: word, name: {en: a, it: b}}
  run_minutes: {type: hours, name: {en: only english}}
"""


def test_every_fault_has_its_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(BROKEN)
    with pytest.raises(InvalidFilesError):
        load_fact_rules(path)
    faults = [str(fault) for fault in check_entries(tmp_path / "none", fact_rules=path)]
    for line, part in (
        (3, "'fact' is 'colour'"),
        (5, "'entries' needs at least one entry"),
        (7, "'at_least' must be a whole number"),
        (10, "run_share is a number: use 'at_least' or 'below'"),
        (11, "there's no entry 'no-such-entry'"),
        (13, "only what speaks 'for' an entry can suggest it"),
        (16, "needs an 'en' and an 'it' text"),
        (17, "'for' or 'against'"),
        (19, "'perhaps' isn't known here"),
        (23, "'type' is 'hours'"),
        (23, "'name' needs"),
    ):
        assert any(f"rules.yaml:{line}" in fault and part in fault for fault in faults), (line, part, faults)


def test_a_file_without_rules_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("facts: {}\nrules: []\n")
    file, rules = read_fact_rules(path)
    assert not rules.rules
    assert "at least one rule" in str(file.list_faults()[0])


def test_a_template_has_a_value_for_every_fact() -> None:
    values = TEMPLATE.compute_facts()
    types = {name: "word" if isinstance(values.get(name), str) else "number" for name in RULES.facts}
    assert set(RULES.facts) <= set(values)
    assert types == {name: fact.type for name, fact in RULES.facts.items()}
