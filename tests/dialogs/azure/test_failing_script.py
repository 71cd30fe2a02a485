"""The failing customizer's script from the template: which of its lines failed, and when we can't tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.azure.failing_script import build_failing_script, find_broken_line
from dialogs.model.reply import LogExcerpt
from dialogs.state.template_status import STATUS_CODEC, sanitize_status
from knowledge.model.diagnosis import Diagnosis, ExcerptLine
from knowledge.model.finding import StepPlace
from knowledge.template.image_template import TemplateStep
from tests.dialogs.azure.fake_azure import STATUS
from tests.dialogs.fixtures import FOUND, QUOTE_FINDING, context

SCRIPT = (
    "$ErrorActionPreference = 'Stop'",
    '$tools = @("git", "vscode, "azure-cli")',
    "foreach ($tool in $tools) { choco install $tool -y }",
)


def fail(*lines: str, deciding: int = 1, script_line: int | None = None) -> Diagnosis:
    place = StepPlace("powershell", 2, 9, script_line, "install", 3)
    excerpt = tuple(ExcerptLine(number, text) for number, text in enumerate(lines, 1))
    return FOUND._replace(excerpt=excerpt, finding=QUOTE_FINDING._replace(line=deciding, place=place))


@pytest.mark.parametrize(
    ("diagnosis", "index"),
    [
        (fail("The string is missing the terminator.", '+ $tools = @("git", "vscode, "azure-cli")'), 1),
        (fail("    2 |  $tools = @(\"git\", \"vscode, \"azure-cli\")"), 1),
        (fail("choco : The term 'choco' is not recognized", script_line=3), 2),
        (fail("/tmp/script.sh: line 4: choco: command not found", script_line=4), 2),
        (fail("/tmp/script.sh: line 2: jq: command not found", script_line=2), None),
        (fail("something else broke"), None),
        (fail("choco: not found", script_line=90), None),
    ],
)  # fmt: skip
def test_the_line_that_broke_is_marked_only_where_the_error_tells_it(diagnosis: Diagnosis, index: int | None) -> None:
    assert diagnosis.finding is not None
    assert diagnosis.finding.place is not None
    assert find_broken_line(SCRIPT, diagnosis, diagnosis.finding.place) == index


def status_with(script: tuple[str, ...]) -> object:
    steps = [replace(step, inline=script) if step.index == 1 else step for step in STATUS.template.customizers]
    return replace(STATUS, template=replace(STATUS.template, customizers=tuple(steps)))


def test_the_lines_around_it_are_shown() -> None:
    diagnosis = fail("The string is missing the terminator.", '+ $tools = @("git", "vscode, "azure-cli")')
    _, excerpt = build_failing_script(context(), status_with(SCRIPT), diagnosis)  # type: ignore[arg-type]
    assert excerpt == LogExcerpt(tuple(enumerate(SCRIPT, 1)), 2)


def test_a_customizer_that_the_log_does_not_name_shows_nothing() -> None:
    diagnosis = fail("The string is missing the terminator.", '+ $tools = @("git", "vscode, "azure-cli")')
    elsewhere = diagnosis._replace(finding=QUOTE_FINDING._replace(place=StepPlace("powershell", 2, 9)))
    assert build_failing_script(context(), status_with(SCRIPT), elsewhere) == []  # type: ignore[arg-type]


def test_a_script_is_redacted_as_a_whole_and_never_stored() -> None:
    secret = "Vr3ys3cret-Passw0rd"
    step = TemplateStep(0, "PowerShell", "join", inline=("$p = @'", f"password={secret}", "'@", "x" * 900))
    status = sanitize_status(replace(STATUS, template=replace(STATUS.template, customizers=(step,))))
    kept = status.template.customizers[0].inline
    assert secret not in "".join(kept)
    assert all(len(line) <= 400 for line in kept)
    assert STATUS_CODEC.decode(STATUS_CODEC.encode(status)).template.customizers[0].inline == ()
