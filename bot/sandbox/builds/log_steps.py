"""The steps that a template file lists for a log, by name. This module writes those of the customizers.

Parameters are the keys that a file gives to a step; `seconds` is always how long the customizer runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.errors import StartError
from bot.sandbox.builds.log_context import LogContext
from bot.sandbox.builds.setup_steps import write_setup, write_setup_until_deployment
from bot.sandbox.builds.teardown_steps import (
    write_cancellation,
    write_deployment_failure,
    write_deprovisioning,
    write_failure,
    write_success,
    write_sysprep,
)

_POWERSHELL_PLUGIN = "packer-provisioner-powershell"
_RESTART_PLUGIN = "packer-provisioner-windows-restart"
_UPDATE_SIZE_MB = re.compile(r"; ([0-9.]+) MB")
_PROBE_SECONDS = 15


def run_steps(context: LogContext, steps: Sequence[Any]) -> None:
    """Run steps in order; each is a name, or a mapping of a name to its parameters.

    Raises:
        StartError: A step doesn't exist.
    """
    for step in steps:
        name, parameters = (step, {}) if isinstance(step, str) else next(iter(step.items()))
        if name not in LOG_STEPS:
            raise StartError(
                f"The sandbox's template {context.template.name} has a step {name!r}: use {', '.join(LOG_STEPS)}."
            )
        LOG_STEPS[name](context, **parameters)


def write_powershell(
    context: LogContext, output: Any, source: str = "", exit_code: int = 0, seconds: float = 30
) -> None:
    """Write an inline PowerShell customizer."""
    log = context.log
    step_id = len(log.lines)  # distinguishes several customizers of a build
    script, shell = context.template.derive_guid(f"script{step_id}"), context.template.derive_guid(f"shell{step_id}")
    log.write_telemetry("Starting provisioner powershell")
    log.write_ui("Provisioning with Powershell...")
    log.write_source(_POWERSHELL_PLUGIN, *context.fill_placeholders(source or "Write-Host 'done'").splitlines())
    log.write_ui(f"Provisioning with powershell script: /tmp/powershell-provisioner{int(script[:8], 16)}")
    for size, name in ((74, "packer-ps-env-vars"), (3223, "packer-elevated-shell"), (len(source), "script")):
        log.write_core(f"{_POWERSHELL_PLUGIN} plugin: [INFO] {size} bytes written for 'uploadData'")
        log.write_debug(f"Uploading file to 'c:/Windows/Temp/{name}-{script}.ps1'").wait(1)
    command = f'powershell -executionpolicy bypass -file "C:/Windows/Temp/packer-elevated-shell-{shell}.ps1"'
    log.write_debug(f"[INFO] starting remote command: {command}")
    context.write_script_output(output, seconds, f"C:\\Windows\\Temp\\script-{script}.ps1")
    log.write_debug(f"[INFO] command '{command}' exited with code: {exit_code}")
    log.write_debug(f"[INFO] RPC endpoint: Communicator ended with: {exit_code}")
    log.write_core("[INFO] 2108 bytes written for 'stdout'").write_core("[INFO] 0 bytes written for 'stderr'")
    log.write_core(f"[INFO] RPC client: Communicator ended with: {exit_code}")
    if exit_code:
        log.write_core(
            f"{_POWERSHELL_PLUGIN} plugin: c:/Windows/Temp/script-{script}.ps1 returned with exit code {exit_code}"
        )
    else:
        cleanup = f"powershell -executionpolicy bypass -file c:/Windows/Temp/packer-cleanup-{script}.ps1"
        log.write_debug(f"[INFO] starting remote command: {cleanup}").wait(1)
        log.write_debug(f"[INFO] command '{cleanup}' exited with code: 0")
    log.write_telemetry("ending powershell")


def write_hanging_powershell(context: LogContext, output: Any, source: str, seconds: float = 30) -> None:
    """Write an inline PowerShell customizer that never ends; `seconds` is how long it prints."""
    log = context.log
    log.write_ui("Provisioning with Powershell...")
    # the lines are separate commands here, not one script, so the plugin announces each of them
    for line in context.fill_placeholders(source).splitlines():
        log.write_source(_POWERSHELL_PLUGIN, line)
    script = context.template.derive_guid("hanging")
    log.write_ui(f"Provisioning with powershell script: /tmp/powershell-provisioner{int(script[:8], 16)}").wait(2)
    command = f'powershell -executionpolicy bypass -file "C:/Windows/Temp/packer-elevated-shell-{script}.ps1"'
    log.write_debug(f"[INFO] starting remote command: {command}")
    context.write_script_output(output, seconds)


def write_shell(context: LogContext, output: Any, exit_code: int = 0, seconds: float = 30) -> None:
    """Write an inline Shell customizer."""
    log = context.log
    script = int(context.template.derive_guid(f"shell{len(log.lines)}")[:8], 16)
    remote_script = f"/tmp/script_{script % 9999}.sh"  # noqa: S108 - a text
    log.write_telemetry("Starting provisioner shell")
    log.write_ui(f"Provisioning with shell script: /tmp/packer-shell{script}")
    log.write_debug("Opening new ssh session")
    log.write_debug(f"[DEBUG] Starting remote scp process: scp -vt {remote_script}")
    command = f"chmod +x {remote_script}; PACKER_BUILD_NAME='azure-arm' {remote_script}"
    log.wait(2).write_debug(f"[DEBUG] starting remote command: {command}")
    context.write_script_output(output, seconds)
    level = "ERROR" if exit_code else "INFO"
    log.write_debug(f"[{level}] Remote command exited with '{exit_code}': {command}")
    log.write_core(f"[INFO] RPC endpoint: Communicator ended with: {exit_code}")
    log.write_core(f"[INFO] RPC client: Communicator ended with: {exit_code}")
    log.write_telemetry("ending shell")


def write_restart(context: LogContext, seconds: float = 70, timeout: str = "5m0s", comes_back: bool = True) -> None:
    """Write a WindowsRestart customizer with its harmless errors.

    Args:
        context: The log to write to.
        seconds: How long Packer waits until the machine is back, or gives up.
        timeout: The limit that Packer prints; it doesn't end the wait.
        comes_back: Whether the machine comes back.
    """
    log, component = context.log, f"{_RESTART_PLUGIN} plugin:"
    command, probe = 'shutdown /r /f /t 0 /c "packer restart"', 'shutdown /r /f /t 60 /c "packer restart test"'
    log.write_telemetry("Starting provisioner windows-restart")
    log.write_ui("Restarting Machine").write_debug(f"[INFO] starting remote command: {command}")
    log.write_debug(f"[INFO] command '{command}' exited with code: 0").wait(1)
    log.write_ui("Waiting for machine to restart...")
    log.write_core(f"{component} Waiting for machine to reboot with timeout: {timeout}")
    probes = min(4, max(2, int(seconds // _PROBE_SECONDS)))
    for attempt in range(probes):
        log.write_core(f"{component} Check if machine is rebooting...")
        log.write_debug(f"[INFO] starting remote command: {probe}").wait(_PROBE_SECONDS)
        # Packer asks for another restart; that this fails is how it knows that the first one is in progress
        if attempt % 2 == 0:
            log.write_ui("A system shutdown has already been scheduled.(1190)", error=True)
            log.write_debug(f"[INFO] command '{probe}' exited with code: 1190")
        else:
            log.write_ui("A system shutdown is in progress.(1115)", error=True)
            log.write_debug(f"[INFO] command '{probe}' exited with code: 1115")
        log.write_core(f"{component} Reboot already in progress, waiting...")
    log.wait(max(0.0, seconds - _PROBE_SECONDS * probes))
    if comes_back:
        log.write_ui(f"pkrvm{context.vm_suffix} restarted.").write_core(f"{component} Connected to machine")
        log.write_ui("Machine successfully restarted, moving on")
    log.write_telemetry("ending windows-restart")


def write_windows_update(
    context: LogContext, updates: Sequence[str] = (), seconds: float = 240, error: str = "", completes: bool = True
) -> None:
    """Write a WindowsUpdate customizer.

    Args:
        context: The log to write to.
        updates: The titles of the updates to install, as Packer prints them after an opening parenthesis.
        seconds: How long the installation takes, in whole minutes.
        error: If set, the message with which the search fails.
        completes: False for a log that stops during the installation.
    """
    log = context.log
    command = "PowerShell -ExecutionPolicy Bypass -OutputFormat Text -File C:/Windows/Temp/packer-windows-update.ps1"
    log.write_telemetry("Starting provisioner windows-update")
    log.write_ui("Uploading the Windows update elevated script...").wait(1)
    log.write_ui("Uploading the Windows update check for reboot required elevated script...").wait(1)
    log.write_ui("Uploading the Windows update script...").wait(1).write_ui("Running Windows update...")
    log.write_debug(f"[INFO] starting remote command: {command}").wait(7)
    log.write_ui("Searching for Windows updates...").wait(21)
    if error:
        log.write_output(error).wait(1).write_debug(f"[INFO] command '{command}' exited with code: 1")
        log.write_core("[INFO] RPC client: Communicator ended with: 1")
    else:
        _write_update_installation(context, updates, seconds)
        if not completes:
            return
        # 101 is the script's way to ask for a restart
        log.write_debug(f"[INFO] command '{command}' exited with code: 101")
        log.write_ui("Restarting the machine...").wait(45)
        log.write_ui("Waiting for machine to become available...").wait(20)
        log.write_ui("Checking for pending restart...").wait(4).write_ui("No Windows updates found")
        log.write_debug(f"[INFO] command '{command}' exited with code: 0")
    log.write_telemetry("ending windows-update")


def _write_update_installation(context: LogContext, updates: Sequence[str], seconds: float) -> None:
    log = context.log
    for title in updates:
        log.write_ui(f"Found Windows update ({title}")
    size = sum(float(megabytes) for title in updates for megabytes in _UPDATE_SIZE_MB.findall(title))
    log.write_ui(f"Downloading Windows updates ({len(updates)} updates; {size:.2f} MB)...").wait(25)
    log.write_ui("Installing Windows updates...")
    for minute in range(max(1, int(seconds // 60))):
        load = f"{3 + minute % 9}% cpu; {17 + minute % 40}% memory"
        log.wait(60).write_ui(f"Waiting for operation to complete (system performance: {load})...")


LOG_STEPS: Mapping[str, Callable[..., None]] = {
    "begin": write_setup,
    "deploy-only": write_setup_until_deployment,
    "powershell": write_powershell,
    "hanging-powershell": write_hanging_powershell,
    "shell": write_shell,
    "restart": write_restart,
    "update": write_windows_update,
    "sysprep": write_sysprep,
    "deprovision": write_deprovisioning,
    "finished": write_success,
    "failed": write_failure,
    "not-deployed": write_deployment_failure,
    "stopped": write_cancellation,
}
