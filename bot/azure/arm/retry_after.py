"""How long Azure asks to wait, from an answer's headers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER_SECONDS = 86400 * 7


def parse_retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds to wait, rounded up, at most a week; None where the answer does not say or cannot be read."""
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        value = headers.get(name, "")
        if _is_number(value):
            return min(-(-int(value) // 1000), MAX_RETRY_AFTER_SECONDS)
    value = headers.get("Retry-After", "").strip()
    if _is_number(value):
        return min(int(value), MAX_RETRY_AFTER_SECONDS)
    try:
        until = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(int(until - time.time()) + 1, 0), MAX_RETRY_AFTER_SECONDS)


def get_response_headers(error: BaseException) -> Mapping[str, str]:
    """The headers of the answer behind an SDK's error; none where there was no answer."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    return headers if isinstance(headers, Mapping) else {}


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 12
