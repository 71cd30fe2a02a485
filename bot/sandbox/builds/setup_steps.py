"""How a build log begins: Packer and its plugins start, the build VM is deployed, the connection comes up."""

from __future__ import annotations

from bot.sandbox.builds.log_context import LogContext

_PACKER_HOME = "/root"  # of the container in which the service runs Packer
_PLUGINS_FOLDER = f"{_PACKER_HOME}/.config/packer/plugins/github.com"
_AZURE_PLUGIN = f"{_PLUGINS_FOLDER}/hashicorp/azure/packer-plugin-azure_v2.5.1_x5.0_linux_amd64"
_WINDOWS_UPDATE_PLUGIN = f"{_PLUGINS_FOLDER}/rgl/windows-update/packer-plugin-windows-update_v0.17.1_x5.0_linux_amd64"
_PACKER_PROGRAM = "/aib/packerInput/packer"
_PROVISIONER_PLUGINS = {
    "Shell": "packer-provisioner-shell",
    "PowerShell": "packer-provisioner-powershell",
    "File": "packer-provisioner-file",
    "WindowsRestart": "packer-provisioner-windows-restart",
}
_POLL_SECONDS = 10  # seconds between two looks at a deployment
_SETTING_NAMES = """
CaptureNamePrefix CaptureContainerName SharedGalleryImageVersionEndOfLifeDate ImagePublisher ImageOffer ImageSku
ImageVersion ImageUrl CustomManagedImageName CustomManagedImageResourceGroupName Location VMSize
ManagedImageResourceGroupName ManagedImageName ManagedImageStorageAccountType ManagedImageOSDiskSnapshotName
ManagedImageDataDiskSnapshotPrefix ResourceGroupName StorageAccount TempComputeName TempNicName TempResourceGroupName
BuildResourceGroupName BuildKeyVaultName BuildKeyVaultSecretName BuildKeyVaultSKU DiskEncryptionSetId
VirtualNetworkName VirtualNetworkSubnetName VirtualNetworkResourceGroupName CustomDataFile CustomData UserDataFile
UserData CustomScript OSType TempOSDiskName DiskCachingType BootDiagSTGAccount CustomResourcePrefix LicenseType
PublicIpSKU SecurityType SecurityEncryptionType UserName Password
"""


def write_startup(context: LogContext) -> None:
    """Packer starts its plugins, one for each customizer, and shows its configuration."""
    log = context.log
    _write_packer_banner(context, "")
    log.write_core("[TRACE] Using protobuf for communication with plugins")
    log.write_core("[INFO] found external [arm chroot dtl] builders from azure plugin")
    log.write_core("found external [-packer-default-plugin-name-] provisioner from windows-update plugin")
    _write_plugin_start(context, _AZURE_PLUGIN, "start builder --protobuf arm", 0)
    for number, step in enumerate(context.template.properties.get("customize", ()), 1):
        if step["type"] == "WindowsUpdate":
            _write_plugin_start(
                context, _WINDOWS_UPDATE_PLUGIN, "start provisioner --protobuf -packer-default-plugin-name-", number
            )
        else:
            _write_plugin_start(
                context, _PACKER_PROGRAM, f"execute --protobuf {_PROVISIONER_PLUGINS[step['type']]}", number
            )
    log.write_core("Preparing build: azure-arm")
    log.write_core("Build debug mode: false").write_core("Force build: false").write_core("On error: cleanup")
    log.write_core("Waiting on builds to complete...").write_core("Starting build run: azure-arm").write_core(
        "Running builder: azure-arm"
    )
    if log.log_format == "old":
        log.write_telemetry("Starting builder azure-arm")
    log.write_ui("Running builder ...").write_debug(":: Configuration")
    for name in _SETTING_NAMES.split():
        log.write_debug(f"{name}={_get_setting(context, name)}")
    log.write_ui("Creating Azure Resource Manager (ARM) client ...").wait(1).write_ui("ARM Client successfully created")


