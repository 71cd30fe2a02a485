"""Checks of a template's own staging group."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.preflight.live.live_context import LiveContext
from knowledge.preflight.live.live_rule import LiveRule
from knowledge.preflight.live.lookup import LiveFacts, read_text
from knowledge.preflight.live.references import TemplateReference


def check_other_owner(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a staging group with the tags of another image template."""
    owner = _read_owner(reference, context.facts)
    template_id = context.template.parsed.template_id
    if owner is None or template_id is None:
        return None
    name, group = owner
    is_own = name.lower() == template_id.name.lower() and group.lower() in ("", template_id.resource_group.lower())
    return None if is_own else {"value": name}


def check_not_empty(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a staging group with resources before any image template uses it."""
    resources = context.facts.list_bodies(f"{reference.resource_id}/resources")
    body = context.facts.get_body(reference.resource_id)
    if not resources or body is None or _read_owner(reference, context.facts) is not None:
        return None
    is_used = context.template.parsed.provisioning.state.lower() == "succeeded"
    return None if is_used else {"value": read_text(resources[0], "name")}


def _read_owner(reference: TemplateReference, facts: LiveFacts) -> tuple[str, str] | None:
    """Return the image template in a staging group's tags, and its resource group; None if there are no such tags."""
    body = facts.get_body(reference.resource_id)
    tags = body.get("tags") if body else None
    if not isinstance(tags, dict):
        return None
    found = {str(name).lower(): str(value) for name, value in tags.items()}
    if "imagetemplatename" not in found and "imagetemplateresourcegroupname" not in found:
        return None
    return found.get("imagetemplatename", ""), found.get("imagetemplateresourcegroupname", "")
