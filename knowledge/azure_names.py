"""How Azure names things: GUIDs, resource groups, image templates, and storage accounts.

The patterns match whole names, in RE2 and `re` alike, and are parts of longer patterns for resource ids, addresses, and
log lines. Redaction has its own patterns, which also catch names that are no longer valid.
"""

from __future__ import annotations

import re

GUID = r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"
MAX_RESOURCE_GROUP_CHARS = 90
RESOURCE_GROUP_NAME = r"[0-9A-Za-z_.()-]{1,90}"
"""ASCII only, as in what Azure generates and in nearly all that people choose; see `is_resource_group_name`."""
TEMPLATE_NAME = r"[0-9A-Za-z_.-]{0,63}[0-9A-Za-z_-]"
STORAGE_ACCOUNT_NAME = r"[a-z0-9]{3,24}"
_TASK_TEMPLATE_NAME = re.compile(r"t_(?:\w{1,40}_)?[0-9]{7,16}", re.ASCII)
"""What the Azure DevOps task calls a run's template: `t_` and a number, sometimes with two inputs in between."""

_RESOURCE_GROUP_ID = re.compile(rf"/subscriptions/({GUID})/resourceGroups/([^/]+)/?", re.IGNORECASE | re.ASCII)
_NAME_EXPANSIONS = tuple("$({[%+=@^")
"""What is within a name that a shell or a template has yet to fill in, or that somebody made up."""
_UNASSIGNED_PREFIX = "00000000-0000-0000-"


def is_name_cut_off(following: str) -> bool:
    """Tell whether a name goes on in the text that follows what a pattern took for all of it.

    The part is another name than the one in the text, so no command should have it.
    """
    next_character = following.lstrip(".")[:1]
    return next_character in _NAME_EXPANSIONS or next_character.isalnum()


def is_guid(text: str) -> bool:
    """Tell whether `text` is a GUID, in either case, with hyphens and without braces."""
    return re.fullmatch(GUID, text) is not None


def is_assigned_guid(text: str) -> bool:
    """Tell whether `text` is a GUID that an organization's directory could have assigned.

    A GUID of all zeros is a placeholder; one that only begins with zeros belongs to a personal Microsoft account.
    """
    return is_guid(text) and not text.startswith(_UNASSIGNED_PREFIX)


def is_resource_group_name(text: str) -> bool:
    """Tell whether a resource group can have this name. Azure allows the letters and digits of every script."""
    return (
        0 < len(text) <= MAX_RESOURCE_GROUP_CHARS
        and not text.endswith(".")
        and all(character.isalnum() or character in "_().-" for character in text)
    )


def is_template_name(text: str) -> bool:
    """Tell whether an image template can have this name."""
    return re.fullmatch(TEMPLATE_NAME, text) is not None


def is_task_template_name(text: str) -> bool:
    """Tell whether the Azure DevOps task made the image template of this name, for one run."""
    return _TASK_TEMPLATE_NAME.fullmatch(text) is not None


def is_storage_account_name(text: str) -> bool:
    """Tell whether a storage account can have this name."""
    return re.fullmatch(STORAGE_ACCOUNT_NAME, text) is not None


def get_last_segment(resource_id: str) -> str:
    """Return the name at the end of a resource id, or of any other path; a bare name is returned as is."""
    return resource_id.rstrip("/").rpartition("/")[2]


def parse_resource_group_id(text: str) -> tuple[str, str] | None:
    """Return subscription (lower case) and name of the resource group whose id is `text`; None for any other text."""
    match = _RESOURCE_GROUP_ID.fullmatch(text)
    return (match[1].lower(), match[2]) if match and is_resource_group_name(match[2]) else None
