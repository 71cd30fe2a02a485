"""What the conversation asks of the outside, as protocols: `app` hands it the real thing, a test a fake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dialogs.model.azure import (
    AccessMode,
    FailedTemplates,
    LogDiagnosis,
    LogTail,
    TemplateId,
    TemplateQuery,
    TemplateSearchResult,
    TemplateStatus,
)
from dialogs.model.files import AttachedFile, AttachmentContents
from dialogs.model.support import ClassificationOptions, Ticket, TicketDraft, TicketProduct
from dialogs.model.turn import Person
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language


class DiagnoseText(Protocol):
    """Turns pasted text into a diagnosis, off the event loop when the text is long."""

    async def __call__(self, text: str, language: Language) -> Diagnosis:
        """The diagnosis of `text`, with titles in `language`. Never raises for any text."""
        ...


class Clock(Protocol):
    """The time, so that tests can hold it still."""

    def __call__(self) -> str:
        """Now, UTC, ISO 8601 with `Z`, to the second."""
        ...


class AzureReader(Protocol):
    """What a person may see of Azure, read-only. Each method raises `LookRefused`, within the turn's time (8 s) but for
    `read_log`, and leaves an audit line without contents.
    """

    @property
    def access_mode(self) -> AccessMode:
        """Whose eyes are used."""
        ...

    async def find_templates(self, person: Person, query: TemplateQuery) -> TemplateSearchResult:
        """The templates that `wanted` may mean."""
        ...

    async def find_failed_templates(self, person: Person) -> FailedTemplates:
        """Every template whose last run failed."""
        ...

    async def fetch_status(self, person: Person, template_id: TemplateId) -> TemplateStatus:
        """The template, its last run and that run's outputs."""
        ...

    async def fetch_log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        """The end of the last run's log, back to where the failed provisioner began; at most 4 MB."""
        ...

    async def diagnose_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogDiagnosis:
        """The whole log, diagnosed. `progress` gets the bytes read so far and the size; it may take minutes."""
        ...

    async def sign_out(self, person: Person) -> bool:
        """Forget the person's sign-in; whether there was one."""
        ...


class TicketFiler(Protocol):
    """Files support tickets as the person, never as the bot. Each method raises `FilingRefused` and leaves an audit
    line without contents.
    """

    async def fetch_classifications(
        self, person: Person, subscription: str, product: TicketProduct
    ) -> ClassificationOptions:
        """Where a ticket about Image Builder goes, as Azure lists it now; within the turn's time (8 s)."""
        ...

    async def file_ticket(self, person: Person, draft: TicketDraft) -> Ticket:
        """The ticket of `draft`, filed now or before: however often this is called, it is one ticket. May take
        minutes. Only for what the person has seen and said yes to.
        """
        ...


class AttachmentReader(Protocol):
    """Reads the files that people attach to their messages. Keeps nothing of them, and never says where they lie."""

    async def read(
        self, file: AttachedFile, language: Language, progress: Callable[[int, int], None]
    ) -> AttachmentContents:
        """The logs in `file`, diagnosed; it may take minutes. `progress` gets how much is done of how much, from any
        thread. Raises `FileRefused`.
        """
        ...
