"""Answers for parts of logs, for errors quoted by a person, and for whose permission is missing."""

from __future__ import annotations

import pytest

from tests.shipped_knowledge import DIAGNOSER

_UPDATE = (
    "PowerShell -ExecutionPolicy Bypass -OutputFormat Text -File C:/Windows/Temp/packer-windows-update-elevated.ps1"
)
_DEBUG = "[b1] PACKER ERR 2023/02/02 10:00:01 packer-plugin-azure plugin: 2023/02/02 10:00:01 [INFO]"
_DENIED = (
    "The client 'a' with object id 'a' does not have authorization to perform action "
    "'Microsoft.Compute/galleries/images/versions/read' over scope '/subscriptions/1/resourceGroups/rg/providers/"
    "Microsoft.Compute/galleries/g1/images/base/versions/1.0.3' or the scope is invalid."
)
_EOF = "Build 'azure-arm' errored after 3 minutes: unexpected EOF"


def find_first(text: str) -> str | None:
    """Return the id of the entry that comes first for a text."""
    matches = DIAGNOSER.diagnose(text).matches
    return matches[0].entry if matches else None


def find_title(text: str) -> str:
    """Return the headline of a text; "" for none."""
    finding = DIAGNOSER.diagnose(text).finding
    return finding.title if finding else ""


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        (f"{_DEBUG} command '{_UPDATE}' exited with code: 1", "windows-update-failed"),
        (f"{_DEBUG} command '{_UPDATE}' exited with code: 0", None),
        (f"{_DEBUG} command '{_UPDATE}' exited with code: 101", "warn-reboot-codes"),
        (f"{_DEBUG} command '/tmp/script_9.sh' exited with code: 2", "script-nonzero-exit"),
        (f"{_DEBUG} RPC client: Communicator ended with: 4", "script-nonzero-exit"),
        (f"{_DEBUG} command '/tmp/script_9.sh' exited with code: 2\n{_DEBUG} command 'x' exited with code: 0", None),
        (f"{_DEBUG} RPC client: Communicator ended with: 143", "script-nonzero-exit"),
    ],
)
def test_an_exit_code_tells_of_a_failure_where_the_log_has_no_more(text: str, entry: str | None) -> None:
    assert find_first(text) == entry


def test_an_exit_code_may_follow_the_steps_failure() -> None:
    failed = (
        "[b1] PACKER OUT ==> azure-arm: Provisioning step had errors: Running the cleanup provisioner, if present..."
    )
    text = f"{failed}\n{_DEBUG} command '/tmp/script_9.sh' exited with code: 16001"
    assert find_title(text) == "The script ended with exit code 16001. The lines that say why are further up"


@pytest.mark.parametrize("name", ["vhd", "win2022", "azure-arm.rhel"])
def test_errors_of_deletions_after_a_build_that_went_well_are_harmless(name: str) -> None:
    text = (
        f"==> {name}: Removing the created Deployment object: 'pkrdpm6jbw00k46'\n"
        f"==> {name}: ERROR: -> ResourceGroupNotFound : Resource group 'pkr-Resource-Group-x' could not be found.\n"
        f"Build '{name}' finished after 31 minutes."
    )
    assert find_first(text) == "warn-resource-deletion"


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        (f'==> azure-chroot: Error: Code="AuthorizationFailed" Message="{_DENIED}"', "tool-principal-denied"),
        (f"==> azure-arm.ubuntu: Error getting source image: {_DENIED}", "tool-principal-denied"),
        (f"packer build base.pkr.hcl\nError: {_DENIED}", "tool-principal-denied"),
        (f"image template: {_DENIED}", "identity-not-authorized"),
    ],
)
def test_ones_own_packer_has_no_template_identity(text: str, entry: str) -> None:
    assert find_first(text) == entry


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        (f"==> azure-arm: Capturing image ...\n{_EOF}", "packer-crashed"),
        (f"    azure-arm: Creating Azure Resource Manager (ARM) client ...\n{_EOF}", "packer-crashed"),
        (f"==> azure-arm: Provisioning with Powershell...\n{_EOF}", "windows-vm-resources-exhausted"),
        (
            "==> azure-arm: ERROR: -> OperationNotAllowed : Creating an image with sourceVirtualMachine source that has "
            f"CPU Architecture 'Arm64' is not supported. Select a supported CPU Architecture: 'x64'.\n{_EOF}",
            "image-capture-failed",
        ),
    ],
)
def test_an_unexpected_end_of_file_means_what_stands_above_it(text: str, entry: str) -> None:
    assert find_first(text) == entry


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            'We run ansible in our image build. It stops with\n\n{"msg": "Missing sudo password"}\n\nWhy?',
            "sudo wants a password or a terminal, and a build has neither",
        ),
        (
            "my ansible step in packer (azure-arm) says: Timeout (12s) waiting for privilege escalation prompt:",
            "sudo wants a password or a terminal, and a build has neither",
        ),
        (
            "Our packer build of Windows fails every time in its tests.\n"
            "Expected path 'C:\\tools\\go.exe' to exist, but it did not exist.",
            "An image check failed: Expected path 'C:\\tools\\go.exe' to exist, but it did not exist",
        ),
    ],
)
def test_a_quoted_line_counts_whatever_is_said_around_it(text: str, title: str) -> None:
    assert find_title(text) == title


