"""The role for Azure lookups: it only reads, and has exactly the permissions that the requests need."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.azure.arm.allowed_requests import PREFLIGHT_RULES
from bot.azure.clients.management_clients import LOG_CONTAINER
from bot.azure.clients.refusals import READ_BLOBS_ACTION
from knowledge.template.template_id import TemplateQuery
from tests.bot.azure.fake_azure import ACCOUNT, PERSON, REF, FakeAzure, FakeCredential, template
from tests.bot.azure.logs.test_logs import log_of, place
from tests.bot.azure.template_readers import build_reader

FOLDER = Path(__file__).resolve().parents[3] / "appmanifest" / "azure"
ROLE = json.loads((FOLDER / "image-medic-reader.role.json").read_text("utf-8"))
PREFLIGHT_ROLE = json.loads((FOLDER / "image-medic-preflight.role.json").read_text("utf-8"))
NEEDED = {
    "/imageTemplates": "Microsoft.VirtualMachineImages/imageTemplates/read",
    "/runOutputs": "Microsoft.VirtualMachineImages/imageTemplates/runOutputs/read",
    "/storageAccounts": "Microsoft.Storage/storageAccounts/read",
    "/subscriptions": "Microsoft.Resources/subscriptions/read",
}


def action_for(path: str) -> str:
    """The right that a request of Resource Manager needs, by the last kind in its path."""
    for kind, action in NEEDED.items():
        if path.endswith(kind):
            return action
    if "/imageTemplates/" in path:
        return NEEDED["/imageTemplates"]
    assert path.split("/")[-2].lower() == "resourcegroups", path
    return "Microsoft.Resources/subscriptions/resourceGroups/read"


def test_the_role_only_reads() -> None:
    rights = [*ROLE["Actions"], *ROLE["DataActions"]]
    assert all(right.endswith("/read") and "*" not in right for right in rights)
    assert ROLE["DataActions"] == [READ_BLOBS_ACTION]


def name_read_action(path: str) -> str:
    """The right that a preflight request needs: the types of the resources in its path."""
    resource = path.rpartition("/providers/")[2] if "/providers/" in path else ""
    if not resource:
        below = path.partition("/resourceGroups/{name}")[2]
        return f"Microsoft.Resources/subscriptions/resourceGroups{below}/read"
    namespace, *parts = resource.replace("/vmimage", "/{name}").split("/")
    return "/".join([namespace, *(part for part in parts if not part.startswith("{")), "read"])


def test_the_preflight_role_holds_what_is_asked_for_and_nothing_else() -> None:
    needed = {name_read_action(rule.path) for rule in PREFLIGHT_RULES}
    assert needed == set(PREFLIGHT_ROLE["Actions"])
    # so Reader includes all of them
    assert all(action.endswith("/read") and "*" not in action for action in needed)
    assert PREFLIGHT_ROLE["DataActions"] == []
    assert {method for rule in PREFLIGHT_RULES for method in rule.methods} == {"GET"}


def test_the_condition_is_about_the_very_right_and_container() -> None:
    condition = (FOLDER / "packerlogs.condition.txt").read_text("utf-8")
    assert f"ActionMatches{{'{READ_BLOBS_ACTION}'}}" in condition
    assert f"containers:name] StringEquals '{LOG_CONTAINER}'" in condition
    assert condition.count("(") == condition.count(")")


async def test_the_role_holds_what_is_asked_for_and_nothing_else(azure: FakeAzure, credential: FakeCredential) -> None:
    azure.templates = [template()]
    azure.groups["rg-staging"] = {"imageTemplateName": REF.name, "imageTemplateResourceGroupName": REF.resource_group}
    place(azure, log_of())
    reader = build_reader(azure, credential)
    for wanted in (TemplateQuery(REF.name), TemplateQuery(staging_group="rg-staging"), TemplateQuery(account=ACCOUNT)):
        assert (await reader.find_templates(PERSON, wanted)).exact_matches == (REF,)
    await reader.find_failed_templates(PERSON)
    await reader.fetch_template_json(PERSON, REF)
    await reader.fetch_log_tail(PERSON, await reader.fetch_status(PERSON, REF))
    asked = {action_for(path.split(" ")[1]) for path in azure.paths if "/blobs/" not in path}
    assert asked == set(ROLE["Actions"])


@pytest.mark.parametrize(
    "name",
    [
        "image-medic-preflight.role.json",
        "image-medic-reader.role.json",
        "main.bicep",
        "packerlogs.condition.txt",
        "register.md",
        "sign-in.md",
    ],
)
def test_the_page_names_what_lies_beside_it(name: str) -> None:
    assert name in (FOLDER / "README.md").read_text("utf-8")
    assert (FOLDER / name).is_file()
