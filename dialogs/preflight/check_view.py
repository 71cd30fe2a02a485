"""How a checked template is shown: the worst first, each with its place; then what wasn't looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dialogs.context import DialogContext
from dialogs.model.preflight import (
    MAX_CHECKED_BYTES,
    PREFLIGHT_LEVELS,
    CheckProblem,
    PreflightLevel,
    TemplateCheck,
    TemplateFinding,
)
from dialogs.model.reply import Block, Button, FoldedSection, Mark, Paragraph, Reply, RichText, TextRun, build_literal
from dialogs.replies.durations import format_size
from dialogs.replies.general_replies import build_default_buttons
from dialogs.state.template_check import KeptCheck, pack_text
from dialogs.texts.catalog import TrustedText

MAX_SHOWN = 6
MAX_NAMES = 3
MAX_NAME_CHARS = 60
MARKS: Mapping[PreflightLevel, Mark] = {"error": "✖", "warning": "▲", "advice": "–"}
_SEPARATOR = TextRun(" · ")


def show_check(context: DialogContext, kept: KeptCheck) -> Reply:
    """Show what was found in a template, or why it wasn't checked."""
    check = kept.check
    if check.problem is not None:
        return _show_problem(context, kept, check.problem)
    rows = [_render_finding(context, finding) for finding in check.findings]
    folded = tuple(block for row in rows[MAX_SHOWN:] for block in row)
    left_out = sum(check.counts) - MAX_SHOWN
    blocks: list[Block] = [_render_heading(context, check)]
    blocks += [block for row in rows[:MAX_SHOWN] for block in row]
    if folded:
        blocks.append(FoldedSection(context.format_text("check.more", count=left_out), folded))
    blocks.append(_render_rest(context, check))
    return context.build_reply(
        *blocks, buttons=_build_buttons(context, kept), summary=_get_name(context, check), placement="stays"
    )


def render_title(context: DialogContext, finding: TemplateFinding) -> Paragraph:
    """Render what will happen, on one line with its mark."""
    # what leads to no failure is only worth a warning
    level = "note" if finding.level == "warning" and not finding.entry else finding.level
    label = TextRun(f"{context.format_text(f'preflight.level.{level}')}: ", "bold")
    title = context.fill_text(finding.title, finding.values)
    return Paragraph((label, *title), mark=MARKS[finding.level])


def render_place(context: DialogContext, finding: TemplateFinding) -> Paragraph:
    """Render where a finding is: the step and its name, the line of its script, and the line of the template."""
    place = finding.place
    parts: list[RichText] = []
    if place.part:
        part = context.format_runs(f"preflight.{place.part}", number=place.part_number)
        name = (TextRun(" "), *build_literal(_shorten(place.part_name))) if place.part_name else ()
        parts.append((*part, *name))
    if place.script_line:
        parts.append(context.format_runs("preflight.script-line", line=place.script_line))
    if place.line:
        parts.append(context.format_runs("check.line", line=place.line))
    elif not place.part and place.path:
        parts.append(build_literal(_shorten(place.path)))
    if finding.others:
        key = "check.others.one" if finding.others == 1 else "check.others"
        parts.append(context.format_runs(key, count=finding.others))
    return Paragraph(tuple(_join(parts, _SEPARATOR)), "subtle")


def can_be_saved(check: TemplateCheck) -> bool:
    """Tell whether the corrected template can be offered as a file."""
    return bool(pack_text(check.corrected))


def build_save_button(context: DialogContext, kept: KeptCheck) -> tuple[Button, ...]:
    """Build the button for the corrected template as a file, which only a private chat takes."""
    if context.is_public or not can_be_saved(kept.check):
        return ()
    return (context.build_button("preflight-save", "preflight-save", check=kept.number),)


def _render_finding(context: DialogContext, finding: TemplateFinding) -> tuple[Paragraph, ...]:
    place = render_place(context, finding)
    title = render_title(context, finding)
    return (title, place) if place.text else (title,)


def _render_heading(context: DialogContext, check: TemplateCheck) -> Paragraph:
    name = _get_name(context, check)
    if not check.findings:
        return context.build_heading("check.clean", name=name)
    counts = []
    for level, count in zip(PREFLIGHT_LEVELS, check.counts, strict=False):
        if count:
            counts.append(context.format_text(f"preflight.{level}{'.one' if count == 1 else ''}", n=count))
    return context.build_heading("check.title", name=name, counts=TrustedText(", ".join(counts)))


def _get_name(context: DialogContext, check: TemplateCheck) -> str:
    return _shorten(check.name) if check.name else TrustedText(context.format_text("check.nameless"))


def _render_rest(context: DialogContext, check: TemplateCheck) -> Paragraph:
    """Render what wasn't looked at: it's as much of the answer as what was found."""
    parts: list[RichText] = []
    if not check.was_looked_up and not check.not_looked_at:
        parts.append(context.format_runs("check.skipped.live"))
    if check.unread_scripts:
        parts.append(context.format_runs("check.skipped.scripts", names=_render_names(check.unread_scripts)))
    if check.unevaluated:
        parts.append(context.format_runs("check.skipped.values", count=len(check.unevaluated)))
    parts += [(TextRun(words),) for words in check.not_looked_at]
    if not parts:
        return context.build_paragraph("check.skipped.nothing", "subtle")
    return context.build_paragraph("check.skipped", "subtle", parts=tuple(_join(parts, TextRun("; "))))


def _render_names(names: Sequence[str]) -> RichText:
    shown = [build_literal(_shorten(name)) for name in names[:MAX_NAMES]]
    return (*_join(shown, TextRun(", ")), *((TextRun(" …"),) if len(names) > MAX_NAMES else ()))


def _build_buttons(context: DialogContext, kept: KeptCheck) -> tuple[Button, ...]:
    buttons: list[Button] = []
    if kept.check.findings:
        buttons.append(context.build_button("preflight-fix", "preflight-fix", True, check=kept.number, number=0))
    buttons += build_save_button(context, kept)
    if kept.template_id is not None:
        args = kept.template_id.to_args()
        buttons.append(Button(context.format_text("button.preflight-again"), "preflight", args))
        buttons.append(Button(context.format_text("button.last-run"), "look", args))
    return tuple(buttons) or build_default_buttons(context)


def _show_problem(context: DialogContext, kept: KeptCheck, problem: CheckProblem) -> Reply:
    """Say in one sentence why a template wasn't checked, and what to do instead."""
    sentence = context.build_paragraph(
        f"check.problem.{problem.reason}",
        "warning",
        name=_get_name(context, kept.check),
        most=TrustedText(format_size(MAX_CHECKED_BYTES)),
        line=problem.line,
        column=problem.column,
    )
    buttons = build_default_buttons(context)
    if kept.template_id is not None:
        again = context.format_text("button.preflight-again")
        buttons = (Button(again, "preflight", kept.template_id.to_args()), *buttons)
    return context.build_reply(sentence, buttons=buttons, placement="stays")


def _join(parts: Iterable[RichText], separator: TextRun) -> list[TextRun]:
    runs: list[TextRun] = []
    for part in parts:
        runs += [*([separator] if runs else []), *part]
    return runs


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_NAME_CHARS else f"{text[: MAX_NAME_CHARS - 1]}…"
