"""The sandbox answers only this machine, with its own token, and only read requests."""

from __future__ import annotations

import asyncio
import json
import ssl
import stat
from collections.abc import AsyncIterator
from itertools import product
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from aiohttp import ClientConnectorCertificateError, ClientSession, TCPConnector, web
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError

from bot.sandbox.azure_errors import FakeAzureError
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.clients import NEWCOMER, HandClock, images
from tests.bot.sandbox.test_resource_manager import IMAGES, template_of

GOLDEN = template_of("win11-golden")
ARM = "/subscriptions?api-version=2021-04-01"
BLOB = f"/{GOLDEN.storage_account}/packerlogs?restype=container"


def session_of(sandbox: Sandbox) -> ClientSession:
    assert sandbox.cloud.ca_file
    trusting = ssl.create_default_context(cafile=str(sandbox.cloud.ca_file))
    return ClientSession(sandbox.cloud.resource_manager, connector=TCPConnector(ssl=trusting))


@pytest_asyncio.fixture
async def session(sandbox: Sandbox) -> AsyncIterator[ClientSession]:
    async with session_of(sandbox) as session:
        yield session


async def bearer(sandbox: Sandbox, scope: str) -> dict[str, str]:
    async with sandbox.credential_provider.open_credential(NEWCOMER) as credential:
        return {"Authorization": f"Bearer {(await credential.get_token(scope)).token}"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_nothing_changes_anything(sandbox: Sandbox, session: ClientSession, method: str) -> None:
    paths = (ARM, GOLDEN.id + "?api-version=2024-02-01", f"{GOLDEN.id}/run", BLOB, "/", "/x/y")
    for path, scope in product(paths, (sandbox.cloud.resource_scope, sandbox.cloud.storage_scope)):
        response = await session.request(method, path, headers=await bearer(sandbox, scope))
        assert response.status == 405, path
        assert response.headers["Allow"] == "GET, HEAD", path


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Basic dTpw", "Bearer \u00e9"])
async def test_a_foreign_token_is_refused_in_the_services_shape(session: ClientSession, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    managing = await session.get(ARM, headers=headers)
    assert managing.status == 401
    assert managing.headers["WWW-Authenticate"].startswith("Bearer ")
    assert (await managing.json())["error"]["code"] == (
        "InvalidAuthenticationToken" if header else "AuthenticationFailed"
    )
    reading = await session.get(BLOB, headers=headers)
    assert reading.status == 401
    assert reading.headers["x-ms-error-code"] == (
        "InvalidAuthenticationInfo" if header else "NoAuthenticationInformation"
    )
    assert "<Code>" in await reading.text()


async def test_a_token_opens_its_own_service_only(sandbox: Sandbox, session: ClientSession) -> None:
    managing = await bearer(sandbox, sandbox.cloud.resource_scope)
    reading = await bearer(sandbox, sandbox.cloud.storage_scope)
    assert (await session.get(ARM, headers=managing)).status == 200
    assert (await session.get(BLOB, headers=reading)).status == 200
    assert (await session.get(ARM, headers=reading)).status == 401
    assert (await session.get(BLOB, headers=managing)).status == 401


async def test_another_sandboxs_token_is_refused(sandbox: Sandbox, credential: AsyncTokenCredential) -> None:
    async with Sandbox() as other, images(other, credential, IMAGES) as client:
        with pytest.raises(ClientAuthenticationError, match="has no token for"):
            await client.virtual_machine_image_templates.get(GOLDEN.group, GOLDEN.name)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "sandbox.example"},
        {"Origin": "https://sandbox.example"},
        {"X-Forwarded-For": "203.0.113.9"},
    ],
)
async def test_only_callers_on_this_machine_are_answered(
    sandbox: Sandbox, session: ClientSession, headers: dict[str, str]
) -> None:
    response = await session.get(ARM, headers=headers | await bearer(sandbox, sandbox.cloud.resource_scope))
    assert response.status == 403


@pytest.mark.parametrize(
    "line", [b"Authorization: Bearer \xff\xfe", b"Authorization: Bearer a\r\nAuthorization: Bearer b"]
)
async def test_a_header_of_odd_bytes_is_a_foreign_token(sandbox: Sandbox, line: bytes) -> None:
    there = urlsplit(sandbox.cloud.resource_manager)
    trusting = ssl.create_default_context(cafile=str(sandbox.cloud.ca_file))
    reader, writer = await asyncio.open_connection(there.hostname, there.port, ssl=trusting)
    writer.write(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\nConnection: close\r\n\r\n" % (ARM.encode(), line))
    assert (await reader.read()).startswith(b"HTTP/1.1 401 ")
    writer.close()


async def test_the_certificate_convinces_nobody_else(sandbox: Sandbox) -> None:
    async with ClientSession() as session:
        with pytest.raises(ClientConnectorCertificateError):
            await session.get(sandbox.cloud.resource_manager + ARM)


async def test_its_folder_is_private_and_goes_with_it(clock: HandClock) -> None:
    async with Sandbox(clock=clock) as sandbox:
        assert sandbox.cloud.ca_file
        folder = sandbox.cloud.ca_file.parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [path.name for path in folder.iterdir()] == ["authority.pem"]
        assert b"PRIVATE" not in sandbox.cloud.ca_file.read_bytes()
    assert not folder.exists()


async def test_other_parts_add_routes_behind_the_same_checks(clock: HandClock) -> None:
    async def filed(request: web.Request) -> web.Response:
        if not request.can_read_body:
            raise FakeAzureError(400, "InvalidRequestContent", "There is nothing in it.")
        return web.json_response(await request.json())

    more = [web.put("/subscriptions/{subscription}/providers/Microsoft.Support/supportTickets/{name}", filed)]
    path = f"/subscriptions/{IMAGES}/providers/Microsoft.Support/supportTickets/t1"
    async with Sandbox(more, clock=clock) as sandbox, session_of(sandbox) as session:
        headers = await bearer(sandbox, sandbox.cloud.resource_scope)
        version = {"api-version": "2024-04-01"}
        taken = await session.put(path, params=version, json={"title": "t"}, headers=headers)
        assert (taken.status, await taken.json()) == (200, {"title": "t"})
        refused = await session.put(path, params=version, headers=headers)
        assert (refused.status, json.loads(await refused.text())["error"]["code"]) == (400, "InvalidRequestContent")
        assert (await session.put(path, params=version, json={})).status == 401
        assert (await session.put(path, json={}, headers=headers)).status == 400
        assert (await session.delete(path, params=version, headers=headers)).status == 405
