"""No look at Azure at all: what the bot does until an operator turns looking on. Imports no SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from dialogs.model.azure import (
    AccessMode,
    AzureRefusal,
    FailedTemplates,
    LogDiagnosis,
    LogTail,
    TemplateId,
    TemplateQuery,
    TemplateSearchResult,
    TemplateStatus,
)
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.model.entry import Language


class DisabledAzureReader:
    """`dialogs.model.ports.Azure` that refuses every look: it is off."""

    @property
    def access_mode(self) -> AccessMode:
        """Nobody's eyes."""
        return "off"

    async def find_templates(self, person: Person, query: TemplateQuery) -> TemplateSearchResult:
        """Raises `LookRefused`."""
        _refuse()

    async def find_failed_templates(self, person: Person) -> FailedTemplates:
        """Raises `LookRefused`."""
        _refuse()

    async def fetch_status(self, person: Person, template_id: TemplateId) -> TemplateStatus:
        """Raises `LookRefused`."""
        _refuse()

    async def fetch_log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        """Raises `LookRefused`."""
        _refuse()

    async def diagnose_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogDiagnosis:
        """Raises `LookRefused`."""
        _refuse()

    async def sign_out(self, person: Person) -> bool:
        """Nobody is signed in."""
        return False

    async def close(self) -> None:
        """Nothing is open."""


def _refuse() -> NoReturn:
    raise AzureRefusedError(AzureRefusal("off"))
