"""Why Azure refused: one set of reasons for lookups and tickets, with what people need to know about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AzureRefusalReason = Literal[
    "off",  # the operator has not enabled it
    "sign-in",  # nobody is signed in, or the sign-in has expired
    "consent",  # the organization or the person hasn't consented to the permission
    "conditional-access",  # Entra requires something that only the person can do (another factor, a known device)
    "not-allowed",  # the person or the subscription isn't on the operator's allowlist
    "unauthorized",  # 401: the token was rejected
    "other-tenant",  # the subscription belongs to a different tenant than the token
    "not-found",  # 404: deleted, never existed, or not visible to the person
    "busy",  # 429: `retry_after` is in seconds, None if Azure doesn't say
    "azure-trouble",  # 5xx, or the operation failed on Azure's side
    "too-slow",  # no answer in time; a ticket may still be created
    "no-network",  # no connection
    "suspicious",  # the address isn't the expected one, so no token was sent to it
    "unexpected",  # anything else
    # lookups
    "denied",  # 403 from Resource Manager: `action` on `scope` is missing
    "no-data-role",  # 403 from Storage: no role for reading blobs
    "firewall",  # 403 from Storage: the network is not allowed
    "keys-disabled",  # Storage takes no shared keys
    "no-run",  # the template has not run yet
    "no-log",  # the run hasn't written a log (yet)
    "log-gone",  # the staging group or its storage account was deleted, and the log with it
    "conflict",  # 409, such as an unregistered resource provider
    # tickets
    "no-plan",  # the support plan has no API access; `detail` is the plan, if Azure says which
    "no-permission",  # 403 from Azure Support: `action` on `scope` is missing
    "not-registered",  # Microsoft.Support is not registered in the subscription
    "quota",  # too many open tickets
    "severity",  # the plan does not include this severity
    "name-taken",  # the ticket name is in use by a ticket that the person isn't allowed to see
    "no-service",  # no service with that name is listed
    "no-classification",  # no classification for Image Builder is listed
    "rejected",  # 400: `detail` is what Azure says
    "unsure",  # the response was lost and the ticket isn't visible (yet): one may still be created
]

LASTING_REASONS: frozenset[AzureRefusalReason] = frozenset(
    {"off", "keys-disabled", "log-gone", "suspicious", "no-plan", "severity", "name-taken", "no-service",
     "no-classification", "rejected"}
)  # fmt: skip
"""Reasons for which trying again can't help."""


@dataclass(frozen=True, slots=True)
class AzureRefusal:
    """Why something was refused. Every text is redacted, and "" if unknown.

    Attributes:
        target: What was being read: a resource id or a name.
        action: The missing permission, in Azure's words.
        scope: The resource on which it is missing.
        role: A built-in role that includes it.
        code: The error code from Azure or Entra (`AADSTS…`).
        retry_after: How many seconds Azure asks to wait.
        subscriptions: The names or ids of the subscriptions it's about.
        detail: What Azure says, if only that tells what to do.
    """

    reason: AzureRefusalReason
    target: str = ""
    action: str = ""
    scope: str = ""
    role: str = ""
    code: str = ""
    retry_after: int | None = None
    subscriptions: tuple[str, ...] = ()
    detail: str = ""
