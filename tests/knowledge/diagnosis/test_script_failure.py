"""The lines shown of a failed script: outputs of many tools, each with the line that a person would point at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import re2
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.build_log.build_reader import read_build
from knowledge.build_log.script_output import read_messages
from knowledge.catalog.findings import load_findings
from knowledge.catalog.line_patterns import LinePatternSet
from knowledge.diagnosis.message_score import score_messages
from knowledge.diagnosis.script_failure import ScriptFailure, ScriptFailureFinder
from knowledge.model.finding import LinePattern
from knowledge.patterns import collapse_whitespace
from knowledge.text.clixml import decode_clixml
from knowledge.text.lines import LogLine, read_line
from knowledge.text.normalization import normalize_text
from tests.build_logs import LogFormat, begun, powershell, script_failed, shell
from tests.reporting import failures_together

CATALOG = load_findings()
FINDER = ScriptFailureFinder(CATALOG)
PATTERNS = [*CATALOG.line_patterns, *(rule.pattern for rule in CATALOG.list_rules("said"))]
PATTERN_SET = LinePatternSet(PATTERNS)
OUTPUTS = Path(__file__).parent / "script_outputs"
REPEATED_LINE = re2.compile(r"^×(\d+) (.*)$")


@dataclass(frozen=True)
class Case:
    """The output of one script; the head of `script_outputs/powershell.yaml` describes the fields."""

    id: str
    windows: bool
    code: int
    point_at: str
    finding: str | None
    output: tuple[str, ...]


def _build_case(file: Path, value: dict[str, Any]) -> Case:
    output: list[str] = []
    for line in value["output"].rstrip("\n").split("\n"):
        repeated = REPEATED_LINE.match(line)
        output += [repeated[2].replace("#", str(n)) for n in range(int(repeated[1]))] if repeated else [line]
    system = value.get("os", "linux" if file.stem == "linux" else "windows")
    return Case(
        f"{file.stem}:{value['id']}",
        system == "windows",
        value["code"],
        value["point_at"],
        value.get("finding"),
        tuple(output),
    )


CASES = [
    _build_case(file, value)
    for file in sorted(OUTPUTS.glob("*.yaml"))
    for value in yaml.safe_load(file.read_text(encoding="utf-8"))
]


def build_log(case: Case, form: LogFormat) -> str:
    """Return a whole build log whose second script printed the case's output and failed."""
    log = begun(form, case.windows)
    run = powershell if case.windows else shell
    run(log, ["Downloading https://files.contoso.example/x failed: error 403, retrying", "ok"], 0)
    run(log, case.output, case.code)
    return script_failed(log, case.code).text()


def find_in_log(text: str) -> ScriptFailure:
    """Return what is shown of the script that failed in a build log."""
    build = read_build([read_line(number, line) for number, line in normalize_text(text)])
    return FINDER.find_in_output([build.lines[index] for index in build.failure_range])


def find_in_output(*bodies: str) -> ScriptFailure:
    """Return what is shown of a script that printed `bodies`."""
    lines = [LogLine(1, "output", "Provisioning with Powershell...")]
    lines += [LogLine(number, "output", body) for number, body in enumerate(bodies, 2)]
    return FINDER.find_in_output(lines)


def find_pattern(text: str) -> LinePattern | None:
    """Return the pattern that says the most in what a script printed; none where all of it is harmless."""
    bodies = text.split("\n")
    if text.startswith("+ "):  # PowerShell prints an error's category below its message
        bodies.insert(0, r"C:\Windows\Temp\script-1.ps1 : It ended")
    lines = [LogLine(number, "output", body) for number, body in enumerate(bodies, 1)]
    scored = score_messages(PATTERN_SET, read_messages(lines), end_bonus=0.0)
    best = max(scored, key=lambda message: message.score, default=None)
    return best.pattern if best else None


def list_bodies(failure: ScriptFailure) -> list[str]:
    return [line.body for line in failure.lines]


@pytest.mark.parametrize("form", ["new", "old"])
def test_the_line_to_point_at_is_shown(form: LogFormat) -> None:
    with failures_together(at_least=150) as failures:
        for case in CASES:
            with failures.check(case.id):
                shown = find_in_log(build_log(case, form))
                bodies = [collapse_whitespace(decode_clixml(body)) for body in list_bodies(shown)]
                assert any(collapse_whitespace(case.point_at) in body for body in bodies), bodies
                numbers = [line.number for line in shown.lines]
                assert len(numbers) <= 5
                assert numbers == sorted(set(numbers))
                if case.finding:
                    assert shown.rule is not None
                    assert shown.rule.id == case.finding


