"""The messages of Packer and the service that a large log is searched for, besides the literals of signatures."""

from __future__ import annotations

BUILD_START_MARK = b"[INFO] Packer version:"
"""In a line of Packer's core; the plugins print their versions in the same way."""

FAILURE_MARKS = (b"Provisioning step had errors", b"Cancelling build after receiving", b"Cleanly cancelled builds")
"""What the failed step or the stop of a build starts with. The lines before the first of them are kept."""

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
"""What the build's timeline, its outcome and the observations are read from. Case does not matter."""