def write_setup(context: LogContext, deploy: float = 95, connect: float = 30) -> None:
    """A build up to the connection to its VM; `deploy` and `connect` in seconds."""
    write_startup(context)
    log, windows = context.log, context.template.is_windows
    context.write_request("GET", "")
    log.wait(1).write_ui("Getting source image id for the deployment ...")
    log.write_ui(f" -> SourceImageName: '{_format_source_image(context)}'")
    log.write_ui("Using existing resource group ...").write_ui(
        f" -> ResourceGroupName : '{context.template.staging_group}'"
    )
    log.write_ui(f" -> Location          : '{context.template.location}'")
    if windows:
        _write_deployment(context, f"kvpkrdp{context.vm_suffix}", deploy * 0.25)
        log.write_ui("Getting the certificate's URL ...").write_ui(
            f" -> Key Vault Name        : 'pkrkv{context.vm_suffix}'"
        )
        log.write_ui(" -> Key Vault Secret Name : 'packerKeyVaultSecret'").wait(3)
        secret = f"https://pkrkv{context.vm_suffix}.vault.azure.net/secrets/packerKeyVaultSecret/{context.derive_name('certificate', 32)}"
        log.write_ui(f" -> Certificate URL       : '{secret}'").write_ui("Setting the certificate's URL ...")
    _write_deployment(context, f"pkrdp{context.vm_suffix}", deploy * 0.75 if windows else deploy)
    log.write_ui("Getting the VM's IP address ...").write_ui(
        f" -> ResourceGroupName   : '{context.template.staging_group}'"
    )
    log.write_ui(f" -> NicName             : 'pkrni{context.vm_suffix}'").write_ui(
        " -> Network Connection  : 'PrivateEndpoint'"
    )
    log.write_ui(" -> IP Address          : '10.0.1.4'")
    _write_connection(context, connect)


def write_setup_until_deployment(context: LogContext, seconds: float = 20) -> None:
    """A build up to the point where its VM's deployment is asked for."""
    write_startup(context)
    context.log.wait(1).write_ui("Getting source image id for the deployment ...")
    context.log.write_ui(f" -> SourceImageName: '{_format_source_image(context)}'").write_ui(
        "Using existing resource group ..."
    )
    context.log.write_ui(f" -> ResourceGroupName : '{context.template.staging_group}'")
    _write_deployment(context, f"{'kv' if context.template.is_windows else ''}pkrdp{context.vm_suffix}", seconds)


def _write_packer_banner(context: LogContext, line_prefix: str) -> None:
    for text in (
        "[INFO] Packer version: 1.14.3 [go1.24.0 linux amd64]",
        "[INFO] PACKER_CONFIG env var not set; checking the default config file path",
        f"[INFO] PACKER_CONFIG env var set; attempting to open config file: {_PACKER_HOME}/.packerconfig",
        f"[WARN] Config file doesn't exist: {_PACKER_HOME}/.packerconfig",
        f"[INFO] Setting cache directory: {_PACKER_HOME}/.cache/packer",
    ):
        context.log.write_core(line_prefix + text)


def _write_plugin_start(context: LogContext, program: str, arguments: str, number: int) -> None:
    log, address = context.log, f"/tmp/packer-plugin{int(context.derive_name(f'plugin{number}', 8), 16)}"  # noqa: S108 - a text
    log.write_core(
        f"[INFO] Starting {'external plugin' if program == _PACKER_PROGRAM else 'plugin'} {program} {arguments}"
    )
    quoted = ", ".join(f'"{word}"' for word in (program, *arguments.split()))
    log.write_core(f"Starting plugin: {program} []string{{{quoted}}}")
    log.write_core(f"Waiting for RPC address for: {program}")
    component = f"{arguments.split()[-1] if program == _PACKER_PROGRAM else program.rsplit('/', 1)[-1]} plugin: "
    if program == _PACKER_PROGRAM:
        _write_packer_banner(context, component)
    log.write_core(f"{component}Plugin address: unix {address}").write_core(f"{component}Waiting for connection...")
    log.write_core(f"Received unix RPC address for {program}: addr is {address}")
    log.write_core(f"{component}Serving a plugin connection...")


