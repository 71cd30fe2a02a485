"""Harmless text of real logs stays unchanged byte for byte, and no text makes redaction slow."""

from __future__ import annotations

import random
import time

import pytest

from knowledge.redaction.redact import redact, redact_lines
from tests.reporting import failures_together

ID = "5f0c19d2-70a4-4e11-9b1c-fd1d3b0a6a77"
HEX32 = "012c98f7cfdd4350a85054c64ea3a056"
SUB = "/subscriptions/4be1f0a7-93c2-4d57-8f66-0a51d2c7e913"

INNOCENT = [
    f"[{ID}] PACKER 2026/03/22 13:02:27 ui: ==> azure-arm:  -> Key Vault Secret Name : 'packerKeyVaultSecret'",
    f"==> azure-arm:  -> Certificate URL       : 'https://pkrkvae88ahyc10.vault.azure.net/secrets/packerKeyVaultSecret/{HEX32}'",
    f"[{ID}] PACKER ERR 2020/04/30 23:38:58 packer: [INFO] (telemetry) Starting provisioner powershell",
    "2026/03/22 13:02:04 Password=********************************",
    "2026/03/22 13:02:04 BuildKeyVaultSecretName=********************",
    "2026/03/22 13:02:04 BuildKeyVaultSKU=standard",
    "2026/03/22 13:02:04 found external [keyvaultsecret] datasource from azure plugin",
    "[DEBUG] POST https://login.microsoftonline.com/d967678a-e358-4218-9a75-5cc7ca5fdefb/oauth2/v2.0/token",
    f'Azure request method="GET" request="https://management.azure.com{SUB}/resourceGroups/IT_rg_t/deployments/pkrdp5?[REDACTED]"',
    f"https://management.azure.com{SUB}/resourcegroups/rg/providers/Microsoft.KeyVault/vaults/pkrkvhzv1f4xp0x/secrets/packerKeyVaultSecret?[REDACTED]",
    f"Deployment failed. Correlation ID: {ID}. Not authorized to access the resource: {SUB}/resourceGroups/rg-sig.",
    f"Failed while processing request. OperationId: {ID}. Use this operationId to search packer logs.",
    f"trackingId: {ID}; x-ms-correlation-request-id: {ID}",
    "2026/03/22 13:04:39 Using inline default execute command powershell -executionpolicy bypass -file {{.Path}}",
    'powershell -executionpolicy bypass -file "C:/Windows/Temp/packer-elevated-shell-69bfe8e7-2115-684f-3604-bee548396e07.ps1"',
    "found plugin github.com/hashicorp/azure/packer-plugin-azure_v2.5.2_x5.0_linux_amd64",
    "ManagedImageName=packerImg_20251111070013",
    "azure-arm: CCDLocations : {type=smb,connectionString=\\\\caavdstorage.file.core.windows.net\\avd-profiles-g2}",
    "azure-arm: SubKeyCount   : 0",
    "azure-arm: pkrvm5pli26j5qg restarted.",
    "    -Wait -PassThru",
    "Token expired at 2026-03-22T13:02:04Z; asking for a new token",
    "Downloading with Azure Blob Storage URL with SAS token",
    "The password does not meet the password policy requirements.",
    "  winrm_password = <sensitive>",
    "Unexpected token '}' in expression or statement.",
    "At line:1 char:5 + CategoryInfo : ParserError: (:) [], ParentContainsErrorRecordException",
    "Could not load file or assembly 'Newtonsoft.Json, Version=13.0.0.0, Culture=neutral, PublicKeyToken=30ad4fe6b2a6aeed'",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "docker.io/library/ubuntu@sha256:2e863c44b718727c860746568e1d54afd13b2fa71b160f5cd9058fc436217b30",
    "Algorithm : SHA256  Hash : 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
    "HEAD is now at 3b18e512dba79e4c8300dd08aeb37f8e728b8dad Fix the restart",
    '"integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg=="',
    "Key is SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
    "Installing update KB5034441 (2024-01 Security Update for Windows 10.0.20348.2227)",
    "New-LocalUser -Name bob -Password $securePassword",
    "  adminPassword: ${{ secrets.ADMIN_PASSWORD }}",
    "  password: $(adminPassword)",
    '"winrm_password": "{{user `winrm_password`}}"',
    "$env:API_TOKEN = $env:TOKEN",
    "docker login -u $USER -p $(registryPassword) contoso.azurecr.io",
    "export TOKEN=<token>",
    "az login --identity --username 6f0c19d2-70a4-4e11-9b1c-fd1d3b0a6a77",
    "sudo mkdir -p /opt/agent && cp -p a b",
    "PWD=/home/packer/work",
    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon",
    "Registry key: HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server",
    '{"code":"KeyVaultAccessForbidden","message":"Key Vault https://kv.vault.azure.net/secrets/cert/'
    + HEX32
    + ' denied"}',
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the client secret value.",
    "ERROR: Failed to acquire token: unauthorized_client for the resource",
    "Login failed for user 'sa'. Reason: Password did not match that for the login provided.",
    "net user administrator /active:yes",
    "psexec.exe -accepteula -s cmd /c whoami",
    "curl -fsSL https://deb.nodesource.com/setup_20.x -o setup.sh",
    "https://github.com/actions/runner-images/blob/main/images/windows/Windows2022-Readme.md?plain=1#L20",
    "http://proxy.contoso.com:8080/path?mail=bob@contoso.com",
    "Copying C:\\Users\\packer\\AppData\\Local\\Temp\\chocolatey\\chocolateyInstall\\extensions\\chocolateyExtensions.psm1",
    "/usr/lib/python3/dist-packages/azure/mgmt/imagebuilder/aio/operations/_virtual_machine_image_templates_operations.py",
    "Tests Passed: 41, Failed: 1, Skipped: 0; pass: 41",
    "Standard_D2ds_v4",
    "System.Management.Automation.PSSecurityException: UnauthorizedAccess",
    "keyVaultName: kv-contoso-prod, secretName: sas-token, tokenType: Bearer",
    "Basic authentication is disabled; Bearer tokens are required",
    "Waiting for WinRM to become available...",
    "The remote name could not be resolved: 'st1.blob.core.windows.net'",
    "WARNING: apt-key is deprecated. Manage keyring files in trusted.gpg.d instead (see apt-key(8)).",
    "npm ERR! code ELIFECYCLE npm_config_cache=/var/cache/npm npm_package_name=app",
    "Enter password:",
    "The password is set to expire in 42 days; the token is invalid; the key is KB5034441's",
    '"adminPassword": {"type": "securestring", "metadata": {"description": "Password of the VM"}},',
    f"{SUB}/resourceGroups/myWinImgBuilderRG/providers/Microsoft.VirtualMachineImages/imageTemplates/winTpl",
    f"{SUB.replace('subscriptions', 'subscription')}/resourceGroups/myImgRG/providers/Microsoft.Compute/images/goldWin",
    "curl https://example.org/login?code=42&lang=en",
    '"adminPassword": null, "secureBoot": true, "tokenValidation": false',
]


