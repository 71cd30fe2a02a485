"""The looks under test, over a fake Azure."""

from __future__ import annotations

from azure.core.credentials_async import AsyncTokenCredential

from bot.azure.templates.template_reader import TURN_SECONDS, AzureTemplateReader
from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from tests.bot.azure.fake_azure import FakeAzure, FakeCredentialProvider

DIAGNOSER = Diagnoser(load_entries())


def looks_at(
    azure: FakeAzure,
    credential: AsyncTokenCredential,
    subscriptions: frozenset[str] = frozenset(),
    seconds: float = TURN_SECONDS,
) -> AzureTemplateReader:
    """Looks at `azure` with `credential`, for everybody."""
    return AzureTemplateReader(
        "local", azure.cloud, FakeCredentialProvider(credential, subscriptions), DIAGNOSER, seconds
    )
