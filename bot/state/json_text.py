"""JSON as it's stored and sent: compact, in UTF-8, about ten times as fast as with the standard library."""

from __future__ import annotations

import json
from typing import Any

import orjson

# anything that isn't plain JSON is a bug in the caller: don't guess a form for it
_PLAIN_JSON_ONLY = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


EncodedJson = orjson.Fragment
"""JSON that's encoded already: `EncodedJson(encode_json(value))` in a value is written as it is."""


def encode_json(value: Any) -> bytes:
    """Encode `value` as compact JSON. Parts of it can be `EncodedJson`.

    Raises:
        TypeError, ValueError: It holds something that isn't plain JSON.
    """
    try:
        return orjson.dumps(value, option=_PLAIN_JSON_ONLY)
    except TypeError:  # half of a surrogate pair, or an integer of more than 64 bits: JSON allows both
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_decode_part).encode("ascii")


def decode_json(text: str | bytes) -> Any:
    """Decode JSON.

    Raises:
        ValueError, RecursionError: It isn't JSON, or it's nested too deep.
    """
    try:
        return orjson.loads(text)
    except ValueError:  # half of a surrogate pair, or NaN, which the standard library accepts
        return json.loads(text)


def _decode_part(value: object) -> Any:
    if isinstance(value, EncodedJson):
        return json.loads(orjson.dumps(value))
    raise TypeError(f"{type(value).__name__} isn't plain JSON")
