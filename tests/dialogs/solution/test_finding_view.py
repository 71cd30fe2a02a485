"""How a finding is shown: its headline in any language, where it happened, and what to do first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialogs.replies.plain_text import flatten_runs, render_plain_text
from dialogs.solution.candidate_view import render_certainty
from dialogs.solution.diagnosis_view import show_entry
from dialogs.solution.finding_view import render_finding_title, render_headline, render_place, render_walk_headline
from dialogs.solution.solution_steps import build_walk, get_finding
from dialogs.state.conversation_state import ConversationState, Walkthrough
from knowledge.knowledge_base import KnowledgeBase
from knowledge.model.diagnosis import Confidence, Diagnosis
from knowledge.model.entry import Language, Retry, Signature
from knowledge.model.finding import Finding, StepPlace
from tests.dialogs.fixtures import (
    ENTRIES,
    FOUND,
    KNOWLEDGE_BASE,
    OPEN_QUOTE,
    OWN_WORDS,
    QUOTE_FINDING,
    SCRIPT,
    TIMEOUT,
    both,
    context,
    match,
)

HEADLINES = TIMEOUT._replace(headline=both("The build ran out of time", "Il tempo è scaduto"),
    signatures=(Signature("late", "decisive", headline=both("{step|A step} took too long", "{step|Un passaggio} dura troppo")),),
)  # fmt: skip
ENTRY_FINDING = Finding(TIMEOUT.id, "", "template", "no")


def base_with(**entries: object) -> KnowledgeBase:
    """The knowledge base with other entries for some ids."""
    return replace(KNOWLEDGE_BASE, entries={**ENTRIES, **entries})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("finding", "language", "title"),
    [
        (QUOTE_FINDING, "en", "A quote in tools.ps1 is never closed"),
        (QUOTE_FINDING, "it", "Una virgoletta in tools.ps1 non è chiusa"),
        (QUOTE_FINDING._replace(values={}), "it", "Una virgoletta in uno script non è chiusa"),
        (ENTRY_FINDING._replace(title="The build ran out of time"), "it", "Il tempo è scaduto"),
        (
            ENTRY_FINDING._replace(title="Sysprep took too long", values={"step": "Sysprep"}),
            "it",
            "Sysprep dura troppo",
        ),
        (ENTRY_FINDING._replace(title="Timeout di compilazione superato"), "en", "Build timeout exceeded"),
        (ENTRY_FINDING._replace(title=OWN_WORDS, values={"sentence": OWN_WORDS}), "it", OWN_WORDS),
        (QUOTE_FINDING._replace(id="of-yesterday"), "it", "A quote in tools.ps1 is never closed"),
    ],
)
def test_a_headline_is_in_the_language_of_the_turn(finding: Finding, language: Language, title: str) -> None:
    knowledge = base_with(**{TIMEOUT.id: HEADLINES})
    runs = render_finding_title(replace(context(language), knowledge=knowledge), finding)
    assert flatten_runs(runs) == title
    assert all(run.style == "code" for run in runs if run.text in (*finding.values.values(), OWN_WORDS))


@pytest.mark.parametrize(
    ("place", "phase", "shown"),
    [
        (QUOTE_FINDING.place, "customize", "A customizer (powershell) · script line 5"),
        (StepPlace("shell", 1, 3), "customize", "A customizer (shell)"),
        (StepPlace("shell", 3, 3, None, "tools", 5), "customize", "Customizer 3 of 5 · tools"),
        (StepPlace("shell", 3, 3, 7, "", 5), "customize", "Customizer 3 of 5 · shell · script line 7"),
        (StepPlace("powershell", 9, 3), "deprovision", "Deprovisioning"),
        (None, "deploy", "Deploying the build VM"),
        (None, None, ""),
    ],
)
def test_the_place_is_one_line(place: StepPlace | None, phase: str | None, shown: str) -> None:
    diagnosis = FOUND._replace(phase=phase, finding=QUOTE_FINDING._replace(place=place))
    assert flatten_runs(render_place(context(), diagnosis).text) == shown


@pytest.mark.parametrize(
    ("changes", "confidence", "shown"),
    [
        ({}, "certain", "Certain: line 11 says so."),
        ({"finding": None}, "certain", "Certain: the text says so."),
        ({}, "likely", "Likely: the text points here, but doesn't prove it."),
        ({"partial": True}, "likely", "Likely: I saw only part of the log"),
        ({"finding": QUOTE_FINDING._replace(is_guess=True)}, "possible", "A guess: nothing here says"),
        ({"finding": None}, "possible", "Possible: it fits"),
        ({"kind": "question"}, "possible", "Based on your description."),
    ],
)
def test_one_line_says_how_sure_it_is_and_why(changes: dict[str, Any], confidence: Confidence, shown: str) -> None:
    is_words = changes.get("kind") == "question"
    found = match(SCRIPT, confidence, (11, "x"))._replace(**({"evidence": ()} if is_words else {}))
    diagnosis = FOUND._replace(matches=(found,), **changes)
    assert flatten_runs(render_certainty(context(), diagnosis, found).text).startswith(shown)


def test_a_picked_entry_says_so() -> None:
    assert flatten_runs(render_certainty(context(), FOUND, None).text) == "You picked this one."


@pytest.mark.parametrize(
    ("entry_id", "confidence", "finding_id", "is_shown"),
    [
        (SCRIPT.id, "certain", OPEN_QUOTE.id, True),
        (SCRIPT.id, "likely", "unknown-error", True),
        (SCRIPT.id, "possible", OPEN_QUOTE.id, False),
        (SCRIPT.id, "possible", SCRIPT.id, True),
        (TIMEOUT.id, "certain", OPEN_QUOTE.id, False),
    ],
)
def test_a_finding_goes_with_the_first_error_unless_that_is_a_guess(
    entry_id: str, confidence: Confidence, finding_id: str, is_shown: bool
) -> None:
    matches = (match(SCRIPT, confidence, (11, "x")), match(TIMEOUT, "possible"))
    diagnosis = FOUND._replace(matches=matches, finding=QUOTE_FINDING._replace(id=finding_id))
    assert (get_finding(diagnosis, entry_id) is not None) == is_shown


def show(diagnosis: Diagnosis, knowledge: KnowledgeBase = KNOWLEDGE_BASE) -> str:
    state = ConversationState(diagnosis=diagnosis, diagnosis_number=1)
    used = replace(context(), knowledge=knowledge)
    return render_plain_text(show_entry(used, state, build_walk(state, diagnosis.matches[0].entry, 1)))


def test_the_note_about_sources_is_that_of_the_finding() -> None:
    reported = base_with(**{SCRIPT.id: SCRIPT._replace(basis="reported")})
    assert "from users' reports" not in show(FOUND, reported)
    assert "from users' reports" in show(FOUND._replace(finding=None), reported)


@pytest.mark.parametrize(
    ("retry", "said"),
    [
        ("yes", "Running it again may be enough."),
        ("after-fix", "Running it again won't help until this is fixed."),
        ("no", "Running it again won't help."),
    ],
)
def test_what_to_do_first_says_whether_a_retry_helps(retry: Retry, said: str) -> None:
    shown = show(FOUND._replace(finding=QUOTE_FINDING._replace(retry=retry)))
    assert f"Close the quote in tools.ps1. Look above it.\n\n{said}\n" in shown


def test_of_an_earlier_text_the_headline_has_no_values() -> None:
    state = ConversationState(diagnosis=FOUND, diagnosis_number=2)
    current, earlier = build_walk(state, SCRIPT.id, 2), Walkthrough(SCRIPT.id, 0, 1, finding=OPEN_QUOTE.id)
    titles = [flatten_runs(render_walk_headline(context(), state, walk)) for walk in (current, earlier)]
    assert titles == ["A quote in tools.ps1 is never closed", "A quote in the script is never closed"]
    assert flatten_runs(render_headline(context(), None, SCRIPT.id)) == SCRIPT.title.get("en")
