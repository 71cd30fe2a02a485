"""Typed reading of plain JSON that came back from a store or a button: right shape, bounded size, or `ShapeError`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# one class of characters, so it never goes back over the text; RE2 knows no lone surrogates
_STRANGE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class ShapeError(ValueError):
    """A value that is not of the shape that was written."""


def text(value: object, most: int) -> str:
    """A text, cut to `most` characters."""
    if not isinstance(value, str):
        raise ShapeError(f"expected a text, found {type(value).__name__}")
    return clean(value, most)


def maybe_text(value: object, most: int) -> str | None:
    """A text or `None`."""
    return None if value is None else text(value, most)


def whole(value: object, least: int = 0, most: int = 10**9) -> int:
    """A whole number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ShapeError(f"expected a whole number from {least} to {most}")
    return value


def maybe_whole(value: object, least: int = 0, most: int = 10**9) -> int | None:
    """A whole number or `None`."""
    return None if value is None else whole(value, least, most)


def truth(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ShapeError(f"expected true or false, found {type(value).__name__}")
    return value


def rows(value: object, most: int) -> list[Any]:
    """A list of at most `most` items; more are cut off."""
    if not isinstance(value, (list, tuple)):
        raise ShapeError(f"expected a list, found {type(value).__name__}")
    return list(value[:most])


def keyed(value: object, most: int = 100) -> dict[str, Any]:
    """A mapping with text keys; more than `most` are cut off."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ShapeError("expected a mapping with text keys")
    return dict(value) if len(value) <= most else dict(list(value.items())[:most])


def one_of(value: object, allowed: Sequence[str]) -> Any:
    """One of the allowed words."""
    if not isinstance(value, str) or value not in allowed:
        raise ShapeError(f"expected one of {', '.join(allowed)}")
    return value


def clean(value: str, most: int) -> str:
    """`value` cut to `most` characters, in characters that any store and client can take."""
    if len(value) <= most and value.isascii() and value.isprintable():
        return value
    kept = value[:most].replace("\r\n", "\n").replace("\r", "\n")
    return _STRANGE.sub("", kept)
