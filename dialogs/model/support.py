"""Plain values for filing support tickets: the choices, the contact, the draft, the ticket, and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from knowledge.azure_clouds import CLOUDS

TicketProduct = Literal["windows", "linux"]
"""Which of the two Azure services a ticket goes to; the image's operating system decides."""
ContactMethod = Literal["email", "phone"]
TicketSeverity = Literal["minimal", "moderate", "critical"]

SEVERITIES: tuple[TicketSeverity, ...] = ("minimal", "moderate", "critical")
CONTACT_METHODS: tuple[ContactMethod, ...] = ("email", "phone")
SUPPORT_LANGUAGES = (
    "en-us", "it-it", "de-de", "es-es", "fr-fr", "pt-br", "ja-jp", "ko-kr", "ru-ru", "zh-hans", "zh-tw",
)  # fmt: skip
"""The languages in which Azure support accepts a ticket."""

MAX_ATTACHMENT_BYTES = 5 * 1024 * 1024
"""The limit of the Azure support API for one attachment."""
ATTACHMENT_EXTENSIONS = (".txt", ".md")
MAX_FILE_NAME_CHARS = 110
PORTAL_URL_PREFIXES = tuple(f"{cloud.portal}/" for cloud in CLOUDS.values())
"""How the URL of a ticket must begin to be shown."""


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """An Azure service to file a ticket for: its id (`/providers/Microsoft.Support/services/…`) and its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ClassificationChoice:
    """A problem classification of a service: its id and its name (`Topic / Subtopic`)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ClassificationOptions:
    """Where a ticket can go, as Azure lists it now: the service and the classifications that fit, best first.

    There is at least one classification, since none is a refusal. With several, the user chooses.
    """

    service: ServiceChoice
    classifications: tuple[ClassificationChoice, ...]


@dataclass(frozen=True, slots=True)
class TicketContact:
    """How support reaches the user. `country` is ISO 3166-1 alpha-3, `time_zone` a Windows time zone name.

    `language` is one of `SUPPORT_LANGUAGES`. `phone` is "" when not given; the contact method "phone" requires it.
    """

    first_name: str
    last_name: str
    email: str
    country: str
    time_zone: str
    language: str
    contact_method: ContactMethod = "email"
    phone: str = ""


@dataclass(frozen=True, slots=True)
class TicketAttachment:
    """A redacted text attached to a ticket as a file; the name ends in one of `ATTACHMENT_EXTENSIONS`."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """Everything that is sent to Azure when the user confirms, redacted.

    `id` identifies the draft, so that filing it twice yields one ticket. `problem_started_at` is UTC, ISO 8601 with
    `Z`, "" when unknown. `can_collect_diagnostics`: Azure support may collect diagnostic information. Resource ids are
    part of the description.
    """

    id: str
    subscription: str
    service: ServiceChoice
    classification: ClassificationChoice
    title: str
    description: str
    severity: TicketSeverity
    contact: TicketContact
    can_collect_diagnostics: bool = False
    problem_started_at: str = ""
    attachments: tuple[TicketAttachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A support ticket in Azure. `number` is its support request number, "" until Azure assigns one.

    `state` is Azure's own word. `url` opens it in the portal. `attachment_count` counts the files that were uploaded.
    `was_already_filed`: the ticket already existed, filed earlier from the same draft.
    """

    number: str
    id: str
    url: str
    state: str = ""
    attachment_count: int = 0
    was_already_filed: bool = False


TicketRefusalReason = Literal[
    "sign-in",  # nobody is signed in, or the sign-in has expired
    "consent",  # the organization's or the person's consent to the permission is missing
    "conditional-access",  # Entra wants something that only the user can do
    "not-allowed",  # the user or the subscription is not on the operator's allowlist
    "no-plan",  # the support plan has no API access; `detail` is the plan, when Azure says it
    "no-permission",  # 403: `action` on `scope` is missing; `role` allows it
    "not-registered",  # 409: Microsoft.Support is not registered in the subscription
    "quota",  # too many open tickets
    "busy",  # 429: `retry_after` is in seconds, None when Azure does not say
    "severity",  # the plan does not include this severity
    "name-taken",  # the ticket name is in use by a ticket that the user may not see
    "no-service",  # no service of that name is listed
    "no-classification",  # no classification for Image Builder is listed
    "rejected",  # 400: `detail` is what Azure says
    "unauthorized",  # 401: the token was rejected
    "not-found",  # 404: the subscription does not exist or is not visible
    "other-tenant",  # the subscription belongs to a different tenant than the token
    "too-slow",  # not finished in time: a ticket may still be created
    "unsure",  # the response was lost and the ticket is not visible (yet): one may still be created
    "azure-trouble",  # 5xx, or the operation failed on Azure's side; `code` and `detail` say how
    "no-network",  # no connection
    "suspicious",  # the response points to another host: no token was sent to it
    "unexpected",  # anything else
]


@dataclass(frozen=True, slots=True)
class TicketRefusal:
    """Why no ticket was filed. `detail`, `action`, `scope` and `code` are Azure's own words, redacted, "" if none."""

    reason: TicketRefusalReason
    detail: str = ""
    action: str = ""
    scope: str = ""
    role: str = ""
    code: str = ""
    retry_after: int | None = None
