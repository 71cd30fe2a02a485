"""Plain values for filing support tickets: the choices, the contact, the draft, and the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from dialogs.model.stored import Stored
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
MAX_ATTACHMENTS = 3
MAX_ATTACHMENT_CHARS = 60_000
MAX_CASE_CHARS = 24_000
"""The limit for the text of a case: its description and the header above it."""
MAX_CLASSIFICATIONS = 6
PORTAL_URL_PREFIXES = tuple(f"{cloud.portal}/" for cloud in CLOUDS.values())
"""A ticket's URL must start like this to be shown."""


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
    """Where a ticket can go, as Azure lists it now: the service and the matching classifications, best first.

    There is at least one classification, since having none is a refusal. If there are several, the user chooses.
    """

    service: ServiceChoice
    classifications: Annotated[tuple[ClassificationChoice, ...], Stored(max_items=MAX_CLASSIFICATIONS)]


@dataclass(frozen=True, slots=True)
class TicketContact:
    """How support reaches the user. `country` is ISO 3166-1 alpha-3, `time_zone` a Windows time zone name.

    `language` is one of `SUPPORT_LANGUAGES`. `phone` is "" if not given; the contact method "phone" requires it.
    """

    first_name: Annotated[str, Stored("first")]
    last_name: Annotated[str, Stored("last")]
    email: str
    country: str
    time_zone: str
    language: Annotated[str, Stored(choices=SUPPORT_LANGUAGES)]
    contact_method: Annotated[ContactMethod, Stored("by")] = "email"
    phone: str = ""


@dataclass(frozen=True, slots=True)
class TicketAttachment:
    """A redacted text attached to a ticket as a file; the name ends in one of `ATTACHMENT_EXTENSIONS`."""

    name: str
    text: Annotated[str, Stored(max_chars=MAX_ATTACHMENT_CHARS)]


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """Everything that is sent to Azure when the user confirms, redacted.

    `id` identifies the draft, so that filing it twice yields one ticket. `problem_started_at` is UTC, ISO 8601 with
    `Z`, "" if unknown. `can_collect_diagnostics`: Azure support may collect diagnostic information. Resource ids are
    part of the description.
    """

    id: str
    subscription: str
    service: ServiceChoice
    classification: ClassificationChoice
    title: str
    description: Annotated[str, Stored(max_chars=MAX_CASE_CHARS)]
    severity: TicketSeverity
    contact: TicketContact
    can_collect_diagnostics: Annotated[bool, Stored("diagnostics")] = False
    problem_started_at: Annotated[str, Stored("started")] = ""
    attachments: Annotated[tuple[TicketAttachment, ...], Stored(max_items=MAX_ATTACHMENTS)] = ()


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
    attachment_count: Annotated[int, Stored("attached", max_value=MAX_ATTACHMENTS)] = 0
    was_already_filed: Annotated[bool, Stored("again")] = False
