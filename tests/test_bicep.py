"""The Bicep of an installation: it parses, sets what the bot reads, contains no secret, and grants only what's needed.

Microsoft's compiler cannot be had from a package index, so that the syntax is checked by another parser, and types and
versions of the resources by eye.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pycep import BicepParser

from bot.host.readiness import TIMEOUT_SECONDS
from bot.host.settings import read_settings
from bot.settings.table import SECTIONS

FOLDER = Path(__file__).resolve().parent.parent / "appmanifest" / "azure"
SOURCE = (FOLDER / "main.bicep").read_text("utf-8")
OF_THE_LIBRARIES = {"AZURE_CLIENT_ID"}
OWN, OTHER = "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394", "9b2d4c10-7e6f-4a35-8c21-0d9e8f7a6b5c"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


@pytest.fixture(scope="module")
def parsed() -> Any:
    return BicepParser().parse(text=SOURCE)


def test_it_is_whole(parsed: Any) -> None:
    kinds = {resource["type"] for resource in parsed["resources"].values()}
    assert kinds == {
        "Microsoft.App/containerApps",
        "Microsoft.App/managedEnvironments",
        "Microsoft.Authorization/roleAssignments",
        "Microsoft.BotService/botServices",
        "Microsoft.BotService/botServices/channels",
        "Microsoft.Insights/diagnosticSettings",
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "Microsoft.Network/virtualNetworks",
        "Microsoft.OperationalInsights/workspaces",
        "Microsoft.Storage/storageAccounts",
        "Microsoft.Storage/storageAccounts/blobServices",
        "Microsoft.Storage/storageAccounts/blobServices/containers",
    }
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d(-preview)?", r["api_version"]) for r in parsed["resources"].values())


def test_every_setting_is_one_that_the_bot_reads() -> None:
    known = {setting.name for settings in SECTIONS.values() for setting in settings} | set(OF_THE_LIBRARIES)
    given = set(re.findall(r"\{ name: '(\w+)', value:", SOURCE))
    assert given <= known, f"the bot reads none of {given - known}"
    assert {"MicrosoftAppId", "MicrosoftAppType", "MicrosoftAppTenantId", "STATE_BLOB_URL"} <= given
    assert "STATE_PATH" not in given, "one file serves one instance"


@pytest.mark.parametrize(
    "asked",
    [
        {"AZURE_LOOK": "off"},
        {
            "AZURE_LOOK": "user",
            "OAUTH_CONNECTION": "sso",
            "OAUTH_APP_ID": OTHER,
            "SUPPORT_FILING": "on",
            "SHARE_LOOKS": "on",
        },
        {"AZURE_LOOK": "bot", "AZURE_SUBSCRIPTIONS": OTHER, "AZURE_PEOPLE": f"{OWN}/{OTHER}"},
    ],
    ids=lambda asked: asked["AZURE_LOOK"],
)
def test_the_bot_starts_with_what_it_is_given(asked: dict[str, str]) -> None:
    given = dict.fromkeys(re.findall(r"\{ name: '(\w+)', value:", SOURCE), "")
    assert asked.keys() <= given.keys(), "a mode that can be asked for without all that it needs"
    own = {"MicrosoftAppId": OWN, "MicrosoftAppType": "UserAssignedMSI", "MicrosoftAppTenantId": OWN}
    place = {"STATE_BLOB_URL": "https://account.blob.core.windows.net/conversations"}
    image = dict(re.findall(r"(?:ENV |    )([A-Z_]+)=(\S+)", (FOLDER.parent.parent / "Dockerfile").read_text("utf-8")))
    read = read_settings(image | given | own | place | asked)
    assert read.azure.access_mode == asked["AZURE_LOOK"]


def test_the_page_beside_it_says_what_can_be_given(parsed: Any) -> None:
    page = (FOLDER / "README.md").read_text("utf-8")
    given = {*re.findall(r"`(\w+)`", page), *re.findall(r"(\w+)=", page), *re.findall(r"--(location)", page)}
    assert parsed["parameters"].keys() <= given, f"not in the page: {parsed['parameters'].keys() - given}"
    assert parsed["outputs"].keys() <= given
    named = f"{parsed['parameters']['prefix']['default']}-identity"
    assert "name: '${prefix}-identity'" in SOURCE
    assert f"--name {named} " in page, "another identity than the one that is deployed may pull the image"


def test_it_keeps_no_secret(parsed: Any) -> None:
    assert "MicrosoftAppPassword" not in SOURCE
    assert not re.search(r"listKeys|secureString|@secure|accountKey|sharedKey:", SOURCE)
    assert "allowSharedKeyAccess: false" in SOURCE
    assert "allowBlobPublicAccess: false" in SOURCE
    assert not {"password", "secret", "key"} & {name.lower() for name in parsed["parameters"]}


def test_the_identity_may_write_its_conversations_and_nothing_else(parsed: Any) -> None:
    assigned = [r for r in parsed["resources"].values() if r["type"] == "Microsoft.Authorization/roleAssignments"]
    (assignment,) = assigned
    assert assignment["config"]["scope"] == "conversations"
    assert SOURCE.count(BLOB_CONTRIBUTOR) == 1


def test_everything_that_is_named_is_defined(parsed: Any) -> None:
    defined = {*parsed["parameters"], *parsed["variables"], *parsed["resources"]}
    used = set(re.findall(r"\$\{([a-zA-Z]+)", SOURCE)) | set(re.findall(r"^\s+(?:parent|scope): (\w+)$", SOURCE, re.M))
    assert used - {"tenant", "resourceGroup", "subscriptionResourceId"} <= defined
    unused = {name for name in parsed["parameters"] if len(re.findall(rf"\b{name}\b", SOURCE)) < 2}
    assert not unused, f"asked for and not used: {unused}"


def test_the_container_listens_where_the_traffic_goes() -> None:
    assert SOURCE.count("3978") == len(re.findall(r"(?:targetPort|port): 3978", SOURCE)) == 4
    assert "EXPOSE 3978" in (Path(__file__).resolve().parent.parent / "Dockerfile").read_text("utf-8")


def _find(parsed: Any, kind: str) -> Any:
    (found,) = [resource for resource in parsed["resources"].values() if resource["type"] == kind]
    return found["config"]["properties"]


def test_every_probe_has_its_page_and_its_time(parsed: Any) -> None:
    (container,) = _find(parsed, "Microsoft.App/containerApps")["template"]["containers"]
    probes = {probe["type"]: probe for probe in container["probes"]}
    assert {kind: probe["httpGet"]["path"] for kind, probe in probes.items()} == {
        "Startup": "/healthz",
        "Liveness": "/healthz",
        "Readiness": "/readyz",
    }
    for probe in probes.values():
        assert probe["periodSeconds"] >= probe["timeoutSeconds"] >= 3
        assert probe["failureThreshold"] >= 2
    # a person may wait for the page longer than the page for its checks
    assert probes["Readiness"]["timeoutSeconds"] > TIMEOUT_SECONDS


def test_only_the_apps_own_network_reaches_the_storage(parsed: Any) -> None:
    assert re.search(r"^param closedStorage bool = true$", SOURCE, re.MULTILINE)
    account = re.search(r"networkAcls: \{(.*?)\n    \}\n", SOURCE, re.DOTALL)
    assert account
    assert "defaultAction: closedStorage ? 'Deny' : 'Allow'" in account[1]
    assert "bypass: 'None'" in account[1]
    assert "ipRules" not in account[1]
    subnet = "network.properties.subnets[0].id"
    assert subnet in account[1]
    assert f"infrastructureSubnetId: {subnet}" in SOURCE
    assert "service: 'Microsoft.Storage'" in SOURCE


def test_no_two_revisions_share_a_file(parsed: Any) -> None:
    app = _find(parsed, "Microsoft.App/containerApps")
    assert app["configuration"]["activeRevisionsMode"] == "Single"
    assert "volumes" not in app["template"]
    (container,) = app["template"]["containers"]
    assert "volumeMounts" not in container
    assert "STATE_PATH" not in {setting["name"] for setting in container["env"]}
