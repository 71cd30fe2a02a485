"""The ports of the dialogs, as protocols: `bot` passes the real implementations, tests pass fakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from dialogs.model.azure import (
    AccessMode,
    FailedTemplates,
    LogDiagnosis,
    LogTail,
    TemplateSearchResult,
    TemplateStatus,
)
from dialogs.model.files import AttachedFile, AttachmentContents
from dialogs.model.preflight import TemplateCheck
from dialogs.model.reply import Reply
from dialogs.model.support import ClassificationOptions, Ticket, TicketDraft, TicketProduct
from dialogs.model.turn import Person
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.model.template_mistake import TemplateMistake
from knowledge.template.template_id import TemplateId, TemplateQuery

if TYPE_CHECKING:
    from knowledge.preflight.live.lookup import LiveFacts
    from knowledge.preflight.preflight_input import CheckedTemplate


class DiagnoseText(Protocol):
    """Diagnoses pasted text, off the event loop if the text is long."""

    async def __call__(self, text: str, language: Language) -> Diagnosis:
        """Return the diagnosis of `text`, with titles in `language`. Never raise, whatever the text."""
        ...


class CheckTemplate(Protocol):
    """Checks a template's text in a separate process, which is ended if it takes too long."""

    async def __call__(self, text: str, language: Language, name: str = "", is_live: bool = False) -> TemplateCheck:
        """Return what would make the build of the template in `text` fail, redacted. Never raise, whatever the text.

        `name` is what to call it if it has no name. `is_live`: Azure returned it, so its lines mean nothing to people.
        """
        ...


class FindMistakes(Protocol):
    """Finds the mistakes in a template, off the event loop."""

    async def __call__(self, template_json: str) -> tuple[TemplateMistake, ...]:
        """Return the mistakes that can have failed a build, the worst first. Never raise, whatever the text.

        A text that's too long, no template, or takes too long has none.
        """
        ...


class Clock(Protocol):
    """The current time, injected so that tests can freeze it."""

    def __call__(self) -> str:
        """Return the current UTC time as ISO 8601 with `Z`, to the second."""
        ...


class AzureReader(Protocol):
    """Reads Azure with a user's permissions; it never writes.

    Each method raises `AzureRefusedError` and writes an audit line without contents. Each except `diagnose_log` answers
    within a turn's time (8 s).
    """

    @property
    def access_mode(self) -> AccessMode:
        """Whose credentials are used."""
        ...

    async def find_templates(self, person: Person, query: TemplateQuery) -> TemplateSearchResult:
        """Return the templates that `query` could refer to."""
        ...

    async def find_failed_templates(self, person: Person) -> FailedTemplates:
        """Return every template whose last run failed."""
        ...

    async def fetch_status(self, person: Person, template_id: TemplateId) -> TemplateStatus:
        """Return the template, its last run, and that run's outputs."""
        ...

    async def fetch_template_json(self, person: Person, template_id: TemplateId) -> str:
        """Return the template's JSON as Azure returns it, scripts and secrets included.

        Never store or log it, and redact what's shown of it.
        """
        ...

    async def fetch_live_facts(self, person: Person, template: CheckedTemplate) -> LiveFacts:
        """Return what a template refers to in Azure, such as its images, networks, and roles, as far as it's readable.

        What can't be read is part of the facts. It's looked up with the person's own permissions, or not at all.
        """
        ...

    async def fetch_log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        """Return the end of the last run's log, back to where the failed provisioner started; at most 4 MB."""
        ...

    async def diagnose_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogDiagnosis:
        """Read and diagnose the whole log; it may take minutes.

        `progress` is called with the bytes read so far and the total.
        """
        ...

    async def sign_out(self, person: Person) -> bool:
        """Delete the user's sign-in and return whether there was one."""
        ...


class TicketFiler(Protocol):
    """Files support tickets as the user, never as the bot.

    Each method raises `AzureRefusedError` and writes an audit line without contents.
    """

    async def fetch_classifications(
        self, person: Person, subscription: str, product: TicketProduct, *, uses_documented_path: bool = False
    ) -> ClassificationOptions:
        """Return where a ticket about Image Builder can go, as Azure lists it now; within 8 s.

        That is Image Builder's own product if Azure lists it. Otherwise, and with `uses_documented_path`, it's
        `product`, as documented.
        """
        ...

    async def file_ticket(self, person: Person, draft: TicketDraft) -> Ticket:
        """File the ticket of `draft`, or return the one already filed: repeated calls yield one ticket.

        It may take minutes. Call it only with a draft that the user has previewed and confirmed.
        """
        ...


class AttachmentReader(Protocol):
    """Reads files attached to messages. It stores nothing from them and never reveals their URLs."""

    async def read(
        self, file: AttachedFile, language: Language, progress: Callable[[int, int], None]
    ) -> AttachmentContents:
        """Read `file` and diagnose the logs in it; it may take minutes. Raise `FileRefusedError`.

        `progress` is called with the work done and the total, from any thread.
        """
        ...


class LookSharer(Protocol):
    """Posts what a person shares in a group chat or channel where that person wrote to the bot."""

    async def share(
        self, person: Person, conversation_id: str, share_id: str, template_name: str, reply: Reply
    ) -> None:
        """Post `reply` in the conversation, at most once per `share_id`; return once it's posted, now or earlier.

        The conversation's members are read just before. Each call writes an audit line. It takes a few seconds.

        Raises:
            ShareRefusedError: It wasn't posted, or it's unknown whether it was.
        """
        ...
