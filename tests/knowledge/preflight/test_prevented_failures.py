"""What people reported as failed builds is what the rule about the mistake says the template would become.

Each failure is a case or a log that somebody had; the template has only the mistake that led to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.cli.score_cases import LabeledCase
from knowledge.preflight.rule_catalog import load_rules
from tests.knowledge.preflight.templates import DEFINITION, build_deployment, build_resource, check, list_ids
from tests.shipped_knowledge import DIAGNOSER
from tests.test_cases import CASES

RULES = {rule.id: rule for rule in load_rules()}
CASES_BY_ID: Mapping[str, LabeledCase] = {case.id: case for case in CASES}
WINDOWS = {
    "type": "PlatformImage",
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2022-datacenter",
    "version": "latest",
}
BROKEN_QUOTE = 'try {\n    node --version\n} catch {\n    Write-Error "An error occurred: $_\n}'
GENERATION_1 = {"type": "Microsoft.Compute/galleries/images", "name": "c/d", "properties": {"hyperVGeneration": "V1"}}


def build_steps(*steps: Mapping[str, Any], **properties: Any) -> dict[str, Any]:
    return build_resource({"customize": list(steps), **properties})


def build_windows(*steps: Mapping[str, Any], **properties: Any) -> dict[str, Any]:
    return build_steps(*steps, source=WINDOWS, **properties)


def write_shell(*lines: str) -> dict[str, Any]:
    return {"type": "Shell", "name": "a", "inline": list(lines)}


def write_powershell(*lines: str) -> dict[str, Any]:
    return {"type": "PowerShell", "name": "a", "inline": list(lines)}


def build_without_identity() -> dict[str, Any]:
    resource = build_resource()
    del resource["identity"]
    return resource


def build_target(**target: Any) -> dict[str, Any]:
    return build_resource({"distribute": [{"type": "SharedImage", "runOutputName": "a", **target}]})


# rule, the failure that it would have prevented, the template
PREVENTED: list[tuple[str, str, Any]] = [
    ("quote-unclosed", "log-w365-ps-parse-1.log", build_windows(write_powershell(BROKEN_QUOTE))),
    ("apt-without-yes", "lin-a5-apt-no-yes-abort.log", build_steps(write_shell("sudo apt-get install nginx"))),
    (
        "root-only-path-written",
        "lin-e2-etc-permission-denied.log",
        build_steps(write_shell("echo vm.swappiness=1 > /etc/sysctl.d/99-image.conf")),
    ),
    ("restart-in-shell", "n-li-reboot-143", build_steps(write_shell("sudo yum update -y", "sudo reboot"))),
    ("remote-access-changed", "lin-h2-sshd-gone.log", build_steps(write_shell("sudo systemctl stop sshd"))),
    ("identity-missing", "gz-missing-identity-field", build_without_identity()),
    (
        "type-miscased",
        "h-az-distribute-casing",
        build_resource({"distribute": [{"type": "sharedImage", "runOutputName": "a", "galleryImageId": DEFINITION}]}),
    ),
    ("gallery-version-fixed", "gz-force-gallery-version", build_target(galleryImageId=f"{DEFINITION}/versions/0.0.1")),
    (
        "many-regions-default-timeout",
        "ad-sig-deadline-2",
        build_target(galleryImageId=DEFINITION, targetRegions=[{"name": f"region{number}"} for number in range(6)]),
    ),
    (
        "update-after-install",
        "h-wi-wu-80240016",
        build_windows(write_powershell("choco install -y git"), {"type": "WindowsUpdate"}, {"type": "WindowsRestart"}),
    ),
    (
        "windows-disk-small",
        "h-az-vmss-disk-smaller",
        build_windows(vmProfile={"vmSize": "Standard_D2ds_v5", "osDiskSizeGB": 86}),
    ),
    (
        "definition-generation-1",
        "ad-hyperv-ps",
        build_deployment(
            [GENERATION_1, build_resource({"source": {**WINDOWS, "sku": "2022-datacenter-g2"}})],
        ),
    ),
]
# the messages as Microsoft's pages and people's reports give them
PREVENTED_MESSAGES: list[tuple[str, str, Any]] = [
    (
        "vm-size-generation-1-only",
        "The selected VM size 'Standard_D2_v2' cannot boot Hypervisor Generation '2'. If this was a Create operation "
        "please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the selected "
        "VM Size.",
        build_resource(
            {"source": {**WINDOWS, "sku": "2022-datacenter-g2"}, "vmProfile": {"vmSize": "Standard_D2_v2"}},
        ),
    ),
    (
        "build-timeout-too-short",
        'PACKER OUT Error: Failed to prepare build: "azure-arm"\n'
        "PACKER ERR * client_jwt will expire within 5 minutes, please use a JWT that is valid for at least 5 minutes",
        build_resource({"buildTimeoutInMinutes": 5}),
    ),
    (
        "unknown-property",
        "unmarshalling type *v2024_02_01.ImageTemplatePropertiesOptimize: unmarshalling type "
        '*v2024_02_01.ImageTemplatePropertiesOptimize, unknown field "vmboot". There is an issue with the syntax with '
        "the JSON template you are submitting.",
        build_resource({"optimize": {"vmboot": {"state": "Enabled"}}}),
    ),
    (
        "run-output-name-missing",
        "Validation failed: 'ImageTemplate.properties.distribute[0]': Missing field runOutputName. Please review "
        "http://aka.ms/azvmimagebuildertmplref for details on fields required in the Image Builder Template.",
        build_resource({"distribute": [{"type": "SharedImage", "galleryImageId": DEFINITION}]}),
    ),
]


@pytest.mark.parametrize(("rule", "case", "template"), PREVENTED, ids=[rule for rule, *_ in PREVENTED])
def test_a_rule_would_have_prevented_a_reported_failure(rule: str, case: str, template: Any) -> None:
    found = CASES_BY_ID[case]
    text = found.log.read_text("utf-8") if found.log else found.text
    assert RULES[rule].becomes in found.expected
    assert RULES[rule].becomes in [match.entry for match in DIAGNOSER.diagnose(text).matches]
    assert rule in list_ids(check(template))


@pytest.mark.parametrize(
    ("rule", "message", "template"), PREVENTED_MESSAGES, ids=[rule for rule, *_ in PREVENTED_MESSAGES]
)
def test_a_rule_would_have_prevented_a_known_message(rule: str, message: str, template: Any) -> None:
    assert DIAGNOSER.diagnose(message).matches[0].entry == RULES[rule].becomes
    assert rule in list_ids(check(template))


@pytest.mark.parametrize(
    "template", [build_resource(), build_windows(write_powershell("dir"), {"type": "WindowsRestart"})]
)
def test_templates_without_these_mistakes_are_clean(template: Any) -> None:
    assert list_ids(check(template)) == []
