"""Validate names and ids before they become part of a URL. Strict, because they also come from people and texts."""

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
    """Tell whether `text` is a GUID."""
    return _GUID.fullmatch(text) is not None


def is_resource_group_name(text: str) -> bool:
    """Tell whether a resource group can have this name."""
    return 0 < len(text) <= 90 and not text.endswith(".") and all(c.isalnum() or c in "_().-" for c in text)


def is_template_name(text: str) -> bool:
    """Tell whether an image template can have this name."""
    return _TEMPLATE.fullmatch(text) is not None


def is_storage_account_name(text: str) -> bool:
    """Tell whether a storage account can have this name."""
    return _ACCOUNT.fullmatch(text) is not None


def is_valid_template_id(template_id: TemplateId) -> bool:
    """Tell whether all the names in `template_id` are safe to send."""
    return (
        is_subscription_id(template_id.subscription)
        and is_resource_group_name(template_id.resource_group)
        and is_template_name(template_id.name)
    )


def parse_resource_group_id(text: str) -> tuple[str, str] | None:
    """Return subscription (lower case) and name of the resource group whose id is `text`; None for any other text."""
    match = _GROUP_ID.fullmatch(text)
    if match is None or not is_subscription_id(match[1]) or not is_resource_group_name(match[2]):
        return None
    return match[1].lower(), match[2]


def parse_template_id(text: str) -> TemplateId | None:
    """Return the template whose resource id is `text`; None for any other text."""
    match = _TEMPLATE_ID.fullmatch(text)
    if match is None:
        return None
    template_id = TemplateId(match[1].lower(), match[2], match[3])
    return template_id if is_valid_template_id(template_id) else None
