"""The last steps of a build log: sysprep or deprovisioning, the snapshot, the cleanup, and the verdict."""

from __future__ import annotations

from bot.sandbox.builds.log_context import LogContext

_SCRIPT_CHECK = (
    "if( TEST-PATH c:\\DeprovisioningScript.ps1 ){cat c:\\DeprovisioningScript.ps1}",
    'else{Write-Output "Deprovisioning script [c:\\DeprovisioningScript.ps1] could not be found. Image build may fail '
    "or the VM created from the Image may not boot. Please make sure the script is not accidentally deleted by a "
    'customizer in the template."}',
)
_SYSPREP_SCRIPT = """\
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


def write_sysprep(
    context: LogContext, state_checks: int = 6, missing_service: str = "", completes: bool = True
) -> None:
    """Write the last provisioner of a Windows build.

    Args:
        context: The log to write to.
        state_checks: How often the script reads an unfinished state, at intervals of five seconds.
        missing_service: The name of a service that the script can't find, if any.
        completes: Whether sysprep finishes.
    """
    log = context.log
    log.write_telemetry("Starting provisioner powershell")
    log.write_ui("Provisioning with Powershell...")
    log.write_source("packer-provisioner-powershell", *_SCRIPT_CHECK)
    log.write_ui("Provisioning with powershell script: /tmp/powershell-provisioner1093557118").wait(3)
    log.write_debug(
        "[INFO] starting remote command: powershell -executionpolicy bypass "
        '-file "C:/Windows/Temp/packer-elevated-shell.ps1"'
    )
    # the service prints its script before it runs it, so the phrases of success are in every log
    log.wait(2).write_output(*_SYSPREP_SCRIPT.splitlines())
    log.write_output(">>> Waiting for GA Service (RdAgent) to start ...")
    log.wait(5).write_output(">>> Waiting for GA Service (WindowsAzureGuestAgent) to start ...")
    if missing_service:
        log.write_ui(f"Get-Service : Cannot find any service with service name '{missing_service}'.")
        log.write_output(
            "At C:\\DeprovisioningScript.ps1:6 char:9",
            f"+ while ((Get-Service {missing_service}).Status -ne 'Running') {{ Start-Sleep - ...",
            "+         ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
            f"    + CategoryInfo          : ObjectNotFound: ({missing_service}:String) [Get-Service], "
            "ServiceCommandException",
        )
    log.wait(5).write_output(">>> Sysprepping VM ...")
    for _ in range(state_checks):
        log.wait(5).write_output("IMAGE_STATE_UNDEPLOYABLE")
    if completes:
        log.wait(5).write_output("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", ">>> Sysprep complete ...")
        log.write_telemetry("ending powershell")


def write_deprovisioning(context: LogContext) -> None:
    """Write the last provisioner of a Linux build."""
    command = "/usr/sbin/waagent -force -deprovision+user && export HISTSIZE=0 && sync"
    log = context.log
    log.write_telemetry("Starting provisioner shell")
    log.write_ui("Provisioning with shell script: /tmp/packer-shell661902457").wait(2)
    log.write_debug("[INFO] starting remote command: chmod +x /tmp/script_7719.sh; sudo -E sh '/tmp/script_7719.sh'")
    log.write_output(f"Deprovisioning: {command}").wait(4)
    log.write_output("WARNING! The waagent service will be stopped.", "WARNING! Cached DHCP leases will be deleted.")
    log.write_output("WARNING! root password will be disabled. You will not be able to login as root.")
    log.write_telemetry("ending shell")


def write_success(context: LogContext) -> None:
    """Write the snapshot, the cleanup, and the verdict of a successful build."""
    log = context.log
    log.write_ui("Querying the machine's properties ...")
    log.write_ui(f" -> Compute Name       : 'pkrvm{context.vm_suffix}'").wait(2)
    log.write_ui("Powering off machine ...").wait(35).write_ui("Generalizing machine ...").wait(3)
    log.write_ui("Snapshotting OS disk ...").wait(12)
    log.write_ui(f" -> Snapshot ID : '{context.derive_name('snapshot', 16)}'")
    log.write_ui("Skipping image creation...")
    _write_cleanup(context)
    log.write_verdict(f"Build 'azure-arm' finished after {context.elapsed}.", error=False)
    log.write_heading(f"Wait completed after {context.elapsed}")
    _write_packer_exit(context)


def write_failure(context: LogContext, message: str) -> None:
    """Write the cleanup and the verdict of a build whose last step failed; `message` may have several lines."""
    context.log.write_ui("Provisioning step had errors: Running the cleanup provisioner, if present...")
    _write_error_summary(context, context.fill_placeholders(message).splitlines())


def write_deployment_failure(context: LogContext, message: str) -> None:
    """Write the end of a build whose VM could not be deployed; `message` may have several lines."""
    lines = context.fill_placeholders(message).splitlines()
    for line in lines:
        context.log.write_ui(f"ERROR: {line}", error=True)
    context.log.write_ui("")
    _write_error_summary(context, lines)


def write_cancellation(context: LogContext, delay_seconds: float = 0, at_minute: float | None = None) -> None:
    """Write the end of a build that the service stopped: a cleanup that is cut off, and no verdict.

    Args:
        context: The log to write to.
        delay_seconds: How long nothing is written before the stop.
        at_minute: If set, when the service stops the build, in minutes since the log's first line.
    """
    log = context.log
    if at_minute is not None:
        log.wait(max(0.0, at_minute * 60 - (log.now - context.started_at).total_seconds()))
    log.wait(delay_seconds).write_verdict("Cancelling build after receiving terminated")
    log.write_core("Cancelling builder after context cancellation context canceled")
    for _ in context.template.properties.get("customize", ()):
        log.write_core("packer-provisioner-powershell plugin: Received interrupt signal (count: 1). Ignoring.")
    log.write_debug("Cancelling provisioning due to context cancellation: context canceled")
    log.write_debug("Cancelling hook after context cancellation context canceled")
    log.write_section("Deleting Virtual Machine deployment and its attached resources...")
    log.write_core("Cancelling provisioner after context cancellation context canceled")
    context.write_request("GET", f"/providers/Microsoft.Resources/deployments/pkrdp{context.vm_suffix}/operations")
    log.wait(2).write_debug(
        f"[INFO] Attempting deletion -> Microsoft.Compute/virtualMachines : pkrvm{context.vm_suffix}"
    )
    log.write_core("Done exporting Packer logs to Azure Storage.")


def _write_error_summary(context: LogContext, lines: list[str]) -> None:
    log = context.log
    _write_cleanup(context)
    log.write_verdict(f"Build 'azure-arm' errored after {context.elapsed}: {lines[0]}")
    for line in lines[1:]:
        log.write_verdict(line)
    log.write_heading(f"Wait completed after {context.elapsed}")
    log.write_core('machine readable: error-count []string{"1"}')
    log.write_heading("Some builds didn't complete successfully and had errors:", error=True)
    quoted = "\\n".join(lines).replace('"', '\\"')
    log.write_core(f'machine readable: azure-arm,error []string{{"{quoted}"}}')
    log.write_verdict(f"--> azure-arm: {lines[0]}")
    for line in lines[1:]:
        log.write_verdict(line)
    _write_packer_exit(context)


def _write_cleanup(context: LogContext) -> None:
    log = context.log
    log.write_section("Deleting Virtual Machine deployment and its attached resources...")
    for resource_type, name in (
        ("Microsoft.Compute/virtualMachines", f"pkrvm{context.vm_suffix}"),
        ("Microsoft.Network/networkInterfaces", f"pkrni{context.vm_suffix}"),
        ("Microsoft.Compute/disks", f"pkros{context.vm_suffix}"),
    ):
        log.write_debug(f"[INFO] Attempting deletion -> {resource_type} : {name}")
        context.write_request("DELETE", f"/providers/{resource_type}/{name}")
        log.wait(10)
        context.write_request("GET", f"/providers/{resource_type}/{name}")
        log.write_ui(f"Deleted -> {resource_type} : '{name}'")
    log.write_ui(f"Removing the created Deployment object: 'pkrdp{context.vm_suffix}'").wait(10)
    if context.template.is_windows:
        log.write_section("Deleting KeyVault created during build").wait(3)
        log.write_ui(f"Deleted -> Microsoft.KeyVault/vaults : 'pkrkv{context.vm_suffix}'")
    log.write_section("The resource group was not created by Packer, not deleting ...")


def _write_packer_exit(context: LogContext) -> None:
    log = context.log
    # successful builds say this too: the service takes the snapshot and creates the image itself
    log.write_heading("Builds finished but no artifacts were created.")
    log.write_telemetry("Finalizing.")
    log.write_core("waiting for all plugin processes to complete...")
    for _ in range(len(context.template.properties.get("customize", ())) + 1):
        log.write_core("/aib/packerInput/packer: plugin process exited")
    log.write_core("Done exporting Packer logs to Azure Storage.")
