"""One diagnosis out of everything known about a template: its log, its status, its facts, and an earlier text.

What Azure says about the run outranks a text that was pasted earlier, and the log outranks the status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dialogs.azure.combined_finding import FindingChooser, is_superseded, place_in_template
from dialogs.azure.run_timeline import RunTimeline, build_run_timeline, list_timed_steps
from dialogs.azure.source_diagnosis import DiagnosedLog
from dialogs.context import DialogContext
from dialogs.mistakes.mistake_lookup import add_mistake
from dialogs.model.azure import TemplateStatus
from dialogs.state.diagnosis import LOOKUP_ID, truncate_diagnosis
from knowledge.catalog.fact_rules import FactCheck
from knowledge.model.diagnosis import MAX_MATCHES, BuildOutcome, Confidence, Diagnosis, Match
from knowledge.model.template_mistake import TemplateMistake
from knowledge.template.reached_phase import compute_rule_facts, find_reached_phase

_CONFIDENCE_RANKS: tuple[Confidence, ...] = ("certain", "likely", "possible")
_PHASE_BY_SUB_STATE: Mapping[str, str] = {
    "optimizing": "optimize",
    "validating": "validate",
    "distributing": "distribute",
}
_EMPTY_DIAGNOSIS = Diagnosis("-", "status", "unknown", (), (), {}, ())


@dataclass(frozen=True, slots=True)
class TemplateSources:
    """What's known about a template: its status, and the diagnoses of its messages, its log, and an earlier text.

    `earlier_diagnosis` is given only if the text can be about this template. `mistakes` are those in the template.
    """

    status: TemplateStatus
    status_diagnosis: Diagnosis | None = None
    log: DiagnosedLog | None = None
    earlier_diagnosis: Diagnosis | None = None
    mistakes: tuple[TemplateMistake, ...] = ()

    @property
    def azure_diagnoses(self) -> tuple[Diagnosis, ...]:
        """The diagnoses of what Azure says about the run, the most reliable first."""
        sources = (self.log.diagnosis if self.log else None, self.status_diagnosis)
        return tuple(diagnosis for diagnosis in sources if diagnosis is not None)

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """The available diagnoses, the most reliable first."""
        sources = (self.log.diagnosis if self.log else None, self.status_diagnosis, self.earlier_diagnosis)
        return tuple(diagnosis for diagnosis in sources if diagnosis is not None)


@dataclass(frozen=True, slots=True)
class CombinedDiagnosis:
    """The result of a template lookup.

    Attributes:
        status: The template's status.
        diagnosis: The combined diagnosis, truncated for storage.
        log: The log that was read, if any.
        timeline: The run's steps with what the log and the status say about them.
        fact_checks: What the template's facts say about the matches.
        azure_entries: The ids of the entries that Azure's own log or status points to.
        has_earlier_text: Whether the diagnosis includes an earlier text that can be about this template.
    """

    status: TemplateStatus
    diagnosis: Diagnosis
    log: DiagnosedLog | None
    timeline: RunTimeline
    fact_checks: tuple[FactCheck, ...]
    azure_entries: frozenset[str]
    has_earlier_text: bool


def combine_diagnoses(context: DialogContext, sources: TemplateSources) -> CombinedDiagnosis:
    """Combine all sources into one diagnosis, with its matches ordered by what the template's facts say."""
    template = sources.status.template
    timeline = build_run_timeline(template, sources.log, context.now, context.get_text)
    if sources.earlier_diagnosis and is_superseded(
        sources.earlier_diagnosis, sources.azure_diagnoses, _select_azure_matches(sources)
    ):
        sources = replace(sources, earlier_diagnosis=None)
    if sources.log is not None:
        placed = place_in_template(sources.log.diagnosis, timeline, list_timed_steps(template, timeline))
        sources = replace(sources, log=replace(sources.log, diagnosis=placed))
    azure_matches = _select_azure_matches(sources)
    earlier_matches = sources.earlier_diagnosis.matches if sources.earlier_diagnosis else ()
    # an earlier diagnosis may name an entry that has since been removed from the knowledge base
    matches = tuple(m for m in _merge_matches(azure_matches, earlier_matches) if m.entry in context.entries)
    fact_checks, ordered_matches = _check_matches(context, sources, matches)
    diagnosis = _merge_diagnoses(sources, has_azure_matches=bool(azure_matches))
    combined = CombinedDiagnosis(
        status=sources.status,
        diagnosis=diagnosis._replace(matches=ordered_matches[:MAX_MATCHES]),
        log=sources.log,
        timeline=timeline,
        fact_checks=fact_checks,
        azure_entries=frozenset(entry_id for match in azure_matches for entry_id in (match.entry, *match.explains)),
        has_earlier_text=sources.earlier_diagnosis is not None,
    )
    return _with_finding(context, sources, combined)


