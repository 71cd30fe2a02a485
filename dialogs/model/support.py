"""What filing a support ticket asks for and comes to, as plain values: the choices, the contact, the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TicketProduct = Literal["windows", "linux"]
"""Which of the two services a ticket is about: by the operating system of the image."""
ContactMethod = Literal["email", "phone"]
TicketSeverity = Literal["minimal", "moderate", "critical"]

SEVERITIES: tuple[TicketSeverity, ...] = ("minimal", "moderate", "critical")
CONTACT_METHODS: tuple[ContactMethod, ...] = ("email", "phone")
SUPPORT_LANGUAGES = (
    "en-us", "it-it", "de-de", "es-es", "fr-fr", "pt-br", "ja-jp", "ko-kr", "ru-ru", "zh-hans", "zh-tw",
)  # fmt: skip
"""The languages that Azure support takes a ticket in."""

MAX_ATTACHMENT_BYTES = 5 * 1024 * 1024
"""Bytes of one attachment."""
ATTACHMENT_EXTENSIONS = (".txt", ".md")
MAX_FILE_NAME_CHARS = 110
PORTAL_URL_PREFIXES = ("https://portal.azure.com/", "https://portal.azure.us/")
"""What the address of a ticket begins with."""


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """An Azure service that a ticket can be about: its id (`/providers/Microsoft.Support/services/…`) and its name."""

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

    One classification: that is the one. Several: the person chooses. None never comes: that is a refusal.
    """

    service: ServiceChoice
    classifications: tuple[ClassificationChoice, ...]


@dataclass(frozen=True, slots=True)
class TicketContact:
    """How support reaches the person. `country` is ISO 3166-1 alpha-3, `time_zone` a Windows name.

    `phone` is "" where none was given; `by` phone needs one. `language` is one of `SUPPORT_LANGUAGES`.
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
    """A text that goes with a ticket as a file: its name, one of `FILE_KINDS`, and what it holds, redacted."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """Everything that leaves when the person says yes, redacted; nothing else does.

    `id` tells this draft of the person's from every other: filed twice, it is still one ticket. `started` is when the
    problem began, UTC, ISO 8601 with `Z`, "" when not known. `diagnostics`: Azure support may collect diagnostic
    information. Resource ids stand in the description.
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
    """A support ticket in Azure. `number` is what support calls it by, "" while Azure has not given one yet.

    `state` is Azure's word for it. `url` shows it in the portal. `attached`: how many of the draft's files went along.
    `again`: it was there already, filed from the same draft before.
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
    "conditional-access",  # Entra asks for something that only the person can do
    "not-allowed",  # the operator's lists don't have the person or the subscription
    "no-plan",  # the support plan has no access to the API; `detail` is the plan, where Azure says it
    "no-permission",  # 403: `action` on `scope` is missing; `role` allows it
    "not-registered",  # 409: the subscription has not registered Microsoft.Support
    "quota",  # too many open tickets
    "busy",  # 429: `retry_after` seconds, None when Azure does not say
    "severity",  # the plan does not include this severity
    "name-taken",  # the name is in use, by a ticket that the person may not see
    "no-service",  # no service of that name is listed
    "no-classification",  # no classification for Image Builder is listed
    "rejected",  # 400: `detail` is what Azure says
    "unauthorized",  # 401: the token was not taken
    "not-found",  # 404: no such subscription, or not to be seen
    "other-tenant",  # the subscription belongs to another tenant than the token
    "too-slow",  # not ended in time: it may still come to a ticket
    "unsure",  # the answer was lost, and the ticket is not to be seen (yet): it may still come to one
    "azure-trouble",  # 5xx, or the operation failed for a reason of its own; `code`, `detail`
    "no-network",  # no connection
    "suspicious",  # Azure's answer points somewhere else: no token was sent there
    "unexpected",  # anything else
]


@dataclass(frozen=True, slots=True)
class TicketRefusal:
    """Why no ticket came of it. `detail`, `action`, `scope` and `code` are Azure's own words, redacted, "" if none."""

    reason: TicketRefusalReason
    detail: str = ""
    action: str = ""
    scope: str = ""
    role: str = ""
    code: str = ""
    retry_after: int | None = None