def _get_setting(context: LogContext, name: str) -> str:
    source = context.template.properties["source"]
    known = {
        "ImagePublisher": source.get("publisher", ""),
        "ImageOffer": source.get("offer", ""),
        "ImageSku": source.get("sku", ""),
        "ImageVersion": source.get("exactVersion", ""),
        "VMSize": context.template.properties.get("vmProfile", {}).get("vmSize", ""),
        "BuildResourceGroupName": context.template.staging_group,
        "ManagedImageResourceGroupName": context.template.staging_group,
        "BuildKeyVaultSecretName": "*" * 20,
        "BuildKeyVaultSKU": "standard",
        "OSType": "Windows" if context.template.is_windows else "Linux",
        "UserName": "packer",
        "Password": "*" * 32,
    }
    return str(known.get(name, ""))


def _format_source_image(context: LogContext) -> str:
    source = context.template.properties["source"]
    if "publisher" not in source:
        return str(source.get("imageVersionId") or source.get("imageId"))
    return (
        f"/subscriptions/{context.template.subscription}/providers/Microsoft.Compute/locations/{context.template.location}"
        f"/publishers/{source['publisher']}/ArtifactTypes/vmimage/offers/{source['offer']}/skus/{source['sku']}"
        f"/versions/{source.get('exactVersion', source['version'])}"
    )


def _write_deployment(context: LogContext, name: str, seconds: float) -> None:
    log = context.log
    for text in ("Validating deployment template ...", "Deploying deployment template ..."):
        log.write_ui(text).write_ui(f" -> ResourceGroupName : '{context.template.staging_group}'").write_ui(
            f" -> DeploymentName    : '{name}'"
        )
        validating = text.startswith("Validating")
        context.write_request(
            "POST" if validating else "PUT",
            f"/providers/Microsoft.Resources/deployments/{name}{'/validate' if validating else ''}",
        )
        log.wait(1)
    status = 8_584_000_000_000_000_000 + int(context.derive_name(name, 12), 16)
    for _ in range(int(seconds // _POLL_SECONDS)):
        log.wait(_POLL_SECONDS)
        context.write_request(
            "GET", f"/providers/Microsoft.Resources/deployments/{name}/operationStatuses/{status:020}"
        )
    log.wait(seconds % _POLL_SECONDS)


def _write_connection(context: LogContext, seconds: float) -> None:
    log = context.log
    if not context.template.is_windows:
        log.write_ui("Waiting for SSH to become available...").write_debug(
            "[INFO] Waiting for SSH, up to timeout: 20m0s"
        )
        for _ in range(max(1, int(seconds // 5))):
            log.wait(5).write_debug("[DEBUG] TCP connection to SSH ip/port failed: dial tcp 10.0.1.4:22: i/o timeout")
        log.write_debug("[DEBUG] Opening new ssh session").write_debug("[INFO] agent forwarding enabled")
        log.write_ui("Connected to SSH!").write_debug("Running the provision hook")
        return
    log.write_debug("Waiting for WinRM, up to timeout: 30m0s").write_ui("Waiting for WinRM to become available...")
    for _ in range(max(1, int(seconds // 5))):
        log.write_debug("[INFO] Attempting WinRM connection...").write_debug(
            "[DEBUG] connecting to remote shell using WinRM"
        )
        log.write_debug("[ERROR] WinRM connection err: http response error: 401 - invalid content type").wait(5)
    log.write_ui("WinRM connected.").write_debug("Connected to machine").write_ui("Connected to WinRM!").write_debug(
        "Running the provision hook"
    )
    log.write_ui("Uploading /aib/packerInput/DeprovisioningScript.txt => c:\\DeprovisioningScript.ps1")
    log.write_debug("Uploading file to 'c:\\DeprovisioningScript.ps1'").write_core(
        "[INFO] 1288 bytes written for 'uploadData'"
    ).wait(1)
