"""How a build log ends: sysprep, the snapshot, the clean-up, and the verdict or its absence."""

from __future__ import annotations

from bot.sandbox.stage import Stage

_WINDOWS = (
    "if( TEST-PATH c:\\DeprovisioningScript.ps1 ){cat c:\\DeprovisioningScript.ps1}",
    'else{Write-Output "Deprovisioning script [c:\\DeprovisioningScript.ps1] could not be found. Image build may fail '
    "or the VM created from the Image may not boot. Please make sure the script is not accidentally deleted by a "
    'customizer in the template."}',
)
_SCRIPT = """\
Write-Output '>>> Waiting for GA Service (RdAgent) to start ...'
while ((Get-Service RdAgent).Status -ne 'Running') { Start-Sleep -s 5 }
Write-Output '>>> Waiting for GA Service (WindowsAzureGuestAgent) to start ...'
while ((Get-Service WindowsAzureGuestAgent).Status -ne 'Running') { Start-Sleep -s 5 }
Write-Output '>>> Sysprepping VM ...'
& $Env:SystemRoot\\System32\\Sysprep\\Sysprep.exe /oobe /generalize /quiet /quit
while($true) {
  $imageState = (Get-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\State).ImageState
  Write-Output $imageState
  if ($imageState -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { break }
  Start-Sleep -s 5
}
Write-Output '>>> Sysprep complete ...'
"""  # fmt: skip


def sysprep(stage: Stage, states: int = 6, missing: str = "", finishes: bool = True) -> None:
    """The last provisioner of a Windows build. `states`: how often the state is asked, every five seconds, in vain.

    `missing`: a service that the script cannot find.
    """
    log = stage.log
    if log.form == "old":
        log.telemetry("Starting provisioner powershell")
    log.ui("Provisioning with Powershell...")
    log.source("packer-provisioner-powershell", *_WINDOWS)
    log.ui("Provisioning with powershell script: /tmp/powershell-provisioner1093557118").wait(3)
    log.debug(
        "[INFO] starting remote command: powershell -executionpolicy bypass "
        '-file "C:/Windows/Temp/packer-elevated-shell.ps1"'
    )
    log.wait(2).output(*_SCRIPT.splitlines())
    log.output(">>> Waiting for GA Service (RdAgent) to start ...")
    log.wait(5).output(">>> Waiting for GA Service (WindowsAzureGuestAgent) to start ...")
    if missing:
        log.ui(f"Get-Service : Cannot find any service with service name '{missing}'.")
        log.output(
            "At C:\\DeprovisioningScript.ps1:6 char:9",
            f"+ while ((Get-Service {missing}).Status -ne 'Running') {{ Start-Sleep - ...",
        )
        log.output("+         ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~")
        log.output(
            f"    + CategoryInfo          : ObjectNotFound: ({missing}:String) [Get-Service], ServiceCommandException"
        )
    log.wait(5).output(">>> Sysprepping VM ...")
    for _ in range(states):
        log.wait(5).output("IMAGE_STATE_UNDEPLOYABLE")
    if finishes:
        log.wait(5).output("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", ">>> Sysprep complete ...")
        if log.form == "old":
            log.telemetry("ending powershell")


def deprovision(stage: Stage) -> None:
    """The last provisioner of a Linux build."""
    command = "/usr/sbin/waagent -force -deprovision+user && export HISTSIZE=0 && sync"
    log = stage.log
    if log.form == "old":
        log.telemetry("Starting provisioner shell")
    log.ui("Provisioning with shell script: /tmp/packer-shell661902457").wait(2)
    log.debug("[INFO] starting remote command: chmod +x /tmp/script_7719.sh; sudo -E sh '/tmp/script_7719.sh'")
    log.output(f"Deprovisioning: {command}").wait(4)
    log.output("WARNING! The waagent service will be stopped.", "WARNING! Cached DHCP leases will be deleted.")
    log.output("WARNING! root password will be disabled. You will not be able to login as root.")
    if log.form == "old":
        log.telemetry("ending shell")


def finished(stage: Stage) -> None:
    """The snapshot, the clean-up and the end of a build that went well."""
    log = stage.log
    log.ui("Querying the machine's properties ...").ui(f" -> Compute Name       : 'pkrvm{stage.vm}'").wait(2)
    log.ui("Powering off machine ...").wait(35).ui("Generalizing machine ...").wait(3)
    log.ui("Snapshotting OS disk ...").wait(12).ui(f" -> Snapshot ID : '{stage.made('snapshot', 16)}'")
    log.ui("Skipping image creation...")
    _clean_up(stage)
    log.verdict(f"Build 'azure-arm' finished after {stage.spent}.", error=False)
    log.heading(f"Wait completed after {stage.spent}")
    _over(stage)


