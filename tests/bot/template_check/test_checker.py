"""Templates are checked in processes that can be ended: hostile ones get a sentence, and block nobody."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date
from typing import Any

import pytest

from bot.template_check.check_text import check_text
from bot.template_check.checker import ProcessTemplateChecker
from bot.template_check.process import CHECK_CODEC
from bot.template_check.process_pool import TemplateProcessPool
from dialogs.model.preflight import MAX_CHECKED_BYTES, MAX_KEPT_FINDINGS, CheckedPlace, TemplateCheck
from knowledge.preflight.rule_catalog import load_rules

SECRET = "Tr4verse-Quarry-58"
RULES = load_rules()
TODAY = date(2026, 3, 1)


def build_template(*customizers: dict[str, Any], **properties: Any) -> str:
    """A template that's fine, apart from what's given."""
    own = {
        "source": {"type": "PlatformImage", "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
        "customize": [*customizers],
        "distribute": [{"type": "ManagedImage", "runOutputName": "out", "imageId": "/subscriptions/5b0f8a7e-11d2-4c3b-9a64-7de0c2f1a9b8/resourceGroups/rg/providers/Microsoft.Compute/images/i", "location": "westeurope"}],
        "vmProfile": {"vmSize": "Standard_D2ds_v5"},
    }  # fmt: skip
    resource = {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "apiVersion": "2024-02-01",
        "name": "web",
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/5b0f8a7e-11d2-4c3b-9a64-7de0c2f1a9b8/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
        "properties": own | properties,
    }  # fmt: skip
    return json.dumps(resource, indent=2)


QUOTED_FLAG = {"type": "PowerShell", "name": "tools", "runElevated": "true", "inline": ["Write-Host 'hi'"]}
ASKING = {"type": "Shell", "inline": ["sudo apt-get install nginx"]}
OPEN_QUOTE = {"type": "PowerShell", "name": "tools", "inline": ["$a = 1", 'Write-Host "hi']}


def test_a_finding_says_where_it_is() -> None:
    check = check_text(build_template({"type": "Shell", "inline": ["true"]}, OPEN_QUOTE), RULES, TODAY, "en")
    (finding,) = (each for each in check.findings if each.level == "error" and each.place.script_line)
    assert (finding.place.part, finding.place.part_number, finding.place.part_name) == ("customizer", 2, "tools")
    assert finding.place.script_line == 2
    line = build_template({"type": "Shell", "inline": ["true"]}, OPEN_QUOTE).split("\n")[finding.place.line - 1]
    assert "Write-Host" in line
    assert check.name == "web"


def test_lines_of_what_azure_returned_mean_nothing() -> None:
    text = json.dumps(json.loads(build_template(OPEN_QUOTE)))
    for is_live, own in ((True, build_template(OPEN_QUOTE)), (False, text)):
        check = check_text(own, RULES, TODAY, "en", is_live=is_live)
        assert check.findings
        assert {finding.place.line for finding in check.findings} == {0}


def test_bicep_is_read_without_its_compiler() -> None:
    """Its lines are the person's own, and nothing is corrected: corrections are edits of JSON."""
    text = """param location string = resourceGroup().location
resource web 'Microsoft.VirtualMachineImages/imageTemplates@2024-02-01' = {
  name: 'web'
  location: location
  properties: {
    source: { type: 'PlatformImage', publisher: 'Canonical', offer: 'o', sku: 's', version: 'latest' }
    customize: [
      {
        type: 'Shell'
        inline: ['sudo apt-get install nginx']
      }
    ]
  }
}
"""
    check = check_text(text, RULES, TODAY, "en", "main.bicep")
    (finding,) = (each for each in check.findings if each.rule == "apt-without-yes")
    assert (finding.place.line, finding.place.script_line) == (10, 1)
    assert (check.problem, check.corrected) == (None, "")
    assert len(check.unevaluated) == 1


def test_a_correction_is_shown_and_saved_without_secrets() -> None:
    secret = {"type": "Shell", "inline": [f"export DB_PASSWORD={SECRET}"]}
    check = check_text(build_template(ASKING, secret), RULES, TODAY, "en")
    (finding,) = (each for each in check.findings if each.rule == "apt-without-yes")
    assert [line.strip("+- ,") for line in finding.diff if line[:1] in "+-"] == [
        '"sudo apt-get install nginx"',
        '"sudo apt-get -y install nginx"',
    ]
    steps = json.loads(check.corrected)["properties"]["customize"]
    assert [step["inline"] for step in steps] == [["sudo apt-get -y install nginx"], ["export DB_PASSWORD=[REDACTED]"]]
    assert check.hides_secrets
    assert SECRET not in json.dumps(CHECK_CODEC.encode(check))


def test_a_secret_is_hidden_in_a_diff_where_only_another_line_gives_it_away() -> None:
    step = {"type": "Shell", "inline": [f"export DB_PASSWORD={SECRET}", f"sudo apt-get install nginx # {SECRET}"]}
    check = check_text(build_template(step), RULES, TODAY, "en")
    assert any(finding.diff for finding in check.findings)
    assert SECRET not in json.dumps(CHECK_CODEC.encode(check))


def test_without_secrets_the_file_is_complete() -> None:
    check = check_text(build_template(ASKING), RULES, TODAY, "en")
    assert check.corrected == build_template(ASKING).replace("apt-get install", "apt-get -y install")
    assert not check.hides_secrets


def test_a_template_from_azure_is_saved_as_one_that_can_be_submitted() -> None:
    """Without what only Azure writes."""
    resource = json.loads(build_template(ASKING, provisioningState="Succeeded", lastRunStatus={"runState": "Failed"}))
    check = check_text(json.dumps(resource | {"id": "/x", "systemData": {}}), RULES, TODAY, "en", is_live=True)
    saved = json.loads(check.corrected)
    assert saved["properties"]["customize"] == [ASKING | {"inline": ["sudo apt-get -y install nginx"]}]
    assert not {"id", "systemData"} & saved.keys()
    assert not {"provisioningState", "lastRunStatus"} & saved["properties"].keys()


