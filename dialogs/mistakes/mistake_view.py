"""How the mistake in a template that explains a failure is shown: the line, why it fails, and what corrects it."""

from __future__ import annotations

from dialogs.context import DialogContext
from dialogs.model.reply import Block, CopyableText, LogExcerpt, RichText, TextRun, build_literal
from dialogs.state.diagnosis import find_top_match
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.template_mistake import TemplateMistake
from knowledge.preflight.rule import PreflightRule
from knowledge.preflight.rule_catalog import get_rules


def build_mistake(context: DialogContext, diagnosis: Diagnosis | None, entry_id: str = "") -> list[Block]:
    """Build what's wrong in the template, where, and the line of the script.

    It's shown with the entry that it leads to; what is only possible is shown with any.
    """
    found = _find_mistake(context, diagnosis, entry_id)
    if found is None:
        return []
    mistake, rule = found
    key = "mistake.possible" if mistake.is_possible else "mistake.found"
    title = context.localize(rule.title, mistake.values)
    head = context.build_paragraph(key, place=_render_place(context, mistake), title=title)
    if not (mistake.text and mistake.script_line):
        return [head]
    return [head, LogExcerpt(((mistake.script_line, mistake.text),), mistake.script_line)]


def build_mistake_reason(context: DialogContext, diagnosis: Diagnosis | None, entry_id: str) -> list[Block]:
    """Build why the mistake makes a build fail."""
    found = _find_mistake(context, diagnosis, entry_id)
    if found is None:
        return []
    mistake, rule = found
    why = context.localize(rule.why, mistake.values)
    return [context.build_paragraph("mistake.why", place=_render_place(context, mistake), why=why)]


def build_correction(context: DialogContext, diagnosis: Diagnosis | None, entry_id: str = "") -> list[Block]:
    """Build what corrects the template: a sentence, and the corrected lines where only one correction makes sense."""
    found = _find_mistake(context, diagnosis, entry_id)
    if found is None:
        return []
    mistake, rule = found
    fix = context.localize(rule.fix, mistake.values)
    sentence = context.build_paragraph("mistake.fix", place=_render_place(context, mistake), fix=fix)
    return [sentence, *([CopyableText("\n".join(mistake.diff))] if mistake.diff else [])]


def has_explaining_mistake(context: DialogContext, diagnosis: Diagnosis | None, entry_id: str) -> bool:
    """Return whether a mistake in the template is shown as what led to the failure, and not only as possible."""
    found = _find_mistake(context, diagnosis, entry_id)
    return found is not None and not found[0].is_possible


def _find_mistake(
    context: DialogContext, diagnosis: Diagnosis | None, entry_id: str
) -> tuple[TemplateMistake, PreflightRule] | None:
    """Return the mistake to show with an entry, and its rule, which another release might not have.

    Where others can read the chat, nothing of a template is shown.
    """
    mistake = diagnosis.mistake if diagnosis and not context.is_public else None
    rule = get_rules().get(mistake.rule) if mistake else None
    if diagnosis is None or mistake is None or rule is None:
        return None
    top = find_top_match(diagnosis)
    is_of_entry = rule.becomes == entry_id or (top is not None and top.entry == entry_id)
    return (mistake, rule) if mistake.is_possible or is_of_entry else None


def _render_place(context: DialogContext, mistake: TemplateMistake) -> RichText:
    if not mistake.part:
        return build_literal(mistake.path.removeprefix("$."))
    part = context.format_text(f"mistake.{mistake.part}", number=mistake.number)
    if not mistake.script_line:
        return (TextRun(part),)
    return (TextRun(context.format_text("mistake.line", line=mistake.script_line, part=part)),)
