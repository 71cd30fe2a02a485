"""The Azure reader if lookups are off, which is the default. Doesn't import the Azure SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from dialogs.model.azure import (
    AccessMode,
    FailedTemplates,
    LogDiagnosis,
    LogTail,
    TemplateSearchResult,
    TemplateStatus,
)
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.errors import AzureRefusedError
from dialogs.model.turn import Person
from knowledge.model.entry import Language
from knowledge.template.template_id import TemplateId, TemplateQuery

if TYPE_CHECKING:
    from knowledge.preflight.live.lookup import LiveFacts
    from knowledge.preflight.preflight_input import CheckedTemplate


class DisabledAzureReader:
    """`dialogs.model.ports.AzureReader` that refuses every lookup with the reason "off"."""

    @property
    def access_mode(self) -> AccessMode:
        """Return "off"."""
        return "off"

    async def find_templates(self, person: Person, query: TemplateQuery) -> TemplateSearchResult:
        """Raise `AzureRefusedError`."""
        _refuse()

    async def find_failed_templates(self, person: Person) -> FailedTemplates:
        """Raise `AzureRefusedError`."""
        _refuse()

    async def fetch_status(self, person: Person, template_id: TemplateId) -> TemplateStatus:
        """Raise `AzureRefusedError`."""
        _refuse()

    async def fetch_template_json(self, person: Person, template_id: TemplateId) -> str:
        """Raise `AzureRefusedError`."""
        _refuse()

    async def fetch_live_facts(self, person: Person, template: CheckedTemplate) -> LiveFacts:
        """Raise `AzureRefusedError`."""
        _refuse()

    async def fetch_log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        """Raise `AzureRefusedError`."""
        _refuse()

    async def diagnose_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogDiagnosis:
        """Raise `AzureRefusedError`."""
        _refuse()

    async def sign_out(self, person: Person) -> bool:
        """Return False: nobody is signed in."""
        return False

    async def close(self) -> None:
        """Do nothing: there are no connections."""


def _refuse() -> NoReturn:
    raise AzureRefusedError(AzureRefusal("off"))
