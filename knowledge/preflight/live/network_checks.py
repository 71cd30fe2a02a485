"""Checks of the subnets of a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from knowledge.preflight.live.live_context import LiveContext
from knowledge.preflight.live.live_rule import LiveRule
from knowledge.preflight.live.lookup import read_objects, read_properties, read_text
from knowledge.preflight.live.references import TemplateReference
from knowledge.preflight.live.resource_ids import get_name, get_parent

_CONTAINER_SERVICE = "microsoft.containerinstance/containergroups"


def find_subnet(network: Mapping[str, Any] | None, name: str) -> Mapping[str, Any] | None:
    """Return a subnet of a virtual network; None if there's none of that name."""
    subnets = read_objects(read_properties(network), "subnets")
    return next((subnet for subnet in subnets if read_text(subnet, "name").lower() == name.lower()), None)


def needs_private_link(references: Sequence[TemplateReference]) -> bool:
    """Tell whether the build's container reaches the build VM over a private link: if it has no subnet of its own."""
    return all(reference.subject != "container-subnet" for reference in references)


def check_private_link_policy(
    rule: LiveRule, reference: TemplateReference, context: LiveContext
) -> Mapping[str, str] | None:
    """Find a subnet whose policy keeps Image Builder from creating a private link service in it."""
    subnet = find_subnet(context.facts.get_body(get_parent(reference.resource_id)), reference.name)
    if subnet is None or not needs_private_link(context.references):
        return None
    # Azure's default is Enabled
    policy = read_text(read_properties(subnet), "privateLinkServiceNetworkPolicies") or "Enabled"
    return {"network": get_name(get_parent(reference.resource_id))} if policy.lower() != "disabled" else None


def check_delegation(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a subnet for containers that isn't delegated to Container Instances."""
    subnet = find_subnet(context.facts.get_body(get_parent(reference.resource_id)), reference.name)
    if subnet is None:
        return None
    delegations = read_objects(read_properties(subnet), "delegations")
    services = {read_text(read_properties(delegation), "serviceName").lower() for delegation in delegations}
    return None if _CONTAINER_SERVICE in services else {"network": get_name(get_parent(reference.resource_id))}


def check_reserved_subnet(
    rule: LiveRule, reference: TemplateReference, context: LiveContext
) -> Mapping[str, str] | None:
    """Find a subnet for the build VM that's delegated to a service, so that no VM can be in it."""
    subnet = find_subnet(context.facts.get_body(get_parent(reference.resource_id)), reference.name)
    delegations = read_objects(read_properties(subnet), "delegations")
    services = [read_text(read_properties(delegation), "serviceName") for delegation in delegations]
    return {"value": services[0]} if services and services[0] else None


def check_outbound(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a subnet without a way to the internet: private, and with neither a NAT gateway nor its own routes."""
    properties = read_properties(find_subnet(context.facts.get_body(get_parent(reference.resource_id)), reference.name))
    has_way_out = bool(properties.get("natGateway") or properties.get("routeTable"))
    return {} if properties.get("defaultOutboundAccess") is False and not has_way_out else None
