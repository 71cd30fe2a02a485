"""How a build log begins: Packer and its plugins start, the build VM is deployed, the connection comes up."""

from __future__ import annotations

from bot.sandbox.stage import Stage

_HOME = "/root"  # of the container in which the service runs Packer
_PLUGINS = f"{_HOME}/.config/packer/plugins/github.com"
_AZURE = f"{_PLUGINS}/hashicorp/azure/packer-plugin-azure_v2.5.1_x5.0_linux_amd64"
_UPDATE = f"{_PLUGINS}/rgl/windows-update/packer-plugin-windows-update_v0.17.1_x5.0_linux_amd64"
_PACKER = "/aib/packerInput/packer"
_PROVISIONERS = {
    "Shell": "packer-provisioner-shell",
    "PowerShell": "packer-provisioner-powershell",
    "File": "packer-provisioner-file",
    "WindowsRestart": "packer-provisioner-windows-restart",
}
_POLL = 10  # seconds between two looks at a deployment
_SETTINGS = """
CaptureNamePrefix CaptureContainerName SharedGalleryImageVersionEndOfLifeDate ImagePublisher ImageOffer ImageSku
ImageVersion ImageUrl CustomManagedImageName CustomManagedImageResourceGroupName Location VMSize
ManagedImageResourceGroupName ManagedImageName ManagedImageStorageAccountType ManagedImageOSDiskSnapshotName
ManagedImageDataDiskSnapshotPrefix ResourceGroupName StorageAccount TempComputeName TempNicName TempResourceGroupName
BuildResourceGroupName BuildKeyVaultName BuildKeyVaultSecretName BuildKeyVaultSKU DiskEncryptionSetId
VirtualNetworkName VirtualNetworkSubnetName VirtualNetworkResourceGroupName CustomDataFile CustomData UserDataFile
UserData CustomScript OSType TempOSDiskName DiskCachingType BootDiagSTGAccount CustomResourcePrefix LicenseType
PublicIpSKU SecurityType SecurityEncryptionType UserName Password
"""


def prepare(stage: Stage) -> None:
    """Packer starts its plugins, one for each customizer, and shows its configuration."""
    log = stage.log
    _greet(stage, "")
    log.core("[TRACE] Using protobuf for communication with plugins")
    log.core("[INFO] found external [arm chroot dtl] builders from azure plugin")
    log.core("found external [-packer-default-plugin-name-] provisioner from windows-update plugin")
    _start(stage, _AZURE, "start builder --protobuf arm", 0)
    for number, step in enumerate(stage.template.properties.get("customize", ()), 1):
        if step["type"] == "WindowsUpdate":
            _start(stage, _UPDATE, "start provisioner --protobuf -packer-default-plugin-name-", number)
        else:
            _start(stage, _PACKER, f"execute --protobuf {_PROVISIONERS[step['type']]}", number)
    log.core("Preparing build: azure-arm")
    log.core("Build debug mode: false").core("Force build: false").core("On error: cleanup")
    log.core("Waiting on builds to complete...").core("Starting build run: azure-arm").core(
        "Running builder: azure-arm"
    )
    if log.form == "old":
        log.telemetry("Starting builder azure-arm")
    log.ui("Running builder ...").debug(":: Configuration")
    for name in _SETTINGS.split():
        log.debug(f"{name}={_setting(stage, name)}")
    log.ui("Creating Azure Resource Manager (ARM) client ...").wait(1).ui("ARM Client successfully created")


def begin(stage: Stage, deploy: float = 95, connect: float = 30) -> None:
    """A build up to the connection to its VM; `deploy` and `connect` in seconds."""
    prepare(stage)
    log, windows = stage.log, stage.template.windows
    stage.request("GET", "")
    log.wait(1).ui("Getting source image id for the deployment ...")
    log.ui(f" -> SourceImageName: '{_source(stage)}'")
    log.ui("Using existing resource group ...").ui(f" -> ResourceGroupName : '{stage.template.staging}'")
    log.ui(f" -> Location          : '{stage.template.location}'")
    if windows:
        _deploy(stage, f"kvpkrdp{stage.vm}", deploy * 0.25)
        log.ui("Getting the certificate's URL ...").ui(f" -> Key Vault Name        : 'pkrkv{stage.vm}'")
        log.ui(" -> Key Vault Secret Name : 'packerKeyVaultSecret'").wait(3)
        secret = f"https://pkrkv{stage.vm}.vault.azure.net/secrets/packerKeyVaultSecret/{stage.made('certificate', 32)}"
        log.ui(f" -> Certificate URL       : '{secret}'").ui("Setting the certificate's URL ...")
    _deploy(stage, f"pkrdp{stage.vm}", deploy * 0.75 if windows else deploy)
    log.ui("Getting the VM's IP address ...").ui(f" -> ResourceGroupName   : '{stage.template.staging}'")
    log.ui(f" -> NicName             : 'pkrni{stage.vm}'").ui(" -> Network Connection  : 'PrivateEndpoint'")
    log.ui(" -> IP Address          : '10.0.1.4'")
    _connect(stage, connect)


def deploy_only(stage: Stage, seconds: float = 20) -> None:
    """A build up to the point where its VM's deployment is asked for."""
    prepare(stage)
    stage.log.wait(1).ui("Getting source image id for the deployment ...")
    stage.log.ui(f" -> SourceImageName: '{_source(stage)}'").ui("Using existing resource group ...")
    stage.log.ui(f" -> ResourceGroupName : '{stage.template.staging}'")
    _deploy(stage, f"{'kv' if stage.template.windows else ''}pkrdp{stage.vm}", seconds)


