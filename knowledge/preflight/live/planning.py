"""Plan what to look up for a template. Some lookups need the answers of others, so planning is repeated.

Roles come from lists of role assignments, one for each resource group that the identity needs something in: a list
has what's assigned at, above, and below the group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from knowledge.preflight.live.lookup import LiveFacts, Lookup, Topic, read_text
from knowledge.preflight.live.permissions import find_principal, list_assignments
from knowledge.preflight.live.references import TemplateReference, list_references, read_gallery_definition
from knowledge.preflight.live.resource_ids import (
    get_group,
    get_name,
    get_parent,
    normalize_id,
    normalize_region,
)
from knowledge.preflight.preflight_input import CheckedTemplate

COMPUTE_VERSION = "2024-07-01"
GALLERY_VERSION = "2024-03-03"
IDENTITY_VERSION = "2023-01-31"
NETWORK_VERSION = "2024-05-01"
RESOURCES_VERSION = "2022-09-01"
ROLES_VERSION = "2022-04-01"
STORAGE_VERSION = "2023-05-01"


def plan_lookups(template: CheckedTemplate, facts: LiveFacts) -> list[Lookup]:
    """Return the lookups that are possible now and not answered yet, the most important ones first."""
    references = list_references(template)
    planned = [
        *_plan_images(template, references, facts),
        *_plan_places(references),
        *_plan_storage(template, references),
        *_plan_roles(template, references, facts),
    ]
    return [lookup for lookup in dict.fromkeys(planned) if lookup not in facts.answers]


def find_platform_image(template: CheckedTemplate, reference: TemplateReference, facts: LiveFacts) -> str:
    """Return the path of the Marketplace image's version that a build would use; "" if it isn't known."""
    sku = build_sku_path(template, reference)
    if not sku:
        return ""
    version = reference.resource_id.rpartition(":")[2]
    if version == "latest":
        versions = facts.list_bodies(f"{sku}/versions") or []
        version = read_text(versions[0], "name") if versions else ""
        if not version.replace(".", "").isdecimal():
            return ""
    return f"{sku}/versions/{version}"


def build_sku_path(template: CheckedTemplate, reference: TemplateReference) -> str:
    """Return the path of a Marketplace image's SKU in the template's region; "" if the template doesn't say where."""
    template_id, region = template.parsed.template_id, normalize_region(template.parsed.location)
    if template_id is None or not region.isalnum() or not reference.resource_id:
        return ""
    publisher, offer, sku, _ = reference.resource_id.split(":")
    return (
        f"/subscriptions/{template_id.subscription}/providers/Microsoft.Compute/locations/{region}"
        f"/publishers/{publisher}/artifacttypes/vmimage/offers/{offer}/skus/{sku}"
    )


def build_accounts_path(template: CheckedTemplate) -> str:
    """Return the path of the storage accounts in the template's subscription; "" if that isn't known."""
    template_id = template.parsed.template_id
    if template_id is None:
        return ""
    return f"/subscriptions/{template_id.subscription}/providers/Microsoft.Storage/storageAccounts"


def find_container(template: CheckedTemplate, reference: TemplateReference, facts: LiveFacts) -> str:
    """Return the ID of the blob container with a script; "" if its account isn't in the template's subscription."""
    account, container = reference.resource_id.split("/")
    for body in facts.list_bodies(build_accounts_path(template)) or ():
        resource_id = normalize_id(read_text(body, "id"), "storage-account")
        if resource_id and get_name(resource_id).lower() == account:
            return f"{resource_id}/blobServices/default/containers/{container}"
    return ""


def find_scope(template: CheckedTemplate, reference: TemplateReference, facts: LiveFacts) -> str:
    """Return the ID of the resource for which the template's identity needs a role; "" if it isn't known."""
    if reference.subject == "script":
        return find_container(template, reference, facts)
    if reference.subject in ("source-version", "target-version", "target-definition"):
        return read_gallery_definition(reference)
    return reference.resource_id


