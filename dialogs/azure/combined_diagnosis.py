"""One diagnosis out of everything known about a template: its log, its status, its facts, and an earlier text.

What Azure says about the run outranks a text that was pasted earlier, and within Azure the log outranks the status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialogs.azure.customizer_timeline import CustomizerTimeline, build_timeline
from dialogs.azure.source_diagnosis import DiagnosedLog
from dialogs.model.azure import TemplateStatus
from dialogs.state.diagnosis import truncate_diagnosis
from knowledge.catalog.fact_rules import FactCheck, FactRules
from knowledge.model.diagnosis import MAX_MATCHES, BuildOutcome, Confidence, Diagnosis, Match
from knowledge.model.entry import Entry, Language

_CONFIDENCE_RANKS: tuple[Confidence, ...] = ("certain", "likely", "possible")
_LOG_LOCATION_FACTS = frozenset({"account", "log_folder", "log_url"})
_EMPTY_DIAGNOSIS = Diagnosis("-", "status", "unknown", (), (), {}, ())


@dataclass(frozen=True, slots=True)
class TemplateSources:
    """What is known about a template: its status, the diagnoses of its messages and log, and of an earlier text.

    `earlier_diagnosis` is given only if the text can be about this template.
    """

    status: TemplateStatus
    status_diagnosis: Diagnosis | None = None
    log: DiagnosedLog | None = None
    earlier_diagnosis: Diagnosis | None = None

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """The diagnoses that there are, the most reliable first."""
        sources = (self.log.diagnosis if self.log else None, self.status_diagnosis, self.earlier_diagnosis)
        return tuple(diagnosis for diagnosis in sources if diagnosis is not None)


@dataclass(frozen=True, slots=True)
class CombinedDiagnosis:
    """The result of a template lookup.

    Attributes:
        status: The template's status.
        diagnosis: The combined diagnosis, truncated for storage.
        log: The log that was read, if any.
        timeline: The customizers with what the log says about them, if a log was read.
        fact_checks: What the template's facts say about the matches.
        azure_entries: The ids of the entries that Azure's own log or status points to.
        has_earlier_text: An earlier text that can be about this template went into the diagnosis.
    """

    status: TemplateStatus
    diagnosis: Diagnosis
    log: DiagnosedLog | None
    timeline: CustomizerTimeline | None
    fact_checks: tuple[FactCheck, ...]
    azure_entries: frozenset[str]
    has_earlier_text: bool


def combine_diagnoses(
    sources: TemplateSources, entries: Mapping[str, Entry], fact_rules: FactRules, language: Language, now: str
) -> CombinedDiagnosis:
    """Combine all sources into one diagnosis, with its matches ordered by what the template's facts say.

    `now` (UTC, ISO 8601) measures a run that has not ended.
    """
    azure_matches = _select_azure_matches(sources)
    earlier_matches = sources.earlier_diagnosis.matches if sources.earlier_diagnosis else ()
    # an earlier diagnosis may name an entry that was removed from the knowledge base since
    matches = tuple(m for m in _merge_matches(azure_matches, earlier_matches) if m.entry in entries)
    # the facts may bring in entries of their own only while a failure is unexplained
    is_unexplained = sources.status.template.has_failed and all(match.confidence != "certain" for match in matches)
    fact_checks, ordered_matches = fact_rules.check_matches(
        matches, sources.status.template.compute_facts(now), entries, language, can_suggest=is_unexplained
    )
    diagnosis = _merge_diagnoses(sources, has_azure_matches=bool(azure_matches))
    return CombinedDiagnosis(
        status=sources.status,
        diagnosis=truncate_diagnosis(replace(diagnosis, matches=ordered_matches[:MAX_MATCHES])),
        log=sources.log,
        timeline=_build_timeline(sources),
        fact_checks=fact_checks,
        azure_entries=frozenset(match.entry for match in azure_matches),
        has_earlier_text=sources.earlier_diagnosis is not None,
    )


def find_leading_match(combined: CombinedDiagnosis) -> Match | None:
    """Return the match that the reply goes on with, None when nothing is worth following.

    It is the first error that is more than possible, or that is possible and not refuted by the facts.
    """
    refuted_ids = {fact_check.entry for fact_check in combined.fact_checks if fact_check.is_refuted}
    # a run in progress may still end well, so a merely possible match says nothing about it
    ignores_possible = combined.status.run.is_running
    for match in combined.diagnosis.matches:
        is_weak = match.confidence == "possible" and (ignores_possible or match.entry in refuted_ids)
        if match.severity != "info" and not is_weak:
            return match
    return None


def can_be_of_template(earlier_diagnosis: Diagnosis, status: TemplateStatus) -> bool:
    """Return whether an earlier text can be about this template: it names this one, or none at all."""
    name = earlier_diagnosis.facts.get("template")
    subscription = earlier_diagnosis.facts.get("subscription")
    if name is not None:
        return str(name).casefold() == status.template_id.name.casefold()
    return subscription in (None, status.template_id.subscription)


def remove_log_location(diagnosis: Diagnosis) -> Diagnosis:
    """Return the diagnosis without the location of an untrusted log, so that no command leads there."""
    matches = tuple(
        replace(m, values={key: value for key, value in m.values.items() if key not in _LOG_LOCATION_FACTS})
        for m in diagnosis.matches
    )
    facts = {key: value for key, value in diagnosis.facts.items() if key not in _LOG_LOCATION_FACTS}
    return replace(diagnosis, facts=facts, matches=matches)


def _select_azure_matches(sources: TemplateSources) -> tuple[Match, ...]:
    """Return what log and status point to, without what the state of the run rules out."""
    status = sources.status
    matches = _merge_matches(
        sources.log.diagnosis.matches if sources.log else (),
        sources.status_diagnosis.matches if sources.status_diagnosis else (),
    )
    if status.run.outcome == "succeeded" and status.template.provisioning.state.casefold() != "failed":
        # the logs of successful runs contain text that looks like errors
        matches = tuple(m for m in matches if m.severity == "info")
    if status.run.is_running:
        # a run in progress may still end well, so a merely possible match is no news
        matches = tuple(m for m in matches if m.confidence != "possible")
    return matches


def _merge_matches(first: tuple[Match, ...], second: tuple[Match, ...]) -> tuple[Match, ...]:
    """Return the matches of the better source, then what the other source adds.

    An error outranks a harmless message, whichever source it is from. What a match of the better source explains, such
    as a wrapper around its cause, is not added again.
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
    return replace(match, confidence=other.confidence)


