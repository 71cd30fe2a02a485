"""Every command that the product shows anybody, for Azure CLI and for PowerShell, with its placeholders filled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import yaml

from bot.sandbox.builds.scenario import TemplateSpec, read_scenario
from dialogs.azure.manual_commands import MANUAL_COMMANDS, build_manual_command
from dialogs.state.case import CaseForm
from dialogs.support.case_commands import render_bash_commands, render_powershell_commands
from knowledge.catalog.findings import load_findings
from knowledge.commands.placeholders import Shell
from knowledge.model.entry import LocalizedText, Step
from tests.dialogs.fixtures import context
from tests.shipped_knowledge import ENTRIES, KNOWLEDGE_BASE

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "appmanifest").rglob("*.md")])
TEXTS = sorted((ROOT / "dialogs" / "texts").rglob("*.yaml"))


def _find_template(name: str) -> TemplateSpec:
    return next(template for template in read_scenario().templates if template.name == name)


TEMPLATE = _find_template("win11-golden")
SUBSCRIPTION, ACCOUNT, LOG_FOLDER = TEMPLATE.subscription, TEMPLATE.storage_account, TEMPLATE.derive_guid("folder", 0)
LOG = f"{LOG_FOLDER}/customization.log"
LOG_URL = f"https://{ACCOUNT}.blob.core.windows.net/packerlogs/{LOG}"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{TEMPLATE.group}"
COMPUTE, NETWORK = f"{GROUP_ID}/providers/Microsoft.Compute", f"{GROUP_ID}/providers/Microsoft.Network"
OBJECT_ID = "5b0e7c4d-91a2-4f3b-8d65-2c17e09fab34"
IDENTITY_ID = f"{GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-builder"
POLICY_ID = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/policyAssignments/tags"
STORAGE_ID = f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/stscripts"
IN_A_WEEK = datetime.now(UTC) + timedelta(days=6)
VALUES: Mapping[str, str] = {
    "account": ACCOUNT,
    "agentRg": "rg-agents",
    "agentVm": "vm-agent",
    "appId": OBJECT_ID,
    "assignmentId": POLICY_ID,
    "blob": LOG,
    "buildRg": "rg-build",
    "buildVmIdentityId": IDENTITY_ID,
    "callerObjectId": OBJECT_ID,
    "clientId": OBJECT_ID,
    "cmdlet": "Get-Item",
    "code": "1603",
    "command": "Get-Item",
    "connectionId": f"{NETWORK}/privateLinkServices/aibpls1/privateEndpointConnections/aib.1",
    "container": "packerlogs",
    "containerGroup": "vmimagebuilder-build-1",
    "containerRg": "rg-containers",
    "containerSubnet": "snet-containers",
    "containerSubnetId": f"{NETWORK}/virtualNetworks/vnet-hub/subnets/snet-containers",
    "costCenter": "4711",
    "date": IN_A_WEEK.strftime("%Y-%m-%dT%H:%MZ"),
    "definition": "win11-golden",
    "deployment": "deploy-1",
    "diskGb": "256",
    "feature": "MooncakePublicPreview",
    "file": "template.bicep",
    "gallery": "galImages",
    "galleryId": f"{COMPUTE}/galleries/galImages",
    "galleryRg": "rg-gallery",
    "generation": "V2",
    "guid": LOG_FOLDER,
    "id": "7c1de2b8-40f9-4a35-9e6c-d05b83a1f724",
    "identity": "id-builder",
    "identityId": IDENTITY_ID,
    "identityName": "id-builder",
    "identityRg": "rg-identities",
    "image": "contoso/image-medic:1",
    "imageId": f"{COMPUTE}/images/golden",
    "imageName": "golden",
    "imageVersion": "1.0.1",
    "kb": "KB5034441",
    "loadBalancer": "aibpls1.lb",
    "lockId": f"{GROUP_ID}/providers/Microsoft.Authorization/locks/keep",
    "module": "Az.ImageBuilder",
    "name": TEMPLATE.name,
    "namespace": "Microsoft.Compute",
    "natGateway": "nat-build",
    "newAccount": "stimages2",
    "newDefinition": "win11-gen2",
    "newIdentityId": f"{IDENTITY_ID}-2",
    "newIdentityName": "id-builder-2",
    "newOffer": "offer2",
    "newRegion": "westeurope",
    "newPublisher": "publisher2",
    "newRg": "rg-images-2",
    "newSize": "Standard_D4ds_v5",
    "newSku": "sku2",
    "newStagingRg": "rg-staging-2",
    "newSubnetId": f"{NETWORK}/virtualNetworks/vnet-hub/subnets/snet-build-2",
    "newTemplate": "win11-golden-2",
    "nic": "aibpls1.nic",
    "nsg": "nsg-build",
    "objectId": OBJECT_ID,
    "offer": "WindowsServer",
    "oldIdentityId": IDENTITY_ID,
    "oldTemplate": TEMPLATE.name,
    "osType": "Windows",
    "otherRegion": "westeurope",
    "password": "Placeholder-1",
    "plan": "plan1",
    "pls": "aibpls1",
    "policyAssignmentId": POLICY_ID,
    "presentRegion": "westeurope",
    "principalId": OBJECT_ID,
    "publisher": "MicrosoftWindowsServer",
    "region": TEMPLATE.location,
    "regions": "northeurope=1",
    "registry": "contoso",
    "resourceId": STORAGE_ID,
    "rg": TEMPLATE.group,
    "role": "Reader",
    "scope": GROUP_ID,
    "script": "script-1",
    "script.ps1": "install.ps1",
    "script.sh": "install.sh",
    "scriptAccount": "stscripts",
    "securityType": "TrustedLaunchSupported",
    "servicePrincipalId": OBJECT_ID,
    "size": "Standard_D4ds_v5",
    "sku": "2022-datacenter",
    "sourceVersion": "1.0.0",
    "spObjectId": OBJECT_ID,
    "stagingRg": TEMPLATE.staging_group,
    "storageAccount": ACCOUNT,
    "storageAccountId": STORAGE_ID,
    "storageRg": "rg-storage",
    "sub": SUBSCRIPTION,
    "subnet": "snet-build",
    "subnetId": f"{NETWORK}/virtualNetworks/vnet-hub/subnets/snet-build",
    "tag": "CostCenter",
    "tagValue": "4711",
    "targetRg": "rg-images",
    "template": TEMPLATE.name,
    "templatePrincipalId": OBJECT_ID,
    "tenant": OBJECT_ID,
    "tenantId": OBJECT_ID,
    "uri": LOG_URL,
    "url": LOG_URL,
    "urn": "MicrosoftWindowsServer:WindowsServer:2022-datacenter:latest",
    "value": TEMPLATE.id,
    "vault": "kv-build",
    "vaultName": "kv-build",
    "version": "1.0.0",
    "user": "builder",
    "vm": "vm-test",
    "vmRg": "rg-vms",
    "vnet": "vnet-hub",
    "vnetId": f"{NETWORK}/virtualNetworks/vnet-hub",
    "vnetRg": "rg-network",
    "yourObjectId": OBJECT_ID,
}
"""What a person could write for each placeholder: where the sandbox has it, what is there."""

_PLACEHOLDER = re.compile(r"<([A-Za-z][\w.]*)>")
_INLINE_CODE = re.compile(r"`(az [^`]+|(?:[A-Z]\w+-[A-Z]\w+) [^`]+)`")
_CODE_BLOCK = re.compile(r"(?:^    .*\n)+", re.MULTILINE)
_CASE = CaseForm(
    product="windows",
    severity="moderate",
    title="Golden image fails",
    description=f"Subscription: {SUBSCRIPTION}\nRun started (UTC): 2026-02-22T01:29:00Z",
    template_id=TEMPLATE.id,
)
_CONTACT = ("Chiara", "D-Amico", "chiara@example.com", "W. Europe Standard Time", "ITA")


@dataclass(frozen=True)
class ShownCommand:
    """A command as it is shown, of one or more lines.

    `expect` is what its step promises, in English. `is_sentence`: it's in running text.
    """

    where: str
    shell: Shell
    text: str
    expect: str = ""
    is_sentence: bool = False

    def fill(self, values: Mapping[str, str] = VALUES) -> str:
        """Return the text as a person would complete it."""
        return _PLACEHOLDER.sub(lambda found: values[found[1]], self.text)


@cache
def list_shown_commands() -> tuple[ShownCommand, ...]:
    """Every command, in steps, in sentences, in the drafts, and on the pages."""
    return (*_list_step_commands(), *_list_built_commands(), *_list_sentences(), *_list_page_commands())


def list_distinct_commands(shell: Shell) -> dict[str, list[ShownCommand]]:
    """The commands for `shell` by their text: many steps show the same."""
    found: dict[str, list[ShownCommand]] = {}
    for command in list_shown_commands():
        if command.shell == shell:
            found.setdefault(command.text, []).append(command)
    return found


def name_places(commands: list[ShownCommand]) -> str:
    """The first places of a command, and how many more there are."""
    names = [command.where for command in commands]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _list_steps() -> Iterator[tuple[str, Step]]:
    for entry in ENTRIES.values():
        for index, step in enumerate(entry.steps):
            yield f"entries/{entry.phase}/{entry.id}.yaml steps/{index}", step
    for howto in KNOWLEDGE_BASE.howtos.by_id.values():
        for index, howto_step in enumerate(howto.steps):
            yield f"howtos.yaml {howto.id} steps/{index}", howto_step.step
    findings = load_findings()
    for rule in findings.rules.values():
        for index, step in enumerate(rule.steps):
            yield f"findings {rule.pattern.id} steps/{index}", step
    for index, step in enumerate(findings.packer_steps):
        yield f"findings/_packer_steps.yaml {index}", step


def _list_step_commands() -> Iterator[ShownCommand]:
    for where, step in _list_steps():
        expect = step.expect.get("en") if step.expect else ""
        if step.cli:
            yield ShownCommand(where, "Azure CLI", step.cli, expect)
        if step.powershell:
            yield ShownCommand(where, "PowerShell", step.powershell, expect)


def _list_built_commands() -> Iterator[ShownCommand]:
    for templates in MANUAL_COMMANDS.values():
        for shell in templates:
            for values in ({}, {"subscription": SUBSCRIPTION}):
                command = build_manual_command(shell, templates, values)
                yield ShownCommand("dialogs/azure/manual_commands.py", shell, command.text)
    where = "dialogs/support/case_commands.py"
    yield ShownCommand(where, "Azure CLI", _fill_contact(render_bash_commands(context(), _CASE)))
    yield ShownCommand(where, "PowerShell", _fill_contact(render_powershell_commands(context(), _CASE)))


def _fill_contact(script: str) -> str:
    values = iter(_CONTACT)
    return re.sub(r"'<[^>]+>'", lambda _: f"'{next(values)}'", script, count=len(_CONTACT))


def _list_sentences() -> Iterator[ShownCommand]:
    """Commands in running text, between backticks."""
    for entry in ENTRIES.values():
        where = f"entries/{entry.phase}/{entry.id}.yaml"
        yield from _read_texts(where, entry.cause, entry.retry_note, *(item.difference for item in entry.look_alikes))
    for howto in KNOWLEDGE_BASE.howtos.by_id.values():
        yield from _read_texts(f"howtos.yaml {howto.id}", howto.intro)
    for rule in load_findings().rules.values():
        yield from _read_texts(f"findings {rule.pattern.id}", rule.cause)
    for where, step in _list_steps():
        yield from _read_texts(where, step.do, step.expect, step.save_first)
    for path in TEXTS:
        for text in yaml.safe_load(path.read_text("utf-8")).values():
            if isinstance(text, str):
                yield from _read_inline_code(str(path.relative_to(ROOT)), text)


def _read_texts(where: str, *texts: LocalizedText | None) -> Iterator[ShownCommand]:
    for text in texts:
        for translation in text.list_all() if text else ():
            yield from _read_inline_code(where, translation)


def _read_inline_code(where: str, text: str) -> Iterator[ShownCommand]:
    for code in _INLINE_CODE.findall(" ".join(text.split())):
        # `az support` names a group of commands; one that can be run has an option
        if " -" in code and "…" not in code:
            yield ShownCommand(where, "Azure CLI" if code.startswith("az ") else "PowerShell", code, "", True)


def _list_page_commands() -> Iterator[ShownCommand]:
    for page in PAGES:
        where, text = str(page.relative_to(ROOT)), page.read_text("utf-8")
        yield from _read_inline_code(where, text)
        script = "".join(re.sub(r"(?m)^    ", "", block) for block in _CODE_BLOCK.findall(text))
        script = re.sub(r"\bACCOUNT\b", ACCOUNT, script)
        if re.search(r"\baz [a-z]", script):
            yield ShownCommand(where, "Azure CLI", script)
