"""What a template's identity is allowed to do, from its role assignments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.azure_names import GUID, is_guid
from knowledge.patterns import define_text_pattern
from knowledge.preflight.live.lookup import LiveFacts, read_objects, read_properties, read_text
from knowledge.preflight.live.references import TemplateReference
from knowledge.preflight.live.resource_ids import get_group
from knowledge.preflight.preflight_input import CheckedTemplate

_ROLE_ID = define_text_pattern(rf"(?i)/roleDefinitions/({GUID})$")
_MAX_PATTERN_CHARS = 300
_SUBSCRIPTION_PREFIX = "/subscriptions/"


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role that an identity has at `scope` and below.

    Attributes:
        definition_path: Where the role can be read, with the permissions of whoever can read the assignments.
        is_conditional: Whether it only holds under a condition, which isn't evaluated.
    """

    scope: str
    definition_path: str
    is_conditional: bool

    def covers(self, resource_id: str) -> bool:
        """Tell whether it holds for a resource. What's assigned above a subscription holds for all of it."""
        scope, wanted = self.scope.lower().rstrip("/"), resource_id.lower()
        return not scope.startswith(_SUBSCRIPTION_PREFIX) or wanted == scope or wanted.startswith(f"{scope}/")


def find_principal(template: CheckedTemplate, references: Sequence[TemplateReference], facts: LiveFacts) -> str:
    """Return the object ID of the template's identity; "" if it isn't known, or there isn't exactly one."""
    identities = [reference for reference in references if reference.subject == "identity"]
    if len(identities) != 1 or not identities[0].resource_id:
        return ""
    principal = read_text(read_properties(facts.get_body(identities[0].resource_id)), "principalId")
    return principal.lower() if is_guid(principal) else ""


def list_assignments(group: str, facts: LiveFacts) -> list[RoleAssignment] | None:
    """Return the identity's role assignments at, above, and below a resource group; None if they aren't known."""
    bodies = facts.list_bodies(f"{group}/providers/Microsoft.Authorization/roleAssignments")
    if bodies is None:
        return None
    found = []
    for body in bodies:
        properties = read_properties(body)
        match = _ROLE_ID.search(read_text(properties, "roleDefinitionId"))
        if match:
            path = f"{group}/providers/Microsoft.Authorization/roleDefinitions/{match[1].lower()}"
            found.append(RoleAssignment(read_text(properties, "scope"), path, bool(properties.get("condition"))))
    return found


def find_lacking_action(resource_id: str, actions: Iterable[str], facts: LiveFacts, is_data: bool = False) -> str:
    """Return the first of `actions` that no role of the identity allows on a resource; "" if all are, or may be."""
    roles = list_roles(resource_id, facts)
    if roles is None:
        return ""
    return next((action for action in actions if not any(_allows(role, action, is_data) for role in roles)), "")


def list_roles(resource_id: str, facts: LiveFacts) -> list[Mapping[str, Any]] | None:
    """Return the definitions of the roles that the identity has for a resource; None unless all of them are known.

    A role that can't be read, or that only holds under a condition, could allow anything.
    """
    assignments = list_assignments(get_group(resource_id), facts)
    if assignments is None:
        return None
    roles = []
    for assignment in assignments:
        if assignment.covers(resource_id):
            role = facts.get_body(assignment.definition_path)
            if role is None or assignment.is_conditional:
                return None
            roles.append(role)
    return roles


def _allows(role: Mapping[str, Any], action: str, is_data: bool) -> bool:
    allowed, denied = ("dataActions", "notDataActions") if is_data else ("actions", "notActions")
    return any(
        _includes(permission, allowed, action) and not _includes(permission, denied, action)
        for permission in read_objects(read_properties(role), "permissions")
    )


def _includes(permission: Mapping[str, Any], key: str, action: str) -> bool:
    patterns = permission.get(key)
    texts = [item for item in patterns if isinstance(item, str)] if isinstance(patterns, list) else []
    return any(matches_action(text, action) for text in texts)


def matches_action(pattern: str, action: str) -> bool:
    """Tell whether an action of a role, in which `*` stands for any text, includes `action`."""
    if len(pattern) > _MAX_PATTERN_CHARS:
        return False
    # the built-in Managed Identity Operator has `…/userAssignedIdentities/*/assign/action` for `…/assign/action`
    return any(_matches(text.lower(), action.lower()) for text in (pattern, pattern.replace("/*/", "/")))


def _matches(pattern: str, action: str) -> bool:
    first, *rest = pattern.split("*")
    if not rest:
        return action == first
    if not action.startswith(first):
        return False
    position = len(first)
    *middle, last = rest
    for part in middle:
        found = action.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return action.endswith(last) and len(action) - len(last) >= position
