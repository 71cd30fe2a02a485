"""`diagnose` on whole texts: the contract, the kinds of input, realistic logs, hostile input."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.diagnosis.diagnoser import HARMLESS_VALUE, Diagnoser
from knowledge.model.diagnosis import FACT_KEYS, Diagnosis
from knowledge.model.entry import Signature
from knowledge.patterns import LiteralSet
from knowledge.redaction.redact import redact
from tests.build_logs import RUN, SUBSCRIPTION, begun, powershell, restart, script_failed, shell, stopped, succeeded
from tests.knowledge.made_entries import base, entry
from tests.shipped_knowledge import DIAGNOSER

KINDS = [
    ("PACKER OUT ==> azure-arm: Running builder ...", "build-log"),
    ("==> azure-arm: Running builder ...", "build-log"),
    ('{"lastRunStatus": {"runState": "Failed", "message": "x"}}', "status"),
    ("RunState : Failed", "status"),
    ('{"error": {"code": "QuotaExceeded", "message": "no"}}', "deployment-error"),
    ("(PurchasePlanNotProvided) Purchase Plan was not provided", "deployment-error"),
    ("New-AzImageBuilderTemplate: The client 'x' does not", "deployment-error"),
    ("##[error]The operation was canceled.", "task-log"),
    ("my image build never ends, what can I do?", "question"),
    ("la compilazione non finisce mai", "question"),
    ("%PDF-1.7 \x01\x02\x03 000000 11111 2222 33333", "unknown"),
    ("", "unknown"),
]


def diagnose(text: str) -> Diagnosis:
    return DIAGNOSER.diagnose(text)


def list_evidence_lines(diagnosis: Diagnosis) -> list[int]:
    return [line.line for line in diagnosis.matches[0].evidence]


@pytest.mark.parametrize(("text", "kind"), KINDS, ids=[repr(case[0])[:40] for case in KINDS])
def test_kinds(text: str, kind: str) -> None:
    assert diagnose(text).kind == kind


def test_the_contract_has_every_key_for_any_text() -> None:
    document = diagnose("").to_json()
    assert list(document) == [
        "schema",
        "file",
        "kind",
        "outcome",
        "tool",
        "finding",
        "matches",
        "excerpt",
        "facts",
        "timeline",
        "course",
    ]
    assert document["schema"] == 2
    assert document["facts"] == dict.fromkeys(FACT_KEYS)
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize("form", ["new", "old"])
def test_the_line_a_person_would_point_at(form: str) -> None:
    log = powershell(begun(form), ["ok"])  # type: ignore[arg-type]
    restart(log)
    powershell(
        log,
        [
            "Downloading agent",
            r"C:\Windows\Temp\script-1.ps1 : Contoso Agent installation failed with exit code 1603",
            r"At C:\Windows\Temp\script-1.ps1:12 char:5",
            "+     Install-Agent",
            "    + CategoryInfo          : NotSpecified: (:) [Write-Error], WriteErrorException",
            "    + FullyQualifiedErrorId : Microsoft.PowerShell.Commands.WriteErrorException",
        ],
        code=1,
        source='Write-Host "x"\nthrow "this was never printed"',
    )
    script_failed(log, 1)
    diagnosis = diagnose(log.text())

    assert diagnosis.outcome == "failed"
    assert diagnosis.matches[0].entry == "script-nonzero-exit"
    assert diagnosis.matches[0].confidence == "certain"
    assert log.number_of("installation failed with exit code 1603") in list_evidence_lines(diagnosis)
    assert diagnosis.facts["exit_code"] == 1
    assert diagnosis.finding is not None
    assert diagnosis.finding.id == "msi"
    assert diagnosis.finding.line == log.number_of("installation failed with exit code 1603")
    assert "never printed" not in json.dumps(diagnosis.to_json())


def test_an_error_of_a_step_that_went_well_is_not_blamed() -> None:
    log = shell(begun(windows=False), ["E: Could not get lock /var/lib/dpkg/lock-frontend", "retrying", "done"])
    shell(log, ["bash: jq: command not found"], code=127)
    diagnosis = diagnose(script_failed(log, 127).text())
    assert [match.entry for match in diagnosis.matches] == ["script-nonzero-exit"]
    assert log.number_of("jq: command not found") in list_evidence_lines(diagnosis)
    assert log.number_of("Could not get lock") not in list_evidence_lines(diagnosis)


def test_a_build_that_went_well_has_nothing_above_info() -> None:
    diagnosis = diagnose(succeeded(powershell(begun(), ["Failed to do one thing", "Permission denied"])).text())
    assert diagnosis.outcome == "succeeded"
    assert diagnosis.is_conclusive
    assert all(match.severity == "info" for match in diagnosis.matches)


def test_a_build_that_was_stopped_after_a_long_silence_is_a_likely_timeout() -> None:
    log = begun()
    log.write_ui("Provisioning with Powershell...").write_output("Installing Contoso Suite").wait(14_000)
    diagnosis = diagnose(stopped(log).text())
    assert diagnosis.outcome == "canceled"
    assert (diagnosis.matches[0].entry, diagnosis.matches[0].confidence) == ("build-timeout", "likely")
    assert log.number_of("Cancelling build after") in list_evidence_lines(diagnosis)
    assert log.number_of("Provisioning with Powershell") in list_evidence_lines(diagnosis)


def test_facts_come_from_the_text_only() -> None:
    text = (
        "Deployment failed. Correlation ID: 11111111-2222-4333-8444-555555555555. Packer build command has failed: exit "
        "status 1. Image Build log location: https://abcdefghij1234567890abcd.blob.core.windows.net/packerlogs/"
        f"0f0e0d0c-1111-4222-8333-944445555666/customization.log. OperationId: {RUN}. Use this operationId.\n"
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-images/providers/Microsoft.VirtualMachineImages/imageTemplates/win11"
    )
    facts = diagnose(text).to_json()["facts"]
    assert facts == {
        "correlation_id": "11111111-2222-4333-8444-555555555555",
        "operation_id": RUN,
        "log_url": "https://abcdefghij1234567890abcd.blob.core.windows.net/packerlogs/"
        "0f0e0d0c-1111-4222-8333-944445555666/customization.log",
        "template": "win11",
        "resource_group": "rg-images",
        "subscription": SUBSCRIPTION,
        "exit_code": None,
    }


@given(st.from_regex(HARMLESS_VALUE, fullmatch=True))
def test_a_value_that_is_not_redacted_again_has_no_secret(value: str) -> None:
    assert redact(value) == value


@pytest.mark.parametrize(
    "value", ["915CE2C3-B454-4258-F949-ACCABB5D9704", "Pa55word-Xk29", "2026-01-12T08:00:00Z x", "12345678901"]
)
def test_a_value_that_could_look_like_a_key_is_redacted_again(value: str) -> None:
    assert not HARMLESS_VALUE.fullmatch(value)


def test_secrets_in_evidence_and_excerpt_are_hidden() -> None:
    secret = "hV9" + "qLz7Kd2mXw5T" * 4
    log = powershell(begun(), [f"Failed to connect with AccountKey={secret}==;", f"password={secret}"], code=1)
    assert secret[:12] not in json.dumps(diagnose(script_failed(log, 1).text()).to_json())


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(lambda text: text.encode("utf-16"), id="utf-16"),
        pytest.param(lambda text: text.encode("utf-16-le"), id="utf-16 without mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"), id="utf-8 mark, crlf"),
        pytest.param(lambda text: text.encode().replace(b"exit code", b"\xe8 exit code"), id="stray cp1252 byte"),
    ],
)
def test_encodings(raw: object) -> None:
    log = script_failed(powershell(begun(), ["Contoso install failed with exit code 3"], code=3), 3)
    diagnosis = DIAGNOSER.diagnose(raw(log.text()))  # type: ignore[operator]
    assert diagnosis.matches[0].entry == "script-nonzero-exit"
    assert log.number_of("Contoso install failed") in list_evidence_lines(diagnosis)


FOREIGN = [
    "==> amazon-ebs: Timeout waiting for SSH.\nBuild 'amazon-ebs' errored: Script exited with non-zero exit status: 1",
    'failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
    "Error: creating EC2 Image Builder: RequestDisallowedByPolicy",
    "==> nutanix: Timeout waiting for SSH.\nBuild 'nutanix' errored after 3 minutes: Timeout waiting for SSH.",
    "vmware-iso.win: Search for Windows updates failed with '0x80240438'. Retrying...\n" * 30,
    "2024/05/09 14:33:10 ui: ==> hyperv-iso.app: Script exited with non-zero exit status: 1",
    "==> docker.ubuntu: E: Could not get lock /var/lib/dpkg/lock-frontend\n",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_a_failure_of_another_tool_matches_nothing(text: str) -> None:
    assert diagnose(text).matches == ()


GENERIC_MESSAGES = [
    "az aks create\n(RequestDisallowedByPolicy) Resource 'aks1' was disallowed by policy.",
    "anna@dev:~$ sudo apt install x\nE: Could not get lock /var/lib/dpkg/lock-frontend - open (11: Resource busy)",
    "The subscription is not registered to use namespace 'Microsoft.ApiManagement'.",
]


@pytest.mark.parametrize("text", GENERIC_MESSAGES)
def test_a_generic_message_is_only_possible_without_a_word_of_a_build(text: str) -> None:
    assert {match.confidence for match in diagnose(text).matches} == {"possible"}
    about_build = diagnose(f"{text}\nin the staging resource group IT_rg-images_win11_4b5c")
    assert about_build.matches[0].confidence == "certain"


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=3000), st.text(max_size=3000).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_give_a_diagnosis_whose_lines_point_into_them(raw: bytes) -> None:
    diagnosis = DIAGNOSER.diagnose(raw)
    document = json.loads(json.dumps(diagnosis.to_json()))
    lines = [line["line"] for match in document["matches"] for line in match["evidence"]]
    lines += [line["line"] for line in document["excerpt"]]
    assert all(1 <= line <= diagnosis.line_count for line in lines)


LINES = st.sampled_from(
    [
        "==> azure-arm: Provisioning with Powershell...",
        "==> azure-arm: Provisioning with shell script: /tmp/x",
        "==> azure-arm: Provisioning step had errors: Running the cleanup provisioner, if present...",
        "==> azure-arm: IMAGE_STATE_UNDEPLOYABLE",
        f"[{RUN}] PACKER 2026/01/12 08:00:00 ui error: Cancelling build after receiving terminated",
        f"[{RUN}] PACKER 2026/01/12 11:00:00 Cancelling builder after context cancellation context canceled",
        "Build 'azure-arm' errored after 1 minute: Script exited with non-zero exit status: 1",
        "Build 'azure-arm' finished after 1 minute",
        "[INFO] Packer version: 1.14.3",
        f"[{RUN}] PACKER [INFO] Packer version: 1.14.3",
        "[INFO] command 'x' exited with code: 99999999999999999999",
        "(telemetry) Starting provisioner file",
        "(telemetry) ending file",
        "Failed to install",
        "",
        "Done exporting Packer logs to Azure Storage.",
    ]
)


@given(st.lists(LINES, max_size=30))
def test_significant_lines_in_any_order_never_crash(lines: list[str]) -> None:
    diagnosis = DIAGNOSER.diagnose("\n".join(lines))
    assert diagnosis.outcome in ("failed", "canceled", "succeeded", "running", "unknown")
    assert all(1 <= run.line <= len(lines) for run in diagnosis.timeline)


def test_a_build_that_still_runs_is_never_certain_and_its_past_steps_are_not_blamed() -> None:
    log = powershell(begun(), ["==> E: Could not get lock /var/lib/dpkg/lock-frontend", "tried again: done"])
    log.write_ui("Provisioning with Powershell...").write_output("Timeout waiting for machine to restart.")
    diagnosis = diagnose(log.text())
    assert diagnosis.outcome == "running"
    assert all(match.confidence != "certain" for match in diagnosis.matches)
    assert all(
        line.line >= log.number_of("Provisioning with Powershell", last=True)
        for m in diagnosis.matches
        for line in m.evidence
    )


def test_every_id_of_the_text_is_kept_once() -> None:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-images"
    text = (
        f"The client 'a' with object id '{RUN}' does not have authorization over scope '{group}'. TrackingId: {RUN}\n"
        f"{group}/providers/Microsoft.Compute/galleries/gal {group}/providers/microsoft.compute/galleries/GAL"
    )
    ids = diagnose(text).ids
    assert ids == (("object id", RUN), ("resource", f"{group}/providers/Microsoft.Compute/galleries/gal"))


def test_the_longest_gap_is_reported_with_its_line() -> None:
    log = begun()
    log.write_ui("Provisioning with Powershell...").write_output("Installing Contoso Suite").wait(14_000)
    diagnosis = diagnose(stopped(log).text())
    assert diagnosis.longest_gap is not None
    assert (diagnosis.longest_gap.seconds, diagnosis.longest_gap.line) == (
        14_000,
        log.number_of("Installing Contoso Suite"),
    )
    assert diagnose(script_failed(powershell(begun(), ["x"], code=1), 1).text()).longest_gap is None


@pytest.mark.parametrize("size", [200, 300_000])
def test_binary_data_matches_nothing(size: int) -> None:
    assert DIAGNOSER.diagnose(random.Random(size).randbytes(size)).matches == ()


def test_the_order_in_which_literals_are_found_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # one physical line that is split into several lines: only one of those that prove the entry can be shown
    text = json.dumps(
        {
            "message": '{\r\n "code": "OSProvisioningTimedOut",\r\n "message": "OS Provisioning for VM \'avd-01\' '
            'did not finish in the allotted time. The VM may still finish provisioning successfully."}'
        }
    )
    before = DIAGNOSER.diagnose(text)
    find_in = LiteralSet.find_in
    monkeypatch.setattr(LiteralSet, "find_in", lambda self, text: tuple(reversed(find_in(self, text))))
    assert DIAGNOSER.diagnose(text) == before
    assert before.matches[0].evidence


@pytest.mark.parametrize(
    "text",
    [
        "null_resource.bootstrap (remote-exec): E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7",
        "podman build: error building image: touch: cannot touch '/opt/x': Permission denied",
        "az acr build -t api . failed while building the image: RequestDisallowedByPolicy",
        "A resource with the ID '/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/d/"
        "versions/1.0.0' already exists - to be managed via Terraform it needs to be imported into the State.",
    ],
)
def test_messages_of_other_tools_about_images_match_nothing(text: str) -> None:
    assert DIAGNOSER.diagnose(text).matches == ()


def test_a_message_of_azure_about_a_custom_image_is_not_about_an_image_build() -> None:
    sentence = (
        'Code="VMMarketplaceInvalidInput" Message="Creating a virtual machine from Marketplace image or a custom image '
        'sourced from a Marketplace image requires Plan information in the request."'
    )
    others = DIAGNOSER.diagnose(f'waiting for creation of Linux Virtual Machine "jump01": {sentence}')
    ours = DIAGNOSER.diagnose(f"azure-arm: {sentence}")
    assert [match.confidence for match in others.matches] == ["possible"]
    assert [match.confidence for match in ours.matches] == ["certain"]


@pytest.mark.parametrize("before", ["", "```\n", "seen this?\n", "2024/05/09 14:41:05 ui:     "])
def test_another_builder_is_recognized_wherever_its_name_is(before: str) -> None:
    text = f"{before}hyperv-iso.base: Script exited with non-zero exit status: 1. Allowed exit codes are: [0]"
    assert DIAGNOSER.diagnose(text).matches == ()


def test_a_code_that_came_with_a_generic_error_is_not_believed() -> None:
    status = '"provisioningError": {"provisioningErrorCode": "NoCustomizerScript", "message": "%s"}'
    generic = "Internal error occurred. This is a generic error."
    assert DIAGNOSER.diagnose(status % "No script").matches[0].entry == "template-validation-failed"
    assert DIAGNOSER.diagnose(status % generic).matches[0].entry == "generic-internal-error"


@pytest.mark.parametrize("text", ["a \ud800 \\n & <b>x", "\udfff" * 50, "exit code \ud83d: 1"])
def test_half_of_a_surrogate_pair_is_text_too(text: str) -> None:
    assert DIAGNOSER.diagnose(text).kind


@pytest.mark.parametrize("shows_script_output", [True, False])
def test_the_entry_says_whether_the_scripts_output_is_shown(shows_script_output: bool) -> None:
    verdict = Signature("verdict", "decisive", text=("Script exited with non-zero exit status",))
    failure = entry("my-script", verdict, shows_script_output=shows_script_output)
    log = script_failed(powershell(begun(), ["Copying", "Could not find a part of the path 'C:\\x'."], code=1), 1)
    diagnosis = Diagnoser(base(failure)).diagnose(log.text())
    (match,) = diagnosis.matches
    assert any("Could not find a part" in line.text for line in match.evidence) == shows_script_output
    assert diagnosis.finding is not None
    assert (diagnosis.finding.id == "my-script") != shows_script_output
