"""How a finding is shown: its headline, where in the build it happened, what to do first, and the lines showing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dialogs.context import DialogContext, build_log_excerpt
from dialogs.model.reply import Block, Paragraph, RichText, TextRun, build_literal
from dialogs.replies.plain_text import summarize_runs
from dialogs.replies.sentences import extract_first_sentence
from dialogs.solution.solution_steps import (
    get_finding,
    get_finding_values,
    list_walk_steps,
    render_system,
)
from dialogs.state.conversation_state import ConversationState, Walkthrough
from dialogs.texts.catalog import TrustedText
from knowledge.diagnosis.finding_builder import UNKNOWN_ERROR
from knowledge.diagnosis.solution import fits_os
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Entry, LocalizedText, Phase, Step
from knowledge.model.finding import Finding, FindingRule
from knowledge.text.value_slots import fill_values

_SEPARATOR = TextRun(" · ")


def render_headline(context: DialogContext, diagnosis: Diagnosis | None, entry_id: str) -> RichText:
    """Return what broke: the finding's headline if the entry explains it, else the entry's title."""
    finding = get_finding(diagnosis, entry_id) if diagnosis else None
    return render_finding_title(context, finding) if finding else (TextRun(context.get_entry_title(entry_id)),)


def render_walk_headline(context: DialogContext, state: ConversationState, walk: Walkthrough) -> RichText:
    """Return what a walkthrough solves; if it's about an earlier text, the values are no longer known."""
    if diagnosis := state.find_diagnosis(walk.diagnosis_number):
        return render_headline(context, diagnosis, walk.entry)
    rule = context.knowledge.findings.rules.get(walk.finding)
    return context.localize(rule.title, {}) if rule else (TextRun(context.get_entry_title(walk.entry)),)


def render_finding_title(context: DialogContext, finding: Finding) -> RichText:
    """Return a finding's headline in the turn's language; what comes from the person's text is literal."""
    text = _find_title_text(context, finding)
    return context.localize(text, finding.values) if text else build_literal(finding.title)


def summarize_headline(context: DialogContext, headline: RichText, walk: Walkthrough) -> str:
    """Return what a walkthrough solves, for a notification."""
    summary = summarize_runs(headline)
    return summary if any(map(str.isalnum, summary)) else context.get_entry_title(walk.entry)


def find_rule(context: DialogContext, finding: Finding | None) -> FindingRule | None:
    """Return the rule that named a finding; `None` if an entry did, or the error's own words."""
    return context.knowledge.findings.rules.get(finding.id) if finding else None


def render_place(context: DialogContext, diagnosis: Diagnosis, phase: Phase | None = None) -> Paragraph:
    """Render where in the build it happened, on one line.

    `phase` is when such a failure happens, for a text that doesn't say where it did.
    """
    parts: list[RichText] = []
    place = diagnosis.finding.place if diagnosis.finding else None
    # after all customizers, Image Builder's own step says less than the phase
    if place is not None and diagnosis.phase != "deprovision":
        if place.total is None:
            key = "finding.step" if diagnosis.has_numbered_steps else "finding.some-step"
            parts.append(context.format_runs(key, number=place.position, provisioner=place.provisioner))
        else:
            key = "finding.validator" if place.is_validator else "finding.customizer"
            parts.append(context.format_runs(key, number=place.position, count=place.total))
            parts.append(build_literal(place.name or place.provisioner))
        if place.script_line is not None:
            parts.append(context.format_runs("finding.script-line", line=place.script_line))
    elif diagnosis.phase and context.texts.has(f"reached.{diagnosis.phase}"):
        parts.append((TextRun(context.format_text(f"reached.{diagnosis.phase}")),))
    elif phase is not None:
        parts.append((TextRun(context.format_text(f"phase.{phase}")),))
    runs = [run for part in parts for run in (_SEPARATOR, *part)][1:]
    first = [run._replace(text=run.text[:1].upper() + run.text[1:]) for run in runs[:1]]
    return Paragraph((*first, *runs[1:]))


