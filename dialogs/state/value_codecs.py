"""Codecs that are made of others: rows, lists, mappings, optional values, and values of several types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import call
from typing import Any, Generic, TypeVar

from dialogs.state.json_fields import DecodeError, parse_choice, parse_int, parse_list, parse_text

MAX_KEY_CHARS = 120

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """How a value becomes plain JSON, and how it's read back; `decode` raises `DecodeError` for another shape."""

    encode: Callable[[T], Any]
    decode: Callable[[Any], T]


def keep(value: Any) -> Any:
    """Return what is plain JSON already."""
    return value


def check_type(value: Any, expected: Any) -> Any:
    """Return `value` if it's of the expected type."""
    if not isinstance(value, expected):
        raise DecodeError(f"a {type(value).__name__} is not expected here")
    return value


def check_mapping(value: Any) -> Mapping[Any, Any]:
    """Return `value` if it's a mapping."""
    return value if value.__class__ is dict else check_type(value, Mapping)


def build_row(codecs: Sequence[Codec[Any]], make: Callable[[Iterable[Any]], Any]) -> Codec[Any]:
    """Build the codec for a tuple with an item for each of `codecs`, which `make` makes of the items."""
    encoders, decoders = [codec.encode for codec in codecs], [codec.decode for codec in codecs]
    count = len(decoders)

    def decode(value: Any) -> Any:
        items = value if value.__class__ is list else parse_list(value, count + 1)
        if len(items) != count:
            raise DecodeError(f"expected {count} items, found {len(items)}")
        return make(map(call, decoders, items))

    if all(encode_item is keep for encode_item in encoders):
        return Codec(list, decode)
    return Codec(lambda value: [encode_item(item) for encode_item, item in zip(encoders, value, strict=True)], decode)


def build_list(item: Codec[Any], max_items: int, make: Callable[[Iterable[Any]], Any]) -> Codec[Any]:
    """Build the codec for a tuple or a list of any length, which `make` makes of its items."""
    encode, decode_item = item.encode, item.decode

    def decode(value: Any) -> Any:
        items = value if value.__class__ is list and len(value) <= max_items else parse_list(value, max_items)
        return make(map(decode_item, items))

    return Codec(list if encode is keep else lambda value: list(map(encode, value)), decode)


def build_mapping(item: Codec[Any], max_items: int) -> Codec[Any]:
    """Build the codec for a mapping from texts."""
    encode_item, decode_item, decode_key = item.encode, item.decode, build_text_decoder(MAX_KEY_CHARS)

    def decode(value: Any) -> dict[str, Any]:
        items = list(check_mapping(value).items())[:max_items]
        return {decode_key(key): decode_item(each) for key, each in items}

    if encode_item is keep:
        return Codec(dict, decode)
    return Codec(lambda value: {key: encode_item(each) for key, each in value.items()}, decode)


def build_optional(codec: Codec[Any], default: Any = None) -> Codec[Any]:
    """Build the codec for a value that may be None, or that is `default` where null was stored."""
    encode, decode = codec.encode, codec.decode
    return Codec(
        keep if encode is keep else lambda value: None if value is None else encode(value),
        lambda value: default if value is None else decode(value),
    )


def build_plain_union(codecs: Mapping[Any, Codec[Any]]) -> Codec[Any]:
    """Build the codec for plain values of several types."""
    decoders = {kind: codec.decode for kind, codec in codecs.items()}

    def decode(value: Any) -> Any:
        if type(value) not in decoders:
            raise DecodeError(f"a {type(value).__name__} is not expected here")
        return decoders[type(value)](value)

    return Codec(keep, decode)


def build_text_decoder(max_chars: int) -> Callable[[Any], str]:
    """Build the decoder of a text; the usual one takes a single call."""

    def decode(value: Any) -> str:
        if value.__class__ is str and len(value) <= max_chars and value.isascii() and value.isprintable():
            return value
        return parse_text(value, max_chars)

    return decode


def build_int_decoder(min_value: int, max_value: int) -> Callable[[Any], int]:
    """Build the decoder of a whole number."""

    def decode(value: Any) -> int:
        if value.__class__ is int and min_value <= value <= max_value:
            return value
        return parse_int(value, min_value, max_value)

    return decode


def build_choice_decoder(choices: Sequence[str]) -> Callable[[Any], str]:
    """Build the decoder of one of several words."""
    allowed = frozenset(choices)

    def decode(value: Any) -> str:
        return value if value.__class__ is str and value in allowed else parse_choice(value, choices)

    return decode
