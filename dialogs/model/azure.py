"""Plain values for reading Azure: image templates, their last run, their build log, and why a read was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from knowledge.model.diagnosis import Diagnosis
from knowledge.template.image_template import ImageTemplate
from knowledge.template.run import Run
from knowledge.template.template_id import TemplateId

AccessMode = Literal["off", "user", "bot", "local", "sandbox"]
"""Whose credentials read Azure: nobody's, the user's, the bot's identity, a local `az login`, or the fake Azure."""


@dataclass(frozen=True, slots=True)
class TemplateSearchResult:
    """The templates that fit a query, best first, those with a similar name, and the subscriptions searched.

    `searched_subscriptions` and `denied_subscriptions` hold names, or ids where the name is unknown. With `has_more`
    there were more templates than could be scanned within the turn. `subscription_names` maps ids to names.
    """

    exact_matches: tuple[TemplateId, ...]
    similar_matches: tuple[TemplateId, ...] = ()
    searched_subscriptions: tuple[str, ...] = ()
    denied_subscriptions: tuple[str, ...] = ()
    has_more: bool = False
    subscription_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunOutput:
    """One output of a run: its name, the artifact's resource id or URI ("" when none), and its provisioning state."""

    name: str
    artifact: str
    state: str


@dataclass(frozen=True, slots=True)
class TemplateStatus:
    """An image template with its last run, as Resource Manager reports them, and the run's outputs.

    Redacted and of a bounded size: of what the template contains, only that is kept which `dialogs.state` can store.
    """

    template_id: TemplateId
    template: ImageTemplate
    outputs: tuple[RunOutput, ...] = ()

    @property
    def run(self) -> Run:
        """The last run."""
        return self.template.run


@dataclass(frozen=True, slots=True)
class FailedTemplates:
    """Every template whose last run failed, newest first; the other fields are as in `TemplateSearchResult`."""

    templates: tuple[TemplateStatus, ...]
    searched_subscriptions: tuple[str, ...] = ()
    denied_subscriptions: tuple[str, ...] = ()
    has_more: bool = False


LogFile = Literal["customization.log", "validation.log"]


@dataclass(frozen=True, slots=True)
class LogTail:
    """The end of a build log. `text` is raw: diagnose it, and redact it before showing any of it.

    `bytes_read` and `size` are in bytes. `growing`: the run that writes the log has not ended.
    """

    file: LogFile
    text: str
    bytes_read: int
    size: int
    folder: str = ""
    growing: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the log was read from its first byte."""
        return self.bytes_read >= self.size


@dataclass(frozen=True, slots=True)
class LogDiagnosis:
    """The diagnosis of a whole build log, read as a stream. `size` is in bytes."""

    file: LogFile
    diagnosis: Diagnosis
    size: int
    folder: str = ""
    growing: bool = False


AzureRefusalReason = Literal[
    "off",  # the operator has not enabled reading Azure
    "sign-in",  # nobody is signed in, or the sign-in has expired
    "consent",  # the organization's or the person's consent to the permission is missing
    "conditional-access",  # Entra wants something that only the user can do (another factor, a known device)
    "not-allowed",  # the user or the subscription is not on the operator's allowlist
    "denied",  # 403 from Resource Manager: `action` on `scope` is missing
    "no-data-role",  # 403 from Storage: no role for reading blobs
    "firewall",  # 403 from Storage: the network is not allowed
    "keys-disabled",  # Storage takes no shared keys
    "unauthorized",  # 401: the token was rejected
    "other-tenant",  # the subscription belongs to a different tenant than the token
    "not-found",  # 404: deleted, never existed, or not visible to the user
    "no-run",  # the template has not run yet
    "no-log",  # the run has written no log (yet)
    "log-gone",  # the staging group or its storage account was deleted, and the log with it
    "conflict",  # 409, such as an unregistered resource provider
    "busy",  # 429: `retry_after` is in seconds, None when Azure does not say
    "azure-trouble",  # 5xx
    "too-slow",  # no answer within the time a turn may take
    "no-network",  # no connection
    "suspicious",  # the URL does not belong to the template: no token was sent to it
    "unexpected",  # anything else
]


@dataclass(frozen=True, slots=True)
class AzureRefusal:
    """Why reading Azure failed. `target` is what was being read: a resource id or a name.

    `action` and `scope` are Azure's own words. `role` is a built-in role that would allow the read, "" when unknown.
    `code` is the error code of Azure or of Entra (`AADSTS…`). Every text is redacted.
    """

    reason: AzureRefusalReason
    target: str = ""
    action: str = ""
    scope: str = ""
    role: str = ""
    code: str = ""
    retry_after: int | None = None
    subscriptions: tuple[str, ...] = field(default=())
