"""What broke, from everything that is known about a template: a finding belongs to its entry and its own lines."""

from __future__ import annotations

from typing import Any

import pytest

from dialogs.azure.combined_diagnosis import CombinedDiagnosis, TemplateSources, combine_diagnoses, find_leading_match
from dialogs.azure.source_diagnosis import DiagnosedLog, diagnose_status
from dialogs.context import DialogContext
from dialogs.model.azure import TemplateStatus
from dialogs.texts.catalog import get_texts
from knowledge.model.diagnosis import Diagnosis, ExcerptLine, ProvisionerSummary
from knowledge.model.entry import Language
from knowledge.model.finding import Finding, StepPlace
from tests.dialogs.azure.fake_azure import STATUS
from tests.dialogs.azure.statuses import with_values
from tests.dialogs.fixtures import (
    FAILED,
    FOUND,
    KNOWLEDGE_BASE,
    NOTHING,
    OPEN_QUOTE,
    QUOTE_FINDING,
    SCRIPT,
    TIMEOUT,
    match,
)

NOW = "2026-03-01T00:00:00Z"
CONTEXT = DialogContext("en", KNOWLEDGE_BASE, get_texts(), NOW)
LATE = Finding(TIMEOUT.id, "Build timeout exceeded", "template", "no", line=4)
"""The finding of an entry that the facts of a short run speak against."""


def look(log: Diagnosis | None = None, status: TemplateStatus = STATUS, **more: Any) -> CombinedDiagnosis:
    read = DiagnosedLog(log, 9, 9) if log else None
    return combine_diagnoses(CONTEXT, TemplateSources(status, log=read, **more))


def late_log(**more: Any) -> Diagnosis:
    """A log whose first error is refuted by how short the run was; it explains the script's verdict."""
    late = match(TIMEOUT, "likely", (4, "still waiting"), explains=(SCRIPT.id,))
    excerpt = (ExcerptLine(3, "before"), ExcerptLine(4, "The string is missing the terminator in a.ps1"))
    return FAILED._replace(**{"matches": (late,), "finding": LATE, "excerpt": excerpt, **more})


def test_a_log_s_finding_is_what_broke_and_its_place_is_that_of_the_template() -> None:
    found = look(FOUND).diagnosis
    assert found.finding == QUOTE_FINDING._replace(
        place=StepPlace("powershell", 2, 9, script_line=5, name="install", total=3)
    )
    assert found.excerpt == FOUND.excerpt


@pytest.mark.parametrize(
    "timeline",
    [
        FAILED.timeline[:1],  # what failed isn't what the run got to
        (ProvisionerSummary("shell", None, None, None, None, 3, "failed"),),  # no such customizer
    ],
)
def test_a_place_that_does_not_fit_the_template_stays_as_it_was(timeline: tuple[ProvisionerSummary, ...]) -> None:
    assert look(FOUND._replace(timeline=timeline)).diagnosis.finding == QUOTE_FINDING


def test_of_a_refuted_entry_the_line_remains_and_what_it_explained_leads() -> None:
    combined = look(late_log())
    leading = find_leading_match(combined)
    assert leading is not None
    assert (leading.entry, leading.confidence) == (SCRIPT.id, "likely")
    assert [(m.entry, m.confidence) for m in combined.diagnosis.matches[1:]] == [(TIMEOUT.id, "possible")]
    finding = combined.diagnosis.finding
    assert finding is not None
    assert (finding.id, finding.title, finding.line) == (OPEN_QUOTE.id, "A quote in a.ps1 is never closed", 4)


def test_a_line_that_no_rule_knows_is_repeated_in_its_own_words() -> None:
    excerpt = (ExcerptLine(4, "ERROR: the frobnicator is not attached"),)
    finding = look(late_log(excerpt=excerpt)).diagnosis.finding
    assert finding is not None
    assert (finding.id, finding.title) == ("unknown-error", "the frobnicator is not attached")


