"""Messages of Packer and the service to search for in a large log, besides the signatures' literals."""

from __future__ import annotations

BUILD_START_MARK = b"[INFO] Packer version:"
"""Printed by Packer's core; the plugins print their versions the same way."""

FAILURE_MARKS = (b"Provisioning step had errors", b"Cancelling build after receiving", b"Cleanly cancelled builds")
"""How the lines about a failed step or a stopped build start. The lines before the first one are kept."""

PACKER_MARKS = (
    "Provisioning step had errors",
    "Cancelling build after receiving",
    "Cleanly cancelled builds",
    "Cancelling provision",
    "Cancelling builder after context",
    ": Provisioning with ",
    ": Restarting Machine",
    ": Uploading the Windows update",
    ": Running Windows update",
    ": Uploading /",
    "(telemetry) Starting provisioner",
    "(telemetry) ending",
    "' errored after",
    "' errored:",
    "' finished after",
    "Some builds didn't complete",
    "machine readable: azure-arm,error",
    "Failed to prepare build",
    "Connected to WinRM!",
    "Connected to SSH!",
    "Waiting for WinRM to become",
    "Waiting for SSH to become",
    "Getting the VM's IP address",
    "Querying the machine's properties",
    "Powering off machine",
    "Deleting Virtual Machine deployment",
    "Deleting individual resources",
    "Deleting KeyVault created",
    ">>> Sysprepping VM",
    ">>> Waiting for GA Service",
    "IMAGE_STATE_UNDEPLOYABLE",
    "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE",
    "Done exporting Packer logs",
    "' exited with code: ",
    "Remote command exited with",
)
"""The source of the build's timeline, its outcome, and the observations. Case doesn't matter."""
