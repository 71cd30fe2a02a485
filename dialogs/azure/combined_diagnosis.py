"""One diagnosis out of all that was seen: the log's proof, the status's message, the text that was pasted before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialogs.azure.customizer_timeline import Course, course_of
from dialogs.model.azure import TemplateStatus
from dialogs.model.azure_times import is_running, seconds_between, timeout_minutes
from dialogs.model.ports import Diagnoser
from dialogs.state.diagnosis import hold
from knowledge.catalog.fact_rules import Confirming, Weighed
from knowledge.model.diagnosis import MOST_MATCHES, Confidence, Diagnosis, LineOf, Match, Outcome
from knowledge.model.entry import Entry, Language
from knowledge.redaction.redact import redact

_RANKS: tuple[Confidence, ...] = ("certain", "likely", "possible")
_OUTCOMES: Mapping[str, Outcome] = {
    "failed": "failed",
    "canceled": "canceled",
    "canceling": "canceled",
    "succeeded": "succeeded",
    "running": "running",
}


@dataclass(frozen=True, slots=True)
class LogSeen:
    """What was read of a build log: how many bytes of how many, and its diagnosis."""

    diagnosis: Diagnosis
    read: int
    size: int
    growing: bool = False
    file: str = "customization.log"
    folder: str = ""

    @property
    def whole(self) -> bool:
        """Whether nothing of it is missing."""
        return self.read >= self.size


@dataclass(frozen=True, slots=True)
class Sight:
    """All that a look came to. `own`: the entries that the log or the status itself speaks for.

    `same`: the text diagnosed before can be of this template.
    """

    status: TemplateStatus
    diagnosis: Diagnosis
    log: LogSeen | None
    course: Course | None
    weighed: tuple[Weighed, ...]
    own: frozenset[str]
    same: bool


def of_a_part(diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis of a part of a log: whatever it says, the cause could stand in the rest."""
    matches = tuple(replace(m, confidence="likely") if m.confidence == "certain" else m for m in diagnosis.matches)
    return replace(diagnosis, partial=True, matches=matches)


async def message_of(diagnose: Diagnoser, status: TemplateStatus, language: Language) -> Diagnosis | None:
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
    return replace(found, matches=tuple(map(_bare, found.matches)), excerpt=())


def _bare(match: Match) -> Match:
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
        said.append(LineOf(number, " ".join(redact(text).split())))
    return replace(match, evidence=tuple(said))


def sight_of(
    status: TemplateStatus,
    message: Diagnosis | None,
    log: LogSeen | None,
    before: Diagnosis | None,
    entries: Mapping[str, Entry],
    confirming: Confirming,
    language: Language,
    now: str,
) -> Sight:
    """Everything put together; `before` is the diagnosis of an earlier text of this template."""
    own = _joined(log.diagnosis.matches if log else (), message.matches if message else ())
    if status.run_state.casefold() == "succeeded" and status.provisioning_state.casefold() != "failed":
        own = tuple(m for m in own if m.severity == "info")
    if is_running(status):
        # what merely fits is no news of a run that may end well
        own = tuple(m for m in own if m.confidence != "possible")
    matches = tuple(m for m in _joined(own, before.matches if before else ()) if m.entry in entries)
    measured = measured_of(status, now)
    ended_badly = measured.get("run_state") in ("failed", "canceled") or measured.get("provisioning_state") == "failed"
    open_question = ended_badly and all(match.confidence != "certain" for match in matches)
    weighed, ordered = confirming.weigh(matches, measured, entries, language, suggest=open_question)
    base = log.diagnosis if log else message or before or _EMPTY
    sources = [source for source in (log.diagnosis if log else None, message, before) if source is not None]
    facts = {key: value for source in reversed(sources) for key, value in source.facts.items() if value is not None}
    facts.update({key: value for key, value in facts_of_status(status).items() if value not in (None, "")})
    if log and log.folder:
        facts["log_folder"] = log.folder
    ids = dict.fromkeys([("image template", status.ref.id), *(pair for source in sources for pair in source.ids)])
    diagnosis = replace(
        base,
        # an earlier text tells how its own run ended, whatever became of later ones
        outcome=before.outcome if before and not own else _OUTCOMES.get(status.run_state.casefold(), base.outcome),
        matches=ordered[:MOST_MATCHES],
        facts=facts,
        ids=tuple(ids),
        os=status.os or base.os,
        script=next((source.script for source in sources if source.script), None),
    )
    course = None
    if log:
        # the log of the validation tells of validators, which are none of the customizers
        customizers = status.customizers if log.file == "customization.log" else ()
        course = course_of(customizers, log.diagnosis.timeline, log.whole)
    return Sight(status, hold(diagnosis), log, course, weighed, frozenset(m.entry for m in own), before is not None)