def build_advice(context: DialogContext, state: ConversationState, walk: Walkthrough) -> Paragraph:
    """Build briefly what to do first, and whether running the build again helps."""
    steps, fitting = list_walk_steps(context, state, walk)
    diagnosis = state.find_diagnosis(walk.diagnosis_number)
    os = diagnosis.os if diagnosis else None
    runs = render_first_step(context, [steps[index] for index in fitting], get_finding_values(state, walk), os)
    return Paragraph((*runs, *render_retry(context, diagnosis, walk.entry)))


def render_retry(context: DialogContext, diagnosis: Diagnosis | None, entry_id: str) -> RichText:
    """Return briefly whether running the build again helps."""
    finding = get_finding(diagnosis, entry_id) if diagnosis else None
    retry = finding.retry if finding and finding.id != entry_id else get_retry_key(context.entries[entry_id])
    return context.format_runs(f"retry.{retry}.short")


def get_retry_key(entry: Entry) -> str:
    """Return the last part of the text key that says whether running the build again helps."""
    return "maybe" if entry.may_pass_unchanged else entry.retry


def render_first_step(
    context: DialogContext, steps: Sequence[Step], values: Mapping[str, str], os: str | None
) -> RichText:
    """Return the first sentence of the first step that fits the system `os`, with a blank after it; empty if none."""
    step = next((step for step in steps if fits_os(step, os)), None)
    if step is None:
        return ()
    first = extract_first_sentence(context, step.do, min_chars=0)
    return (*render_system(context, step, os), *context.fill_text(first, values), TextRun(" "))


def build_retry_note(context: DialogContext, diagnosis: Diagnosis | None, entry: Entry) -> list[Block]:
    """Build what an entry adds to whether running it again helps; it says nothing about another finding."""
    if entry.retry_note is None:
        return []
    finding = get_finding(diagnosis, entry.id) if diagnosis else None
    if finding is not None and finding.id != entry.id:
        return []
    return [context.build_paragraph("retry.note", note=context.localize(entry.retry_note))]


def render_cause(context: DialogContext, diagnosis: Diagnosis, entry_id: str) -> RichText | None:
    """Return why it broke, as the finding's rule says; `None` if only the entry says so."""
    finding = get_finding(diagnosis, entry_id)
    rule = find_rule(context, finding)
    return context.localize(rule.cause, finding.values) if rule and finding else None


def render_owner(context: DialogContext, finding: Finding) -> Paragraph:
    """Render who can fix it, or for an unknown error, where it seems to come from."""
    if finding.id == UNKNOWN_ERROR:
        return context.build_paragraph(f"unmatched.owner.{'azure' if finding.owner == 'azure' else 'script'}")
    owner = TrustedText(context.format_text(f"owner.{finding.owner}"))
    return context.build_paragraph("finding.owner", "subtle", owner=owner)


def build_excerpt(diagnosis: Diagnosis) -> list[Block]:
    """Build the lines around the deciding one, which is marked."""
    if not diagnosis.excerpt:
        return []
    return [build_log_excerpt(diagnosis.excerpt, diagnosis.finding.line if diagnosis.finding else 0)]


def build_deciding_line(diagnosis: Diagnosis) -> list[Block]:
    """Build the deciding line; none if no single line decides."""
    lines = [line for line in diagnosis.excerpt if diagnosis.is_deciding(line)]
    return [build_log_excerpt(lines, lines[0].line)] if lines else []


def _find_title_text(context: DialogContext, finding: Finding) -> LocalizedText | None:
    """Return the text that the headline is made of; `None` if it is the error's own words."""
    rule = find_rule(context, finding)
    if rule is not None:
        return rule.title
    entry = context.entries.get(finding.id)
    if entry is None:
        return None
    headlines = (entry.headline, entry.title, *(signature.headline for signature in entry.signatures))
    return next((text for text in headlines if text and _is_made_of(finding, text)), None)


def _is_made_of(finding: Finding, text: LocalizedText) -> bool:
    """Return whether a headline comes from `text`, in any language."""
    return any(fill_values(version, finding.values) == finding.title for version in text.list_all())
