"""Azure readers under test, over a fake Azure."""

from __future__ import annotations

from azure.core.credentials_async import AsyncTokenCredential

from bot.azure.templates.template_reader import TURN_SECONDS, AzureTemplateReader
from tests.bot.azure.fake_azure import FakeAzure, FakeCredentialProvider
from tests.shipped_knowledge import DIAGNOSER


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
