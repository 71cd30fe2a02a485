"""How sure an answer is, and why, in one line."""

from __future__ import annotations

from dialogs.context import DialogContext
from dialogs.model.reply import Paragraph
from dialogs.solution.candidate_view import is_described
from dialogs.solution.solution_steps import get_finding
from knowledge.model.diagnosis import Diagnosis, Match


def render_certainty(context: DialogContext, diagnosis: Diagnosis | None, match: Match | None) -> Paragraph:
    """Render how sure the answer is, and why. Without a match, the person picked the entry."""
    finding = get_finding(diagnosis, match.entry) if diagnosis and match else None
    line = finding.line if finding else 0
    if match is None:
        reason = "picked"
    elif is_described(diagnosis, match):
        reason = "described"
    elif finding is not None and finding.is_guess:
        reason = "guess"
    elif match.confidence == "likely" and diagnosis is not None and diagnosis.partial:
        reason = "partial"
    else:
        reason = f"{match.confidence}-line" if match.confidence == "certain" and line else match.confidence
    return context.build_paragraph(f"certainty.{reason}", "subtle", **({"line": line} if line else {}))
