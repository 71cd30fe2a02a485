"""The first steps of a build log: Packer and its plugins start, the build VM is deployed, and Packer connects to it."""

from __future__ import annotations

from bot.sandbox.builds.log_context import LogContext

_PACKER_HOME = "/root"  # in the container in which the service runs Packer
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
_POLL_SECONDS = 10  # between two requests for the state of a deployment
_CONNECT_SECONDS = 5  # between two attempts to connect to the VM
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
"""The settings that the Azure plugin prints, in its order."""


def write_startup(context: LogContext) -> None:
    """Write how Packer starts its plugins, one for each customizer, and prints its settings."""
    log = context.log
    _write_packer_banner(context, "")
    log.write_core("[TRACE] Using protobuf for communication with plugins")
    log.write_core("[INFO] found external [arm chroot dtl] builders from azure plugin")
    log.write_core("found external [-packer-default-plugin-name-] provisioner from windows-update plugin")
    _write_plugin_start(context, _AZURE_PLUGIN, "start builder --protobuf arm", 0)
    for number, customizer in enumerate(context.template.properties.get("customize", ()), 1):
        # Windows updates have an external plugin; the other provisioners are parts of Packer itself
        if customizer["type"] == "WindowsUpdate":
            program, arguments = _WINDOWS_UPDATE_PLUGIN, "start provisioner --protobuf -packer-default-plugin-name-"
        else:
            program, arguments = _PACKER_PROGRAM, f"execute --protobuf {_PROVISIONER_PLUGINS[customizer['type']]}"
        _write_plugin_start(context, program, arguments, number)
    log.write_core("Preparing build: azure-arm")
    log.write_core("Build debug mode: false").write_core("Force build: false").write_core("On error: cleanup")
    log.write_core("Waiting on builds to complete...").write_core("Starting build run: azure-arm")
    log.write_core("Running builder: azure-arm").write_telemetry("Starting builder azure-arm")
    log.write_ui("Running builder ...").write_debug(":: Configuration")
    for name in _SETTING_NAMES.split():
        log.write_debug(f"{name}={_get_setting(context, name)}")
    log.write_ui("Creating Azure Resource Manager (ARM) client ...").wait(1).write_ui("ARM Client successfully created")


def write_setup(context: LogContext, deploy_seconds: float = 95, connect_seconds: float = 30) -> None:
    """Write a build up to the moment when Packer is connected to the VM."""
    write_startup(context)
    log, template = context.log, context.template
    context.write_request("GET", "")
    log.wait(1).write_ui("Getting source image id for the deployment ...")
    log.write_ui(f" -> SourceImageName: '{_format_source_image(context)}'")
    log.write_ui("Using existing resource group ...").write_ui(f" -> ResourceGroupName : '{template.staging_group}'")
    log.write_ui(f" -> Location          : '{template.location}'")
    if template.is_windows:
        # WinRM needs a certificate, which Packer puts into a key vault with a deployment before the VM's
        _write_deployment(context, f"kvpkrdp{context.vm_suffix}", deploy_seconds * 0.25)
        _write_certificate(context)
        _write_deployment(context, f"pkrdp{context.vm_suffix}", deploy_seconds * 0.75)
    else:
        _write_deployment(context, f"pkrdp{context.vm_suffix}", deploy_seconds)
    log.write_ui("Getting the VM's IP address ...").write_ui(f" -> ResourceGroupName   : '{template.staging_group}'")
    log.write_ui(f" -> NicName             : 'pkrni{context.vm_suffix}'")
    log.write_ui(" -> Network Connection  : 'PrivateEndpoint'").write_ui(" -> IP Address          : '10.0.1.4'")
    if template.is_windows:
        _write_winrm_connection(context, connect_seconds)
    else:
        _write_ssh_connection(context, connect_seconds)


def write_setup_until_deployment(context: LogContext, seconds: float = 20) -> None:
    """Write a build that ends with the deployment of its VM, which takes `seconds`."""
    write_startup(context)
    log = context.log
    log.wait(1).write_ui("Getting source image id for the deployment ...")
    log.write_ui(f" -> SourceImageName: '{_format_source_image(context)}'").write_ui(
        "Using existing resource group ..."
    )
    log.write_ui(f" -> ResourceGroupName : '{context.template.staging_group}'")
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
    is_internal = program == _PACKER_PROGRAM
    # Packer calls its own second process external
    log.write_core(f"[INFO] Starting {'external plugin' if is_internal else 'plugin'} {program} {arguments}")
    quoted = ", ".join(f'"{word}"' for word in (program, *arguments.split()))
    log.write_core(f"Starting plugin: {program} []string{{{quoted}}}")
    log.write_core(f"Waiting for RPC address for: {program}")
    line_prefix = f"{arguments.split()[-1] if is_internal else program.rsplit('/', 1)[-1]} plugin: "
    if is_internal:
        _write_packer_banner(context, line_prefix)
    log.write_core(f"{line_prefix}Plugin address: unix {address}").write_core(f"{line_prefix}Waiting for connection...")
    log.write_core(f"Received unix RPC address for {program}: addr is {address}")
    log.write_core(f"{line_prefix}Serving a plugin connection...")


