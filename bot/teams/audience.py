"""Who can read a group chat or a channel, per Teams' list of its members: the organization's own people or others.

A guest has an account in the organization and the role `guest`; people of a shared channel or a federated chat have
another tenant; people who joined a meeting without an account have the role `anonymous`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.teams.message_text import as_mapping
from bot.turns.channel import Audience
from dialogs.model.turn import Person

_OWN_ROLES = ("user", "owner")
_OUTSIDE_ROLES = ("guest", "anonymous")
_BOT_PREFIX = "28:"


def judge_members(members: Sequence[object], person: Person) -> Audience:
    """Return who the members are, seen from the organization of `person`.

    What Teams doesn't say about somebody isn't guessed. If the person isn't on the list, it isn't the conversation's
    list, or they have left.
    """
    people = [member for member in map(as_mapping, members) if not str(member.get("id")).startswith(_BOT_PREFIX)]
    audiences = {_judge_member(member.get("tenantId"), member.get("userRole"), person.tenant) for member in people}
    if "guests" in audiences:
        return "guests"
    is_complete = "unclear" not in audiences and any(member.get("id") == person.id for member in people)
    return "own" if is_complete else "unclear"


def _judge_member(tenant: object, role: object, own_tenant: str) -> Audience:
    if isinstance(role, str) and role.lower() in _OUTSIDE_ROLES:
        return "guests"
    if not (isinstance(tenant, str) and tenant and own_tenant):
        return "unclear"
    if tenant.lower() != own_tenant.lower():
        return "guests"
    return "own" if isinstance(role, str) and role.lower() in _OWN_ROLES else "unclear"
