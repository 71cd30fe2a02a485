"""A fake Azure, and the clients that read it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.azure.arm.request_policy import Deadline
from bot.azure.clients.management_clients import ManagementClients
from tests.bot.azure.fake_azure import Certificates, FakeAzure, FakeCredential, served


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest_asyncio.fixture
async def azure(certificates: Certificates) -> AsyncIterator[FakeAzure]:
    async with served(FakeAzure(), certificates) as azure:
        yield azure


@pytest_asyncio.fixture
async def elsewhere(certificates: Certificates) -> AsyncIterator[FakeAzure]:
    """Another server with a certificate that is trusted just as well: no token may reach it."""
    async with served(FakeAzure(), certificates) as azure:
        yield azure


@pytest.fixture
def credential() -> FakeCredential:
    return FakeCredential()


@pytest_asyncio.fixture
async def clients(azure: FakeAzure, credential: FakeCredential) -> AsyncIterator[ManagementClients]:
    async with ManagementClients(azure.cloud, credential, Deadline(8)) as clients:
        yield clients