def facts_of_status(status: TemplateStatus) -> dict[str, str | int | None]:
    """The status as facts of a diagnosis: for the steps' commands, and for a support case."""
    source = status.source if len(status.source) <= 300 else None
    return {
        "template": status.ref.name,
        "resource_group": status.ref.resource_group,
        "subscription": status.ref.subscription,
        "region": status.region,
        "run_state": status.run_state,
        "run_sub_state": status.run_sub_state,
        "run_started": status.started,
        "run_ended": status.ended,
        "provisioning_state": status.provisioning_state,
        "error_code": status.provisioning_code,
        "vm_size": status.vm_size,
        "build_timeout": timeout_minutes(status),
        "staging_resource_group": status.staging_group.rstrip("/").rpartition("/")[2],
        "source_image": source,
        "identities": status.identities,
    }


def measured_of(status: TemplateStatus, now: str) -> dict[str, str | int]:
    """What the status measures, by the names that the confirming rules know; what Azure does not say is left out."""
    end = status.ended or (now if is_running(status) else None)
    seconds = seconds_between(status.started, end)
    cpus = _cpus(status.vm_size)
    values: dict[str, str | int | None] = {
        "provisioning_state": status.provisioning_state.casefold() or None,
        "provisioning_code": status.provisioning_code.casefold() or None,
        "run_state": status.run_state.casefold() or None,
        "run_sub_state": status.run_sub_state.casefold() or None,
        "run_minutes": seconds // 60 if seconds is not None else None,
        "run_share": seconds * 100 // (timeout_minutes(status) * 60) if seconds is not None else None,
        "timeout": timeout_minutes(status),
        "vm_cpus": cpus,
        "identities": status.identities,
        "own_network": "yes" if status.own_network else "no",
        "os": status.os,
        "customizers": len(status.customizers),
    }
    return {name: value for name, value in values.items() if value is not None}


def _joined(first: tuple[Match, ...], then: tuple[Match, ...]) -> tuple[Match, ...]:
    """The matches of one source, then what another adds to them; a wrapper adds nothing to its cause."""
    if any(m.severity != "info" for m in first):
        then = tuple(m for m in then if m.severity != "info")
    elif any(m.severity != "info" for m in then):
        first = ()
    explained = {name for m in first for name in m.explains}
    added = {m.entry: m for m in then}
    kept = [_surer(m, added.get(m.entry)) for m in first]
    here = {m.entry for m in first}
    return (*kept, *(m for m in then if m.entry not in here and m.entry not in explained))


def _surer(match: Match, other: Match | None) -> Match:
    """The match with the better of two confidences: two texts that say the same don't take from each other."""
    if other is None or _RANKS.index(other.confidence) >= _RANKS.index(match.confidence):
        return match
    return replace(match, confidence=other.confidence)


def without_place(diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis without the place of a log that is not to be trusted: no command may lead there."""
    kept = {key: value for key, value in diagnosis.facts.items() if key not in _PLACES}
    matches = tuple(
        replace(m, values={key: value for key, value in m.values.items() if key not in _PLACES})
        for m in diagnosis.matches
    )
    return replace(diagnosis, facts=kept, matches=matches)


_PLACES = frozenset({"account", "log_folder", "log_url"})


def is_of(before: Diagnosis, status: TemplateStatus) -> bool:
    """Whether an earlier text can be of this template: it names it, or no other one."""
    named = before.facts.get("template")
    subscription = before.facts.get("subscription")
    if named is not None and str(named).casefold() != status.ref.name.casefold():
        return False
    return named is not None or subscription in (None, status.ref.subscription)


_MORE_MEMORY = {11: 2, 12: 4, 13: 8, 14: 16, 15: 20}


def _cpus(size: str) -> int | None:
    """The processors that a VM size has by its name (`Standard_D2ds_v4`: 2); `None` where it does not say."""
    _, _, rest = size.partition("_")
    digits = "".join(c if c.isdecimal() else " " for c in rest.partition("_")[0].partition("-")[0]).split()
    if not rest or not digits or len(digits[0]) > 3:
        return None
    number = int(digits[0])
    # the older sizes with more memory count on where those without it end
    return _MORE_MEMORY.get(number, number) if rest.startswith("D") else number


_EMPTY = Diagnosis("-", "status", "unknown", (), (), {}, ())