def test_patterns_match_their_examples_only() -> None:
    with failures_together(at_least=140) as failures:
        for pattern in PATTERNS:
            pattern_set = LinePatternSet([pattern])
            for example in pattern.examples:
                with failures.check(f"{pattern.id}: {example}"):
                    match = pattern_set.match_text(example)
                    if pattern.is_weight_cap:
                        assert match.weight_cap == pattern.weight
                    else:
                        assert match.pattern is pattern
            for example in pattern.not_examples:
                with failures.check(f"{pattern.id}, not: {example}"):
                    match = pattern_set.match_text(example)
                    assert (match.pattern, match.weight_cap) == (None, None)


def test_an_example_is_explained_by_its_own_pattern() -> None:
    with failures_together(at_least=100) as failures:
        for pattern in PATTERNS:
            for example in pattern.examples if pattern.id in CATALOG.rules else ():
                with failures.check(f"{pattern.id}: {example}"):
                    assert find_pattern(example) is pattern


@pytest.mark.parametrize(
    "harmless",
    [
        "0 errors, 3 warnings",
        "Failed: 0",
        "npm warn deprecated glob@7.2.3",
        "writing to /var/log/error_log",
        "Get-Item x -ErrorAction SilentlyContinue",
        "[INFO] failure action set",
        "PASS: fails over",
        "debconf: unable to initialize frontend: Dialog",
    ],
)
def test_harmless_lines_are_no_errors(harmless: str) -> None:
    assert find_pattern(harmless) is None
    shown = find_in_output(harmless, "Setup of Contoso ended", "Agent was left out")
    assert shown.rule is not None
    assert shown.rule.id == "last-words"


def test_repeated_noise_does_not_crowd_out_what_comes_once() -> None:
    noise = [f"npm error at package-{number}: could not resolve" for number in range(400)]
    shown = find_in_output("No space left on device", *noise[:15], "Contoso install failed", *noise[15:30])
    assert "No space left on device" in list_bodies(shown)
    assert "Contoso install failed" in list_bodies(shown)
    assert shown.rule is not None
    assert shown.rule.id == "disk-full"


def test_a_retry_that_helped_is_not_the_cause() -> None:
    shown = find_in_output(
        "Download failed: (503), retrying in 5 seconds", "Download done", "[ERROR] licence was empty"
    )
    assert shown.deciding is not None
    assert shown.deciding.text == "[ERROR] licence was empty"
    assert shown.rule is None  # no finding knows it: its own words are the headline


def test_a_script_that_printed_nothing_gets_its_own_advice() -> None:
    end = "Provisioning step had errors: Running the cleanup provisioner, if present..."
    for output in ((), ("", "  ")):
        shown = find_in_output(*output, end)
        assert shown.lines == ()
        assert shown.rule is not None
        assert shown.rule.id == "silent"


def test_that_a_script_printed_nothing_is_not_said_of_a_part_of_a_log() -> None:
    assert find_in_output().rule is None
    end = LogLine(1, "output", "Provisioning step had errors: Running the cleanup provisioner, if present...")
    cut = FINDER.find_in_output([end], exit_code=1).rule
    assert cut is not None
    assert cut.id == "output-above"


ROBOCOPY = (
    "   ROBOCOPY     ::     Robust File Copy for Windows",
    "   Started : Saturday, 14 November 2026 10:12:01",
    "    Source : C:\\src\\",
    "     Files : *.*",
    "               Total    Copied   Skipped  Mismatch    FAILED    Extras",
    "    Dirs :         1         0         1         0         0         0",
    "   Files :        12        12         0         0         0         0",
    "   Ended : Saturday, 14 November 2026 10:12:02",
)


@pytest.mark.parametrize(
    ("output", "code", "finding"),
    [
        (ROBOCOPY, 1, "robocopy-succeeded"),
        (ROBOCOPY, 3, "robocopy-succeeded"),
        ((*ROBOCOPY, "All files are there"), 7, "robocopy-succeeded"),
        (ROBOCOPY, 8, "last-words"),
        (ROBOCOPY, 1603, "last-words"),
        ((*ROBOCOPY, "Cannot find path 'C:\\x' because it does not exist."), 1, "missing-file"),
        (("Files : 12 11 0 0 1 0",), 1, "last-words"),
    ],
)
def test_robocopys_codes_below_8_are_no_failure(output: tuple[str, ...], code: int, finding: str) -> None:
    lines = [LogLine(1, "output", "Provisioning with Powershell...")]
    lines += [LogLine(number, "output", body) for number, body in enumerate(output, 2)]
    rule = FINDER.find_in_output(lines, code).rule
    assert rule is not None
    assert rule.id == finding