def _plan_images(
    template: CheckedTemplate, references: Sequence[TemplateReference], facts: LiveFacts
) -> Iterator[Lookup]:
    for reference in references:
        if not reference.resource_id:
            continue
        if reference.subject == "platform-image":
            sku = build_sku_path(template, reference)
            if sku and reference.resource_id.endswith(":latest"):
                yield _look_up(f"{sku}/versions", "source", COMPUTE_VERSION, ("$top", "1"), ("$orderby", "name desc"))
            if image := find_platform_image(template, reference, facts):
                yield _look_up(image, "source", COMPUTE_VERSION)
        elif reference.subject in ("source-version", "target-version", "target-definition"):
            definition = read_gallery_definition(reference)
            yield _look_up(definition, reference.topic, GALLERY_VERSION)
            if reference.subject != "target-definition":
                # `latest` is no version by itself
                is_latest = reference.name.lower() == "latest"
                path = f"{definition}/versions" if is_latest else reference.resource_id
                yield _look_up(path, reference.topic, GALLERY_VERSION)
            elif facts.is_missing(definition):
                yield _look_up(get_parent(definition), reference.topic, GALLERY_VERSION)
        elif reference.subject == "source-image":
            yield _look_up(reference.resource_id, "source", COMPUTE_VERSION)


def _plan_places(references: Sequence[TemplateReference]) -> Iterator[Lookup]:
    for reference in references:
        if not reference.resource_id:
            continue
        if reference.subject in ("identity", "vm-identity"):
            yield _look_up(reference.resource_id, "identity", IDENTITY_VERSION)
        elif reference.subject in ("subnet", "container-subnet"):
            yield _look_up(get_parent(reference.resource_id), "network", NETWORK_VERSION)
        elif reference.subject == "target-image":
            yield _look_up(get_group(reference.resource_id), "target", RESOURCES_VERSION)
        elif reference.subject == "staging-group":
            yield _look_up(reference.resource_id, "staging", RESOURCES_VERSION)
            yield _look_up(f"{reference.resource_id}/resources", "staging", RESOURCES_VERSION, ("$top", "1"))


def _plan_storage(template: CheckedTemplate, references: Sequence[TemplateReference]) -> Iterator[Lookup]:
    path = build_accounts_path(template)
    if path and any(reference.subject == "script" for reference in references):
        yield _look_up(path, "storage", STORAGE_VERSION)


def _plan_roles(
    template: CheckedTemplate, references: Sequence[TemplateReference], facts: LiveFacts
) -> Iterator[Lookup]:
    principal = find_principal(template, references, facts)
    if not principal:
        return
    groups = []
    for reference in references:
        scope = find_scope(template, reference, facts) if _needs_role(reference) else ""
        # nobody has a role for what isn't there
        if scope and not _is_gone(scope, reference, facts):
            groups.append(get_group(scope))
    for group in dict.fromkeys(groups):
        yield _look_up(
            f"{group}/providers/Microsoft.Authorization/roleAssignments",
            "roles",
            ROLES_VERSION,
            ("$filter", f"assignedTo('{principal}')"),
        )
    for group in dict.fromkeys(groups):
        for assignment in list_assignments(group, facts) or ():
            yield _look_up(assignment.definition_path, "roles", ROLES_VERSION)


def _needs_role(reference: TemplateReference) -> bool:
    return bool(reference.resource_id) and reference.subject not in ("platform-image", "identity")


def _is_gone(scope: str, reference: TemplateReference, facts: LiveFacts) -> bool:
    path = get_group(scope) if reference.subject == "target-image" else scope
    return facts.is_missing(path) or (reference.topic == "network" and facts.is_missing(get_parent(scope)))


def _look_up(path: str, topic: Topic, api_version: str, *query: tuple[str, str]) -> Lookup:
    return Lookup(path, topic, (("api-version", api_version), *query))
