"""Azure readers under test, over a fake Azure."""

from __future__ import annotations

from azure.core.credentials_async import AsyncTokenCredential

from bot.azure.templates.template_reader import TURN_SECONDS, AzureTemplateReader
from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from tests.bot.azure.fake_azure import FakeAzure, FakeCredentialProvider

DIAGNOSER = Diagnoser(load_entries())


def build_reader(
    azure: FakeAzure,
    credential: AsyncTokenCredential,
    subscriptions: frozenset[str] = frozenset(),
    seconds: float = TURN_SECONDS,
) -> AzureTemplateReader:
    """Build a reader of `azure` that uses `credential` for everyone."""
    return AzureTemplateReader(
        "local", azure.cloud, FakeCredentialProvider(credential, subscriptions), DIAGNOSER, seconds
    )