def test_nothing_to_correct_is_nothing_to_save() -> None:
    check = check_text(build_template(OPEN_QUOTE), RULES, TODAY, "en")
    assert (check.corrected, check.hides_secrets) == ("", False)


def test_findings_of_one_rule_are_one() -> None:
    flags = [QUOTED_FLAG | {"name": f"step-{number}"} for number in range(5)]
    check = check_text(build_template(*flags), RULES, TODAY, "en")
    (finding,) = (each for each in check.findings if each.rule == "flag-expected")
    assert finding.others == 4
    assert sum(check.counts) == len(check.findings) <= MAX_KEPT_FINDINGS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * (MAX_CHECKED_BYTES + 1), "too-large"),
        ("à" * (MAX_CHECKED_BYTES // 2 + 1), "too-large"),
        ("resource v 'Microsoft.Network/virtualNetworks@2024-05-01' = {\n  name: 'v'\n}", "bicep"),
        ("resource t 'Microsoft.VirtualMachineImages/imageTemplates@2024-02-01' = {\n", "bicep"),
        ('{"type": "Microsoft.Compute/images"}', "no-template"),
        ("", "no-template"),
        ('{"type": "Microsoft.VirtualMachineImages/imageTemplates",\n "properties": {', "not-json"),
    ],
)
async def test_what_cannot_be_checked_has_a_reason(text: str, reason: str) -> None:
    check = await ProcessTemplateChecker()(text, "it", "a.json")
    assert check.problem is not None
    assert (check.problem.reason, check.name, check.findings) == (reason, "a.json", ())
    assert (check.problem.line > 0) == (reason == "not-json")


HOSTILE = {
    "deep": '{"a":' * 40_000 + "1" + "}" * 40_000,
    "lists": "[" * 200_000,
    "customizers": '{"type":"Microsoft.VirtualMachineImages/imageTemplates","properties":{"customize":['
    + ",".join(["{}"] * 80_000)
    + "]}}",
    "a million customizers": '{"customize":[' + ",".join(["{}"] * 1_000_000) + "]}",
    "quotes": build_template({"type": "PowerShell", "inline": ['"$(' * 30_000]}),
    "here-documents": build_template({"type": "Shell", "inline": ["$(" * 20_000 + "<<EOF " * 10_000]}),
    "escapes": build_template({"type": "Shell", "inline": ["\\" * 40_000 + '"' * 20_000]}),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_template_is_answered_and_blocks_nobody(text: str) -> None:
    """The loop goes on while it's checked; what the answer says depends on how far the time goes."""
    checking = asyncio.ensure_future(ProcessTemplateChecker(TemplateProcessPool(max_seconds=10))(text, "en"))
    ticks = 0
    while not checking.done():
        await asyncio.sleep(0.01)
        ticks += 1
    check = checking.result()
    assert ticks >= 5 or len(text) > MAX_CHECKED_BYTES
    assert check.problem is None or check.problem.reason in ("not-json", "too-slow", "too-large", "no-template")


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import time; time.sleep(60)", "too-slow"),
        ("import sys; sys.exit(3)", "too-slow"),
        ("import os; os.abort()", "too-slow"),
        ("import sys; sys.exit(1)", "broken"),
        ("print('{}x')", "broken"),
        ("print('[1]')", "broken"),
    ],
)
async def test_a_process_that_fails_is_a_reason(program: str, reason: str) -> None:
    checker = ProcessTemplateChecker(TemplateProcessPool(1, command=(sys.executable, "-c", program)))
    check = await checker("{}", "en")
    assert check.problem is not None
    assert check.problem.reason == reason


async def test_a_canceled_turn_ends_its_process() -> None:
    """The next one gets the only slot at once."""
    command = (sys.executable, "-c", "import sys, time; time.sleep(60 * ('slow' in sys.stdin.read())); print('{}')")
    checker = ProcessTemplateChecker(TemplateProcessPool(60, 1, command))
    waiting = asyncio.ensure_future(checker("slow", "en"))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(30):
        assert await checker("quick", "en") == TemplateCheck()


async def test_the_process_has_none_of_the_bots_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_MEDIC_APP_PASSWORD", SECRET)
    program = "import os, sys; sys.exit(3 if any('PASSWORD' in name for name in os.environ) else 1)"
    check = await ProcessTemplateChecker(TemplateProcessPool(command=(sys.executable, "-c", program)))("{}", "en")
    assert check.problem is not None
    assert check.problem.reason == "broken"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
async def test_the_process_has_little_memory() -> None:
    program = (
        "from bot.template_check.process import limit_resources\nlimit_resources()\n"
        "try:\n    x = bytearray(2 << 30)\nexcept MemoryError:\n    raise SystemExit(3)\n"
    )
    check = await ProcessTemplateChecker(TemplateProcessPool(command=(sys.executable, "-c", program)))("{}", "en")
    assert check.problem is not None
    assert check.problem.reason == "too-slow"


@pytest.mark.parametrize("language", ["en", "it"])
async def test_a_template_is_checked_in_the_persons_language(language: str) -> None:
    check = await ProcessTemplateChecker()(build_template(QUOTED_FLAG), language)
    assert check == check_text(build_template(QUOTED_FLAG), RULES, TODAY, language)
    (rule,) = (rule for rule in RULES if rule.id == "flag-expected")
    assert rule.title.get(language) in [finding.title for finding in check.findings]
    assert CheckedPlace() not in [finding.place for finding in check.findings]
