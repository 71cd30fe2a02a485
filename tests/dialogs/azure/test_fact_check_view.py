"""Which facts support a cause is stored for a support case, under the names of the first version."""

from __future__ import annotations

from dialogs.azure.combined_diagnosis import TemplateSources, combine_diagnoses
from dialogs.azure.fact_check_view import collect_fact_verdicts
from dialogs.context import DialogContext
from dialogs.state.conversation_state import ConversationState
from dialogs.support.case_lines import build_case_lines
from dialogs.texts.catalog import get_texts
from knowledge.model.diagnosis import Diagnosis
from tests.dialogs.azure.fake_azure import STATUS
from tests.dialogs.azure.statuses import with_values
from tests.dialogs.fixtures import match
from tests.shipped_knowledge import ENTRIES, KNOWLEDGE_BASE

NOW = "2026-03-01T00:00:00Z"


def test_a_verdict_is_stored_under_the_name_of_the_first_version() -> None:
    short = with_values(STATUS, timeout_minutes=5, provisioning_code="BadStagingResourceGroup")
    matches = (match(ENTRIES["jwt-expiry-short-timeout"], "likely"), match(ENTRIES["staging-rg-conflict"], "likely"))
    text = Diagnosis("-", "status", "failed", matches, (), {}, ())
    sources = TemplateSources(short, status_diagnosis=text)
    context = DialogContext("en", KNOWLEDGE_BASE, get_texts(), NOW)
    combined = combine_diagnoses(context, sources)
    verdicts = collect_fact_verdicts(combined)
    assert ("jwt-expiry-short-timeout", "timeout", "for") in verdicts
    assert ("staging-rg-conflict", "provisioning_code", "for") in verdicts
    lines = build_case_lines(context, ConversationState(diagnosis=combined.diagnosis, fact_verdicts=verdicts))
    assert any("the time limit is at most five minutes" in line for line in lines)
    assert any("the error code names the staging resource group" in line for line in lines)
