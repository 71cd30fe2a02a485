"""The steps that fix a failure: the finding's first, then what brings the correction into the template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from knowledge.catalog.findings import load_findings
from knowledge.diagnosis.solution import (
    KNOWN_SOURCES,
    build_solution,
    fits_os,
    is_known,
    is_service_step,
    runs_build,
)
from knowledge.model.entry import COMPLETE_LANGUAGES, BuildTool, LocalizedText, Step
from tests.build_logs import begun, script_failed, shell
from tests.knowledge.made_entries import entry
from tests.packer_logs import AZURE_START, packer_log
from tests.reporting import failures_together
from tests.shipped_knowledge import DIAGNOSER, ENTRIES, KNOWLEDGE_BASE

RULES = KNOWLEDGE_BASE.findings.rules
PACKER_STEPS = KNOWLEDGE_BASE.findings.packer_steps
LOGS = sorted((Path(__file__).parents[2] / "cases" / "logs").glob("*.log"))
SCRIPT_ENTRIES = [one for one in ENTRIES.values() if one.shows_script_output]
SERVICE_WORDS = re.compile(
    r"(?i)delete the (?:image )?template|elimina il modello|az image builder|AzImageBuilder|imageTemplates/\S+/run|"
    r"submit the template|resubmit|buildTimeoutInMinutes"
)


def step(text: str, effect: str = "reads", cli: str | None = None) -> Step:
    return Step(LocalizedText({"en": text, "it": text}), None, cli, cli, effect, None)  # type: ignore[arg-type]


def list_texts(steps: tuple[Step, ...]) -> list[str]:
    return [one.do.get("en") for one in steps]


def test_without_a_finding_the_steps_are_the_entrys() -> None:
    one = entry("made-up", steps=(step("Read"), step("Change", "changes")))
    assert build_solution(one, None, "image-builder", PACKER_STEPS) == one.steps


def test_the_findings_steps_come_first_and_the_entry_adds_those_that_change() -> None:
    rule = RULES["package-not-found"]
    one = entry("made-up", steps=(step("Read"), step("Change", "changes"), step("Delete", "deletes")))
    assert list_texts(build_solution(one, rule, "image-builder", PACKER_STEPS)) == [
        *(item.do.get("en") for item in rule.steps),
        "Change",
        "Delete",
    ]


def test_in_packer_the_steps_of_the_service_are_replaced() -> None:
    one = entry(
        "made-up",
        steps=(step("Read"), step("Run it", "changes", "az image builder run -n <t>"), step("Change", "changes")),
    )
    assert list_texts(build_solution(one, None, "packer", PACKER_STEPS)) == [
        "Read",
        "Change",
        *(item.do.get("en") for item in PACKER_STEPS),
    ]


def test_no_step_for_packer_mentions_the_service() -> None:
    with failures_together(at_least=400) as failures:
        pairs = [(one, None) for one in ENTRIES.values()]
        pairs += [(one, rule) for one in SCRIPT_ENTRIES for rule in RULES.values()]  # type: ignore[misc]
        for one, rule in pairs:
            for item in build_solution(one, rule, "packer", PACKER_STEPS):
                for language in COMPLETE_LANGUAGES:
                    with failures.check(f"{one.id}, {rule.id if rule else 'no finding'}: {item.do.get('en')[:60]}"):
                        texts = (item.do.get(language), item.cli or "", item.powershell or "")
                        assert not SERVICE_WORDS.search("\n".join(texts))


@pytest.mark.parametrize("tool", ["image-builder", "packer"])
def test_every_pair_of_entry_and_finding_has_steps_and_none_twice(tool: BuildTool) -> None:
    with failures_together(at_least=300) as failures:
        for one in SCRIPT_ENTRIES:
            for rule in RULES.values():
                with failures.check(f"{one.id}, {rule.id}"):
                    steps = build_solution(one, rule, tool, PACKER_STEPS)
                    assert steps[: len(rule.steps)] == rule.steps or tool == "packer"
                    assert len(steps) > len(rule.steps)
                    texts = list_texts(steps)
                    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    ("text", "command", "is_service"),
    [
        ("Delete the template and submit it again.", None, True),
        ("Start it.", "az image builder run -n <template> -g <rg>", True),
        ("Start it.", "Start-AzImageBuilderTemplate -Name <template>", True),
        ("Look into the group.", "az resource list -g <stagingRg>", True),
        ("Make the change in the script.", None, False),
        ("See which sizes there are.", "az vm list-skus -l <region>", False),
    ],
)
def test_a_step_about_the_service_is_recognized(text: str, command: str | None, is_service: bool) -> None:
    assert is_service_step(step(text, cli=command)) == is_service


def test_a_diagnosis_leads_to_the_steps_that_fit_its_tool() -> None:
    output = ["E: Unable to locate package contoso-agent"]
    log = script_failed(shell(begun(windows=False), output, code=100), 100).text()
    for text, tool in ((log, "image-builder"), (packer_log("golden", output, start=AZURE_START), "packer")):
        diagnosis = DIAGNOSER.diagnose(text)
        assert diagnosis.tool == tool
        assert diagnosis.finding is not None
        one = ENTRIES[diagnosis.matches[0].entry]
        steps = build_solution(one, RULES[diagnosis.finding.id], diagnosis.tool, PACKER_STEPS)
        assert steps[0] == RULES["package-not-found"].steps[0]
        assert any("packer build" in text for text in list_texts(steps)) == (tool == "packer")


def test_the_steps_for_packer_are_in_every_language() -> None:
    assert load_findings().packer_steps == PACKER_STEPS
    assert len(PACKER_STEPS) >= 2
    assert all(set(item.do.by_language) >= set(COMPLETE_LANGUAGES) for item in PACKER_STEPS)


TIMES = '"startTime": "2026-11-28T10:00:02Z", "endTime": "2026-11-28T14:00:12.1234567Z"'


@pytest.mark.parametrize(
    ("known_from", "text", "values", "known"),
    [
        ((), "==> azure-arm: Timeout waiting for SSH.", {"policy": "x"}, False),
        (("log",), "==> azure-arm: Timeout waiting for SSH.", {}, True),
        (("log",), "the build VM never answers", {}, False),
        (("policy",), "the build VM never answers", {"policy": "Allowed locations"}, True),
        (("policy", "scope"), "the build VM never answers", {"policy": "Allowed locations"}, False),
        (("run-length",), f'{{"runState": "Failed", {TIMES}}}', {}, True),
        (("run-length",), '{"runState": "Failed", "startTime": "2026-11-28T10:00:02Z"}', {}, False),
        (("run-length",), "==> azure-arm: Timeout waiting for SSH.", {}, False),
    ],
)
def test_a_step_is_known_from_a_log_or_from_what_was_captured(
    known_from: tuple[str, ...], text: str, values: dict[str, str], known: bool
) -> None:
    one = step("Find out")._replace(known_from=known_from)
    assert is_known(one, DIAGNOSER.diagnose(text), values) == known


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        ("az image builder run -n t -g rg --no-wait", True),
        ("Start-AzImageBuilderTemplate -ResourceGroupName rg -Name t", True),
        ("packer build .", True),
        ("az image builder show -n t -g rg", False),
        (None, False),
    ],
)
def test_a_step_that_runs_the_build_is_known_by_its_command(command: str | None, runs: bool) -> None:
    assert runs_build(step("Do it", "changes", command)) == runs


@pytest.mark.parametrize(
    ("step_os", "image_os", "fits"),
    [
        ("", None, True),
        ("", "linux", True),
        ("windows", None, True),
        ("windows", "windows", True),
        ("windows", "linux", False),
        ("linux", "windows", False),
    ],
)
def test_a_step_for_one_system_fits_that_only(step_os: str, image_os: str | None, fits: bool) -> None:
    assert fits_os(step("Do it")._replace(os=step_os), image_os) == fits


WINDOWS_ONLY = re.compile(
    r"\bmsiexec|\b(?:Get|Set|New|Start|Remove|Add|Install|Resize|Write)-[A-Z]\w+|WindowsRestart|C:\\\\|Visual Studio|runElevated"
)
LINUX_ONLY = re.compile(r"\bsudo\b|\bapt(?:-get)?\b|\bdnf\b|\bsystemctl\b|\bjournalctl\b|\bmkdir -p|\bset -x")


@pytest.mark.parametrize("log", LOGS, ids=[path.name for path in LOGS])
def test_a_log_of_one_system_gets_no_steps_for_the_other(log: Path) -> None:
    diagnosis = DIAGNOSER.diagnose(log.read_text("utf-8", "replace"))
    if not diagnosis.matches or diagnosis.os is None:
        return
    rule = RULES.get(diagnosis.finding.id) if diagnosis.finding else None
    solution = build_solution(ENTRIES[diagnosis.matches[0].entry], rule, diagnosis.tool, PACKER_STEPS)
    own, foreign = (WINDOWS_ONLY, LINUX_ONLY) if diagnosis.os == "windows" else (LINUX_ONLY, WINDOWS_ONLY)
    shown = list_texts(tuple(item for item in solution if fits_os(item, diagnosis.os)))
    assert [text for text in shown if foreign.search(text) and not own.search(text)] == []


def test_what_the_shipped_steps_are_known_from_exists() -> None:
    for one in ENTRIES.values():
        captured = {name for signature in one.signatures for name in re.findall(r"\?P<(\w+)>", signature.regex or "")}
        assert all({*each.known_from} <= {*KNOWN_SOURCES, *captured} for each in one.steps), one.id
