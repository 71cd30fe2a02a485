"""The looks under test, over a fake Azure."""

from __future__ import annotations

from azure.core.credentials_async import AsyncTokenCredential

from bot.azure.templates.template_reader import TURN_SECONDS, AzureLooks
from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from tests.bot.azure.fake_azure import FakeAzure, FakeEyes

DIAGNOSER = Diagnoser(load_entries())


def looks_at(
    azure: FakeAzure,
    credential: AsyncTokenCredential,
    subscriptions: frozenset[str] = frozenset(),
    seconds: float = TURN_SECONDS,
) -> AzureLooks:
    """Looks at `azure` with `credential`, for everybody."""
    return AzureLooks("local", azure.cloud, FakeEyes(credential, subscriptions), DIAGNOSER, seconds)