def find_leading_match(combined: CombinedDiagnosis) -> Match | None:
    """Return the match that the reply continues with, None if nothing is worth following.

    It is the first error that is more than possible, or that is possible and not refuted by the facts.
    """
    refuted_ids = {fact_check.entry for fact_check in combined.fact_checks if fact_check.is_refuted}
    # a run in progress may still succeed, and a canceled one might not have failed: a guess says nothing about them
    ignores_possible = combined.status.run.outcome in ("running", "canceled")
    for match in combined.diagnosis.matches:
        is_weak = match.confidence == "possible" and (ignores_possible or match.entry in refuted_ids)
        if match.severity != "info" and not is_weak:
            return match
    return None


def can_be_of_template(earlier_diagnosis: Diagnosis, status: TemplateStatus) -> bool:
    """Return whether an earlier text can be about this template: it names this one or none."""
    name = earlier_diagnosis.facts.get("template")
    subscription = earlier_diagnosis.facts.get("subscription")
    if name is not None:
        return str(name).casefold() == status.template_id.name.casefold()
    return subscription in (None, status.template_id.subscription)


def _select_azure_matches(sources: TemplateSources) -> tuple[Match, ...]:
    """Return what the log and the status point to, without what the run's state rules out."""
    status = sources.status
    matches = _merge_matches(
        sources.log.diagnosis.matches if sources.log else (),
        sources.status_diagnosis.matches if sources.status_diagnosis else (),
    )
    if status.run.outcome == "succeeded" and status.template.provisioning.state.casefold() != "failed":
        # the logs of successful runs contain text that looks like errors
        matches = tuple(m for m in matches if m.severity == "info")
    if status.run.is_running:
        # a run in progress may still succeed, so a merely possible match says nothing
        matches = tuple(m for m in matches if m.confidence != "possible")
    return matches


def _merge_matches(first: tuple[Match, ...], second: tuple[Match, ...]) -> tuple[Match, ...]:
    """Return the matches of the better source, then what the other source adds.

    An error outranks a harmless message, whatever its source. What a match of the better source explains, such as a
    wrapper around its cause, isn't added again.
    """
    if any(m.severity != "info" for m in first):
        second = tuple(m for m in second if m.severity != "info")
    elif any(m.severity != "info" for m in second):
        first = ()
    second_by_entry = {m.entry: m for m in second}
    raised = tuple(_raise_confidence(m, second_by_entry.get(m.entry)) for m in first)
    excluded_ids = {m.entry for m in first} | {entry_id for m in first for entry_id in m.explains}
    return (*raised, *(m for m in second if m.entry not in excluded_ids))


def _raise_confidence(match: Match, other: Match | None) -> Match:
    """Return the match with the better of two confidences: a second source never weakens the first one."""
    if other is None or _CONFIDENCE_RANKS.index(other.confidence) >= _CONFIDENCE_RANKS.index(match.confidence):
        return match
    return match._replace(confidence=other.confidence)


def _check_matches(
    context: DialogContext, sources: TemplateSources, matches: tuple[Match, ...]
) -> tuple[tuple[FactCheck, ...], tuple[Match, ...]]:
    """Return what the template's facts say about the matches, and the matches in the resulting order."""
    template = sources.status.template
    log, language = sources.log, context.language
    facts = compute_rule_facts(template, log.diagnosis if log else None, log.file if log else "", context.now)
    # the facts may add entries only while a failure is unexplained
    is_unexplained = template.has_failed and all(match.confidence != "certain" for match in matches)
    check = partial(context.knowledge.fact_rules.check_matches, facts=facts, entries=context.entries, language=language)
    fact_checks, ordered = check(matches, can_suggest=is_unexplained)
    if any(match.severity != "info" and match.confidence != "possible" for match in ordered):
        return fact_checks, ordered
    possible_ids = {match.entry for match in ordered if match.confidence == "possible"}
    refuted = [match for match in matches if match.confidence == "likely" and match.entry in possible_ids]
    if explained := _restore_explained(context, refuted):
        return check((*explained, *matches), can_suggest=is_unexplained)
    return fact_checks, ordered


