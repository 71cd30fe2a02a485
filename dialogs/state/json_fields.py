"""Typed reading of plain JSON from a store or a button: a valid shape and a bounded size, or `DecodeError`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dialogs.model.errors import DialogError

# `re`, since RE2 rejects lone surrogates; a single character class can't backtrack, so it stays linear
_UNSAFE_CHARS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class DecodeError(DialogError):
    """A value does not have the shape in which it was written."""


def parse_text(value: object, max_chars: int) -> str:
    """Return a text, cut to `max_chars` characters and without unsafe control characters."""
    if not isinstance(value, str):
        raise DecodeError(f"expected a text, found {type(value).__name__}")
    return clean_text(value, max_chars)


def parse_int(value: object, min_value: int = 0, max_value: int = 10**9) -> int:
    """Return an integer from `min_value` to `max_value`."""
    # bool is a subclass of int, and JSON's `true` is no number
    if isinstance(value, bool) or not isinstance(value, int) or not min_value <= value <= max_value:
        raise DecodeError(f"expected a whole number from {min_value} to {max_value}")
    return value


def parse_bool(value: object) -> bool:
    """Return a boolean."""
    if not isinstance(value, bool):
        raise DecodeError(f"expected true or false, found {type(value).__name__}")
    return value


def parse_list(value: object, max_items: int) -> list[Any]:
    """Return a list, cut to its first `max_items` items."""
    if not isinstance(value, (list, tuple)):
        raise DecodeError(f"expected a list, found {type(value).__name__}")
    return list(value[:max_items])


def parse_mapping(value: object, max_items: int = 100) -> dict[str, Any]:
    """Return a mapping with text keys, cut to its first `max_items` items."""
    # nearly always a dict, for which that's a single comparison
    if not isinstance(value, (dict, Mapping)) or not set(map(type, value)) <= {str}:
        raise DecodeError("expected a mapping with text keys")
    return dict(value) if len(value) <= max_items else dict(list(value.items())[:max_items])


def parse_choice(value: object, allowed: Sequence[str]) -> Any:
    """Return one of the `allowed` words; the caller's annotation says which type they are."""
    if not isinstance(value, str) or value not in allowed:
        raise DecodeError(f"expected one of {', '.join(allowed)}")
    return value


def clean_text(value: str, max_chars: int) -> str:
    """Return `value` cut to `max_chars` characters, without characters that a store or a client may reject."""
    if len(value) <= max_chars and value.isascii() and value.isprintable():
        return value
    text = value[:max_chars].replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE_CHARS.sub("", text)
