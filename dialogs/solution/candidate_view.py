"""The candidates of a diagnosis: which there are, how they're listed, and what tells similar errors apart."""

from __future__ import annotations

from typing import Literal

from dialogs.context import DialogContext, build_log_excerpt, shorten_label
from dialogs.mistakes.mistake_view import has_explaining_mistake
from dialogs.model.reply import Block, Button, Paragraph, emphasize
from dialogs.solution.finding_view import render_headline
from dialogs.solution.solution_steps import get_finding
from dialogs.state.conversation_state import ConversationState
from dialogs.texts.catalog import TrustedText
from knowledge.model.diagnosis import Confidence, Diagnosis, ExcerptLine, InputKind, Match
from knowledge.model.entry import Entry, LookAlike

MAX_CANDIDATES = 5
MAX_DIFFERENCES = 3
_OWN_WORDS: tuple[InputKind, ...] = ("question", "unknown")


def find_other_candidates(context: DialogContext, state: ConversationState, entry_id: str) -> tuple[Match, ...]:
    """Return the current diagnosis's other matches that still exist as entries and are not merely harmless."""
    matches = state.diagnosis.matches if state.diagnosis else ()
    return tuple(m for m in matches if m.entry != entry_id and m.entry in context.entries and m.severity != "info")


def is_described(diagnosis: Diagnosis | None, match: Match) -> bool:
    """Return whether a match rests on a person's own words alone, which prove nothing."""
    return diagnosis is not None and diagnosis.kind in _OWN_WORDS and not match.evidence


def grade_confidence(diagnosis: Diagnosis | None, match: Match) -> Confidence | Literal["described"]:
    """Return how confident a match is, in words; a match on a person's own words is called that."""
    return "described" if is_described(diagnosis, match) else match.confidence


def render_certainty(context: DialogContext, diagnosis: Diagnosis | None, match: Match | None) -> Paragraph:
    """Render how certain the answer is, and why. Without a match, the person picked the entry."""
    finding = get_finding(diagnosis, match.entry) if diagnosis and match else None
    line = finding.line if finding else 0
    rule = context.knowledge.findings.rules.get(finding.id) if finding else None
    is_explained = match is not None and has_explaining_mistake(context, diagnosis, match.entry)
    if match is None:
        reason = "picked"
    elif rule is not None and rule.trigger in ("silent", "repeating"):
        reason = f"{rule.trigger}-template" if is_explained else rule.trigger
    elif is_described(diagnosis, match):
        reason = "described"
    elif finding is not None and finding.is_guess:
        reason = "guess"
    elif match.confidence == "likely" and diagnosis is not None and diagnosis.partial:
        reason = "partial"
    elif match.confidence == "certain" and is_explained and diagnosis is not None and diagnosis.partial:
        reason = "template"
    else:
        reason = f"{match.confidence}-line" if match.confidence == "certain" and line else match.confidence
    return context.build_paragraph(f"certainty.{reason}", "subtle", **({"line": line} if line else {}))


def render_candidate_line(context: DialogContext, diagnosis: Diagnosis | None, match: Match) -> Paragraph:
    """Render a candidate on one line: what broke, and how confident the diagnosis is."""
    confidence = TrustedText(context.format_text(f"confidence.{grade_confidence(diagnosis, match)}"))
    title = render_headline(context, diagnosis, match.entry)
    return context.build_paragraph("candidate.line", title=emphasize(title), confidence=confidence)


def build_candidate_blocks(
    context: DialogContext, diagnosis: Diagnosis | None, matches: tuple[Match, ...]
) -> list[Block]:
    """Build the blocks of a candidate list: each with its first evidence line and its symptom."""
    blocks: list[Block] = []
    for match in matches[:MAX_CANDIDATES]:
        blocks.append(render_candidate_line(context, diagnosis, match))
        blocks += build_evidence(match.evidence[:1])
        blocks.append(Paragraph(context.localize(context.entries[match.entry].symptom)))
    return blocks


def build_choose_button(context: DialogContext, entry_id: str, diagnosis_number: int, primary: bool = False) -> Button:
    """Build the button that begins the walkthrough of an entry."""
    label = shorten_label(context.get_entry_title(entry_id))
    return Button(label, "choose", {"entry": entry_id, "paste": diagnosis_number}, primary)


def build_evidence(lines: tuple[ExcerptLine, ...]) -> list[Block]:
    """Build the excerpt of the lines that prove a match; no block if there are none."""
    return [build_log_excerpt(lines)] if lines else []


def list_look_alikes(context: DialogContext, state: ConversationState, entry: Entry) -> tuple[LookAlike, ...]:
    """List errors that are easily confused with `entry`; those that the user's text also matched come first.

    Consequences of the entry and errors of another operating system are left out.
    """
    match = state.find_match(entry.id)
    excluded_ids = {entry.id, *(match.explains if match else ())}
    look_alikes = [
        look_alike
        for look_alike in entry.look_alikes
        if look_alike.entry in context.entries
        and look_alike.entry not in excluded_ids
        and _can_occur_on_os(context, state, look_alike.entry)
    ]
    # the sort is stable: otherwise the order of the entry's file is kept
    look_alikes.sort(key=lambda look_alike: state.find_match(look_alike.entry) is None)
    return tuple(look_alikes[:MAX_DIFFERENCES])


def build_difference_blocks(context: DialogContext, look_alikes: tuple[LookAlike, ...]) -> list[Block]:
    """Build the blocks that tell an entry from its look-alikes; none when there are none."""
    if not look_alikes:
        return []
    return [
        context.build_paragraph("diagnosis.tell"),
        *(
            context.build_paragraph(
                "diagnosis.tell-one",
                title=context.get_entry_title(look_alike.entry),
                tell=context.localize(look_alike.difference),
            )
            for look_alike in look_alikes
        ),
    ]


def _can_occur_on_os(context: DialogContext, state: ConversationState, entry_id: str) -> bool:
    """Return whether the entry can occur on the image's operating system, if both are known."""
    entry_systems = context.entries[entry_id].os
    image_os = state.diagnosis.os if state.diagnosis else None
    return not entry_systems or image_os is None or image_os in entry_systems
