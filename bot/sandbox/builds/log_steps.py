"""The acts that a template's file tells its build with, each by its name: what Packer and a customizer write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.errors import StartError
from bot.sandbox.builds import setup_steps as openings
from bot.sandbox.builds import teardown_steps as endings
from bot.sandbox.builds.log_context import LogContext

_POWERSHELL_PLUGIN = "packer-provisioner-powershell"
_UPDATE_SIZE_MB = re.compile(r"; ([0-9.]+) MB")


def run_steps(context: LogContext, steps: Sequence[Any]) -> None:
    """Plays acts in order: each a name, or a name with its arguments.

    Raises:
        StartError: for an act that does not exist.
    """
    for act in steps:
        name, arguments = (act, {}) if isinstance(act, str) else next(iter(act.items()))
        if name not in LOG_STEPS:
            raise StartError(
                f"The sandbox's template {context.template.name} has an act {name!r}: use {', '.join(LOG_STEPS)}."
            )
        LOG_STEPS[name](context, **arguments)


def write_powershell(context: LogContext, output: Any, source: str = "", code: int = 0, seconds: float = 30) -> None:
    """One inline PowerShell customizer, with its exit code."""
    log = context.log
    number = len(log.lines)
    if log.log_format == "old":
        log.write_telemetry("Starting provisioner powershell")
    log.write_ui("Provisioning with Powershell...")
    log.write_source(_POWERSHELL_PLUGIN, *context.fill_placeholders(source or "Write-Host 'done'").splitlines())
    script, shell = context.template.derive_guid(f"script{number}"), context.template.derive_guid(f"shell{number}")
    log.write_ui(f"Provisioning with powershell script: /tmp/powershell-provisioner{int(script[:8], 16)}")
    for size, name in ((74, "packer-ps-env-vars"), (3223, "packer-elevated-shell"), (len(source), "script")):
        log.write_core(f"{_POWERSHELL_PLUGIN} plugin: [INFO] {size} bytes written for 'uploadData'")
        log.write_debug(f"Uploading file to 'c:/Windows/Temp/{name}-{script}.ps1'").wait(1)
    command = f'powershell -executionpolicy bypass -file "C:/Windows/Temp/packer-elevated-shell-{shell}.ps1"'
    log.write_debug(f"[INFO] starting remote command: {command}")
    context.write_script_output(output, seconds, f"C:\\Windows\\Temp\\script-{script}.ps1")
    _write_command_end(context, command, code)
    if code:
        log.write_core(
            f"{_POWERSHELL_PLUGIN} plugin: c:/Windows/Temp/script-{script}.ps1 returned with exit code {code}"
        )
    else:
        clean = f"powershell -executionpolicy bypass -file c:/Windows/Temp/packer-cleanup-{script}.ps1"
        log.write_debug(f"[INFO] starting remote command: {clean}").wait(1)
        log.write_debug(f"[INFO] command '{clean}' exited with code: 0")
    if log.log_format == "old":
        log.write_telemetry("ending powershell")


def write_hanging_powershell(context: LogContext, output: Any, source: str, seconds: float = 30) -> None:
    """An inline PowerShell customizer that never ends."""
    log = context.log
    log.write_ui("Provisioning with Powershell...")
    for line in context.fill_placeholders(source).splitlines():
        log.write_source(_POWERSHELL_PLUGIN, line)
    script = context.template.derive_guid("hanging")
    log.write_ui(f"Provisioning with powershell script: /tmp/powershell-provisioner{int(script[:8], 16)}").wait(2)
    command = f'powershell -executionpolicy bypass -file "C:/Windows/Temp/packer-elevated-shell-{script}.ps1"'
    log.write_debug(f"[INFO] starting remote command: {command}")
    context.write_script_output(output, seconds)


def write_shell(context: LogContext, output: Any, code: int = 0, seconds: float = 30) -> None:
    """One inline Shell customizer, with its exit code."""
    log = context.log
    script = int(context.template.derive_guid(f"shell{len(log.lines)}")[:8], 16)
    if log.log_format == "old":
        log.write_telemetry("Starting provisioner shell")
    log.write_ui(f"Provisioning with shell script: /tmp/packer-shell{script}")
    log.write_debug("Opening new ssh session").write_debug(
        f"[DEBUG] Starting remote scp process: scp -vt /tmp/script_{script % 9999}.sh"
    )
    command = f"chmod +x /tmp/script_{script % 9999}.sh; PACKER_BUILD_NAME='azure-arm' /tmp/script_{script % 9999}.sh"
    log.wait(2).write_debug(f"[DEBUG] starting remote command: {command}")
    context.write_script_output(output, seconds)
    if code:
        log.write_debug(f"[ERROR] Remote command exited with '{code}': {command}")
    else:
        log.write_debug(f"[INFO] Remote command exited with '0': {command}")
    log.write_core(f"[INFO] RPC endpoint: Communicator ended with: {code}")
    log.write_core(f"[INFO] RPC client: Communicator ended with: {code}")
    if log.log_format == "old":
        log.write_telemetry("ending shell")


def write_file_upload(context: LogContext, to: str, size: int = 24_576, seconds: float = 2) -> None:
    """A File customizer."""
    log = context.log
    if log.log_format == "old":
        log.write_telemetry("Starting provisioner file")
    log.write_ui(f"Uploading /aib/packerInput/script_0 => {to}").write_debug(f"Uploading file to '{to}'").wait(seconds)
    log.write_core(f"packer-provisioner-file plugin: [INFO] {size} bytes written for 'uploadData'")
    if log.log_format == "old":
        log.write_telemetry("ending file")


def write_restart(context: LogContext, seconds: float = 70, timeout: str = "5m0s", comes_back: bool = True) -> None:
    """A WindowsRestart customizer with its harmless noise; `seconds` until the machine is back, or is given up."""
    log, component = context.log, "packer-provisioner-windows-restart plugin:"
    probe = 'shutdown /r /f /t 60 /c "packer restart test"'
    if log.log_format == "old":
        log.write_telemetry("Starting provisioner windows-restart")
    log.write_ui("Restarting Machine").write_debug(
        '[INFO] starting remote command: shutdown /r /f /t 0 /c "packer restart"'
    )
    log.write_debug("[INFO] command 'shutdown /r /f /t 0 /c \"packer restart\"' exited with code: 0").wait(1)
    log.write_ui("Waiting for machine to restart...").write_core(
        f"{component} Waiting for machine to reboot with timeout: {timeout}"
    )
    probes = min(4, max(2, int(seconds // 15)))
    for attempt in range(probes):
        log.write_core(f"{component} Check if machine is rebooting...")
        log.write_debug(f"[INFO] starting remote command: {probe}").wait(15)
        if attempt % 2 == 0:
            log.write_ui("A system shutdown has already been scheduled.(1190)", error=True)
            log.write_debug(f"[INFO] command '{probe}' exited with code: 1190")
        else:
            log.write_ui("A system shutdown is in progress.(1115)", error=True)
            log.write_debug(f"[INFO] command '{probe}' exited with code: 1115")
        log.write_core(f"{component} Reboot already in progress, waiting...")
    log.wait(max(0.0, seconds - 15 * probes))
    if comes_back:
        log.write_ui(f"pkrvm{context.vm_suffix} restarted.").write_core(f"{component} Connected to machine")
        log.write_ui("Machine successfully restarted, moving on")
    if log.log_format == "old":
        log.write_telemetry("ending windows-restart")


def write_windows_update(
    context: LogContext, found: Sequence[str] = (), seconds: float = 240, error: str = "", ends: bool = True
) -> None:
    """A WindowsUpdate customizer that installs `found`, breaks off with `error`, or, without `ends`, still installs."""
    log = context.log
    command = "PowerShell -ExecutionPolicy Bypass -OutputFormat Text -File C:/Windows/Temp/packer-windows-update.ps1"
    if log.log_format == "old":
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
        for title in found:
            log.write_ui(f"Found Windows update ({title}")
        size = sum(float(part) for title in found for part in _UPDATE_SIZE_MB.findall(title))
        log.write_ui(f"Downloading Windows updates ({len(found)} updates; {size:.2f} MB)...").wait(25)
        log.write_ui("Installing Windows updates...")
        for busy in range(max(1, int(seconds // 60))):
            busyness = f"{3 + busy % 9}% cpu; {17 + busy % 40}% memory"
            log.wait(60).write_ui(f"Waiting for operation to complete (system performance: {busyness})...")
        if not ends:
            return
        log.write_debug(f"[INFO] command '{command}' exited with code: 101")
        log.write_ui("Restarting the machine...").wait(45).write_ui("Waiting for machine to become available...").wait(
            20
        )
        log.write_ui("Checking for pending restart...").wait(4).write_ui("No Windows updates found")
        log.write_debug(f"[INFO] command '{command}' exited with code: 0")
    if log.log_format == "old":
        log.write_telemetry("ending windows-update")


def _write_command_end(context: LogContext, command: str, code: int) -> None:
    log = context.log
    log.write_debug(f"[INFO] command '{command}' exited with code: {code}")
    log.write_debug(f"[INFO] RPC endpoint: Communicator ended with: {code}")
    log.write_core("[INFO] 2108 bytes written for 'stdout'").write_core("[INFO] 0 bytes written for 'stderr'")
    log.write_core(f"[INFO] RPC client: Communicator ended with: {code}")


LOG_STEPS: Mapping[str, Callable[..., None]] = {
    "begin": openings.write_setup,
    "deploy-only": openings.write_setup_until_deployment,
    "powershell": write_powershell,
    "hanging-powershell": write_hanging_powershell,
    "shell": write_shell,
    "file": write_file_upload,
    "restart": write_restart,
    "update": write_windows_update,
    "sysprep": endings.write_sysprep,
    "deprovision": endings.write_deprovisioning,
    "finished": endings.write_success,
    "failed": endings.write_failure,
    "not-deployed": endings.write_deployment_failure,
    "stopped": endings.write_cancellation,
}
