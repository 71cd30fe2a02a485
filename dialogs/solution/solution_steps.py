"""The steps of a walkthrough: its finding's and its entry's, adapted to the tool that built the image."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from dialogs.context import DialogContext
from dialogs.model.reply import RichText, TextRun
from dialogs.state.conversation_state import ConversationState, TriedStep, Walkthrough
from dialogs.state.diagnosis import find_top_match
from dialogs.texts.catalog import TrustedText
from knowledge.diagnosis.solution import build_solution, fits_os, is_known
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Step
from knowledge.model.finding import Finding


def build_walk(
    state: ConversationState, entry_id: str, diagnosis_number: int, step: int = 0, was_picked: bool = False
) -> Walkthrough:
    """Build an entry's walkthrough; it follows the diagnosis's finding if the entry explains that finding."""
    diagnosis = state.find_diagnosis(diagnosis_number)
    finding = get_finding(diagnosis, entry_id) if diagnosis else None
    return Walkthrough(
        entry_id,
        step,
        diagnosis_number,
        was_picked,
        finding.id if finding and finding.id != entry_id else "",
        diagnosis.tool if diagnosis else "image-builder",
    )


def get_finding(diagnosis: Diagnosis, entry_id: str) -> Finding | None:
    """Return a diagnosis's finding if the entry explains its mechanism, that is, if it's the first error that matched.

    An entry that is only possible explains nothing but its own headline, or a guess.
    """
    first, finding = find_top_match(diagnosis), diagnosis.finding
    if first is None or first.entry != entry_id or finding is None:
        return None
    return finding if first.confidence != "possible" or finding.id == entry_id or finding.is_guess else None


def get_steps(context: DialogContext, walk: Walkthrough | TriedStep) -> tuple[Step, ...]:
    """Return the steps of a walkthrough, or of a tried step's walkthrough; none if its entry is gone."""
    entry = context.entries.get(walk.entry)
    if entry is None:
        return ()
    findings = context.knowledge.findings
    rule = findings.rules.get(walk.finding) if walk.finding else None
    return build_solution(entry, rule, walk.tool, findings.packer_steps)


def list_fitting_steps(context: DialogContext, state: ConversationState, walk: Walkthrough) -> list[int]:
    """Return the indexes of the steps that fit the system of the image: all, where it's unknown.

    An index counts all steps, so that a stored one stays right when the system becomes known.
    """
    return list_walk_steps(context, state, walk)[1]


def list_walk_steps(
    context: DialogContext, state: ConversationState, walk: Walkthrough
) -> tuple[tuple[Step, ...], list[int]]:
    """Return all steps of a walkthrough, and the indexes of those that fit, as `list_fitting_steps` does."""
    steps, os = get_steps(context, walk), _find_os(context, state, walk)
    return steps, [index for index, step in enumerate(steps) if fits_os(step, os)]


def _find_os(context: DialogContext, state: ConversationState, walk: Walkthrough) -> str | None:
    """Return the system of the image: that of the diagnosis, or the only one on which the entry occurs."""
    diagnosis, entry = state.find_diagnosis(walk.diagnosis_number), context.entries.get(walk.entry)
    only_os = entry.os[0] if entry is not None and len(entry.os) == 1 else None
    return (diagnosis.os if diagnosis else None) or only_os


def count_steps_to(fitting: Sequence[int], index: int) -> int:
    """Return the number that people see of the step at `index`, from 1."""
    return max(bisect_right(fitting, index), 1)


def find_next_step(
    context: DialogContext, state: ConversationState, walk: Walkthrough, *, skips_alternatives: bool = False
) -> int:
    """Return the index of the step after the current one, or the number of steps if there is none.

    With `skips_alternatives`, other ways to do the current one don't count: one of them is enough.
    """
    steps, fitting = list_walk_steps(context, state, walk)
    for index in fitting:
        if index > walk.step and not (skips_alternatives and steps[index].is_alternative):
            return index
    return len(steps)


def find_previous_step(context: DialogContext, state: ConversationState, walk: Walkthrough) -> int:
    """Return the index of the step before that wasn't passed over; the current one's if it's the first."""
    earlier = [index for index in list_fitting_steps(context, state, walk) if index < walk.step]
    tried = {(step.entry, step.finding, step.step) for step in state.tried_steps}
    left = [index for index in earlier if (walk.entry, walk.finding, index) in tried] or earlier
    return left[-1] if left else walk.step


def find_first_open_step(context: DialogContext, state: ConversationState, walk: Walkthrough) -> int:
    """Return the index of the first step that isn't known to be done; of the first one if all are."""
    steps, fitting = list_walk_steps(context, state, walk)
    for index in fitting:
        if not is_known_step(state, walk, steps[index]):
            return index
    return fitting[0] if fitting else 0


def find_correcting_step(context: DialogContext, state: ConversationState, walk: Walkthrough) -> int:
    """Return the index of the step that corrects the template: the finding's first, or the one that says so."""
    steps, fitting = list_walk_steps(context, state, walk)
    first = fitting[0] if fitting else 0
    if walk.finding in context.knowledge.findings.rules:
        return first
    return next((index for index in fitting if steps[index].corrects_template), first)


def is_known_step(state: ConversationState, walk: Walkthrough, step: Step) -> bool:
    """Return whether a walkthrough's diagnosis already answers what one of its steps finds out."""
    if not step.known_from:
        return False
    diagnosis = state.find_diagnosis(walk.diagnosis_number)
    match = state.find_match(walk.entry)
    if diagnosis is None or match is None or match.confidence == "possible":
        return False
    values = {**match.values, **get_finding_values(state, walk), **(_get_entry_values(diagnosis, walk))}
    return is_known(step, diagnosis, values)


def _get_entry_values(diagnosis: Diagnosis, walk: Walkthrough) -> Mapping[str, str]:
    finding = get_finding(diagnosis, walk.entry)
    return finding.values if finding else {}


def get_finding_values(state: ConversationState, walk: Walkthrough) -> Mapping[str, str]:
    """Return the values for the texts of the walkthrough's finding, only from the diagnosis that it belongs to."""
    diagnosis = state.find_diagnosis(walk.diagnosis_number)
    finding = diagnosis.finding if diagnosis else None
    return finding.values if finding and finding.id == walk.finding else {}


def render_step_text(context: DialogContext, state: ConversationState, walk: Walkthrough, step: Step) -> RichText:
    """Return what a step says to do, its placeholders filled in, and on which system if that's not known."""
    system = render_system(context, step, _find_os(context, state, walk))
    return (*system, *context.localize(step.do, get_finding_values(state, walk)))


def render_system(context: DialogContext, step: Step, os: str | None) -> RichText:
    """Return on which system a step is to be done, if it's for one only and that of the image (`os`) isn't known."""
    if not step.os or os is not None:
        return ()
    return (*context.format_runs("walk.only-on", system=TrustedText(step.os.capitalize())), TextRun(" "))
