"""Files are uploaded only to SharePoint hosts over HTTPS, without a token, and never where an answer redirects."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.errors import UploadError
from bot.files.uploads import FileUploader, parse_sharepoint_url

HOST = "contoso-my.sharepoint.com"
PLACE = f"https://{HOST}/personal/ada_contoso_com/_api/v2.0/drive/items/01/uploadSession?guid='x'&path='a%20b.md'"


@dataclass
class Drive(AbstractResolver):
    """A OneDrive on this machine, at the name of a real one."""

    status: int = 201
    got: list[tuple[bytes, dict[str, str], str]] = field(default_factory=list)
    port: int = 0
    asked: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((await request.read(), dict(request.headers), request.raw_path))
        headers = {"Location": "https://other-my.sharepoint.com/"} if self.status == 302 else {}
        return web.json_response({"id": "1"}, status=self.status, headers=headers)

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        self.asked.append(host)
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self.port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


@pytest_asyncio.fixture
async def drive() -> AsyncIterator[tuple[Drive, FileUploader]]:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert(HOST).configure_cert(server)
    authority.configure_trust(client)
    drive = Drive()
    app = web.Application()
    app.router.add_put("/{way:.*}", drive.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server).start()
    drive.port = runner.addresses[0][1]
    uploads = FileUploader(client, drive)
    yield drive, uploads
    await uploads.close()
    await runner.cleanup()


def place(url: str = PLACE) -> URL:
    found = parse_sharepoint_url(url)
    assert found is not None
    return found


async def test_a_file_is_put_whole_without_a_token(drive: tuple[Drive, FileUploader]) -> None:
    there, uploads = drive
    await uploads.put(place(), b"case")
    [(content, headers, path)] = there.got
    assert content == b"case"
    assert headers["Content-Range"] == "bytes 0-3/4"
    assert headers["Content-Length"] == "4"
    assert not {"Authorization", "Cookie"} & set(headers)
    assert path.endswith("uploadSession?guid='x'&path='a%20b.md'"), "as it was given"


@pytest.mark.parametrize("status", [302, 307, 400, 401, 403, 404, 409, 429, 500, 507])
async def test_what_is_not_taken_is_said_and_a_redirect_not_followed(
    drive: tuple[Drive, FileUploader], status: int
) -> None:
    there, uploads = drive
    there.status = status
    with pytest.raises(UploadError, match=f"^{HOST} did not accept the file: status {status}"):
        await uploads.put(place(), b"case")
    assert len(there.got) == 1
    assert set(there.asked) == {HOST}


async def test_a_host_that_is_not_who_it_says_gets_nothing(drive: tuple[Drive, FileUploader]) -> None:
    there, uploads = drive
    with pytest.raises(UploadError, match="did not accept the file: ClientConnectorCertificateError"):
        await uploads.put(place("https://other.sharepoint.com/x"), b"case")
    assert there.got == []


NOT_SHAREPOINT: list[object] = [
    "",
    None,
    7,
    ["https://a.sharepoint.com/"],
    "http://contoso.sharepoint.com/x",
    "https://sharepoint.com/x",
    "https://contoso.sharepoint.com.evil.example/x",
    "https://evil.example/contoso.sharepoint.com",
    "https://evil.example#.sharepoint.com",
    "https://evil.example?.sharepoint.com",
    "https://evil.example\\.sharepoint.com/",
    "https://contoso.sharepoint.com@evil.example/",
    "https://user:word@contoso.sharepoint.com/",
    "https://contoso.sharepoint.com:8443/x",
    "https://contosösharepoint.com/",
    "https://x.evilsharepoint.com/",
    "https://.sharepoint.com/",
    "https://127.0.0.1/",
    "https://contoso.sharepoint.com/a b",
    "https://contoso.sharepoint.com/\nHost: evil.example",
    "ftp://contoso.sharepoint.com/",
    "//contoso.sharepoint.com/x",
    f"https://contoso.sharepoint.com/{'x' * 5000}",
]


def test_an_address_of_anything_else_is_no_place() -> None:
    assert [url for url in NOT_SHAREPOINT if parse_sharepoint_url(url) is not None] == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_around_the_name_the_host_is_sharepoints(before: str, after: str) -> None:
    for url in (f"https://{before}.sharepoint.com{after}", f"{before}contoso.sharepoint.com/{after}"):
        found = parse_sharepoint_url(url)
        if found is not None:
            assert found.scheme == "https"
            assert str(found.raw_host).endswith(".sharepoint.com")
            assert found.port == 443
            assert found.user is None


def test_the_usual_places_are_known() -> None:
    assert parse_sharepoint_url("https://contoso.sharepoint.com/personal/x") is not None
    assert parse_sharepoint_url("https://contoso-my.sharepoint.com:443/personal/x?y=z") is not None
