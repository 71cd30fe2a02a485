"""Which of a template's mistakes explains a diagnosed failure.

A mistake speaks only if it leads to the same failure, and in the same step. It never changes what a text proves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from knowledge.diagnosis.finding_builder import UNKNOWN_ERROR
from knowledge.model.diagnosis import Confidence, Diagnosis, Match
from knowledge.model.entry import Entry
from knowledge.model.finding import FindingRule, StepPlace
from knowledge.model.template_mistake import TemplateMistake
from knowledge.preflight.rule import PreflightRule

_MIN_NAME_CHARS = 5
"""From this length on, a property's name in an error isn't there by chance."""
_RAISED: Mapping[Confidence, Confidence] = {"possible": "likely", "likely": "certain", "certain": "certain"}


def explain_failure(
    diagnosis: Diagnosis,
    leading: Match | None,
    entries: Mapping[str, Entry],
    finding_rule: FindingRule | None,
    mistakes: Sequence[TemplateMistake],
    rules: Mapping[str, PreflightRule],
) -> TemplateMistake | None:
    """Return the mistake that explains a failure; None if none does.

    Args:
        diagnosis: What's known about the failed run, with its finding.
        leading: The match that the diagnosis follows; None if the failure is unknown.
        entries: The entries by their ids.
        finding_rule: The rule of the diagnosis's finding, if it has one.
        mistakes: What preflight found in the run's template, the worst first.
        rules: The preflight rules by their ids.
    """
    place = diagnosis.finding.place if diagnosis.finding else None
    known = [mistake for mistake in mistakes if mistake.rule in rules]
    in_step = [mistake for mistake in known if place is not None and _is_at(mistake, place)]
    if leading is not None:
        same = [mistake for mistake in known if leads_to(rules[mistake.rule], diagnosis, leading.entry)]
        says_why = finding_rule is not None and finding_rule.trigger == "said"
        candidates = [one for one in in_step if one in same]
        found = _find_in_step(diagnosis, entries.get(leading.entry), says_why, candidates, rules)
        found = found or _find_outside(diagnosis, leading, [one for one in same if _has_no_step(one, place)], rules)
        if found is not None:
            return found
    if leading is None or leading.confidence == "possible":
        return next((mistake._replace(is_possible=True) for mistake in in_step if mistake.is_error), None)
    return None


def leads_to(rule: PreflightRule, diagnosis: Diagnosis, entry_id: str) -> bool:
    """Return whether a rule's mistake leads to an entry, or to what the diagnosis found."""
    return rule.becomes == entry_id or (diagnosis.finding is not None and diagnosis.finding.id in rule.shows_as)


def raise_confidence(match: Match, mistake: TemplateMistake) -> Match:
    """Return the match with more confidence if the template has an error that leads to just this failure."""
    if mistake.is_possible or not mistake.is_error:
        return match
    return match._replace(confidence=_RAISED[match.confidence])


def _find_in_step(
    diagnosis: Diagnosis,
    entry: Entry | None,
    says_why: bool,
    mistakes: Sequence[TemplateMistake],
    rules: Mapping[str, PreflightRule],
) -> TemplateMistake | None:
    """Return the mistake in the failed step that leads to what the step shows.

    `says_why`: the finding names a cause, so a mistake must show as just that. What's known of a silence, or an entry's
    own headline, names none. If the entry is about scripts that fail in any way, an error is then only possible.
    """
    finding = diagnosis.finding
    if finding is None:
        return None
    for mistake in mistakes:
        if finding.id in rules[mistake.rule].shows_as and not _is_other_command(mistake, finding.values):
            return mistake
    if says_why:
        return None
    if finding.id == UNKNOWN_ERROR or (entry is not None and entry.shows_script_output):
        error = next((mistake for mistake in mistakes if mistake.is_error), None)
        return error._replace(is_possible=True) if error else None
    return next(iter(mistakes), None)


def _find_outside(
    diagnosis: Diagnosis, leading: Match, mistakes: Sequence[TemplateMistake], rules: Mapping[str, PreflightRule]
) -> TemplateMistake | None:
    """Return the mistake that isn't in a known step: the one that the failure names, or else the only error."""
    said, finding_id = _collect_words(diagnosis, leading), diagnosis.finding.id if diagnosis.finding else ""
    for mistake in mistakes:
        if finding_id in rules[mistake.rule].shows_as or any(_has_word(said, name) for name in _list_names(mistake)):
            return mistake
    errors = [mistake for mistake in mistakes if mistake.is_error]
    return errors[0]._replace(is_possible=True) if len({error.rule for error in errors}) == 1 else None


def _is_at(mistake: TemplateMistake, place: StepPlace) -> bool:
    """Return whether a mistake is in the step that failed; its number counts only if it's the template's."""
    part = "validator" if place.is_validator else "customizer"
    return place.total is not None and mistake.part == part and mistake.number == place.position


def _has_no_step(mistake: TemplateMistake, place: StepPlace | None) -> bool:
    """Return whether a mistake isn't in a step, or in one while it's unknown which step failed."""
    return mistake.part not in ("customizer", "validator") or place is None or place.total is None


def _is_other_command(mistake: TemplateMistake, values: Mapping[str, str]) -> bool:
    """Return whether the step failed at another command than the one that the mistake is about."""
    command, failed = mistake.values.get("command", "").casefold(), values.get("command", "").casefold()
    return bool(command and failed) and failed not in command.split()


def _collect_words(diagnosis: Diagnosis, leading: Match) -> str:
    lines = [*(line.text for line in leading.evidence), *leading.values.values()]
    if diagnosis.finding is not None:
        lines += diagnosis.finding.values.values()
    return "\n".join(lines).casefold()


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _list_names(mistake: TemplateMistake) -> list[str]:
    """Return what an error calls the place of a mistake: the property, or its value."""
    names = [mistake.path.rpartition(".")[2].partition("[")[0], mistake.values.get("value", "")]
    return [name.casefold() for name in names if len(name) >= _MIN_NAME_CHARS]
