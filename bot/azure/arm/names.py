"""Validate resource ids before they become part of a URL. Strict, because they also come from people and texts."""

from __future__ import annotations

import re2

from dialogs.model.azure import TemplateId
from knowledge.azure_names import GUID, is_guid, is_resource_group_name, is_template_name

_GROUP_ID = re2.compile(rf"(?i)/subscriptions/({GUID})/resourceGroups/([^/]{{1,90}})/?")
_TEMPLATE_ID = re2.compile(
    rf"(?i)/subscriptions/({GUID})/resourceGroups/([^/]{{1,90}})"
    r"/providers/Microsoft\.VirtualMachineImages/imageTemplates/([^/]{1,64})/?"
)


def is_valid_template_id(template_id: TemplateId) -> bool:
    """Tell whether all the names in `template_id` are safe to send."""
    return (
        is_guid(template_id.subscription)
        and is_resource_group_name(template_id.resource_group)
        and is_template_name(template_id.name)
    )


def parse_resource_group_id(text: str) -> tuple[str, str] | None:
    """Return subscription (lower case) and name of the resource group whose id is `text`; None for any other text."""
    match = _GROUP_ID.fullmatch(text)
    if match is None or not is_resource_group_name(match[2]):
        return None
    return match[1].lower(), match[2]


def parse_template_id(text: str) -> TemplateId | None:
    """Return the template whose resource id is `text`; None for any other text."""
    match = _TEMPLATE_ID.fullmatch(text)
    if match is None:
        return None
    template_id = TemplateId(match[1].lower(), match[2], match[3])
    return template_id if is_valid_template_id(template_id) else None
