"""Which names and ids may become a part of an address: strict patterns, for names come from people and texts, too."""

from __future__ import annotations

import re2

from dialogs.model.azure import TemplateId

_GUID = re2.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_TEMPLATE = re2.compile(r"[A-Za-z0-9_.-]{0,63}[A-Za-z0-9_-]")
_ACCOUNT = re2.compile(r"[a-z0-9]{3,24}")
_GROUP_ID = re2.compile(r"(?i)/subscriptions/([0-9a-f-]{36})/resourceGroups/([^/]{1,90})/?")
_TEMPLATE_ID = re2.compile(
    r"(?i)/subscriptions/([0-9a-f-]{36})/resourceGroups/([^/]{1,90})"
    r"/providers/Microsoft\.VirtualMachineImages/imageTemplates/([^/]{1,64})/?"
)


def is_subscription_id(text: str) -> bool:
    """Whether `text` is a GUID."""
    return _GUID.fullmatch(text) is not None


def is_resource_group_name(text: str) -> bool:
    """Whether a resource group may have this name."""
    return 0 < len(text) <= 90 and not text.endswith(".") and all(c.isalnum() or c in "_().-" for c in text)


def is_template_name(text: str) -> bool:
    """Whether an image template may have this name."""
    return _TEMPLATE.fullmatch(text) is not None


def is_storage_account_name(text: str) -> bool:
    """Whether a storage account may have this name."""
    return _ACCOUNT.fullmatch(text) is not None


def is_valid_template_id(template_id: TemplateId) -> bool:
    """Whether the names of `ref` may be sent."""
    return (
        is_subscription_id(template_id.subscription)
        and is_resource_group_name(template_id.resource_group)
        and is_template_name(template_id.name)
    )


def parse_resource_group_id(text: str) -> tuple[str, str] | None:
    """Subscription and name of the resource group whose id is `text`; None when it is no such id."""
    found = _GROUP_ID.fullmatch(text)
    if found is None or not is_subscription_id(found[1]) or not is_resource_group_name(found[2]):
        return None
    return found[1].lower(), found[2]


def parse_template_id(text: str) -> TemplateId | None:
    """The template whose id is `text`; None when it is no such id."""
    found = _TEMPLATE_ID.fullmatch(text)
    if found is None:
        return None
    ref = TemplateId(found[1].lower(), found[2], found[3])
    return ref if is_valid_template_id(ref) else None
