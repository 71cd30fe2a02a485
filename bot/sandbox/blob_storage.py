"""The sandbox's Storage: the accounts of the staging groups, with build logs as read-only blobs."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from aiohttp import web

from bot.sandbox.azure_errors import FakeAzureError
from bot.sandbox.azure_state import FakeAzureState
from bot.sandbox.builds.run_history import TimedLog
from bot.sandbox.builds.scenario import TemplateSpec
from bot.sandbox.storage_xml import build_blobs_xml, build_containers_xml

CONTAINER_NAME = "packerlogs"
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class BlobSnapshot:
    """A blob at one moment: a log, up to the bytes that its run has written."""

    name: str
    log: TimedLog
    size: int
    modified_at: datetime

    @property
    def etag(self) -> str:
        """Return the ETag, which changes with every line that the run writes."""
        return f'"0x8D{self.size:013X}"'


class FakeBlobStorage:
    """Serves the blobs.

    Args:
        state: The resources and the clock.
        base_url: The address of the sandbox, without a slash at the end.
        bytes_per_second: The speed at which blobs are sent, to imitate a network.
    """

    def __init__(self, state: FakeAzureState, base_url: str, bytes_per_second: int) -> None:
        self._state = state
        self._base_url = base_url
        self._bytes_per_second = bytes_per_second

    def build_routes(self) -> list[web.RouteDef]:
        """Build the routes for accounts, containers, and blobs."""
        # Storage puts the account into the host name; the sandbox has one host, so it is the first path segment
        account = "/{account:[a-z0-9]{24}}"
        return [
            web.get(f"{account}{{slash:/?}}", self._handle_account),
            web.get(f"{account}/{{container:[^/]+}}", self._handle_container),
            web.get(f"{account}/{{container:[^/]+}}/{{blob:.+}}", self._handle_blob),
        ]

    async def _handle_account(self, request: web.Request) -> web.Response:
        template = self._authorize(request)
        if request.query.get("comp") != "list":
            raise _build_query_error()
        prefix = request.query.get("prefix", "")
        names = [CONTAINER_NAME] if template.last_run and CONTAINER_NAME.startswith(prefix) else []
        return _build_xml_response(build_containers_xml(self._build_endpoint(template), names, self._state.started_at))

    async def _handle_container(self, request: web.Request) -> web.Response:
        template = self._authorize(request)
        blobs = await self._list_blobs(template, request.match_info["container"])
        if request.query.get("restype") != "container":
            raise _build_query_error()
        if request.query.get("comp") == "list":
            return _build_xml_response(
                build_blobs_xml(self._build_endpoint(template), CONTAINER_NAME, blobs, request.query)
            )
        return web.Response(
            headers={"ETag": '"0x8D000000000000"', "Last-Modified": _format_date(self._state.started_at)}
        )

    async def _handle_blob(self, request: web.Request) -> web.StreamResponse:
        template = self._authorize(request)
        blobs = await self._list_blobs(template, request.match_info["container"])
        blob = next((blob for blob in blobs if blob.name == request.match_info["blob"]), None)
        if blob is None:
            raise FakeAzureError(404, "BlobNotFound", "The specified blob does not exist.")
        _check_conditions(request, blob)
        headers = _build_blob_headers(blob)
        if request.method == "HEAD":
            return web.Response(headers=headers | {"Content-Length": str(blob.size)})
        byte_range = _parse_range(request, blob.size)
        start, end = byte_range or (0, blob.size)
        if byte_range:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size}"
        # the log is generated as a whole; what its run hasn't "written" yet is past `blob.size`
        body = blob.log.content[start:end]
        await asyncio.sleep(len(body) / self._bytes_per_second)
        return web.Response(status=206 if byte_range else 200, body=body, headers=headers)

    def _authorize(self, request: web.Request) -> TemplateSpec:
        template = self._state.find_account_owner(request.match_info["account"])
        if template is None:
            raise FakeAzureError(404, "ResourceNotFound", "The specified resource does not exist.")
        if template.storage_access == "firewall":
            raise FakeAzureError(
                403, "AuthorizationFailure", "This request is not authorized to perform this operation."
            )
        if template.storage_access == "no-data-role" or template.denied:
            raise FakeAzureError(
                403,
                "AuthorizationPermissionMismatch",
                "This request is not authorized to perform this operation using this permission.",
            )
        return template

    async def _list_blobs(self, template: TemplateSpec, container: str) -> list[BlobSnapshot]:
        if container != CONTAINER_NAME or template.last_run is None:
            raise FakeAzureError(404, "ContainerNotFound", "The specified container does not exist.")
        now = self._state.clock()
        blobs: list[BlobSnapshot] = []
        for run in self._state.list_runs(template):
            logs = await asyncio.to_thread(run.get_logs)  # generating a 12 MB log would block the event loop
            blobs += [
                BlobSnapshot(f"{run.log_folder}/{name}", log, size, log.find_last_modified(now))
                for name, log in logs.items()
                if (size := log.compute_size(now))
            ]
        return sorted(blobs, key=lambda blob: blob.name)

    def _build_endpoint(self, template: TemplateSpec) -> str:
        return f"{self._base_url}/{template.storage_account}/"


def _build_blob_headers(blob: BlobSnapshot) -> dict[str, str]:
    return {
        "ETag": blob.etag,
        "Last-Modified": _format_date(blob.modified_at),
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": _format_date(blob.log.line_times[0]),
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-server-encrypted": "true",
    }


def _check_conditions(request: web.Request, blob: BlobSnapshot) -> None:
    if_match, if_none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if if_match not in (None, "*", blob.etag):
        raise FakeAzureError(
            412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."
        )
    if if_none_match in ("*", blob.etag):
        raise FakeAzureError(304, "ConditionNotMet", "", {"ETag": blob.etag})


def _parse_range(request: web.Request, size: int) -> tuple[int, int] | None:
    """Return the requested bytes as start and end (exclusive), or None if the whole blob is requested."""
    header = request.headers.get("x-ms-range") or request.headers.get("Range")
    if header is None:
        return None
    match = _RANGE.fullmatch(header)
    if match is None:
        raise FakeAzureError(
            400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format."
        )
    start, end = int(match[1]), int(match[2]) + 1 if match[2] else size
    if start >= size or end <= start:
        raise FakeAzureError(
            416,
            "InvalidRange",
            "The range specified is invalid for the current size of the resource.",
            {"Content-Range": f"bytes */{size}"},
        )
    return start, min(end, size)


def _build_query_error() -> FakeAzureError:
    return FakeAzureError(
        400,
        "InvalidQueryParameterValue",
        "Value for one of the query parameters specified in the request URI is invalid.",
    )


def _build_xml_response(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/xml")


def _format_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
