"""What a case says about what broke: it comes first, with its place, in the language of the case."""

from __future__ import annotations

import pytest

from dialogs.state.conversation_state import ConversationState, TriedStep, Walkthrough
from dialogs.support.case_lines import build_case_lines
from dialogs.support.draft_builder import build_title
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.dialogs.fixtures import DIAGNOSES, FAILED, FOUND, OPEN_QUOTE, QUOTE_FINDING, SCRIPT, TIMEOUT, context, match

PREFIXES = {"en": "Azure VM Image Builder: ", "it": "Image Builder per macchine virtuali di Azure: "}
TEMPLATE = " (win11-golden)"


@pytest.mark.parametrize(
    ("diagnosis", "language", "title", "first"),
    [
        (
            FOUND, "en", f"A quote in tools.ps1 is never closed{TEMPLATE}",
            ["A quote in tools.ps1 is never closed", "Where: A customizer (powershell) · script line 5"],
        ),
        (
            FOUND, "it", f"Una virgoletta in tools.ps1 non è chiusa{TEMPLATE}",
            ["Una virgoletta in tools.ps1 non è chiusa", "Dove: Un personalizzatore (powershell) · riga 5 dello script"],
        ),
        (FAILED, "en", f"Script ended with a non-zero exit code{TEMPLATE}", []),
        (
            DIAGNOSES["UNKNOWN.STEP"], "en", f"contoso-agent: enrollment endpoint returned 418{TEMPLATE}",
            ["contoso-agent: enrollment endpoint returned 418", "Where: A customizer (powershell) · script line 5"],
        ),
        (DIAGNOSES["SURVIVED"], "en", f"problem with a build that succeeded{TEMPLATE}", []),
        (
            FOUND._replace(phase=None, finding=QUOTE_FINDING._replace(title="", place=None), facts={"template": "tools.ps1"}),
            "en", "A quote in tools.ps1 is never closed", ["A quote in tools.ps1 is never closed"],
        ),
    ],
)  # fmt: skip
def test_what_broke_is_the_title_and_the_first_line(
    diagnosis: Diagnosis, language: Language, title: str, first: list[str]
) -> None:
    state = ConversationState(diagnosis=diagnosis, diagnosis_number=1)
    assert build_title(context(language), state) == PREFIXES[language] + title
    lines = build_case_lines(context(language), state)
    assert lines[1 : 1 + len(first)] == first
    assert lines[1 + len(first)].startswith(("An image build", "Una compilazione", "A compilation", "La compilazione"))


def test_a_case_about_another_candidate_has_that_one_s_title() -> None:
    state = ConversationState(diagnosis=FOUND, diagnosis_number=1, walkthrough=Walkthrough(TIMEOUT.id, 0, 1))
    assert build_title(context(), state) == f"{PREFIXES['en']}Build timeout exceeded{TEMPLATE}"


def test_a_step_that_was_tried_is_named_by_its_finding() -> None:
    tried = (
        TriedStep(SCRIPT.id, 1, "no-help", "2026-03-01T00:00:00Z", OPEN_QUOTE.id),
        TriedStep(SCRIPT.id, 0, "no-help", "2026-03-01T00:01:00Z"),
    )
    lines = build_case_lines(context(), ConversationState(diagnosis=FOUND, tried_steps=tried))
    steps = [line.partition(", ")[2] for line in lines if line.startswith("2026-03-01T00:0")]
    assert steps == [
        "“A quote in the script is never closed”, step 2 (done, the build failed again): Test the script alone.",
        "“Script ended with a non-zero exit code”, step 1 (done, the build failed again): Read the state.",
    ]


def test_values_are_listed_whole_and_with_their_name() -> None:
    values = {"file": "tools.ps1", "host": "files.contoso.example", "reason": "EOF", "path": "/var/lib/con…"}
    finding = QUOTE_FINDING._replace(values=values)
    matches = (match(SCRIPT, "certain", values={"gallery": "corp", "reason": "EOF"}),)
    lines = build_case_lines(context(), ConversationState(diagnosis=FOUND._replace(finding=finding, matches=matches)))
    for line in ("File: tools.ps1", "Host: files.contoso.example", "Gallery: corp"):
        assert lines.count(line) == 1
    assert not any("EOF" in line or "/var/lib" in line for line in lines)