def test_the_last_lines_are_shown_of_a_script_that_printed_no_error() -> None:
    shown = find_in_output(*(f"Step {number}" for number in range(1, 30)), "exit now", "+ exit 1")
    assert list_bodies(shown)[-1] == "+ exit 1" or "exit now" in list_bodies(shown)
    assert len(shown.lines) == 5


def test_last_lines_of_a_log_with_telemetry() -> None:
    log = begun("old", windows=True)
    log.write_telemetry("Starting provisioner powershell")
    powershell(log, ["Step 1", "Step 2"], 1).write_telemetry("ending powershell")
    shown = find_in_log(script_failed(log, 1).text())
    assert list_bodies(shown) == ["Step 1", "Step 2"]
    assert shown.rule is not None
    assert shown.rule.id == "last-words"


def test_without_a_script_there_is_no_fallback_pattern() -> None:
    lines = [LogLine(1, "output", "Validating deployment template ..."), LogLine(2, "output", "Deploying it ...")]
    assert FINDER.find_in_output(lines).rule is None


def test_echoed_and_debug_lines_are_never_shown() -> None:
    lines = [
        LogLine(1, "output", "Provisioning with Powershell..."),
        LogLine(2, "echo", 'throw "Access is denied"'),
        LogLine(3, "debug", "[ERROR] Access is denied"),
        LogLine(4, "output", "All well until here"),
    ]
    assert list_bodies(FINDER.find_in_output(lines)) == ["All well until here"]


def test_the_whole_of_a_wrapped_message_is_shown_where_there_is_room() -> None:
    shown = find_in_output(
        "Add-Computer : Computer 'pkrvma1b2' failed to join domain 'corp.contoso.com' from its current workgroup",
        "'WORKGROUP' with following error message: The specified domain could not be contacted.",
        r"At C:\x.ps1:3 char:1",
        "+ Add-Computer -DomainName corp.contoso.com",
        "    + CategoryInfo          : OperationStopped: (pkrvma1b2:String) [Add-Computer], InvalidOperationException",
    )
    assert len(shown.lines) == 2
    assert "could not be contacted" in shown.lines[1].body


CLIXML = [
    ("#< CLIXML", ""),
    ("plain text", "plain text"),
    ('<Objs Version="1.1.0.1"><Obj S="progress" RefId="0"><AV>Preparing</AV></Obj></Objs>', ""),
    (
        '<Objs V="1"><S S="Error">a &lt;b&gt;_x000D__x000A_</S><S S="Error">At C:\\x.ps1:1_x000D__x000A_</S></Objs>',
        "a <b> At C:\\x.ps1:1",
    ),
    ('#< CLIXML <Objs V="1"><S S="Error">cut off in the mid', "cut off in the mid"),
    ('<Objs V="1"><S S="verbose">quiet</S></Objs>Setup failed', "Setup failed"),
]


@pytest.mark.parametrize(("text", "expected"), CLIXML)
def test_clixml_is_decoded(text: str, expected: str) -> None:
    assert decode_clixml(text) == expected


FRAGMENTS = st.sampled_from(
    [
        "",
        "Traceback (most recent call last)",
        "  File x",
        "KeyError: 'x'",
        "At C:\\x.ps1:1 char:1",
        "+ x",
        "+   ~~",
        "+",
        "    + CategoryInfo : ",
        "Line |",
        "   1 | x",
        "     | ~",
        "...ignoring",
        "x : failed",
        "#< CLIXML",
        '<Objs <S S="Error">_x0000__xFFFF_',
        "a" * 90,
        "Provisioning step had errors",
        "×",
        "\ud800",
    ]
)


@given(st.lists(FRAGMENTS | st.text(max_size=40), max_size=40))
def test_any_output_gives_at_most_five_lines_in_order(output: list[str]) -> None:
    shown = find_in_output(*output)
    numbers = [line.number for line in shown.lines]
    assert len(numbers) <= 5
    assert numbers == sorted(set(numbers))
    assert all(line.body == output[line.number - 2] for line in shown.lines)  # the lines themselves, not decoded copies


def test_the_first_lines_find_the_same_patterns_as_all_later_ones() -> None:
    patterns = [*CATALOG.line_patterns, *CATALOG.list_patterns("said")]  # as cached, with the regexes' literals
    assert any(pattern.regex_literals for pattern in patterns)
    lines = [line for pattern in PATTERNS for line in (*pattern.examples, *pattern.not_examples)]
    cold, warm = LinePatternSet(patterns), LinePatternSet(patterns)
    for _ in range(5):
        for line in lines:
            warm.find_all(line)  # until all patterns are searched for together
    for number, line in enumerate(lines):
        cold = cold if number % 20 else LinePatternSet(patterns)
        assert cold.find_all(line) == warm.find_all(line), line
