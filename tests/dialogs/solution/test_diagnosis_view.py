"""What the facts add to an answer, on the card and in the terminal."""

from __future__ import annotations

import pytest

from bot.cli.diagnosis_report import DiagnosisReport
from dialogs.context import DialogContext
from dialogs.replies.plain_text import render_plain_text
from dialogs.solution.diagnosis_view import show_entry
from dialogs.solution.solution_steps import build_walk
from dialogs.state.conversation_state import ConversationState
from dialogs.texts.catalog import get_texts
from knowledge.catalog.findings import load_findings
from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.knowledge_base import load_knowledge_base
from knowledge.model.entry import Language

DIAGNOSER = Diagnoser(load_entries())
NO_SIZE = (
    "The requested VM size Standard_D1_v2 is not available in the current region. Code: SkuNotAvailable. imageTemplates"
)
TASK = "template name:  t_1556938436123\n##[error]put template call failed for template t_1556938436123 with error: bad"


def answers(text: str, language: Language) -> tuple[str, str]:
    """The answer to a text as a card's text and as the terminal shows it."""
    diagnosis = DIAGNOSER.diagnose(text)
    state = ConversationState(diagnosis=diagnosis, diagnosis_number=1)
    walk = build_walk(state, diagnosis.matches[0].entry, 1)
    context = DialogContext(language, load_knowledge_base(), get_texts(), "2026-03-01T00:00:00Z")
    card = render_plain_text(show_entry(context, state, walk))
    return card, DiagnosisReport(load_entries(), language, load_findings()).render(diagnosis)


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        (NO_SIZE, "en", "Standard_D1_v2 retires on May 1, 2028"),
        (NO_SIZE, "it", "Standard_D1_v2 verrà ritirata il 1° maggio 2028"),
        (TASK, "en", "so changes to this one are lost"),
        (TASK, "it", "le modifiche a questo vanno perse"),
    ],
)
def test_the_facts_add_to_the_answer(text: str, language: Language, words: str) -> None:
    for answer in answers(text, language):
        assert answer.replace("`", "").count(words) == 1, answer


@pytest.mark.parametrize(
    "text",
    [
        NO_SIZE.replace("Standard_D1_v2", "Standard_D2s_v5"),
        TASK.replace("t_1556938436123", "t_golden"),
    ],
)
def test_other_facts_add_nothing(text: str) -> None:
    for answer in answers(text, "en"):
        assert "retires on" not in answer
        assert "is lost" not in answer
