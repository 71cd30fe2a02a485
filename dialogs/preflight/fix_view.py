"""How one finding is corrected: why it fails, what to change, and the change itself."""

from __future__ import annotations

from dialogs.context import DialogContext
from dialogs.model.preflight import TemplateFinding
from dialogs.model.reply import Block, Button, CopyableText, Paragraph, Reply, TextRun
from dialogs.preflight.check_view import build_save_button, render_place, render_title
from dialogs.state.template_check import KeptCheck


def show_fix(context: DialogContext, kept: KeptCheck, number: int) -> Reply:
    """Show the fix of the finding at `number`, from 0, and lead to the next one."""
    findings = kept.check.findings
    finding = findings[number]
    buttons: list[Button] = []
    if number + 1 < len(findings):
        next_args = {"check": kept.number, "number": number + 1}
        buttons.append(context.build_button("preflight-next", "preflight-fix", True, **next_args))
    buttons += build_save_button(context, kept)
    buttons.append(context.build_button("preflight-list", "preflight-list", check=kept.number))
    blocks = (
        *([context.build_paragraph("check.fix.which", "subtle", number=number + 1, count=len(findings))]),
        *_build_fix_blocks(context, finding),
    )
    return context.build_reply(*blocks, buttons=tuple(buttons))


def _build_fix_blocks(context: DialogContext, finding: TemplateFinding) -> list[Block]:
    blocks: list[Block] = [render_title(context, finding)]
    place = render_place(context, finding)
    if place.text:
        blocks.append(place)
    if finding.why:
        blocks.append(Paragraph(context.fill_text(finding.why, finding.values)))
    if finding.fix:
        label = TextRun(f"{context.format_text('check.fix')} ", "bold")
        blocks.append(Paragraph((label, *context.fill_text(finding.fix, finding.values))))
    if finding.diff:
        blocks.append(CopyableText("\n".join(finding.diff)))
    if finding.entry in context.entries:
        title = context.get_entry_title(finding.entry)
        blocks.append(context.build_paragraph("check.becomes", "subtle", title=title))
    return blocks