def failed(stage: Stage, message: str) -> None:
    """The clean-up and the verdict of a build whose last step failed. `message` may have several lines."""
    log, lines = stage.log, stage.fill(message).splitlines()
    log.ui("Provisioning step had errors: Running the cleanup provisioner, if present...")
    _verdict(stage, lines)


def not_deployed(stage: Stage, message: str) -> None:
    """The end of a build whose VM was not deployed."""
    lines = stage.fill(message).splitlines()
    stage.log.ui(f"ERROR: {lines[0]}", error=True)
    for line in lines[1:]:
        stage.log.ui(f"ERROR: {line}", error=True)
    stage.log.ui("")
    _verdict(stage, lines)


def stopped(stage: Stage, silent: float = 0, minutes: float | None = None) -> None:
    """The end of a build that the service stopped, `silent` seconds later or `minutes` after the log began."""
    log = stage.log
    if minutes is not None:
        log.wait(max(0.0, minutes * 60 - (log.now - stage.began).total_seconds()))
    log.wait(silent).verdict("Cancelling build after receiving terminated")
    log.core("Cancelling builder after context cancellation context canceled")
    for _ in stage.template.properties.get("customize", ()):
        log.core("packer-provisioner-powershell plugin: Received interrupt signal (count: 1). Ignoring.")
    log.debug("Cancelling provisioning due to context cancellation: context canceled")
    log.debug("Cancelling hook after context cancellation context canceled")
    log.section("Deleting Virtual Machine deployment and its attached resources...")
    log.core("Cancelling provisioner after context cancellation context canceled")
    stage.request("GET", f"/providers/Microsoft.Resources/deployments/pkrdp{stage.vm}/operations")
    log.wait(2).debug(f"[INFO] Attempting deletion -> Microsoft.Compute/virtualMachines : pkrvm{stage.vm}")
    log.core("Done exporting Packer logs to Azure Storage.")


def _verdict(stage: Stage, lines: list[str]) -> None:
    log = stage.log
    _clean_up(stage)
    log.verdict(f"Build 'azure-arm' errored after {stage.spent}: {lines[0]}")
    for line in lines[1:]:
        log.verdict(line)
    log.heading(f"Wait completed after {stage.spent}")
    log.core('machine readable: error-count []string{"1"}')
    log.heading("Some builds didn't complete successfully and had errors:", error=True)
    quoted = "\\n".join(lines).replace('"', '\\"')
    log.core(f'machine readable: azure-arm,error []string{{"{quoted}"}}')
    log.verdict(f"--> azure-arm: {lines[0]}")
    for line in lines[1:]:
        log.verdict(line)
    _over(stage)


def _clean_up(stage: Stage) -> None:
    log = stage.log
    log.section("Deleting Virtual Machine deployment and its attached resources...")
    for kind, name in (
        ("Microsoft.Compute/virtualMachines", f"pkrvm{stage.vm}"),
        ("Microsoft.Network/networkInterfaces", f"pkrni{stage.vm}"),
        ("Microsoft.Compute/disks", f"pkros{stage.vm}"),
    ):
        log.debug(f"[INFO] Attempting deletion -> {kind} : {name}")
        stage.request("DELETE", f"/providers/{kind}/{name}")
        log.wait(10)
        stage.request("GET", f"/providers/{kind}/{name}")
        log.ui(f"Deleted -> {kind} : '{name}'")
    log.ui(f"Removing the created Deployment object: 'pkrdp{stage.vm}'").wait(10)
    if stage.template.windows:
        log.section("Deleting KeyVault created during build").wait(3)
        log.ui(f"Deleted -> Microsoft.KeyVault/vaults : 'pkrkv{stage.vm}'")
    log.section("The resource group was not created by Packer, not deleting ...")


def _over(stage: Stage) -> None:
    log = stage.log
    log.heading("Builds finished but no artifacts were created.")
    if log.form == "old":
        log.telemetry("Finalizing.")
    log.core("waiting for all plugin processes to complete...")
    for _ in range(len(stage.template.properties.get("customize", ())) + 1):
        log.core("/aib/packerInput/packer: plugin process exited")
    log.core("Done exporting Packer logs to Azure Storage.")