def _merge_diagnoses(sources: TemplateSources, has_azure_matches: bool) -> Diagnosis:
    """Return the most reliable diagnosis, completed from the other sources and the status, but not its matches."""
    status, diagnoses = sources.status, sources.diagnoses
    base = diagnoses[0] if diagnoses else _EMPTY_DIAGNOSIS
    ids = [
        ("image template", status.template_id.to_resource_id()),
        *(pair for diagnosis in diagnoses for pair in diagnosis.ids),
    ]
    return replace(
        base,
        outcome=_choose_outcome(sources, base, has_azure_matches),
        facts=_merge_facts(sources),
        ids=tuple(dict.fromkeys(ids)),
        os=status.template.os or base.os,
        script_advice=next((diagnosis.script_advice for diagnosis in diagnoses if diagnosis.script_advice), None),
    )


def _choose_outcome(sources: TemplateSources, base: Diagnosis, has_azure_matches: bool) -> BuildOutcome:
    # while the diagnosis rests on the earlier text alone, its outcome is that of the run which the text is about:
    # the template may have run again since
    if sources.earlier_diagnosis and not has_azure_matches:
        return sources.earlier_diagnosis.outcome
    outcome = sources.status.run.outcome
    return outcome if outcome != "unknown" else base.outcome


def _merge_facts(sources: TemplateSources) -> dict[str, str | int | None]:
    """Merge the facts of all sources; a later update wins, so the least reliable source comes first."""
    facts: dict[str, str | int | None] = {}
    for diagnosis in reversed(sources.diagnoses):
        facts.update({key: value for key, value in diagnosis.facts.items() if value is not None})
    facts.update(sources.status.template.compute_shown_facts())
    if sources.log and sources.log.folder:
        facts["log_folder"] = sources.log.folder
    return facts


def _build_timeline(sources: TemplateSources) -> CustomizerTimeline | None:
    log = sources.log
    if log is None:
        return None
    # validation.log is about validators, which are not among the template's customizers
    customizers = sources.status.template.customizers if log.file == "customization.log" else ()
    return build_timeline(customizers, log.diagnosis.timeline, log.is_whole)
