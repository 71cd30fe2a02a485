"""The steps of a walkthrough besides the current one, each on one line: what was done, and what is to come."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.context import DialogContext, shorten_runs
from dialogs.model.reply import Mark, Paragraph, RichText, TextRun
from dialogs.solution.solution_steps import get_steps, render_step_text
from dialogs.state.conversation_state import ConversationState, StepOutcome, Walkthrough

MAX_STEP_CHARS = 45
"""How much of a step is shown: enough to recognize it, on one line."""
_MARKS: Mapping[StepOutcome, Mark] = {"worked": "✔", "no-help": "✖", "done": "✓", "skipped": "–"}


def build_checklist(
    context: DialogContext, state: ConversationState, walk: Walkthrough
) -> tuple[tuple[Paragraph, ...], tuple[Paragraph, ...]]:
    """Return the rows of the steps before the current one, and of those after it.

    Earlier steps show how they went: this card may have replaced theirs.
    """
    steps = get_steps(context, walk)
    outcomes: dict[int, StepOutcome] = {
        tried.step: tried.outcome
        for tried in state.tried_steps
        if (tried.entry, tried.finding) == (walk.entry, walk.finding)
    }
    rows = [shorten_runs(render_step_text(context, state, walk, step), MAX_STEP_CHARS) for step in steps]
    earlier = tuple(
        _build_row(context, row, outcomes[index]) for index, row in enumerate(rows[: walk.step]) if index in outcomes
    )
    later = tuple(Paragraph(row, "subtle", mark="○") for row in rows[walk.step + 1 :])
    return earlier, later


def _build_row(context: DialogContext, row: RichText, outcome: StepOutcome) -> Paragraph:
    note = (TextRun(f" ({context.format_text(f'walk.{outcome}')})"),) if outcome in ("skipped", "no-help") else ()
    return Paragraph((*row, *note), "subtle", mark=_MARKS[outcome])
