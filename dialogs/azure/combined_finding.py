"""What a combined diagnosis says broke, and the lines that show it: the finding of the source whose entry leads.

A finding belongs to its entry. If the facts refute the entry, all that's left of the finding is the deciding line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.azure.run_timeline import RunTimeline
from dialogs.solution.solution_steps import get_finding
from dialogs.state.diagnosis import find_top_match
from knowledge.diagnosis.line_finding import build_line_finding
from knowledge.knowledge_base import KnowledgeBase
from knowledge.model.diagnosis import Diagnosis, ExcerptLine, Match
from knowledge.model.entry import Language
from knowledge.model.finding import Finding
from knowledge.template.image_template import TemplateStep


@dataclass(frozen=True, slots=True)
class ChosenFinding:
    """What broke, None if no source says so, and the lines of the same source."""

    finding: Finding | None = None
    excerpt: tuple[ExcerptLine, ...] = ()


class FindingChooser:
    """Chooses among the findings of several diagnoses of one run, the most reliable first."""

    def __init__(self, knowledge: KnowledgeBase, language: Language) -> None:
        """Take what names a line if its entry was refuted."""
        self._knowledge = knowledge
        self._language = language

    def choose_of_entry(self, diagnoses: Sequence[Diagnosis], leading: Match) -> ChosenFinding:
        """Return the finding that the leading entry explains; none if no source found one."""
        for diagnosis in diagnoses:
            finding, top = get_finding(diagnosis, leading.entry), find_top_match(diagnosis)
            if finding is not None:
                return ChosenFinding(finding, diagnosis.excerpt)
            if top is not None and leading.entry in top.explains:  # it leads because the facts refute `top`
                return self._without_entry(diagnosis)
        return ChosenFinding()

    def choose_without_entry(self, diagnoses: Sequence[Diagnosis]) -> ChosenFinding:
        """Return what broke if no entry is left to explain it."""
        found = next((diagnosis for diagnosis in diagnoses if diagnosis.finding), None)
        return self._without_entry(found) if found else ChosenFinding()

    def _without_entry(self, diagnosis: Diagnosis) -> ChosenFinding:
        """Return a diagnosis's finding once its first entry is refuted: by its line, if it was the entry's finding."""
        finding = diagnosis.finding
        if finding is None or finding.id not in self._knowledge.entries:
            return ChosenFinding(finding, diagnosis.excerpt)
        deciding = next((line for line in diagnosis.excerpt if diagnosis.is_deciding(line)), None)
        if deciding is None:
            return ChosenFinding()
        named = build_line_finding(self._knowledge.findings, deciding, finding.place, self._language)
        return ChosenFinding(named, diagnosis.excerpt)


def place_in_template(diagnosis: Diagnosis, timeline: RunTimeline, steps: Sequence[TemplateStep]) -> Diagnosis:
    """Return a log's diagnosis with its finding's place numbered and named as in the template."""
    finding = diagnosis.finding
    place = finding.place if finding else None
    position = timeline.reached_position
    if finding is None or place is None or position is None or position > len(steps):
        return diagnosis
    if diagnosis.timeline[-1].provisioner != place.provisioner:  # what failed isn't the last thing that ran
        return diagnosis
    placed = place._replace(
        position=position,
        name=steps[position - 1].name,
        total=len(steps),
        is_validator=timeline.is_validation,
    )
    return diagnosis._replace(finding=finding._replace(place=placed))


def is_superseded(earlier: Diagnosis, azure_diagnoses: Sequence[Diagnosis], azure_matches: Sequence[Match]) -> bool:
    """Return whether Azure proves a different error than an earlier text, which is then about another run.

    If an earlier release diagnosed the text, only the entry is known.
    """
    leading = next(iter(azure_matches), None)
    if leading is None or leading.severity == "info" or leading.confidence != "certain":
        return False
    earlier_top = find_top_match(earlier)
    if earlier_top is not None and earlier_top.entry != leading.entry:
        return True
    found = next(filter(None, (get_finding(diagnosis, leading.entry) for diagnosis in azure_diagnoses)), None)
    earlier_finding = get_finding(earlier, leading.entry)
    return found is not None and earlier_finding is not None and found.id != earlier_finding.id
