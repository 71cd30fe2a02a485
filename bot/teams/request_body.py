"""Read the body of a request that brings an activity: JSON, limited in size, depth and time."""

from __future__ import annotations

import asyncio
import json
from itertools import chain
from typing import Any

import orjson
from aiohttp import web

from bot.errors import RequestRefusedError

BODY_TIMEOUT_SECONDS = 10
"""How long a caller may take to send the body."""
MAX_NESTING_LEVELS = 64
"""Levels of nesting; Teams activities have about ten."""

_CONTAINERS = (dict, list)


async def read_body(request: web.BaseRequest, timeout_seconds: float = BODY_TIMEOUT_SECONDS) -> Any:
    """Read the JSON value in the body of `request`.

    Raises:
        RequestRefusedError: With status 415 for another content type, 408 if it takes too long, and 400 if it isn't
        encoded as announced, isn't JSON, or is nested too deep.
        web.HTTPRequestEntityTooLarge: It is larger than the application accepts.
    """
    if request.content_type != "application/json":
        raise RequestRefusedError(415, "Send the activity as application/json.")
    try:
        if request.content.is_eof():
            raw = await request.read()  # it came with the head
        else:
            async with asyncio.timeout(timeout_seconds):
                raw = await request.read()
    except TimeoutError:
        raise RequestRefusedError(408, f"The body was not sent within {timeout_seconds:g} seconds.") from None
    except web.RequestPayloadError:
        raise RequestRefusedError(400, "The body isn't encoded as the request's headers say.") from None
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
    except ValueError:
        # orjson also rejects half of a surrogate pair, which is valid JSON
        body = json.loads(raw, parse_constant=_reject_constant)
        # but not a character: the text couldn't be stored or sent, so it's replaced
        return json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _is_deeper_than(body: Any, levels: int) -> bool:
    level = [body] if isinstance(body, _CONTAINERS) else []
    for _ in range(levels):
        if not level:
            return False
        items = [parent.values() if isinstance(parent, dict) else parent for parent in level]
        level = [item for item in chain.from_iterable(items) if isinstance(item, _CONTAINERS)]
    return bool(level)