def test_what_a_person_says_of_a_logs_last_line_is_searched_and_the_line_shown() -> None:
    text = "PACKER OUT     azure-arm: Restarting services...\nAnd I see that it just hangs there until it times out."
    match = DIAGNOSER.diagnose(text).matches[0]
    assert match.entry == "build-timeout"
    assert [line.text for line in match.evidence] == ["Restarting services..."]


@pytest.mark.parametrize(
    "text",
    [
        "==> arm: Provisioning with shell script: x.sh\n    arm: E: Unable to locate package foo\n(packer-plugin-arm)",
        "    default: ==> arm: E: Unable to locate package foo",
        "+ packer build base.pkr.hcl\n./build.sh: line 12: packer: command not found",
        "lisa.util.LisaException: (AuthorizationFailed) The client 'a' may not perform action 'Microsoft.Compute/disks/write'",
    ],
)
def test_what_other_tools_say_is_left_alone(text: str) -> None:
    diagnosis = DIAGNOSER.diagnose(text)
    assert diagnosis.finding is None
    assert not diagnosis.matches


@pytest.mark.parametrize(
    "provider", ["Microsoft.RecoveryServices/vaults/v", "Microsoft.OperationalInsights/workspaces/w"]
)
def test_a_message_about_a_resource_that_no_build_has_is_only_a_guess(provider: str) -> None:
    text = (
        f"The scope '/subscriptions/x/resourceGroups/rg/providers/{provider}' cannot perform delete operation because "
        "following scope(s) are locked: '/subscriptions/x/resourceGroups/rg'. Please remove the lock and try again."
    )
    finding = DIAGNOSER.diagnose(text).finding
    assert finding is None or finding.is_guess


@pytest.mark.parametrize("subscription", ["***", "c", "1f6c20d9-4b8e-47a3-9d05-7be3a914c682"])
def test_a_masked_subscription_is_another_tenants_all_the_same(subscription: str) -> None:
    text = (
        "ERROR: (LinkedAuthorizationFailed) The client has permission to perform action 'Microsoft.Compute/galleries/"
        "images/versions/read' on scope 'x', however the current tenant '***' is not authorized to access linked "
        f"subscription '{subscription}'."
    )
    assert find_first(text) == "cross-tenant-denied"


_EXITS = "[b1] PACKER 2025/11/11 08:39:34 /aib/packerInput/packer: plugin process exited\n"
_VERDICT = (
    "[b1] PACKER 2025/11/11 08:39:34 ui error: Build 'azure-arm' errored after 9 minutes: "
    "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]\n"
    '[b1] PACKER 2025/11/11 08:39:34 machine readable: error-count []string{"1"}\n'
)
_STOPPED = "[b1] PACKER 2025/11/13 18:30:04 Cancelling provisioner after context cancellation context canceled\n"
_CLEAN_UP = "[b1] PACKER ==> azure-arm: Deleting Virtual Machine deployment and its attached resources...\n"


@pytest.mark.parametrize(
    ("text", "finding"),
    [(_VERDICT + 40 * _EXITS, "output-above"), (_CLEAN_UP + _STOPPED + 40 * _EXITS, "stopped-above")],
)
def test_the_end_of_a_log_says_that_the_cause_is_further_up(text: str, finding: str) -> None:
    found = DIAGNOSER.diagnose(text).finding
    assert found is not None
    assert found.id == finding
