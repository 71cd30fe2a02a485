"""Typed reading of plain JSON that came back from a store or a button: right shape, bounded size, or `ShapeError`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# one class of characters, so it never goes back over the text; RE2 knows no lone surrogates
_UNSAFE_CHARS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class DecodeError(ValueError):
    """A value that is not of the shape that was written."""


def parse_text(value: object, max_chars: int) -> str:
    """A text, cut to `most` characters."""
    if not isinstance(value, str):
        raise DecodeError(f"expected a text, found {type(value).__name__}")
    return clean_text(value, max_chars)


def parse_optional_text(value: object, max_chars: int) -> str | None:
    """A text or `None`."""
    return None if value is None else parse_text(value, max_chars)


def parse_int(value: object, min_value: int = 0, max_value: int = 10**9) -> int:
    """A whole number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not min_value <= value <= max_value:
        raise DecodeError(f"expected a whole number from {min_value} to {max_value}")
    return value


def parse_optional_int(value: object, min_value: int = 0, max_value: int = 10**9) -> int | None:
    """A whole number or `None`."""
    return None if value is None else parse_int(value, min_value, max_value)


def parse_bool(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise DecodeError(f"expected true or false, found {type(value).__name__}")
    return value


def parse_list(value: object, max_items: int) -> list[Any]:
    """A list of at most `most` items; more are cut off."""
    if not isinstance(value, (list, tuple)):
        raise DecodeError(f"expected a list, found {type(value).__name__}")
    return list(value[:max_items])


def parse_mapping(value: object, max_items: int = 100) -> dict[str, Any]:
    """A mapping with text keys; more than `most` are cut off."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise DecodeError("expected a mapping with text keys")
    return dict(value) if len(value) <= max_items else dict(list(value.items())[:max_items])


def parse_choice(value: object, allowed: Sequence[str]) -> Any:
    """One of the allowed words."""
    if not isinstance(value, str) or value not in allowed:
        raise DecodeError(f"expected one of {', '.join(allowed)}")
    return value


def clean_text(value: str, max_chars: int) -> str:
    """`value` cut to `most` characters, in characters that any store and client can take."""
    if len(value) <= max_chars and value.isascii() and value.isprintable():
        return value
    kept = value[:max_chars].replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE_CHARS.sub("", kept)