def _greet(stage: Stage, component: str) -> None:
    for text in (
        "[INFO] Packer version: 1.14.3 [go1.24.0 linux amd64]",
        "[INFO] PACKER_CONFIG env var not set; checking the default config file path",
        f"[INFO] PACKER_CONFIG env var set; attempting to open config file: {_HOME}/.packerconfig",
        f"[WARN] Config file doesn't exist: {_HOME}/.packerconfig",
        f"[INFO] Setting cache directory: {_HOME}/.cache/packer",
    ):
        stage.log.core(component + text)


def _start(stage: Stage, program: str, arguments: str, number: int) -> None:
    log, address = stage.log, f"/tmp/packer-plugin{int(stage.made(f'plugin{number}', 8), 16)}"  # noqa: S108 - a text
    log.core(f"[INFO] Starting {'external plugin' if program == _PACKER else 'plugin'} {program} {arguments}")
    quoted = ", ".join(f'"{word}"' for word in (program, *arguments.split()))
    log.core(f"Starting plugin: {program} []string{{{quoted}}}")
    log.core(f"Waiting for RPC address for: {program}")
    component = f"{arguments.split()[-1] if program == _PACKER else program.rsplit('/', 1)[-1]} plugin: "
    if program == _PACKER:
        _greet(stage, component)
    log.core(f"{component}Plugin address: unix {address}").core(f"{component}Waiting for connection...")
    log.core(f"Received unix RPC address for {program}: addr is {address}")
    log.core(f"{component}Serving a plugin connection...")


def _setting(stage: Stage, name: str) -> str:
    source = stage.template.properties["source"]
    known = {
        "ImagePublisher": source.get("publisher", ""),
        "ImageOffer": source.get("offer", ""),
        "ImageSku": source.get("sku", ""),
        "ImageVersion": source.get("exactVersion", ""),
        "VMSize": stage.template.properties.get("vmProfile", {}).get("vmSize", ""),
        "BuildResourceGroupName": stage.template.staging,
        "ManagedImageResourceGroupName": stage.template.staging,
        "BuildKeyVaultSecretName": "*" * 20,
        "BuildKeyVaultSKU": "standard",
        "OSType": "Windows" if stage.template.windows else "Linux",
        "UserName": "packer",
        "Password": "*" * 32,
    }
    return str(known.get(name, ""))


def _source(stage: Stage) -> str:
    source = stage.template.properties["source"]
    if "publisher" not in source:
        return str(source.get("imageVersionId") or source.get("imageId"))
    return (
        f"/subscriptions/{stage.template.subscription}/providers/Microsoft.Compute/locations/{stage.template.location}"
        f"/publishers/{source['publisher']}/ArtifactTypes/vmimage/offers/{source['offer']}/skus/{source['sku']}"
        f"/versions/{source.get('exactVersion', source['version'])}"
    )


def _deploy(stage: Stage, name: str, seconds: float) -> None:
    log = stage.log
    for text in ("Validating deployment template ...", "Deploying deployment template ..."):
        log.ui(text).ui(f" -> ResourceGroupName : '{stage.template.staging}'").ui(f" -> DeploymentName    : '{name}'")
        validating = text.startswith("Validating")
        stage.request(
            "POST" if validating else "PUT",
            f"/providers/Microsoft.Resources/deployments/{name}{'/validate' if validating else ''}",
        )
        log.wait(1)
    status = 8_584_000_000_000_000_000 + int(stage.made(name, 12), 16)
    for _ in range(int(seconds // _POLL)):
        log.wait(_POLL)
        stage.request("GET", f"/providers/Microsoft.Resources/deployments/{name}/operationStatuses/{status:020}")
    log.wait(seconds % _POLL)


def _connect(stage: Stage, seconds: float) -> None:
    log = stage.log
    if not stage.template.windows:
        log.ui("Waiting for SSH to become available...").debug("[INFO] Waiting for SSH, up to timeout: 20m0s")
        for _ in range(max(1, int(seconds // 5))):
            log.wait(5).debug("[DEBUG] TCP connection to SSH ip/port failed: dial tcp 10.0.1.4:22: i/o timeout")
        log.debug("[DEBUG] Opening new ssh session").debug("[INFO] agent forwarding enabled")
        log.ui("Connected to SSH!").debug("Running the provision hook")
        return
    log.debug("Waiting for WinRM, up to timeout: 30m0s").ui("Waiting for WinRM to become available...")
    for _ in range(max(1, int(seconds // 5))):
        log.debug("[INFO] Attempting WinRM connection...").debug("[DEBUG] connecting to remote shell using WinRM")
        log.debug("[ERROR] WinRM connection err: http response error: 401 - invalid content type").wait(5)
    log.ui("WinRM connected.").debug("Connected to machine").ui("Connected to WinRM!").debug(
        "Running the provision hook"
    )
    log.ui("Uploading /aib/packerInput/DeprovisioningScript.txt => c:\\DeprovisioningScript.ps1")
    log.debug("Uploading file to 'c:\\DeprovisioningScript.ps1'").core(
        "[INFO] 1288 bytes written for 'uploadData'"
    ).wait(1)