def test_without_anything_that_it_explained_a_refuted_entry_leaves_only_its_line() -> None:
    combined = look(late_log(matches=(match(TIMEOUT, "likely", (4, "still waiting")),)))
    assert find_leading_match(combined) is None
    assert combined.diagnosis.finding is not None
    assert combined.diagnosis.finding.id == OPEN_QUOTE.id
    assert look(late_log(matches=(match(TIMEOUT, "likely"),), excerpt=())).diagnosis.finding is None


def test_what_the_text_proves_the_facts_do_not_take_down() -> None:
    combined = look(late_log(matches=(match(TIMEOUT, "certain", (4, "still waiting")),)))
    leading = find_leading_match(combined)
    assert leading is not None
    assert (leading.entry, leading.confidence) == (TIMEOUT.id, "certain")
    assert combined.diagnosis.finding == LATE


@pytest.mark.parametrize("confidence", ["likely", "possible"])
def test_a_guess_about_a_canceled_run_leads_only_if_it_is_more_than_possible(confidence: Any) -> None:
    canceled = with_values(STATUS, run_state="Canceled")
    leading = find_leading_match(look(FAILED._replace(matches=(match(SCRIPT, confidence),)), canceled))
    assert (leading is not None) == (confidence == "likely")


def test_another_error_that_azure_proves_replaces_the_earlier_text() -> None:
    earlier = FOUND._replace(facts={"operation_id": "of the earlier text"})
    log = FAILED._replace(matches=(match(TIMEOUT, "certain", (4, "x")),), finding=LATE, facts={})
    late = with_values(STATUS, ended="2026-02-22T05:26:20Z")
    combined = look(log, late, earlier_diagnosis=earlier)
    assert [m.entry for m in combined.diagnosis.matches] == [TIMEOUT.id]
    assert combined.diagnosis.finding == LATE
    assert "operation_id" not in combined.diagnosis.facts
    assert not combined.has_earlier_text


def test_another_finding_of_the_same_entry_replaces_the_earlier_text_too() -> None:
    earlier = FOUND._replace(finding=QUOTE_FINDING._replace(id="another-finding", title="Another finding"))
    combined = look(FOUND, earlier_diagnosis=earlier)
    assert combined.diagnosis.finding is not None
    assert combined.diagnosis.finding.id == OPEN_QUOTE.id
    assert not combined.has_earlier_text
    assert look(FOUND, earlier_diagnosis=FOUND).has_earlier_text
    assert look(FOUND, earlier_diagnosis=FOUND._replace(finding=None)).has_earlier_text, "of an earlier release"


def test_what_an_earlier_text_said_is_no_finding_about_this_run() -> None:
    gone = FOUND._replace(matches=())
    assert look(NOTHING, earlier_diagnosis=gone).diagnosis.finding is None
    assert look(NOTHING, earlier_diagnosis=FOUND).diagnosis.finding == QUOTE_FINDING, "it's still what is talked about"


async def test_a_status_s_finding_shows_the_status_s_text_and_not_the_json_around_it() -> None:
    async def diagnose(text: str, language: Language) -> Diagnosis:
        number = next(n for n, line in enumerate(text.splitlines(), 1) if "terminator" in line)
        line = ExcerptLine(number, text.splitlines()[number - 1])
        neighbor = ExcerptLine(number - 1, text.splitlines()[number - 2])
        finding = QUOTE_FINDING._replace(line=number, place=None)
        matches = (match(SCRIPT, "certain", (number, line.text)),)
        return NOTHING._replace(kind="status", matches=matches, finding=finding, excerpt=(neighbor, line))

    status = with_values(STATUS, message="The string is missing the terminator.")
    found = await diagnose_status(diagnose, status, "en")
    assert found is not None
    assert found.excerpt == found.matches[0].evidence == (ExcerptLine(1, "The string is missing the terminator."),)
    assert found.finding is not None
    assert found.is_deciding(found.excerpt[0])
