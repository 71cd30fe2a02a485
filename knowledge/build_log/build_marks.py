"""The messages of Packer that change what is known about a build, by how they start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from knowledge.build_log.build import BuildPhase

BuildEnd = Literal["step-failed", "stop", "clean-up"]
START_CHARS = 10


class BuildMark(NamedTuple):
    """How a message starts, and what it tells: a phase, the end of the build, or its verdict."""

    prefix: str
    phase: BuildPhase | None = None
    end: BuildEnd | None = None
    is_verdict: bool = False


_PHASE_PREFIXES: Mapping[BuildPhase, tuple[str, ...]] = {
    "prepare": ("Running builder ...",),
    "deploy": (
        "Getting source image id",
        "Validating deployment template",
        "Deploying deployment template",
        "Creating resource group",
    ),
    "connect": ("Getting the VM's IP address", "Waiting for WinRM", "Waiting for SSH"),
    "customize": ("Provisioning with", "Connected to WinRM", "Connected to SSH", "Uploading "),
    "deprovision": (">>> Waiting for GA Service", ">>> Sysprepping VM"),
    "capture": (
        "Querying the machine's properties",
        "Powering off machine",
        "Generalizing machine",
        "Capturing image",
        "Snapshotting OS disk",
        "Taking snapshot of OS disk",
        "Publishing to Shared Image Gallery",
    ),
}
_END_PREFIXES: Mapping[BuildEnd, tuple[str, ...]] = {
    "step-failed": ("Provisioning step had errors",),
    "stop": (
        "Cancelling build after receiving",
        "Cleanly cancelled builds",
        "Cancelling builder after context",
        "Cancelling provision",
    ),
    "clean-up": (
        "Deleting Virtual Machine deployment",
        "Deleting individual resources",
        "Deleting KeyVault created",
    ),
}
_START_PREFIXES = ("Restarting Machine", "Running Windows update")
_VERDICT_PREFIXES = ("Build 'azure-arm", 'Error: Failed to prepare build: "azure-arm"', "Done exporting Packer logs")
_MARKS = (
    *(BuildMark(prefix, phase=phase) for phase, prefixes in _PHASE_PREFIXES.items() for prefix in prefixes),
    *(BuildMark(prefix, end=end) for end, prefixes in _END_PREFIXES.items() for prefix in prefixes),
    *(BuildMark(prefix) for prefix in _START_PREFIXES),
    *(BuildMark(prefix, is_verdict=True) for prefix in _VERDICT_PREFIXES),
)
MARKS_BY_START: Mapping[str, tuple[BuildMark, ...]] = {
    start: tuple(mark for mark in _MARKS if mark.prefix.startswith(start))
    for start in {mark.prefix[:START_CHARS] for mark in _MARKS}
}
"""The marks by the first characters of a message: looking those up takes less time than comparing all prefixes."""


def find_mark(body: str) -> BuildMark | None:
    """Return what the message in a line tells about the build; `None` for most lines."""
    for mark in MARKS_BY_START.get(body[:START_CHARS], ()):
        if body.startswith(mark.prefix):
            return mark
    return None
