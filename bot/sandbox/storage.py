"""The sandbox's Storage: the accounts of the staging groups, each with its build logs as blobs, to be read only."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from aiohttp import web

from bot.sandbox.blob_lists import blobs_xml, containers_xml
from bot.sandbox.refusals import Refused
from bot.sandbox.runs import WrittenLog
from bot.sandbox.scenario import Template
from bot.sandbox.world import World

CONTAINER = "packerlogs"
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob as it stands at a moment."""

    name: str
    log: WrittenLog
    size: int
    modified: datetime

    @property
    def etag(self) -> str:
        """Changes with every line that is written."""
        return f'"0x8D{self.size:013X}"'


class Storage:
    """Answers readings. `rate`: at most so many bytes a second, as over a network; None: as fast as can be."""

    def __init__(self, world: World, base: str, rate: int | None) -> None:
        self._world = world
        self._base = base
        self._rate = rate

    def routes(self) -> list[web.RouteDef]:
        """An account, its containers, their blobs."""
        account = "/{account:[a-z0-9]{24}}"
        return [
            web.get(f"{account}{{slash:/?}}", self._account),
            web.get(f"{account}/{{container:[^/]+}}", self._container),
            web.get(f"{account}/{{container:[^/]+}}/{{blob:.+}}", self._blob),
        ]

    async def _account(self, request: web.Request) -> web.Response:
        template = self._allowed(request)
        if request.query.get("comp") != "list":
            raise _unknown_query()
        prefix = request.query.get("prefix", "")
        names = [CONTAINER] if template.run and CONTAINER.startswith(prefix) else []
        return _xml(containers_xml(f"{self._base}/{template.account}/", names, self._world.start))

    async def _container(self, request: web.Request) -> web.Response:
        template = self._allowed(request)
        blobs = await self._blobs(template, request.match_info["container"])
        if request.query.get("restype") != "container":
            raise _unknown_query()
        if request.query.get("comp") == "list":
            return _xml(blobs_xml(f"{self._base}/{template.account}/", CONTAINER, blobs, request.query))
        return web.Response(headers={"ETag": '"0x8D000000000000"', "Last-Modified": _date(self._world.start)})

    async def _blob(self, request: web.Request) -> web.StreamResponse:
        template = self._allowed(request)
        blobs = await self._blobs(template, request.match_info["container"])
        blob = next((blob for blob in blobs if blob.name == request.match_info["blob"]), None)
        if blob is None:
            raise Refused(404, "BlobNotFound", "The specified blob does not exist.")
        _check_conditions(request, blob)
        headers = {
            "ETag": blob.etag,
            "Last-Modified": _date(blob.modified),
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
            "x-ms-blob-type": "BlockBlob",
            "x-ms-creation-time": _date(blob.log.times[0]),
            "x-ms-lease-state": "available",
            "x-ms-lease-status": "unlocked",
            "x-ms-server-encrypted": "true",
        }
        if request.method == "HEAD":
            return web.Response(headers=headers | {"Content-Length": str(blob.size)})
        begin, end = _span(request, blob.size)
        status = 200
        if begin is not None:
            status = 206
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{blob.size}"
        body = blob.log.content[begin or 0 : end]
        if self._rate:
            await asyncio.sleep(len(body) / self._rate)
        return web.Response(status=status, body=body, headers=headers)

    def _allowed(self, request: web.Request) -> Template:
        template = self._world.owner(request.match_info["account"])
        if template is None:
            raise Refused(404, "ResourceNotFound", "The specified resource does not exist.")
        if template.storage == "firewall":
            raise Refused(403, "AuthorizationFailure", "This request is not authorized to perform this operation.")
        if template.storage == "no-data-role" or template.denied:
            raise Refused(
                403,
                "AuthorizationPermissionMismatch",
                "This request is not authorized to perform this operation using this permission.",
            )
        return template

    async def _blobs(self, template: Template, container: str) -> list[Blob]:
        if container != CONTAINER or template.run is None:
            raise Refused(404, "ContainerNotFound", "The specified container does not exist.")
        now, found = self._world.clock(), []
        for run in self._world.runs(template):
            logs = await asyncio.to_thread(run.logs)  # a long log takes its time to be made
            found += [
                Blob(f"{run.folder}/{name}", log, log.size(now), log.modified(now))
                for name, log in logs.items()
                if log.size(now)
            ]
        return sorted(found, key=lambda blob: blob.name)


def _check_conditions(request: web.Request, blob: Blob) -> None:
    wanted, known = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if wanted not in (None, "*", blob.etag):
        raise Refused(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
    if known in ("*", blob.etag):
        raise Refused(304, "ConditionNotMet", "", {"ETag": blob.etag})


def _span(request: web.Request, size: int) -> tuple[int | None, int]:
    """The bytes that are asked for, from the first to behind the last; None as the first: all of them."""
    asked = request.headers.get("x-ms-range") or request.headers.get("Range")
    if asked is None:
        return None, size
    found = _RANGE.fullmatch(asked)
    if found is None:
        raise Refused(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
    begin, end = int(found[1]), int(found[2]) + 1 if found[2] else size
    if begin >= size or end <= begin:
        raise Refused(
            416,
            "InvalidRange",
            "The range specified is invalid for the current size of the resource.",
            {"Content-Range": f"bytes */{size}"},
        )
    return begin, min(end, size)


def _unknown_query() -> Refused:
    return Refused(
        400,
        "InvalidQueryParameterValue",
        "Value for one of the query parameters specified in the request URI is invalid.",
    )


def _xml(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/xml")


def _date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
