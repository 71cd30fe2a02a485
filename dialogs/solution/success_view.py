"""How a text that isn't about a failure is shown: a harmless message, or the log of a build that succeeded."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.model.reply import Block, Paragraph, Reply, TextRun
from dialogs.solution.candidate_view import build_choose_button, build_evidence
from dialogs.solution.finding_view import build_excerpt, render_finding_title
from dialogs.solution.run_summary import build_run_blocks
from dialogs.solution.standard_buttons import build_no_walk_buttons
from dialogs.state.conversation_state import ConversationState
from dialogs.texts.catalog import TrustedText
from dialogs.timeline.timeline_view import build_timeline_blocks
from knowledge.model.diagnosis import Diagnosis, Match

MAX_SUCCEEDED_CANDIDATES = 3


def show_harmless(context: DialogContext, state: ConversationState, match: Match) -> Reply:
    """Show a message that isn't a failure: successful builds have it too, or the run just needs to be started again."""
    entry = context.entries[match.entry]
    title = context.get_entry_title(entry.id)
    # a canceled run isn't a failure either, but no successful build says so
    advice = entry.retry_note if entry.retry == "yes" else None
    return context.build_reply(
        Paragraph((TextRun(title),), size="title", mark="✔"),
        *build_evidence(match.evidence),
        *([] if advice else [context.build_paragraph("harmless.says", "good")]),
        Paragraph(context.localize(entry.cause)),
        *([Paragraph(context.localize(advice))] if advice else []),
        *(build_run_blocks(context, state.diagnosis) if state.diagnosis else []),
        context.build_paragraph("harmless.ask"),
        buttons=build_no_walk_buttons(context),
        summary=title,
    )


def show_succeeded(context: DialogContext, state: ConversationState, matches: tuple[Match, ...]) -> Reply:
    """Show that the build succeeded; any errors recognized in it are offered, not claimed."""
    harmless_titles = [context.get_entry_title(m.entry) for m in matches if m.severity == "info"]
    other_ids = [m.entry for m in matches if m.severity != "info"]
    blocks: list[Block] = [_build_success_heading(context), *_build_success_blocks(context, state.diagnosis)]
    if harmless_titles:
        titles = TrustedText(", ".join(harmless_titles))
        blocks.append(context.build_paragraph("succeeded.harmless", titles=titles))
    blocks += build_timeline_blocks(context, state.diagnosis)
    blocks.append(context.build_paragraph("succeeded.ask"))
    buttons = (
        *(
            build_choose_button(context, entry_id, state.diagnosis_number)
            for entry_id in other_ids[:MAX_SUCCEEDED_CANDIDATES]
        ),
        *build_no_walk_buttons(context),
    )
    return context.build_reply(*blocks, buttons=buttons, summary=context.format_text("succeeded.title"))


def _build_success_heading(context: DialogContext) -> Paragraph:
    return replace(context.build_heading("succeeded.title"), mark="✔")


def _build_success_blocks(context: DialogContext, diagnosis: Diagnosis | None) -> list[Block]:
    """Build what there is to say about a successful build: a script in it may still have failed."""
    finding = diagnosis.finding if diagnosis else None
    if diagnosis is None or finding is None:
        return [context.build_paragraph("succeeded.says", "good")]
    title = render_finding_title(context, finding)
    warning = context.build_paragraph("succeeded.but", "warning", title=title, line=finding.line)
    return [warning, *build_excerpt(diagnosis), context.build_paragraph("succeeded.but-why")]
