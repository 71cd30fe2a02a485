"""The requests for services and problem classifications, which don't involve a subscription."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from bot.sandbox.azure_errors import FakeAzureError
from bot.sandbox.support.services import build_classification_json, build_service_json, get_service_id


class ServiceCatalog:
    """Answers the requests; `get_services` returns the classifications of each service at that time."""

    def __init__(self, get_services: Callable[[], Mapping[str, Sequence[str]]]) -> None:
        self._get_services = get_services

    async def list_services(self, request: web.Request) -> web.Response:
        """Answer with all services."""
        return web.json_response({"value": list(map(build_service_json, self._get_services()))})

    async def get_service(self, request: web.Request) -> web.Response:
        """Answer with the service of a request."""
        return web.json_response(build_service_json(self._find_service(request)))

    async def list_classifications(self, request: web.Request) -> web.Response:
        """Answer with the problem classifications of a service."""
        return web.json_response({"value": self._build_classifications(request)})

    async def get_classification(self, request: web.Request) -> web.Response:
        """Answer with one problem classification of a service."""
        name = request.match_info["classification"]
        found = next((c for c in self._build_classifications(request) if c["name"] == name.lower()), None)
        if found is None:
            raise FakeAzureError(404, "ResourceNotFound", f"The problem classification '{name}' was not found.")
        return web.json_response(found)

    def _build_classifications(self, request: web.Request) -> list[dict[str, Any]]:
        service = self._find_service(request)
        return [build_classification_json(service, name) for name in self._get_services()[service]]

    def _find_service(self, request: web.Request) -> str:
        guid = request.match_info["service"]
        service = next((name for name in self._get_services() if get_service_id(name) == guid.lower()), None)
        if service is None:
            raise FakeAzureError(404, "ResourceNotFound", f"The service '{guid}' was not found.")
        return service
