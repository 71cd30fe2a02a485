"""Validate resource ids before they become part of a URL. Strict, because they also come from people and texts."""

from __future__ import annotations

import re2

from knowledge.azure_names import GUID, is_resource_group_name

_GROUP_ID = re2.compile(rf"(?i)/subscriptions/({GUID})/resourceGroups/([^/]{{1,90}})/?")


def parse_resource_group_id(text: str) -> tuple[str, str] | None:
    """Return subscription (lower case) and name of the resource group whose id is `text`; None for any other text."""
    match = _GROUP_ID.fullmatch(text)
    if match is None or not is_resource_group_name(match[2]):
        return None
    return match[1].lower(), match[2]
