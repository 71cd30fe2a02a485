"""Read from a response's headers how long Azure asks to wait."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER_SECONDS = 86400 * 7


def parse_retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the seconds to wait, rounded up, at most a week; None if the headers don't say or can't be parsed."""
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        value = headers.get(name, "")
        if _is_number(value):
            return min(-(-int(value) // 1000), MAX_RETRY_AFTER_SECONDS)
    value = headers.get("Retry-After", "").strip()
    if _is_number(value):
        return min(int(value), MAX_RETRY_AFTER_SECONDS)
    try:
        retry_at = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(int(retry_at - time.time()) + 1, 0), MAX_RETRY_AFTER_SECONDS)


def get_response_headers(error: BaseException) -> Mapping[str, str]:
    """Return the response headers behind an SDK error; an empty mapping if there was no response."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    return headers if isinstance(headers, Mapping) else {}


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 12
