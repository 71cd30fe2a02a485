"""One diagnosis out of all that was seen: the log's proof, the status's message, the text that was pasted before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialogs.azure.customizer_timeline import CustomizerTimeline, build_timeline
from dialogs.model.azure import TemplateStatus
from dialogs.model.azure_times import compute_seconds_between, get_timeout_minutes, is_running
from dialogs.model.ports import DiagnoseText
from dialogs.state.diagnosis import truncate_diagnosis
from knowledge.catalog.fact_rules import FactCheck, FactRules
from knowledge.model.diagnosis import MAX_MATCHES, BuildOutcome, Confidence, Diagnosis, ExcerptLine, Match
from knowledge.model.entry import Entry, Language
from knowledge.redaction.redact import redact

_CONFIDENCE_RANKS: tuple[Confidence, ...] = ("certain", "likely", "possible")
_OUTCOME_BY_RUN_STATE: Mapping[str, BuildOutcome] = {
    "failed": "failed",
    "canceled": "canceled",
    "canceling": "canceled",
    "succeeded": "succeeded",
    "running": "running",
}


@dataclass(frozen=True, slots=True)
class DiagnosedLog:
    """What was read of a build log: how many bytes of how many, and its diagnosis."""

    diagnosis: Diagnosis
    bytes_read: int
    size: int
    growing: bool = False
    file: str = "customization.log"
    folder: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is missing."""
        return self.bytes_read >= self.size


@dataclass(frozen=True, slots=True)
class CombinedDiagnosis:
    """All that a look came to. `own`: the entries that the log or the status itself speaks for.

    `same`: the text diagnosed before can be of this template.
    """

    status: TemplateStatus
    diagnosis: Diagnosis
    log: DiagnosedLog | None
    timeline: CustomizerTimeline | None
    fact_checks: tuple[FactCheck, ...]
    azure_entries: frozenset[str]
    has_earlier_text: bool


