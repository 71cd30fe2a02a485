"""Checks of whether a resource exists where the template says."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.preflight.live.live_context import LiveContext
from knowledge.preflight.live.live_rule import LiveRule
from knowledge.preflight.live.lookup import read_objects, read_properties, read_text
from knowledge.preflight.live.network_checks import find_subnet
from knowledge.preflight.live.planning import build_sku_path, find_platform_image
from knowledge.preflight.live.references import TemplateReference, read_gallery_definition
from knowledge.preflight.live.resource_ids import (
    get_group,
    get_group_name,
    get_name,
    get_parent,
    get_subscription,
    normalize_region,
)


def check_missing(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a resource that doesn't exist."""
    facts = context.facts
    if reference.subject == "platform-image":
        return {} if _is_platform_image_missing(reference, context) else None
    values = {"group": get_group_name(reference.resource_id)}
    if reference.subject == "source-version" and reference.name.lower() == "latest":
        versions = f"{get_parent(reference.resource_id)}/versions"
        return values if facts.is_missing(versions) or facts.list_bodies(versions) == [] else None
    if reference.subject in ("subnet", "container-subnet"):
        network = get_parent(reference.resource_id)
        body = facts.get_body(network)
        is_gone = facts.is_missing(network) or (body is not None and find_subnet(body, reference.name) is None)
        return values if is_gone else None
    if reference.subject == "target-image":
        return values if facts.is_missing(get_group(reference.resource_id)) else None
    return values if facts.is_missing(reference.resource_id) else None


def check_missing_gallery(
    rule: LiveRule, reference: TemplateReference, context: LiveContext
) -> Mapping[str, str] | None:
    """Find a target whose gallery doesn't exist."""
    gallery = get_parent(read_gallery_definition(reference))
    is_gone = context.facts.is_missing(gallery)
    return {"name": get_name(gallery), "group": get_group_name(gallery)} if is_gone else None


def check_missing_definition(
    rule: LiveRule, reference: TemplateReference, context: LiveContext
) -> Mapping[str, str] | None:
    """Find a target whose gallery exists, and whose definition doesn't."""
    definition = read_gallery_definition(reference)
    gallery = get_parent(definition)
    if not context.facts.is_missing(definition) or context.facts.is_missing(gallery):
        return None
    return {"name": get_name(definition), "gallery": get_name(gallery)}


def check_existing(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a resource that exists already, where a run creates it."""
    return {} if context.facts.get_body(reference.resource_id) is not None else None


def check_elsewhere(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a resource that's in another region than the template."""
    is_subnet = reference.subject in ("subnet", "container-subnet")
    body = context.facts.get_body(get_parent(reference.resource_id) if is_subnet else reference.resource_id)
    region = normalize_region(read_text(body, "location"))
    return {"value": region} if region and context.region and region != context.region else None


def check_other_subscription(
    rule: LiveRule, reference: TemplateReference, context: LiveContext
) -> Mapping[str, str] | None:
    """Find a resource that's in another subscription than the template."""
    template_id = context.template.parsed.template_id
    return {} if template_id and get_subscription(reference.resource_id) != template_id.subscription else None


def check_not_replicated(
    rule: LiveRule, reference: TemplateReference, context: LiveContext
) -> Mapping[str, str] | None:
    """Find a gallery version without a replica in the template's region."""
    profile = read_properties(context.facts.get_body(reference.resource_id)).get("publishingProfile")
    targets = read_objects(profile, "targetRegions") if isinstance(profile, dict) else []
    regions = [normalize_region(read_text(target, "name")) for target in targets]
    if not regions or not context.region or context.region in regions:
        return None
    return {"value": ", ".join(regions), "definition": get_name(get_parent(reference.resource_id))}


def _is_platform_image_missing(reference: TemplateReference, context: LiveContext) -> bool:
    facts = context.facts
    image = find_platform_image(context.template, reference, facts)
    if image and facts.is_missing(image):
        return True
    versions = f"{build_sku_path(context.template, reference)}/versions"
    return facts.is_missing(versions) or facts.list_bodies(versions) == []