def _restore_explained(context: DialogContext, refuted: Sequence[Match]) -> tuple[Match, ...]:
    """Return the errors that refuted matches had explained: they happened, but have another cause."""
    restored: dict[str, Match] = {}
    for match in refuted:
        for entry in (context.entries[entry_id] for entry_id in match.explains if entry_id in context.entries):
            if entry.role != "wrapper" and entry.severity != "info":
                others = tuple(entry_id for entry_id in match.explains if entry_id != entry.id)
                title = entry.title.get(context.language)
                fields = (match.confidence, entry.severity, entry.retry, match.evidence, others)
                restored.setdefault(entry.id, Match(entry.id, title, *fields))
    return tuple(restored.values())


def _with_finding(context: DialogContext, sources: TemplateSources, combined: CombinedDiagnosis) -> CombinedDiagnosis:
    """Return the combined diagnosis with what broke, truncated for storage."""
    chooser = FindingChooser(context.knowledge, context.language)
    leading = find_leading_match(combined)
    if leading is not None:
        chosen = chooser.choose_of_entry(sources.diagnoses, leading)
    else:  # what an earlier text said isn't a finding about this run
        chosen = chooser.choose_without_entry(sources.azure_diagnoses)
    excerpt = chosen.excerpt or combined.diagnosis.excerpt
    diagnosis = combined.diagnosis._replace(finding=chosen.finding, excerpt=excerpt)
    diagnosis = add_mistake(context, diagnosis, leading, sources.mistakes)
    return replace(combined, diagnosis=truncate_diagnosis(diagnosis))


def _merge_diagnoses(sources: TemplateSources, has_azure_matches: bool) -> Diagnosis:
    """Return the most reliable diagnosis, completed from the other sources and the status, but not its matches."""
    status, diagnoses = sources.status, sources.diagnoses
    base = diagnoses[0] if diagnoses else _EMPTY_DIAGNOSIS
    ids = [
        (LOOKUP_ID, status.template_id.to_resource_id()),
        *(pair for diagnosis in diagnoses for pair in diagnosis.ids),
    ]
    return base._replace(
        outcome=_choose_outcome(sources, base, has_azure_matches),
        phase=_find_phase(sources, base),
        facts=_merge_facts(sources),
        ids=tuple(dict.fromkeys(ids)),
        os=status.template.os or base.os,
    )


def _choose_outcome(sources: TemplateSources, base: Diagnosis, has_azure_matches: bool) -> BuildOutcome:
    # as long as the diagnosis rests on the earlier text alone, its outcome is that of the text's run: the template may
    # have run again since
    if sources.earlier_diagnosis and not has_azure_matches:
        return sources.earlier_diagnosis.outcome
    outcome = sources.status.run.outcome
    return outcome if outcome != "unknown" else base.outcome


def _find_phase(sources: TemplateSources, base: Diagnosis) -> str | None:
    """Return the phase that the run reached; what follows the customizers is not in their log."""
    log = sources.log
    sub_state = find_reached_phase(sources.status.run, log.diagnosis if log else None, log.file if log else "")
    return _PHASE_BY_SUB_STATE.get(sub_state, base.phase)


def _merge_facts(sources: TemplateSources) -> dict[str, str | int | None]:
    """Merge the facts of all sources; a later update wins, so the least reliable source comes first."""
    facts: dict[str, str | int | None] = {}
    for diagnosis in reversed(sources.diagnoses):
        facts.update({key: value for key, value in diagnosis.facts.items() if value is not None})
    facts.update(sources.status.template.compute_shown_facts())
    if sources.log and sources.log.folder:
        facts["log_folder"] = sources.log.folder
    return facts