def downgrade_partial(diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis of a part of a log: whatever it says, the cause could stand in the rest."""
    matches = tuple(replace(m, confidence="likely") if m.confidence == "certain" else m for m in diagnosis.matches)
    return replace(diagnosis, partial=True, matches=matches)


async def diagnose_status(diagnose: DiagnoseText, status: TemplateStatus, language: Language) -> Diagnosis | None:
    """The diagnosis of what the status itself says; `None` when it says nothing."""
    if not (status.message.strip() or status.provisioning_message.strip() or status.provisioning_code):
        return None
    written = {
        "provisioningState": status.provisioning_state,
        "provisioningError": {"provisioningErrorCode": status.provisioning_code, "message": status.provisioning_message}
        if status.provisioning_code or status.provisioning_message
        else None,
        "lastRunStatus": {
            "runState": status.run_state,
            "runSubState": status.run_sub_state,
            "message": status.message,
        }
        if status.run_state
        else None,
    }
    found = await diagnose(json.dumps({key: said for key, said in written.items() if said}, indent=1), language)
    return replace(found, matches=tuple(map(_strip_json_evidence, found.matches)), excerpt=())


def _strip_json_evidence(match: Match) -> Match:
    """The match with what the status says as its evidence, without the JSON around it."""
    said = []
    for number, line in enumerate(match.evidence, 1):
        text = line.text.strip().rstrip(",")
        if text.startswith('"') and not text.endswith('"'):
            text = text.partition('": "')[2] or text  # cut, and so no JSON any more
        try:
            text = ", ".join(str(value) for value in json.loads(f"{{{text}}}").values())
        except (ValueError, AttributeError, RecursionError):  # a long one was cut
            text = text.partition('": "')[2] or text
        # what was escaped in JSON has only now become readable
        said.append(ExcerptLine(number, " ".join(redact(text).split())))
    return replace(match, evidence=tuple(said))


def combine_diagnoses(
    status: TemplateStatus,
    status_diagnosis: Diagnosis | None,
    log: DiagnosedLog | None,
    earlier_diagnosis: Diagnosis | None,
    entries: Mapping[str, Entry],
    fact_rules: FactRules,
    language: Language,
    now: str,
) -> CombinedDiagnosis:
    """Everything put together; `before` is the diagnosis of an earlier text of this template."""
    own = _merge_matches(log.diagnosis.matches if log else (), status_diagnosis.matches if status_diagnosis else ())
    if status.run_state.casefold() == "succeeded" and status.provisioning_state.casefold() != "failed":
        own = tuple(m for m in own if m.severity == "info")
    if is_running(status):
        # what merely fits is no news of a run that may end well
        own = tuple(m for m in own if m.confidence != "possible")
    matches = tuple(
        m for m in _merge_matches(own, earlier_diagnosis.matches if earlier_diagnosis else ()) if m.entry in entries
    )
    measured = compute_measured_facts(status, now)
    ended_badly = measured.get("run_state") in ("failed", "canceled") or measured.get("provisioning_state") == "failed"
    open_question = ended_badly and all(match.confidence != "certain" for match in matches)
    weighed, ordered = fact_rules.check_matches(matches, measured, entries, language, can_suggest=open_question)
    base = log.diagnosis if log else status_diagnosis or earlier_diagnosis or _EMPTY_DIAGNOSIS
    sources = [
        source for source in (log.diagnosis if log else None, status_diagnosis, earlier_diagnosis) if source is not None
    ]
    facts = {key: value for source in reversed(sources) for key, value in source.facts.items() if value is not None}
    facts.update({key: value for key, value in extract_status_facts(status).items() if value not in (None, "")})
    if log and log.folder:
        facts["log_folder"] = log.folder
    ids = dict.fromkeys(
        [("image template", status.template_id.id), *(pair for source in sources for pair in source.ids)]
    )
    diagnosis = replace(
        base,
        # an earlier text tells how its own run ended, whatever became of later ones
        outcome=earlier_diagnosis.outcome
        if earlier_diagnosis and not own
        else _OUTCOME_BY_RUN_STATE.get(status.run_state.casefold(), base.outcome),
        matches=ordered[:MAX_MATCHES],
        facts=facts,
        ids=tuple(ids),
        os=status.os or base.os,
        script_advice=next((source.script_advice for source in sources if source.script_advice), None),
    )
    course = None
    if log:
        # the log of the validation tells of validators, which are none of the customizers
        customizers = status.customizers if log.file == "customization.log" else ()
        course = build_timeline(customizers, log.diagnosis.timeline, log.is_whole)
    return CombinedDiagnosis(
        status,
        truncate_diagnosis(diagnosis),
        log,
        course,
        weighed,
        frozenset(m.entry for m in own),
        earlier_diagnosis is not None,
    )


def extract_status_facts(status: TemplateStatus) -> dict[str, str | int | None]:
    """The status as facts of a diagnosis: for the steps' commands, and for a support case."""
    source = status.source if len(status.source) <= 300 else None
    return {
        "template": status.template_id.name,
        "resource_group": status.template_id.resource_group,
        "subscription": status.template_id.subscription,
        "region": status.region,
        "run_state": status.run_state,
        "run_sub_state": status.run_sub_state,
        "run_started": status.started,
        "run_ended": status.ended,
        "provisioning_state": status.provisioning_state,
        "error_code": status.provisioning_code,
        "vm_size": status.vm_size,
        "build_timeout": get_timeout_minutes(status),
        "staging_resource_group": status.staging_group.rstrip("/").rpartition("/")[2],
        "source_image": source,
        "identities": status.identity_count,
    }


def compute_measured_facts(status: TemplateStatus, now: str) -> dict[str, str | int]:
    """What the status measures, by the names that the confirming rules know; what Azure does not say is left out."""
    end = status.ended or (now if is_running(status) else None)
    seconds = compute_seconds_between(status.started, end)
    cpus = _parse_cpu_count(status.vm_size)
    values: dict[str, str | int | None] = {
        "provisioning_state": status.provisioning_state.casefold() or None,
        "provisioning_code": status.provisioning_code.casefold() or None,
        "run_state": status.run_state.casefold() or None,
        "run_sub_state": status.run_sub_state.casefold() or None,
        "run_minutes": seconds // 60 if seconds is not None else None,
        "run_share": seconds * 100 // (get_timeout_minutes(status) * 60) if seconds is not None else None,
        "timeout": get_timeout_minutes(status),
        "vm_cpus": cpus,
        "identities": status.identity_count,
        "own_network": "yes" if status.has_own_network else "no",
        "os": status.os,
        "customizers": len(status.customizers),
    }
    return {name: value for name, value in values.items() if value is not None}


def _merge_matches(first: tuple[Match, ...], second: tuple[Match, ...]) -> tuple[Match, ...]:
    """The matches of one source, then what another adds to them; a wrapper adds nothing to its cause."""
    if any(m.severity != "info" for m in first):
        second = tuple(m for m in second if m.severity != "info")
    elif any(m.severity != "info" for m in second):
        first = ()
    explained = {name for m in first for name in m.explains}
    added = {m.entry: m for m in second}
    kept = [_raise_confidence(m, added.get(m.entry)) for m in first]
    here = {m.entry for m in first}
    return (*kept, *(m for m in second if m.entry not in here and m.entry not in explained))


def _raise_confidence(match: Match, other: Match | None) -> Match:
    """The match with the better of two confidences: two texts that say the same don't take from each other."""
    if other is None or _CONFIDENCE_RANKS.index(other.confidence) >= _CONFIDENCE_RANKS.index(match.confidence):
        return match
    return replace(match, confidence=other.confidence)


def remove_log_location(diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis without the place of a log that is not to be trusted: no command may lead there."""
    kept = {key: value for key, value in diagnosis.facts.items() if key not in _LOG_LOCATION_FACTS}
    matches = tuple(
        replace(m, values={key: value for key, value in m.values.items() if key not in _LOG_LOCATION_FACTS})
        for m in diagnosis.matches
    )
    return replace(diagnosis, facts=kept, matches=matches)


_LOG_LOCATION_FACTS = frozenset({"account", "log_folder", "log_url"})


def can_be_of_template(earlier_diagnosis: Diagnosis, status: TemplateStatus) -> bool:
    """Whether an earlier text can be of this template: it names it, or no other one."""
    named = earlier_diagnosis.facts.get("template")
    subscription = earlier_diagnosis.facts.get("subscription")
    if named is not None and str(named).casefold() != status.template_id.name.casefold():
        return False
    return named is not None or subscription in (None, status.template_id.subscription)


_HIGH_MEMORY_CPUS = {11: 2, 12: 4, 13: 8, 14: 16, 15: 20}


def _parse_cpu_count(vm_size: str) -> int | None:
    """The processors that a VM size has by its name (`Standard_D2ds_v4`: 2); `None` where it does not say."""
    _, _, rest = vm_size.partition("_")
    digits = "".join(c if c.isdecimal() else " " for c in rest.partition("_")[0].partition("-")[0]).split()
    if not rest or not digits or len(digits[0]) > 3:
        return None
    number = int(digits[0])
    # the older sizes with more memory count on where those without it end
    return _HIGH_MEMORY_CPUS.get(number, number) if rest.startswith("D") else number


_EMPTY_DIAGNOSIS = Diagnosis("-", "status", "unknown", (), (), {}, ())
