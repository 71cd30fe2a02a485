"""A fake Resource Manager and Storage over HTTPS on loopback, with configurable content and answers.

The SDK's clients talk to it as to Azure. It counts what arrives: `hits` holds method, path with query and the token.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential

from dialogs.model.turn import Person
from knowledge.azure_clouds import CLOUDS, AzureCloud
from knowledge.template.template_id import TemplateId

ONE = "5b0f8a7e-11d2-4c3b-9a64-7de0c2f1a9b8"
TWO = "8f3d6c11-94a2-4e5e-a1f0-3d2b7c6e5a90"
TENANT = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
OBJECT = "c1a4d0f3-2f8e-49b8-8b5e-51a0f6d3e7c2"
ACCOUNT = "xkzlyccln2x4qrzk8r60s8oc"
FOLDER = "9f2c7a30-5d1e-4b86-a7c4-0e3f1d2b6a58"
PERSON = Person(TENANT, "29:a-person", "Maria", OBJECT)
STAGING = "IT_rg-images_win11-golden_6f3f2b1c-0a4d-4a5e-9e1b-77c0d2a4f6e1"
REF = TemplateId(ONE, "rg-images", "win11-golden")

Answer = tuple[int, dict[str, str], Any]


def template(ref: TemplateId = REF, **properties: Any) -> dict[str, Any]:
    """A template as Resource Manager returns it; arguments replace its properties, and None removes one."""
    own = {
        "provisioningState": "Succeeded",
        "source": {
            "type": "PlatformImage", "publisher": "MicrosoftWindowsDesktop", "offer": "windows-11",
            "sku": "win11-24h2-avd", "version": "latest", "exactVersion": "26100.2314.241112",
        },
        "customize": [
            {"type": "PowerShell", "name": "install tools", "inline": ["x"]},
            {"type": "WindowsRestart"},
            {"type": "FutureThing", "name": "later", "q": 1},
        ],
        "distribute": [{"type": "SharedImage", "runOutputName": "gallery", "galleryImageId": "/g"}],
        "vmProfile": {"vmSize": "Standard_D2ds_v4", "osDiskSizeGB": 127},
        "buildTimeoutInMinutes": 240,
        "exactStagingResourceGroup": f"/subscriptions/{ref.subscription}/resourceGroups/{STAGING}",
        "errorHandling": {"onCustomizerError": "cleanup", "onValidationError": "cleanup"},
        "lastRunStatus": run(),
    }  # fmt: skip
    own = {name: value for name, value in (own | properties).items() if value is not None}
    return {
        "id": ref.to_resource_id(), "name": ref.name, "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "location": "northeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/x/identity": {}}},
        "properties": own,
    }  # fmt: skip


def run(
    state: str = "Failed", sub_state: str = "Customizing", message: str | None = None, **more: Any
) -> dict[str, Any]:
    """A `lastRunStatus`; the message names the log as Azure does unless another is given."""
    said = old_message() if message is None else message
    return {
        "startTime": "2026-02-22T01:25:40.756985789Z", "endTime": "2026-02-22T01:29:22.12Z",
        "runState": state, "runSubState": sub_state, "message": said,
    } | more  # fmt: skip


def old_message(account: str = ACCOUNT, folder: str = FOLDER, file: str = "customization.log") -> str:
    return (
        "During the image build, a failure has occurred, please review the build log to identify which build/customization "
        "step failed. For more troubleshooting steps go to https://aka.ms/azvmimagebuilderts. Image Build log location: "
        f"https://{account}.blob.core.windows.net/packerlogs/{folder}/{file}. OperationId: "
        "1e3026b3-b765-4689-b4d1-66d6d9492c91. Use this operationId to search packer logs."
    )


def new_message(account: str = ACCOUNT, folder: str = FOLDER, group: str = STAGING) -> str:
    return (
        "Failed while waiting for packerizer: Microservice has failed: Failed while processing request: Error when "
        f"executing packerizer: Packer build command has failed: exit status 1. During the image build, a failure has "
        f"occurred. Packer build logs are at location /subscriptions/{ONE}/resourceGroups/{group}/providers/"
        f"Microsoft.Storage/storageAccounts/{account}/blobServices/default/containers/packerlogs/{folder}/"
        "customization.log. Please review."
    )


def error(status: int, code: str, message: str = "It cannot be.", headers: dict[str, str] | None = None) -> Answer:
    """An error as Resource Manager tells it."""
    return status, headers or {}, {"error": {"code": code, "message": message}}


def storage_error(status: int, code: str, headers: dict[str, str] | None = None) -> Answer:
    """An error as Storage tells it."""
    text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>It cannot be.</Message></Error>'
    return status, {"x-ms-error-code": code, "Content-Type": "application/xml"} | (headers or {}), text


class FakeCredential(AsyncTokenCredential):
    """Tokens that name their scope; `fails` is raised instead."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails: Exception | None = None

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked += scopes
        if self.fails:
            raise self.fails
        return AccessToken(f"token for {scopes[0]}", int(time.time()) + 3600)

    async def close(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        pass


class FakeCredentialProvider:
    """Gives everyone the same credential."""

    def __init__(self, credential: AsyncTokenCredential, subscriptions: frozenset[str] = frozenset()) -> None:
        self._credential = credential
        self.subscriptions = subscriptions

    @asynccontextmanager
    async def open_credential(self, person: Person) -> AsyncIterator[AsyncTokenCredential]:
        yield self._credential

    async def sign_out(self, person: Person) -> bool:
        return False

    async def close(self) -> None:
        pass


@dataclass
class FakeBlob:
    """A blob made of a function from a range to bytes, so that a large one costs nothing."""

    size: int
    read: Callable[[int, int], bytes]
    etag: str = '"0x1"'
    modified: str = "Sun, 22 Feb 2026 01:29:25 GMT"

    @classmethod
    def of(cls, content: bytes, etag: str = '"0x1"') -> FakeBlob:
        return cls(len(content), lambda start, end: content[start:end], etag)


@dataclass
class FakeAzure:
    """`answers`: a pattern of method and path, and the answers in turn; the last one stays. None: the usual answer."""

    url: str = ""
    authorities: Path | None = None
    subscriptions: dict[str, str] = field(default_factory=lambda: {ONE: "Images", TWO: "Sandbox"})
    templates: list[dict[str, Any]] = field(default_factory=list)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    accounts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    blobs: dict[str, FakeBlob] = field(default_factory=dict)
    answers: dict[str, list[Answer | str | None]] = field(default_factory=dict)
    hits: list[tuple[str, str, str | None]] = field(default_factory=list)
    page: int = 100
    next_link: str = ""
    on_hit: Callable[[web.Request], Awaitable[None]] | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def cloud(self) -> AzureCloud:
        return AzureCloud(
            self.url, CLOUDS["public"].resource_scope, CLOUDS["public"].storage_scope, f"{self.url}/login", CLOUDS["public"].portal,
            blob_base=f"{self.url}/blobs", ca_file=self.authorities,
        )  # fmt: skip

    @property
    def paths(self) -> list[str]:
        """What was asked for, `GET /subscriptions`, without queries."""
        return [f"{method} {path.split('?')[0]}" for method, path, _ in self.hits]

    @property
    def tokens(self) -> set[str | None]:
        return {token for *_, token in self.hits}

    def account(self, name: str = ACCOUNT, group: str = STAGING, endpoint: str | None = None) -> None:
        """Puts a storage account into a resource group."""
        blob = f"{self.url}/blobs/{name}/" if endpoint is None else endpoint
        self.accounts.setdefault(group.lower(), []).append(
            {
                "id": f"/subscriptions/{ONE}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{name}",
                "name": name,
                "properties": {"primaryEndpoints": {"blob": blob}},
            }
        )

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/blobs/{account}/packerlogs{path:.*}", self._guarded(self._blob))
        app.router.add_route("*", "/{path:.*}", self._guarded(self._manager))
        return app

    def _guarded(
        self, handler: Callable[[web.Request], web.Response]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            self.hits.append((request.method, request.path_qs, request.headers.get("Authorization")))
            if self.on_hit:
                await self.on_hit(request)
            line = f"{request.method} {request.path}"
            for pattern, answers in self.answers.items():
                if re.search(pattern, line, re.IGNORECASE):
                    answer = answers.pop(0) if len(answers) > 1 else answers[0]
                    if answer == "drop":
                        assert request.transport is not None
                        request.transport.close()
                        return web.Response()
                    if answer == "hang":
                        await self.ended.wait()
                    if isinstance(answer, tuple):
                        status, headers, body = answer
                        if isinstance(body, str):
                            return web.Response(status=status, headers=headers, text=body)
                        return web.json_response(body, status=status, headers=headers)
                    break
            return handler(request)

        return handle

    def _manager(self, request: web.Request) -> web.Response:
        path = request.path.rstrip("/")
        if path == "/subscriptions":
            values = [{"subscriptionId": key, "displayName": name} for key, name in self.subscriptions.items()]
            return web.json_response({"value": values})
        subscription = path.split("/")[2].lower()
        if subscription not in self.subscriptions:
            _, headers, body = error(404, "SubscriptionNotFound")
            return web.json_response(body, status=404, headers=headers)
        if path.lower().endswith("/imagetemplates"):
            values = [one for one in self.templates if one["id"].lower().startswith(path.lower())] or [
                one for one in self.templates if f"/subscriptions/{subscription}/" in one["id"].lower()
            ]
            return self._paged(request, values)
        if path.lower().endswith("/runoutputs"):
            return web.json_response({"value": self.outputs})
        if path.lower().endswith("/storageaccounts"):
            return self._list_accounts(path.split("/"))
        for one in self.templates:
            if one["id"].lower() == path.lower():
                return web.json_response(one)
        found = re.fullmatch(r"/subscriptions/[^/]+/resourcegroups/([^/]+)", path, re.IGNORECASE)
        if found and found[1].lower() in self.groups:
            return web.json_response({"id": path, "name": found[1], "tags": self.groups[found[1].lower()]})
        return web.json_response(error(404, "ResourceNotFound")[2], status=404)

    def _list_accounts(self, path: list[str]) -> web.Response:
        if len(path) <= 6 or path[3].lower() != "resourcegroups":
            return web.json_response({"value": [one for many in self.accounts.values() for one in many]})
        group = path[4].lower()
        if group not in self.accounts and group not in self.groups:
            return web.json_response(error(404, "ResourceGroupNotFound")[2], status=404)
        return web.json_response({"value": self.accounts.get(group, [])})

    def _paged(self, request: web.Request, values: list[dict[str, Any]]) -> web.Response:
        begin = int(request.query.get("skip", "0"))
        body: dict[str, Any] = {"value": values[begin : begin + self.page]}
        if begin + self.page < len(values):
            link = f"{self.url}{request.path}?api-version=2025-10-01&skip={begin + self.page}"
            body["nextLink"] = self.next_link or link
        return web.json_response(body)

    def _blob(self, request: web.Request) -> web.Response:
        account, name = request.match_info["account"], request.match_info["path"].strip("/")
        if request.query.get("comp") == "list":
            return web.Response(text=self._listing(account), content_type="application/xml")
        blob = self.blobs.get(f"{account}/{name}")
        if blob is None:
            return self._storage(404, "BlobNotFound")
        headers = {
            "ETag": blob.etag, "Last-Modified": blob.modified, "x-ms-blob-type": "AppendBlob",
            "Content-Type": "application/octet-stream",
        }  # fmt: skip
        if request.headers.get("If-Match", blob.etag) != blob.etag:
            return self._storage(412, "ConditionNotMet")
        if request.method == "HEAD":
            return web.Response(headers=headers | {"Content-Length": str(blob.size)})
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("x-ms-range") or request.headers.get("Range", ""))
        if span is None:
            return web.Response(body=blob.read(0, blob.size), headers=headers)
        start, end = int(span[1]), min(int(span[2]) + 1, blob.size)
        if start >= blob.size:
            return self._storage(416, "InvalidRange")
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size}"
        return web.Response(status=206, body=blob.read(start, end), headers=headers)

    def _storage(self, status: int, code: str) -> web.Response:
        status, headers, text = storage_error(status, code)
        return web.Response(status=status, headers=headers, text=text)

    def _listing(self, account: str) -> str:
        blobs = "".join(
            f"<Blob><Name>{key.removeprefix(account + '/')}</Name><Properties><Last-Modified>{blob.modified}</Last-Modified>"
            f"<Etag>{blob.etag}</Etag><Content-Length>{blob.size}</Content-Length><BlobType>AppendBlob</BlobType>"
            "</Properties></Blob>"
            for key, blob in sorted(self.blobs.items())
            if key.startswith(account + "/")
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="packerlogs">'
            f"<Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"
        )


@dataclass(frozen=True)
class Certificates:
    """A certificate for 127.0.0.1 and the file of the authority behind it."""

    authorities: Path
    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Certificates:
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1", "localhost")
        made = cls(folder / "authorities.pem", folder / "certificate.pem", folder / "key.pem")
        authority.cert_pem.write_to_path(str(made.authorities))
        issued.private_key_pem.write_to_path(str(made.key))
        made.certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        return made

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@asynccontextmanager
async def served(azure: FakeAzure, certificates: Certificates) -> AsyncIterator[FakeAzure]:
    """Serve `azure` on a free port until the block ends."""
    runner = web.AppRunner(azure.app(), access_log=None, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificates.context)
    await site.start()
    port = runner.addresses[0][1]
    azure.url, azure.authorities = f"https://127.0.0.1:{port}", certificates.authorities
    try:
        yield azure
    finally:
        azure.ended.set()
        await runner.cleanup()
