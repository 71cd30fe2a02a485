"""Findings from Azure join those of the template: the worst first, and what wasn't looked at is said."""

from __future__ import annotations

from datetime import date

from dialogs.model.preflight import MAX_KEPT_FINDINGS, TemplateCheck, TemplateFinding
from dialogs.preflight.check_view import show_check
from dialogs.preflight.template_findings import add_live_findings
from dialogs.replies.plain_text import render_plain_text
from dialogs.state.template_check import KeptCheck
from knowledge.preflight.checking import check_source
from knowledge.preflight.rule_catalog import load_rules
from knowledge.preflight.source_text import SourceText
from tests.bot.template_check.test_checker import OPEN_QUOTE, build_template
from tests.dialogs.fixtures import context

FOUND = check_source(SourceText("", build_template(OPEN_QUOTE, OPEN_QUOTE)), load_rules(), date(2026, 3, 1)).findings
QUOTES = [finding for finding in FOUND if finding.rule.id == "quote-unclosed"]
WARNING = TemplateFinding("apt", "warning", "apt asks")
ERROR = TemplateFinding("flag", "error", "It's no flag")
ADVICE = TemplateFinding("size", "advice", "It's small")
CHECK = TemplateCheck("web", (ERROR, WARNING, ADVICE), (1, 1, 1))


def test_they_are_sorted_and_counted_together() -> None:
    check = add_live_findings(CHECK, QUOTES, ("role assignments (no access to rg-network)",), True, "en")
    assert [finding.rule for finding in check.findings] == ["flag", "quote-unclosed", "apt", "size"]
    assert check.counts == (2, 1, 1)
    assert check.findings[1].others == 1
    assert check.findings[1].place.line == 0


def test_what_azure_did_not_show_is_said() -> None:
    check = add_live_findings(CHECK, [], ("role assignments (no access to rg-network)",), True, "en")
    shown = render_plain_text(show_check(context(), KeptCheck(1, check)))
    assert "Not checked: role assignments (no access to rg-network)." in shown


def test_where_nothing_could_be_looked_up_only_the_reason_is_said() -> None:
    check = add_live_findings(CHECK, [], ("everything in Azure: you aren't signed in",), False, "en")
    shown = render_plain_text(show_check(context(), KeptCheck(1, check)))
    assert "Not checked: everything in Azure: you aren't signed in." in shown


def test_the_worst_are_kept() -> None:
    many = TemplateCheck("web", (WARNING,) * MAX_KEPT_FINDINGS, (0, MAX_KEPT_FINDINGS, 0))
    check = add_live_findings(many, QUOTES, (), True, "en")
    assert len(check.findings) == MAX_KEPT_FINDINGS
    assert check.findings[0].rule == "quote-unclosed"
    assert check.counts == (1, MAX_KEPT_FINDINGS, 0)


def test_what_azure_settles_is_no_longer_a_question() -> None:
    check = add_live_findings(CHECK, [], (), True, "en", settled={"apt", "unrelated"})
    assert [finding.rule for finding in check.findings] == ["flag", "size"]
    assert check.counts == (1, 0, 1)
