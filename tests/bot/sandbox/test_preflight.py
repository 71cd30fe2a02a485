"""What preflight says about each of the sandbox's templates before the run, and why it says nothing about some."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from bot.sandbox.arm_json import build_template_json
from bot.sandbox.builds.scenario import TemplateSpec, read_scenario
from knowledge.preflight.checking import check_source
from knowledge.preflight.finding import PreflightResult
from knowledge.preflight.rule_catalog import load_rules
from knowledge.preflight.source_text import SourceText

NOW = datetime(2026, 11, 29, tzinfo=UTC)
TEMPLATES = {f"{spec.group}/{spec.name}": spec for spec in read_scenario().templates if spec.group != "rg-checks"}
"""Those in rg-checks show what only Azure knows."""

NAMED = {
    "rg-images/win11-golden": "quote-unclosed",
    "rg-images/win10-kiosk": "windows-steps-too-quick",
    "rg-avd/win11-avd": "installer-not-silent",
    "rg-images/win2025-global": "many-regions-default-timeout",
    "rg-research/win11-notebooks": "update-after-install",
    "rg-linux/ubuntu-agents": "root-only-path-written",
    "rg-images/ubuntu-web": "apt-before-cloud-init",
}
"""The templates that fail for a reason that they, or their scripts, show: the rule that names it."""

NOT_VISIBLE = {
    "rg-linux/rhel-base": "the identity lacks a role for the network",
    "rg-linux/ubuntu-db": "a script that the image has calls a program that's missing",
    "rg-linux/ubuntu-desktop": "a host in a script of the image can't be resolved",
    "rg-images/ubuntu-gpu": "the source version doesn't exist",
    "rg-finance/ubuntu-vault": "nobody may read its log, and the template is fine",
    "rg-finance/win11-finance": "nobody may read its log, and the template is fine",
    "rg-avd/win11-lab": "a person canceled it",
    "rg-partner/win11-partner": "a program that the image has may not write to its folder",
    "rg-images/win11-secure": "a policy forbids the key vault",
    "rg-images/win2019-legacy": "its log was deleted, and the template only has a size that retires later",
    "rg-images/win2022-sql": "Windows takes longer to restart than it usually does",
    "rg-research/rhel-sap": "the identity was deleted",
    "rg-research/ubuntu-web": "the subscription has too few cores",
}
"""The templates that fail for a reason that's elsewhere."""

NOT_FAILING = {
    "rg-linux/ubuntu-edge",
    "rg-linux/ubuntu-minimal",
    "rg-linux/ubuntu-new",
    "rg-hr/win11-hr",
    "rg-pipelines/t_1763763312548",
}
"""The templates that never fail, or have never run."""


def check(spec: TemplateSpec) -> PreflightResult:
    """Check a template as a person gets it from Azure before its first run."""
    text = json.dumps(build_template_json(spec, [], NOW), indent=2)
    return check_source(SourceText(spec.name, text), load_rules(), date(2026, 11, 29))


def test_every_template_is_judged() -> None:
    assert {*NAMED, *NOT_VISIBLE, *NOT_FAILING} == set(TEMPLATES)
    failing = {name for name, spec in TEMPLATES.items() if name not in NOT_FAILING}
    assert failing == {
        name
        for name, spec in TEMPLATES.items()
        if spec.provisioning["state"] == "Failed" or (spec.last_run and spec.last_run.state != "Succeeded")
    }


@pytest.mark.parametrize(("name", "rule"), NAMED.items())
def test_a_reason_in_the_template_is_named_before_the_run(name: str, rule: str) -> None:
    assert rule in [finding.rule.id for finding in check(TEMPLATES[name]).findings]


def test_the_lost_quote_is_named_with_its_line() -> None:
    first = check(TEMPLATES["rg-images/win11-golden"]).findings[0]
    assert (first.rule.id, first.level) == ("quote-unclosed", "error")
    assert first.part is not None
    assert first.part.number == 3
    assert first.script is not None
    assert first.script.line == 7


@pytest.mark.parametrize("name", sorted({*NOT_VISIBLE, *NOT_FAILING}))
def test_nothing_is_claimed_where_the_template_is_fine(name: str) -> None:
    findings = check(TEMPLATES[name]).findings
    assert [finding.rule.id for finding in findings if finding.level == "error"] == []
    warned = {finding.rule.id for finding in findings if finding.level == "warning"}
    assert warned <= {"vm-size-retiring"}
