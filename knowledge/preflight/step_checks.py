"""The checks that look at several steps of a template at once, or at a step and its script's file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256

from knowledge.preflight.place import Place, list_places
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.property_checks import PropertyFault
from knowledge.preflight.template_scripts import TemplateScript
from knowledge.template.vm_size import count_vcpus

Scripts = Sequence[TemplateScript]
_INSTALLS = re.compile(
    r"\b(?:choco|winget|dism|pip3?|npm)\b[^\n]{0,200}?\b(?:install|add)\b|\bmsiexec\b|\bInstall-\w+|\bAdd-Windows\w+"
    r"|\bEnable-WindowsOptionalFeature\b"
    r"|\.exe\b[^\n]{0,200}?[\s'\"][-/]{1,2}(?:install|quiet|q|s|silent|verysilent)\b",
    re.IGNORECASE,
)
_WAITS = re.compile(r"\bStart-Sleep\b|\bsleep\s+\d", re.IGNORECASE)
_QUICK_COMMANDS = frozenset(
    {
        *("copy-item", "del", "echo", "md", "mkdir", "new-item", "new-itemproperty", "remove-item", "set-content"),
        *("set-item", "set-itemproperty", "set-service", "set-timezone", "write-host", "write-output"),
    }
)
_APT = frozenset({"apt", "apt-get"})
_UPDATES = re.compile(r"\s(?:update|upgrade|dist-upgrade|full-upgrade)\b")
_WAITS_FOR_LOCK = re.compile(
    r"cloud-init|DPkg::Lock|\bfuser\b|\blsof\b|\bflock\b|unattended-upgr|apt-daily|\bsleep\s+\d"
)
_MAX_QUICK_COMMANDS = 5
_MAX_SLOW_CPUS = 1


def find_update_without_restart(template: CheckedTemplate, scripts: Scripts) -> Iterator[PropertyFault]:
    """Find the last Windows update if no restart comes after it."""
    last: Place | None = None
    for place in list_places(template, "properties.customize[*]"):
        name = _read_type(place)
        last = place if name == "windowsupdate" else None if name in ("windowsrestart", "") else last
    if last is not None:
        yield PropertyFault(last)


def find_update_after_install(template: CheckedTemplate, scripts: Scripts) -> Iterator[PropertyFault]:
    """Find Windows updates that follow a script that installs something, without a restart or a pause between."""
    may_be_busy = False
    for place in list_places(template, "properties.customize[*]"):
        name = _read_type(place)
        if name == "windowsupdate" and may_be_busy:
            yield PropertyFault(place)
        code = "\n".join(script.scanned.code for script in _list_scripts(scripts, place))
        if name != "powershell" or _WAITS.search(code):
            may_be_busy = False
        elif _INSTALLS.search(code):
            may_be_busy = True


def find_quick_steps(template: CheckedTemplate, scripts: Scripts) -> Iterator[PropertyFault]:
    """Find a Windows template whose steps take only seconds, on a VM with one vCPU."""
    profile = template.properties.get("vmProfile")
    size = profile.get("vmSize") if profile else None
    cpus = count_vcpus(size.text) if size else None
    if cpus is None or cpus > _MAX_SLOW_CPUS:
        return
    steps = list(list_places(template, "properties.customize[*]"))
    customize = next(list_places(template, "properties.customize"))
    if any(step.is_cut_short for step in steps) or (customize.node is not None and customize.node.is_unevaluated):
        return
    if all(_is_quick(scripts, step) for step in steps):
        yield PropertyFault(steps[0] if steps else customize, {"value": size.text if size else ""})


def find_early_apt(template: CheckedTemplate, scripts: Scripts) -> Iterator[PropertyFault]:
    """Find the first step that updates with apt, unless something waits for its lock before."""
    for script in scripts:
        if _WAITS_FOR_LOCK.search(script.scanned.code):
            return
        if any(command.name in _APT and _UPDATES.search(command.text) for command in script.scanned.commands):
            yield PropertyFault(script.step)
            return


def find_other_checksum(template: CheckedTemplate, scripts: Scripts) -> Iterator[PropertyFault]:
    """Find a checksum that isn't that of the script's file beside the template."""
    for script in scripts:
        wanted = script.step.item.get("sha256Checksum")
        if script.file is None or wanted is None or not re.fullmatch("[0-9a-f]{64}", wanted.text):
            continue
        if wanted.text not in _list_checksums(script.file.text):
            place = Place(f"{script.step.path}.sha256Checksum", "sha256Checksum", wanted, script.step.item, wanted)
            yield PropertyFault(place, {"value": script.file.name})


def _list_checksums(text: str) -> set[str]:
    """Return the checksums that a file with this text can have, with either line breaks, and with or without a mark."""
    unix = text.replace("\r\n", "\n")
    variants = (text, unix, unix.replace("\n", "\r\n"))
    marks = (b"", b"\xef\xbb\xbf")
    return {sha256(mark + variant.encode("utf-8", "replace")).hexdigest() for variant in variants for mark in marks}


def _is_quick(scripts: Scripts, step: Place) -> bool:
    if _read_type(step) != "powershell" or step.item.get("scriptUri") is not None:
        return False
    own = _list_scripts(scripts, step)
    commands = [command for script in own for command in script.scanned.commands]
    is_known = bool(own) and all(script.is_complete for script in own)
    names = {command.name for command in commands}
    return is_known and len(commands) <= _MAX_QUICK_COMMANDS and names <= _QUICK_COMMANDS


def _list_scripts(scripts: Scripts, step: Place) -> Scripts:
    return [script for script in scripts if script.step.path == step.path]


def _read_type(step: Place) -> str:
    kind = step.node.get("type") if step.node else None
    return kind.text.lower() if kind else ""
