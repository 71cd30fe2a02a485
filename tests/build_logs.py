"""Build logs for the tests, in any format and with any ending.

The sandbox's `BuildLogWriter` writes the lines; the functions below write whole builds with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bot.sandbox.builds import log_writer
from bot.sandbox.builds.log_writer import BuildLogWriter

LogFormat = Literal["new", "old", "bare"]
"""A format of the service, or no prefix at all."""

RUN = "3c1f7a52-9d0e-4b7a-8a55-2f60c1d9e7b4"
SUBSCRIPTION = "5b0f8a7e-11d2-4c3b-9a64-7de0c2f1a9b8"
STAGING = "IT_rg-images_win-golden_6f3f2b1c-0a4d-4a5e-9e1b-77c0d2a4f6e1"


@dataclass
class BuildLog(BuildLogWriter):
    """A log being written; `bare`: its lines have no prefix."""

    log_format: log_writer.LogFormat = "new"
    operation_id: str = RUN
    now: datetime = datetime(2026, 1, 12, 8, 0, 0, tzinfo=UTC)
    bare: bool = False

    def text(self, newline: str = "\n") -> str:
        """The whole log."""
        return newline.join(self.lines) + newline

    def number_of(self, part: str, last: bool = False) -> int:
        """The physical number of the first (or last) line that contains `part`."""
        numbers = [number for number, line in enumerate(self.lines, 1) if part in line]
        return numbers[-1 if last else 0]

    def _write_with_prefix(self, body: str, stream: Literal["OUT", "ERR"] = "ERR", timed: bool = True) -> None:
        if self.bare:
            self._write_line(body)
        else:
            super()._write_with_prefix(body, stream, timed)


def begun(form: LogFormat = "new", windows: bool = True) -> BuildLog:
    """A build up to the connection to its VM."""
    log = BuildLog("old", bare=True) if form == "bare" else BuildLog(form)
    log.write_core("[INFO] Packer version: 1.14.3 [go1.24.0 linux amd64]")
    log.write_ui("Running builder ...").write_ui("Creating Azure Resource Manager (ARM) client ...")
    log.write_ui("ARM Client successfully created").wait(1).write_ui("Getting source image id for the deployment ...")
    publisher = "MicrosoftWindowsDesktop" if windows else "Canonical"
    log.write_ui(
        f" -> SourceImageName: '/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/northeurope/"
        f"publishers/{publisher}/ArtifactTypes/vmimage/offers/o/skus/s/versions/1.0.0'"
    )
    log.write_ui("Using existing resource group ...").write_ui(f" -> ResourceGroupName : '{STAGING}'")
    log.write_ui(" -> Location          : 'northeurope'").write_ui("Validating deployment template ...").wait(1)
    log.write_ui("Deploying deployment template ...").write_ui(" -> DeploymentName    : 'pkrdpa1b2c3d4e5'").wait(90)
    log.write_ui("Getting the VM's IP address ...").write_ui(" -> IP Address          : '10.0.1.4'")
    if windows:
        log.write_debug("Waiting for WinRM, up to timeout: 30m0s").write_ui("Waiting for WinRM to become available...")
        log.write_debug("[ERROR] WinRM connection err: http response error: 401 - invalid content type").wait(20)
        log.write_ui("WinRM connected.").write_ui("Connected to WinRM!")
    else:
        log.write_ui("Waiting for SSH to become available...")
        log.write_debug("[INFO] Waiting for SSH, up to timeout: 20m0s").wait(15).write_ui("Connected to SSH!")
    return log


def powershell(log: BuildLog, output: Sequence[str], code: int = 0, seconds: float = 30, source: str = "") -> BuildLog:
    """One inline PowerShell provisioner with its exit code."""
    log.write_ui("Provisioning with Powershell...")
    log.write_source("packer-provisioner-powershell", *(source or "Write-Host 'hello'").splitlines())
    log.write_ui("Provisioning with powershell script: /tmp/powershell-provisioner1234567890")
    command = 'powershell -executionpolicy bypass -file "C:/Windows/Temp/packer-elevated-shell-1.ps1"'
    log.wait(2).write_debug(f"[INFO] starting remote command: {command}").wait(seconds).write_output(*output)
    log.write_debug(f"[INFO] command '{command}' exited with code: {code}")
    log.write_core(f"[INFO] RPC client: Communicator ended with: {code}")
    if code:
        log.write_core(
            f"packer-provisioner-powershell plugin: c:/Windows/Temp/script-1.ps1 returned with exit code {code}"
        )
    else:
        clean = "powershell -executionpolicy bypass -file c:/Windows/Temp/packer-cleanup-1.ps1"
        log.write_debug(f"[INFO] command '{clean}' exited with code: 0")
    return log


def shell(log: BuildLog, output: Sequence[str], code: int = 0, seconds: float = 30) -> BuildLog:
    """One shell provisioner with its exit code."""
    log.write_ui("Provisioning with shell script: /tmp/packer-shell987654321")
    command = "chmod +x /tmp/script_9.sh; PACKER_BUILD_NAME='azure-arm' /tmp/script_9.sh"
    log.write_debug(f"[INFO] starting remote command: {command}").wait(seconds).write_output(*output)
    if code:
        log.write_debug(f"[ERROR] Remote command exited with '{code}': {command}")
    return log


def restart(log: BuildLog) -> BuildLog:
    """A WindowsRestart with its harmless noise."""
    probe = 'shutdown /r /f /t 60 /c "packer restart test"'
    log.write_ui("Restarting Machine").write_debug(
        '[INFO] starting remote command: shutdown /r /f /t 5 /c "packer restart"'
    )
    log.write_ui("Waiting for machine to restart...").write_debug(f"[INFO] starting remote command: {probe}")
    log.write_ui("A system shutdown has already been scheduled.(1190)", error=True)
    log.write_debug(f"[INFO] command '{probe}' exited with code: 1190").wait(40)
    log.write_debug("[INFO] command 'powershell -command restarted' exited with code: 0")
    return log.write_ui("pkrvma1b2c3d4e5 restarted.").write_ui("Machine successfully restarted, moving on")


def failed(log: BuildLog, message: str) -> BuildLog:
    """The end of a build whose last provisioner failed."""
    log.write_ui("Provisioning step had errors: Running the cleanup provisioner, if present...")
    _cleaned(log)
    log.write_verdict(f"Build 'azure-arm' errored after 3 minutes 42 seconds: {message}")
    log.write_verdict("==> Wait completed after 3 minutes 42 seconds", error=False)
    log.write_verdict("==> Some builds didn't complete successfully and had errors:")
    log.write_core(f'machine readable: azure-arm,error []string{{"{message}"}}')
    log.write_verdict(f"--> azure-arm: {message}")
    return _over(log)


def script_failed(log: BuildLog, code: int) -> BuildLog:
    """The end of a build whose script ended with `code`."""
    return failed(log, f"Script exited with non-zero exit status: {code}. Allowed exit codes are: [0]")


def succeeded(log: BuildLog) -> BuildLog:
    """Deprovisioning, capture and the end of a build that went well."""
    log.write_ui("Provisioning with Powershell...")
    log.write_source(
        "packer-provisioner-powershell",
        "if( TEST-PATH c:\\DeprovisioningScript.ps1 ){cat c:\\DeprovisioningScript.ps1}",
    )
    log.write_output("Write-Output '>>> Sysprep complete ...'", ">>> Waiting for GA Service (RdAgent) to start ...")
    log.write_output("if ($imageState -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { break }", ">>> Sysprepping VM ...")
    for _ in range(3):
        log.write_output("IMAGE_STATE_UNDEPLOYABLE").wait(5)
    log.write_output("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", ">>> Sysprep complete ...")
    log.write_ui("Querying the machine's properties ...").write_ui("Powering off machine ...").wait(20)
    log.write_ui("Snapshotting OS disk ...").write_ui("Skipping image creation...")
    _cleaned(log)
    log.write_verdict("Build 'azure-arm' finished after 9 minutes 13 seconds.", error=False)
    log.write_verdict("==> Wait completed after 9 minutes 13 seconds", error=False)
    return _over(log)


def stopped(log: BuildLog) -> BuildLog:
    """The end of a build that the service stopped."""
    log.write_verdict("Cancelling build after receiving terminated")
    log.write_core("Cancelling builder after context cancellation context canceled")
    log.write_debug("Cancelling provisioning due to context cancellation: context canceled")
    _cleaned(log)
    log.write_debug("[INFO] command 'powershell -file x.ps1' exited with code: 0")
    log.write_core("Done exporting Packer logs to Azure Storage.")
    return log


def _cleaned(log: BuildLog) -> None:
    log.write_ui("Deleting Virtual Machine deployment and its attached resources...").wait(60)
    log.write_ui("Error deleting resource. Will retry.", error=True)
    log.write_ui("Deleting KeyVault created during build").wait(20)
    log.write_ui("The resource group was not created by Packer, not deleting ...")


def _over(log: BuildLog) -> BuildLog:
    log.write_verdict("==> Builds finished but no artifacts were created.", error=False)
    return log.write_core("Done exporting Packer logs to Azure Storage.")
