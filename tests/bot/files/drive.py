"""A fake OneDrive on this machine, under a real host name, that serves files correctly or not, as configured."""

from __future__ import annotations

import asyncio
import gzip
import io
import socket
import ssl
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

HOST = "contoso-my.sharepoint.com"
SECRET = "SECRET-LINK"
LINK = f"https://{HOST}/personal/ada_contoso_com/_layouts/15/download.aspx?UniqueId=1&tempauth={SECRET}"

Give = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Drive(AbstractResolver):
    """What it gives is `give`'s, or `content` with `headers` and `status`; it notes who asked for what."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    give: Give | None = None
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    address: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext = field(default_factory=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.raw_path, dict(request.headers)))
        if self.give:
            return await self.give(request)
        kind = {} if "Content-Type" in self.headers else {"Content-Type": "application/octet-stream"}
        return web.Response(body=self.content, status=self.status, headers={**self.headers, **kind})

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        self.asked.append(host)
        return [
            ResolveResult(hostname=host, host=self.address, port=self.port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def serving(drive: Drive) -> AsyncIterator[Drive]:
    """Serve it until the block ends."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "other-my.sharepoint.com").configure_cert(server)
    authority.configure_trust(drive.tls)
    app = web.Application()
    app.router.add_get("/{way:.*}", drive.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server).start()
    drive.port = runner.addresses[0][1]
    try:
        yield drive
    finally:
        drive.stop.set()
        await runner.cleanup()


def zipped(members: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these members."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return raw.getvalue()


def gzipped(content: bytes) -> bytes:
    """The content as a gzip file."""
    return gzip.compress(content, mtime=0)


def attachment(name: str = "customization.log", link: Any = LINK, kind: str = "log", **more: Any) -> dict[str, Any]:
    """A file as Teams says that it was attached."""
    return {
        "contentType": "application/vnd.microsoft.teams.file.download.info",
        "contentUrl": f"https://{HOST}/personal/ada_contoso_com/Documents/Microsoft Teams Chat Files/{name}",
        "content": {"downloadUrl": link, "uniqueId": "12345678-90ab-cdef-1234-567890abcdef", "fileType": kind},
        "name": name,
        **more,
    }