def _get_setting(context: LogContext, name: str) -> str:
    template = context.template
    source = template.properties["source"]
    values = {
        "ImagePublisher": source.get("publisher", ""),
        "ImageOffer": source.get("offer", ""),
        "ImageSku": source.get("sku", ""),
        "ImageVersion": source.get("exactVersion", ""),
        "VMSize": template.properties.get("vmProfile", {}).get("vmSize", ""),
        "BuildResourceGroupName": template.staging_group,
        "ManagedImageResourceGroupName": template.staging_group,
        "BuildKeyVaultSecretName": "*" * 20,
        "BuildKeyVaultSKU": "standard",
        "OSType": "Windows" if template.is_windows else "Linux",
        "UserName": "packer",
        "Password": "*" * 32,
    }
    return str(values.get(name, ""))


def _format_source_image(context: LogContext) -> str:
    template = context.template
    source = template.properties["source"]
    if "publisher" not in source:
        return str(source.get("imageVersionId") or source.get("imageId"))
    return (
        f"/subscriptions/{template.subscription}/providers/Microsoft.Compute/locations/{template.location}"
        f"/publishers/{source['publisher']}/ArtifactTypes/vmimage/offers/{source['offer']}/skus/{source['sku']}"
        f"/versions/{source.get('exactVersion', source['version'])}"
    )


def _write_deployment(context: LogContext, name: str, seconds: float) -> None:
    log, path = context.log, f"/providers/Microsoft.Resources/deployments/{name}"
    for text, method, suffix in (
        ("Validating deployment template ...", "POST", "/validate"),
        ("Deploying deployment template ...", "PUT", ""),
    ):
        log.write_ui(text).write_ui(f" -> ResourceGroupName : '{context.template.staging_group}'")
        log.write_ui(f" -> DeploymentName    : '{name}'")
        context.write_request(method, f"{path}{suffix}")
        log.wait(1)
    operation = 8_584_000_000_000_000_000 + int(context.derive_name(name, 12), 16)
    for _ in range(int(seconds // _POLL_SECONDS)):
        log.wait(_POLL_SECONDS)
        context.write_request("GET", f"{path}/operationStatuses/{operation:020}")
    log.wait(seconds % _POLL_SECONDS)


def _write_certificate(context: LogContext) -> None:
    log, vault = context.log, f"pkrkv{context.vm_suffix}"
    log.write_ui("Getting the certificate's URL ...").write_ui(f" -> Key Vault Name        : '{vault}'")
    log.write_ui(" -> Key Vault Secret Name : 'packerKeyVaultSecret'").wait(3)
    version = context.derive_name("certificate", 32)
    url = f"https://{vault}.vault.azure.net/secrets/packerKeyVaultSecret/{version}"
    log.write_ui(f" -> Certificate URL       : '{url}'").write_ui("Setting the certificate's URL ...")


def _write_ssh_connection(context: LogContext, seconds: float) -> None:
    log = context.log
    log.write_ui("Waiting for SSH to become available...").write_debug("[INFO] Waiting for SSH, up to timeout: 20m0s")
    for _ in range(max(1, int(seconds // _CONNECT_SECONDS))):
        log.wait(_CONNECT_SECONDS)
        log.write_debug("[DEBUG] TCP connection to SSH ip/port failed: dial tcp 10.0.1.4:22: i/o timeout")
    log.write_debug("[DEBUG] Opening new ssh session").write_debug("[INFO] agent forwarding enabled")
    log.write_ui("Connected to SSH!").write_debug("Running the provision hook")


def _write_winrm_connection(context: LogContext, seconds: float) -> None:
    log = context.log
    log.write_debug("Waiting for WinRM, up to timeout: 30m0s").write_ui("Waiting for WinRM to become available...")
    for _ in range(max(1, int(seconds // _CONNECT_SECONDS))):
        log.write_debug("[INFO] Attempting WinRM connection...")
        log.write_debug("[DEBUG] connecting to remote shell using WinRM")
        log.write_debug("[ERROR] WinRM connection err: http response error: 401 - invalid content type")
        log.wait(_CONNECT_SECONDS)
    log.write_ui("WinRM connected.").write_debug("Connected to machine").write_ui("Connected to WinRM!")
    log.write_debug("Running the provision hook")
    log.write_ui("Uploading /aib/packerInput/DeprovisioningScript.txt => c:\\DeprovisioningScript.ps1")
    log.write_debug("Uploading file to 'c:\\DeprovisioningScript.ps1'")
    log.write_core("[INFO] 1288 bytes written for 'uploadData'").wait(1)
