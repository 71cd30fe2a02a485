"""The timeline of a text that was diagnosed: of a log its steps, of a status how long the run took."""

from __future__ import annotations

from dialogs.context import DialogContext
from dialogs.model.reply import Block, FoldedSection, Paragraph
from dialogs.replies.durations import format_duration
from dialogs.state.diagnosis import is_from_lookup
from dialogs.texts.catalog import TrustedText
from dialogs.timeline.log_timeline import build_log_bars, is_failed_step_silent, measure_run
from knowledge.model.diagnosis import Diagnosis


def build_timeline_blocks(context: DialogContext, diagnosis: Diagnosis | None, is_folded: bool = False) -> list[Block]:
    """Build the timeline; nothing for a template that was looked at, whose card has shown it.

    `is_folded`: a card shows it only if asked to, unless the run was stopped, or what failed fell silent. It proves
    that, and has few rows then.
    """
    if diagnosis is None or context.is_public or is_from_lookup(diagnosis):
        return []
    if diagnosis.kind == "status":
        return _build_run_length(context, diagnosis)
    is_proof = diagnosis.outcome == "canceled" or is_failed_step_silent(diagnosis)
    if diagnosis.course is None:
        return []
    bars = build_log_bars(diagnosis, context.get_text, is_short=is_folded, is_proof=is_folded and is_proof)
    if bars is None:
        return []
    if is_folded and not is_proof:
        return [FoldedSection(context.format_text("diagnosis.timeline"), (bars,))]
    return [bars]


def _build_run_length(context: DialogContext, diagnosis: Diagnosis) -> list[Block]:
    """Build how long a run took by its status, beside the time limit if the text has that."""
    seconds = measure_run(diagnosis)
    if seconds is None:
        return []
    bars = build_log_bars(diagnosis, context.get_text)
    if bars is not None:
        return [bars]
    return [Paragraph(context.format_runs("diagnosis.ran", took=TrustedText(format_duration(seconds))))]
