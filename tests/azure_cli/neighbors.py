"""Canned answers for resources that the sandbox doesn't have but that commands ask about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

NEIGHBORS = Path(__file__).with_name("neighbors.yaml")


def build_neighbor_routes() -> list[web.RouteDef]:
    """Build a route for each of the resources; Azure ignores the case of paths."""
    items = yaml.safe_load(NEIGHBORS.read_text("utf-8"))
    routes = [_build_route(item["path"], item["answer"]) for item in items]
    return [*routes, web.post("/graph.microsoft.com/v1.0/directoryObjects/getByIds", _find_objects)]


def _build_route(path: str, answer: Any) -> web.RouteDef:
    async def handle(_: web.Request) -> web.Response:
        return web.json_response(answer)

    pattern = re.escape(path.removeprefix("/")).replace(r"\*", "[^/]+")
    return web.get(f"/{{path:(?i:{pattern})}}", handle)


async def _find_objects(request: web.Request) -> web.Response:
    """Answer with a name for each id that Microsoft Graph is asked for; the id of all zeros has none."""
    asked = await request.json()
    return web.json_response(
        {"value": [{"id": one, "displayName": "id-builder"} for one in asked["ids"] if one.strip("0-")]}
    )
