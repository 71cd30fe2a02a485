"""The findings as they are loaded: by id, by trigger, and each rule with all that a person is told."""

from __future__ import annotations

from typing import get_args

import pytest

from knowledge.catalog.findings import FindingCatalog, load_findings
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.entry import COMPLETE_LANGUAGES, Owner, Retry
from knowledge.model.finding import FindingTrigger
from tests.build_logs import begun, powershell, script_failed
from tests.knowledge.made_entries import base
from tests.reporting import failures_together

CATALOG = load_findings()
TRIGGERS: tuple[FindingTrigger, ...] = get_args(FindingTrigger)


def test_every_rule_has_all_that_a_person_is_told() -> None:
    with failures_together(at_least=300) as failures:
        for name, rule in CATALOG.rules.items():
            with failures.check(name):
                assert rule.id == name
                assert rule.retry in get_args(Retry)
                assert rule.owner in get_args(Owner)
                assert len(rule.steps) >= 2
                for system in ("windows", "linux"):
                    assert 1 <= sum(step.os in ("", system) for step in rule.steps) <= 4
                texts = [rule.title, rule.cause, *(step.do for step in rule.steps)]
                assert all(text.get(language).strip() for text in texts for language in COMPLETE_LANGUAGES)
                assert len({text.get("en") for text in texts}) == len(texts)


def test_the_rules_by_trigger_are_all_rules() -> None:
    by_trigger = [rule for trigger in TRIGGERS for rule in CATALOG.list_rules(trigger)]
    assert {rule.id for rule in by_trigger} == set(CATALOG.rules)
    assert all(rule.trigger == trigger for trigger in TRIGGERS for rule in CATALOG.list_rules(trigger))


@pytest.mark.parametrize("trigger", [trigger for trigger in TRIGGERS if trigger != "said"])
def test_there_is_a_rule_for_whatever_the_others_do_not_fit(trigger: FindingTrigger) -> None:
    rule = CATALOG.get_fallback(trigger)
    assert rule.trigger == trigger
    assert not rule.pattern.text
    assert not rule.pattern.regex


def test_a_rule_is_built_once() -> None:
    name = next(iter(CATALOG.rules))
    assert CATALOG.rules[name] is CATALOG.rules.get(name)
    assert "no-such-rule" not in CATALOG.rules
    assert CATALOG.rules.get("no-such-rule") is None
    with pytest.raises(KeyError):
        CATALOG.rules["no-such-rule"]


def test_a_diagnosis_without_any_finding_still_has_its_own_words() -> None:
    bare = FindingCatalog({}, {}, CATALOG.line_patterns)
    log = script_failed(powershell(begun(), ["Setup of Contoso Agent failed: no license"], code=1), 1)
    finding = Diagnoser(base(), bare).diagnose(log.text()).finding
    assert finding is not None
    assert (finding.id, finding.title) == ("unknown-error", "Setup of Contoso Agent failed: no license")
