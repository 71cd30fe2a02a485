"""How a build run ended, in one paragraph: outcome, phase reached, failed provisioner, longest silence."""

from __future__ import annotations

from dialogs.context import DialogContext
from dialogs.model.reply import Block, Paragraph, RichText, TextRun, build_literal, parse_markup
from dialogs.replies.durations import format_duration
from dialogs.texts.catalog import TrustedText
from knowledge.catalog.exit_codes import describe_exit_code, find_program
from knowledge.model.diagnosis import Diagnosis


def build_run_blocks(context: DialogContext, diagnosis: Diagnosis) -> list[Block]:
    """Build the paragraph about the run: tool, outcome, phase, unfinished provisioner; none if all are unknown."""
    sentences: list[RichText] = []
    if diagnosis.tool == "packer":
        sentences.append(context.format_runs("diagnosis.own-packer"))
    if diagnosis.outcome != "unknown":
        outcome = TrustedText(context.format_text(f"outcome.{diagnosis.outcome}"))
        sentences.append(context.format_runs("diagnosis.outcome", outcome=outcome))
    if diagnosis.phase:
        phase = render_reached_phase(context, diagnosis.phase)
        sentences.append(context.format_runs("diagnosis.reached", phase=phase))
    sentences += _render_unfinished_provisioner(context, diagnosis)
    if diagnosis.longest_gap:
        duration = TrustedText(format_duration(diagnosis.longest_gap.seconds))
        key = "diagnosis.silence" if diagnosis.silent_step else "diagnosis.silence-of-packer"
        line, step = diagnosis.longest_gap.line, TrustedText(diagnosis.silent_step)
        sentences.append(context.format_runs(key, duration=duration, line=line, step=step))
    if not sentences:
        return []
    first, *rest = sentences
    return [Paragraph((*first, *(run for sentence in rest for run in (TextRun(" "), *sentence))))]


def render_reached_phase(context: DialogContext, phase: str) -> RichText:
    """Return the phase that a run reached in words, or literally if we have no words for it."""
    key = f"reached.{phase}"
    return (TextRun(context.format_text(key)),) if context.texts.has(key) else build_literal(phase)


def render_exit_code_meaning(context: DialogContext, diagnosis: Diagnosis, exit_code: str | int | None) -> RichText:
    """Return what an exit code means, in parentheses; empty for 1, which usually only says that something failed."""
    program = find_program(diagnosis)
    if not isinstance(exit_code, int) or exit_code <= (0 if program else 1):
        return ()
    meaning = describe_exit_code(exit_code, diagnosis.os, context.language, program)
    return (TextRun(" ("), *parse_markup(meaning), TextRun(")")) if meaning else ()


def _render_unfinished_provisioner(context: DialogContext, diagnosis: Diagnosis) -> list[RichText]:
    """Return the sentence about the last provisioner that didn't end normally, if there is one."""
    provisioner_run = next((run for run in reversed(diagnosis.timeline) if run.state != "ended"), None)
    if provisioner_run is None:
        return []
    runs = context.format_runs(f"diagnosis.{provisioner_run.state}-run", provisioner=provisioner_run.provisioner)
    if provisioner_run.seconds is not None:
        duration = TrustedText(format_duration(provisioner_run.seconds))
        runs += context.format_runs("diagnosis.after", duration=duration)
    if provisioner_run.exit_code is not None:
        runs += context.format_runs("diagnosis.exit-code", code=provisioner_run.exit_code)
        runs += render_exit_code_meaning(context, diagnosis, provisioner_run.exit_code)
    return [(*runs, TextRun("."))]
