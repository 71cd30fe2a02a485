"""The body of a request that brings an activity: JSON of a bounded size, depth and time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import orjson
from aiohttp import web

from bot.errors import RequestRefusedError

BODY_TIMEOUT_SECONDS = 10
"""How long a caller may take to send a body."""
MAX_NESTING_LEVELS = 64
"""Levels of nesting; activities of Teams have about ten."""


async def read_body(request: web.BaseRequest, timeout_seconds: float = BODY_TIMEOUT_SECONDS) -> Any:
    """The JSON value in the body of `request`.

    Raises:
        RefusedRequest: 415, 408 or 400: it is not JSON, was not sent in time, or nobody could have meant it.
        web.HTTPRequestEntityTooLarge: it is larger than the application takes.
    """
    if request.content_type != "application/json":
        raise RequestRefusedError(415, "Send the activity as application/json.")
    try:
        async with asyncio.timeout(timeout_seconds):
            raw = await request.read()
    except TimeoutError:
        raise RequestRefusedError(408, f"The body was not sent within {timeout_seconds:g} seconds.") from None
    try:
        body = _parse_json(raw)
    except (ValueError, RecursionError):
        raise RequestRefusedError(400, "The body is not JSON in UTF-8.") from None
    if _is_deeper_than(body, MAX_NESTING_LEVELS):
        raise RequestRefusedError(400, f"The body is nested deeper than {MAX_NESTING_LEVELS} levels.")
    return body


def _parse_json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except ValueError:  # most of what it does not take is no JSON, but half of a surrogate pair is
        body = json.loads(raw, parse_constant=_reject_constant)
        # it is no character all the same: nothing that the text goes to could take it
        return json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _is_deeper_than(body: Any, levels: int) -> bool:
    level = [body]
    for _ in range(levels + 1):
        level = [item for item in level if isinstance(item, dict | list)]
        if not level:
            return False
        level = [item for held in level for item in (held.values() if isinstance(held, dict) else held)]
    return True
