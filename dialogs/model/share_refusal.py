"""Why a lookup wasn't shared."""

from __future__ import annotations

from typing import Literal

ShareRefusalReason = Literal[
    "guests",  # people from outside the organization can read the conversation
    "members-unclear",  # for some member, Teams doesn't say whether they're from the organization
    "members-unread",  # Teams didn't return who can read it
    "no-way-back",  # how to reach the conversation isn't known (anymore)
    "refused",  # Teams refused the message: the bot was removed, or isn't allowed to post there
    "later",  # Teams can't be reached, or is busy
    "unsure",  # Teams didn't say whether it accepted the message
]

LASTING_SHARE_REFUSALS: frozenset[ShareRefusalReason] = frozenset(
    {"guests", "members-unclear", "no-way-back", "unsure"}
)
"""Reasons for which trying again doesn't help, or might post it twice."""
