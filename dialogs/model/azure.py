"""What a look at Azure asks for and finds, as plain values: templates, their last run, the text of their build log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from knowledge.model.diagnosis import Diagnosis

AccessMode = Literal["off", "user", "bot", "local", "sandbox"]
"""Whose eyes are used: nobody's, the person's, the bot's identity, an `az login` on this machine, or made-up Azure."""


@dataclass(frozen=True, slots=True)
class TemplateId:
    """Where an image template is. The names are those that Azure gave, or that a checked text held."""

    subscription: str
    resource_group: str
    name: str

    @property
    def id(self) -> str:
        """The template's full resource id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.VirtualMachineImages/imageTemplates/{self.name}"
        )


@dataclass(frozen=True, slots=True)
class TemplateQuery:
    """What is known of the template that is looked for; every field "" when not known.

    `name` may be the short name that a pipeline task gave (`t_…`). The staging group and the storage account name the
    template that they belong to.
    """

    name: str = ""
    resource_group: str = ""
    subscription: str = ""
    staging_group: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class TemplateSearchResult:
    """What the search came to: the templates that fit, best first; those with a similar name; where was searched.

    `looked_in` are the names (or ids) of the subscriptions that were read, `denied` of those that could not be.
    `more`: there were more templates than could be looked through in the turn's time. `names`: those of subscriptions,
    by id.
    """

    exact_matches: tuple[TemplateId, ...]
    similar_matches: tuple[TemplateId, ...] = ()
    searched_subscriptions: tuple[str, ...] = ()
    denied_subscriptions: tuple[str, ...] = ()
    has_more: bool = False
    subscription_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomizerSummary:
    """A customizer as the template has it: its type (`PowerShell`, `File`, …) and its name, "" without one."""

    type: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class RunOutput:
    """What a run produced: the output's name, the artifact's id or URI ("" when none), its provisioning state."""

    name: str
    artifact: str
    state: str


@dataclass(frozen=True, slots=True)
class TemplateStatus:
    """An image template and its last run, as Resource Manager reports them, redacted. Times UTC, ISO 8601, `Z`.

    Texts are "" and times None when Azure does not say. `states`, sub-states and codes are Azure's own words, those of
    later versions included. `message` is the last run's message. `source` says what the image is made from; `os` is
    None when it cannot be told. `identities`: how many user-assigned identities the template has.
    """

    template_id: TemplateId
    region: str = ""
    provisioning_state: str = ""
    provisioning_code: str = ""
    provisioning_message: str = ""
    run_state: str = ""
    run_sub_state: str = ""
    started: str | None = None
    ended: str | None = None
    message: str = ""
    timeout_minutes: int | None = None
    vm_size: str = ""
    os_disk_gb: int | None = None
    identity_count: int = 0
    has_own_network: bool = False
    source: str = ""
    os: Literal["windows", "linux"] | None = None
    staging_group: str = ""
    customizers: tuple[CustomizerSummary, ...] = ()
    outputs: tuple[RunOutput, ...] = ()
    on_error: str = ""


@dataclass(frozen=True, slots=True)
class FailedTemplates:
    """Every template whose last run failed, newest first, and where was searched, as in `Found`."""

    templates: tuple[TemplateStatus, ...]
    searched_subscriptions: tuple[str, ...] = ()
    denied_subscriptions: tuple[str, ...] = ()
    has_more: bool = False


LogFile = Literal["customization.log", "validation.log"]


@dataclass(frozen=True, slots=True)
class LogTail:
    """The end of a build log. `text` is as it stands in the log: to be diagnosed, and redacted before it is shown.

    `read` and `size` in bytes. `growing`: the run that writes it has not ended.
    """

    file: LogFile
    text: str
    bytes_read: int
    size: int
    folder: str = ""
    growing: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the log is missing."""
        return self.bytes_read >= self.size


@dataclass(frozen=True, slots=True)
class LogDiagnosis:
    """A whole build log, read as a stream and diagnosed. `size` in bytes."""

    file: LogFile
    diagnosis: Diagnosis
    size: int
    folder: str = ""
    growing: bool = False


AzureRefusalReason = Literal[
    "off",  # the operator has not allowed looks
    "sign-in",  # nobody is signed in, or the sign-in has expired
    "consent",  # the organization's or the person's consent to the permission is missing
    "conditional-access",  # Entra asks for something that only the person can do (another factor, a known device)
    "not-allowed",  # the person, or the subscription, is not on the operator's lists
    "denied",  # 403 of Resource Manager: `action` on `scope` is missing
    "no-data-role",  # 403 of Storage: no role for reading blobs
    "firewall",  # 403 of Storage: the network is not allowed
    "keys-disabled",  # Storage takes no shared keys
    "unauthorized",  # 401: the token was not taken
    "other-tenant",  # the subscription belongs to another tenant than the token
    "not-found",  # 404: it is gone, or never was, or may not be seen
    "no-run",  # the template has not run yet
    "no-log",  # the run has written no log (yet)
    "log-gone",  # the staging group or its account is gone, and the log with it
    "conflict",  # 409, such as a provider that is not registered
    "busy",  # 429: `retry_after` seconds, None when Azure does not say
    "azure-trouble",  # 5xx
    "too-slow",  # no answer within the turn's time
    "no-network",  # no connection
    "suspicious",  # a place that does not belong to the template: no token was sent there
    "unexpected",  # anything else
]


@dataclass(frozen=True, slots=True)
class AzureRefusal:
    """Why a look did not come to anything. `what` names the step: what was looked at (a resource id or a name).

    `action` and `scope` are Azure's own words; `role` is a built-in role that would allow it, "" when unknown; `code`
    is Azure's error code or the Entra error's (`AADSTS…`). All redacted.
    """

    reason: AzureRefusalReason
    target: str = ""
    action: str = ""
    scope: str = ""
    role: str = ""
    code: str = ""
    retry_after: int | None = None
    subscriptions: tuple[str, ...] = field(default=())
