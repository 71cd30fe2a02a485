"""The acts that a template's file tells its build with, each by its name: what Packer and a customizer write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.errors import StartError
from bot.sandbox import endings, openings
from bot.sandbox.stage import Stage

_POWERSHELL = "packer-provisioner-powershell"
_MEGABYTES = re.compile(r"; ([0-9.]+) MB")


def play(stage: Stage, acts: Sequence[Any]) -> None:
    """Plays acts in order: each a name, or a name with its arguments.

    Raises:
        StartError: for an act that does not exist.
    """
    for act in acts:
        name, arguments = (act, {}) if isinstance(act, str) else next(iter(act.items()))
        if name not in ACTS:
            raise StartError(
                f"The sandbox's template {stage.template.name} has an act {name!r}: use {', '.join(ACTS)}."
            )
        ACTS[name](stage, **arguments)


def powershell(stage: Stage, output: Any, source: str = "", code: int = 0, seconds: float = 30) -> None:
    """One inline PowerShell customizer, with its exit code."""
    log = stage.log
    number = len(log.lines)
    if log.form == "old":
        log.telemetry("Starting provisioner powershell")
    log.ui("Provisioning with Powershell...")
    log.source(_POWERSHELL, *stage.fill(source or "Write-Host 'done'").splitlines())
    script, shell = stage.template.made_id(f"script{number}"), stage.template.made_id(f"shell{number}")
    log.ui(f"Provisioning with powershell script: /tmp/powershell-provisioner{int(script[:8], 16)}")
    for size, name in ((74, "packer-ps-env-vars"), (3223, "packer-elevated-shell"), (len(source), "script")):
        log.core(f"{_POWERSHELL} plugin: [INFO] {size} bytes written for 'uploadData'")
        log.debug(f"Uploading file to 'c:/Windows/Temp/{name}-{script}.ps1'").wait(1)
    command = f'powershell -executionpolicy bypass -file "C:/Windows/Temp/packer-elevated-shell-{shell}.ps1"'
    log.debug(f"[INFO] starting remote command: {command}")
    stage.print(output, seconds, f"C:\\Windows\\Temp\\script-{script}.ps1")
    _ended(stage, command, code)
    if code:
        log.core(f"{_POWERSHELL} plugin: c:/Windows/Temp/script-{script}.ps1 returned with exit code {code}")
    else:
        clean = f"powershell -executionpolicy bypass -file c:/Windows/Temp/packer-cleanup-{script}.ps1"
        log.debug(f"[INFO] starting remote command: {clean}").wait(1)
        log.debug(f"[INFO] command '{clean}' exited with code: 0")
    if log.form == "old":
        log.telemetry("ending powershell")


def hanging_powershell(stage: Stage, output: Any, source: str, seconds: float = 30) -> None:
    """An inline PowerShell customizer that never ends."""
    log = stage.log
    log.ui("Provisioning with Powershell...")
    for line in stage.fill(source).splitlines():
        log.source(_POWERSHELL, line)
    script = stage.template.made_id("hanging")
    log.ui(f"Provisioning with powershell script: /tmp/powershell-provisioner{int(script[:8], 16)}").wait(2)
    command = f'powershell -executionpolicy bypass -file "C:/Windows/Temp/packer-elevated-shell-{script}.ps1"'
    log.debug(f"[INFO] starting remote command: {command}")
    stage.print(output, seconds)


def shell(stage: Stage, output: Any, code: int = 0, seconds: float = 30) -> None:
    """One inline Shell customizer, with its exit code."""
    log = stage.log
    script = int(stage.template.made_id(f"shell{len(log.lines)}")[:8], 16)
    if log.form == "old":
        log.telemetry("Starting provisioner shell")
    log.ui(f"Provisioning with shell script: /tmp/packer-shell{script}")
    log.debug("Opening new ssh session").debug(
        f"[DEBUG] Starting remote scp process: scp -vt /tmp/script_{script % 9999}.sh"
    )
    command = f"chmod +x /tmp/script_{script % 9999}.sh; PACKER_BUILD_NAME='azure-arm' /tmp/script_{script % 9999}.sh"
    log.wait(2).debug(f"[DEBUG] starting remote command: {command}")
    stage.print(output, seconds)
    if code:
        log.debug(f"[ERROR] Remote command exited with '{code}': {command}")
    else:
        log.debug(f"[INFO] Remote command exited with '0': {command}")
    log.core(f"[INFO] RPC endpoint: Communicator ended with: {code}")
    log.core(f"[INFO] RPC client: Communicator ended with: {code}")
    if log.form == "old":
        log.telemetry("ending shell")


def file(stage: Stage, to: str, size: int = 24_576, seconds: float = 2) -> None:
    """A File customizer."""
    log = stage.log
    if log.form == "old":
        log.telemetry("Starting provisioner file")
    log.ui(f"Uploading /aib/packerInput/script_0 => {to}").debug(f"Uploading file to '{to}'").wait(seconds)
    log.core(f"packer-provisioner-file plugin: [INFO] {size} bytes written for 'uploadData'")
    if log.form == "old":
        log.telemetry("ending file")


def restart(stage: Stage, seconds: float = 70, timeout: str = "5m0s", comes_back: bool = True) -> None:
    """A WindowsRestart customizer with its harmless noise; `seconds` until the machine is back, or is given up."""
    log, component = stage.log, "packer-provisioner-windows-restart plugin:"
    probe = 'shutdown /r /f /t 60 /c "packer restart test"'
    if log.form == "old":
        log.telemetry("Starting provisioner windows-restart")
    log.ui("Restarting Machine").debug('[INFO] starting remote command: shutdown /r /f /t 0 /c "packer restart"')
    log.debug("[INFO] command 'shutdown /r /f /t 0 /c \"packer restart\"' exited with code: 0").wait(1)
    log.ui("Waiting for machine to restart...").core(
        f"{component} Waiting for machine to reboot with timeout: {timeout}"
    )
    probes = min(4, max(2, int(seconds // 15)))
    for attempt in range(probes):
        log.core(f"{component} Check if machine is rebooting...")
        log.debug(f"[INFO] starting remote command: {probe}").wait(15)
        if attempt % 2 == 0:
            log.ui("A system shutdown has already been scheduled.(1190)", error=True)
            log.debug(f"[INFO] command '{probe}' exited with code: 1190")
        else:
            log.ui("A system shutdown is in progress.(1115)", error=True)
            log.debug(f"[INFO] command '{probe}' exited with code: 1115")
        log.core(f"{component} Reboot already in progress, waiting...")
    log.wait(max(0.0, seconds - 15 * probes))
    if comes_back:
        log.ui(f"pkrvm{stage.vm} restarted.").core(f"{component} Connected to machine")
        log.ui("Machine successfully restarted, moving on")
    if log.form == "old":
        log.telemetry("ending windows-restart")


def update(stage: Stage, found: Sequence[str] = (), seconds: float = 240, error: str = "", ends: bool = True) -> None:
    """A WindowsUpdate customizer that installs `found`, breaks off with `error`, or, without `ends`, still installs."""
    log = stage.log
    command = "PowerShell -ExecutionPolicy Bypass -OutputFormat Text -File C:/Windows/Temp/packer-windows-update.ps1"
    if log.form == "old":
        log.telemetry("Starting provisioner windows-update")
    log.ui("Uploading the Windows update elevated script...").wait(1)
    log.ui("Uploading the Windows update check for reboot required elevated script...").wait(1)
    log.ui("Uploading the Windows update script...").wait(1).ui("Running Windows update...")
    log.debug(f"[INFO] starting remote command: {command}").wait(7)
    log.ui("Searching for Windows updates...").wait(21)
    if error:
        log.output(error).wait(1).debug(f"[INFO] command '{command}' exited with code: 1")
        log.core("[INFO] RPC client: Communicator ended with: 1")
    else:
        for title in found:
            log.ui(f"Found Windows update ({title}")
        size = sum(float(part) for title in found for part in _MEGABYTES.findall(title))
        log.ui(f"Downloading Windows updates ({len(found)} updates; {size:.2f} MB)...").wait(25)
        log.ui("Installing Windows updates...")
        for busy in range(max(1, int(seconds // 60))):
            busyness = f"{3 + busy % 9}% cpu; {17 + busy % 40}% memory"
            log.wait(60).ui(f"Waiting for operation to complete (system performance: {busyness})...")
        if not ends:
            return
        log.debug(f"[INFO] command '{command}' exited with code: 101")
        log.ui("Restarting the machine...").wait(45).ui("Waiting for machine to become available...").wait(20)
        log.ui("Checking for pending restart...").wait(4).ui("No Windows updates found")
        log.debug(f"[INFO] command '{command}' exited with code: 0")
    if log.form == "old":
        log.telemetry("ending windows-update")


def _ended(stage: Stage, command: str, code: int) -> None:
    log = stage.log
    log.debug(f"[INFO] command '{command}' exited with code: {code}")
    log.debug(f"[INFO] RPC endpoint: Communicator ended with: {code}")
    log.core("[INFO] 2108 bytes written for 'stdout'").core("[INFO] 0 bytes written for 'stderr'")
    log.core(f"[INFO] RPC client: Communicator ended with: {code}")


ACTS: Mapping[str, Callable[..., None]] = {
    "begin": openings.begin,
    "deploy-only": openings.deploy_only,
    "powershell": powershell,
    "hanging-powershell": hanging_powershell,
    "shell": shell,
    "file": file,
    "restart": restart,
    "update": update,
    "sysprep": endings.sysprep,
    "deprovision": endings.deprovision,
    "finished": endings.finished,
    "failed": endings.failed,
    "not-deployed": endings.not_deployed,
    "stopped": endings.stopped,
}
