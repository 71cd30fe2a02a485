"""How a template lookup's fact checks are shown: for each candidate, which facts speak for it and which against."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.azure.combined_diagnosis import CombinedDiagnosis, find_leading_match
from dialogs.context import DialogContext
from dialogs.model.reply import Block, Paragraph, TextRun
from dialogs.state.conversation_state import StoredFactVerdict, get_stored_fact
from dialogs.texts.catalog import TrustedText
from knowledge.catalog.fact_rules import FactCheck, VerdictSide
from knowledge.model.diagnosis import Match

MAX_FACT_CHECKS = 3
_SIDES: tuple[VerdictSide, ...] = ("for", "against")
_ROW_BY_FACT: Mapping[str, str] = {
    # fact -> the row of the status card that shows it
    "provisioning_state": "provisioning",
    "error_code": "provisioning",
    "run_minutes": "took",
    "run_share": "took",
    "build_timeout": "took",
    "vm_cpus": "vm_size",
    "identities": "identities",
    "own_network": "network",
    "os": "source",
}


def build_fact_check_blocks(context: DialogContext, combined: CombinedDiagnosis) -> list[Block]:
    """Build a paragraph for each of the first candidates: facts for it, facts against it, unknown facts."""
    if combined.status.run.outcome in ("running", "canceled") and find_leading_match(combined) is None:
        return []
    matches = {match.entry: match for match in combined.diagnosis.matches}
    fact_checks = [
        fact_check
        for fact_check in combined.fact_checks
        if fact_check.entry in matches and (fact_check.verdicts or fact_check.unknown_facts)
    ]
    return [
        _render_fact_check(context, fact_check, matches[fact_check.entry])
        for fact_check in fact_checks[:MAX_FACT_CHECKS]
        if not _is_settled(fact_check, matches[fact_check.entry])
    ]


def find_highlighted_rows(combined: CombinedDiagnosis) -> frozenset[str]:
    """Return the rows of the status card whose facts speak for or against the first candidates."""
    facts = [verdict.fact for fact_check in combined.fact_checks[:MAX_FACT_CHECKS] for verdict in fact_check.verdicts]
    return frozenset(_ROW_BY_FACT[fact] for fact in facts if fact in _ROW_BY_FACT)


def collect_fact_verdicts(combined: CombinedDiagnosis) -> tuple[StoredFactVerdict, ...]:
    """Return the verdicts on the first candidates in the form to store, for a support case drafted later."""
    return tuple(
        (fact_check.entry, get_stored_fact(verdict.fact), verdict.side)
        for fact_check in combined.fact_checks[:MAX_FACT_CHECKS]
        for verdict in fact_check.verdicts
    )


def _is_settled(fact_check: FactCheck, match: Match) -> bool:
    """Return whether the text proves the match and every fact agrees, so there's nothing to say about the facts."""
    return (
        match.confidence == "certain"
        and not fact_check.unknown_facts
        and all(verdict.side == "for" for verdict in fact_check.verdicts)
    )


def _render_fact_check(context: DialogContext, fact_check: FactCheck, match: Match) -> Paragraph:
    runs: list[TextRun] = [*context.format_runs("look.facts-on", title=context.get_entry_title(fact_check.entry))]
    for side in _SIDES:
        messages = [v.message.get(context.language) for v in fact_check.verdicts if v.side == side]
        if messages:
            facts = TrustedText("; ".join(messages))
            runs += [TextRun(" "), *context.format_runs(f"look.facts.{side}", facts=facts)]
    if fact_check.unknown_facts:
        known_facts = context.knowledge.fact_rules.facts
        names = ", ".join(known_facts[fact].name.get(context.language) for fact in fact_check.unknown_facts)
        runs += [TextRun(" "), *context.format_runs("look.facts.unseen", facts=TrustedText(names))]
    if fact_check.is_refuted and match.confidence == "certain":
        runs += [TextRun(" "), *context.format_runs("look.facts.certain-all-the-same")]
    return Paragraph(tuple(runs))