def test_innocent_line_stays() -> None:
    with failures_together(at_least=70) as failures:
        for line in INNOCENT:
            with failures.check(line):
                assert redact(line) == line
                assert redact_lines(["before", line, "after"]) == ["before", line, "after"]


def test_innocent_lines_stay_together() -> None:
    assert redact_lines(INNOCENT) == INNOCENT


def test_an_innocent_line_stays_below_a_hidden_one() -> None:
    for line in INNOCENT:
        assert redact_lines(["az login -p Xy7Zq9Lm2Kp4", line])[1] == line


HOSTILE = {
    "heads": "password=",
    "heads with values": "pwd=x1 ",
    "heads in a query": "&sig=abcdefgh1",
    "lines": "token=\n",
    "quotes": "password='",
    "escaped quotes": 'pwd=\\"',
    "open tags": "<password ",
    "headers": "cookie:the ",
    "users": "://a:1/",
    "addresses": "://a:b@",
    "tools": "mysql -pX ",
    "other tools": "curl -u a:b7 ",
    "pipes": "echo a|",
    "begins": "-----BEGIN KEY-----",
    "ends": "-----END KEY-----\nabcd\n",
    "begins and ends": "-----BEGIN A-----\n-----END A-----",
    "runs": "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF ",
    "one run": "aB3/",
    "dashes": "aB3-xY_",
    "blanks": "key ",
    "much space": "password          ",
    "backslashes": "password=\\\\",
    "wrapped": "AccountKey=aB3dE6\naB3dE6gH9j\n",
    "connections": ";pwd=a b",
    "marks": "password=[REDACTED]]",
    "tokens": "eyJhbGciOiJ9.",
    "pairs": 'net user a b credential(a,"',
}


def seconds(text: str) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()  # not the clock: other programs on the machine would count, too
        redact(text)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.property
def test_time_grows_linearly_with_the_text() -> None:
    small, large = 16_000, 128_000
    with failures_together() as failures:
        for name, unit in HOSTILE.items():
            with failures.check(name):
                ratio = seconds(unit * (large // len(unit))) / seconds(unit * (small // len(unit)))
                # Eight times the text takes about eight times as long; what grows with the square takes sixty-four.
                assert ratio < 24


@pytest.mark.property
def test_random_mixture_takes_time_as_it_grows() -> None:
    r = random.Random(7)
    small = "".join(r.choice(list(HOSTILE.values())) for _ in range(1500))
    large = "".join(r.choice(list(HOSTILE.values())) for _ in range(12000))
    assert seconds(large) / seconds(small) < 24
