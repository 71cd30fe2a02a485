"""Plain JSON for what is stored, and back: the codec of a dataclass, built once from its type hints.

What is read may have been altered. Texts and collections are cut to their limits; whatever else doesn't fit is refused
with `DecodeError`. Three rules keep releases able to read each other's values:

- A field with a default may be missing. Give a new field a default, and what an older release stored still loads.
- Unknown keys are ignored. An older release reads the rest of what a newer one stored.
- A row, a value stored as the list of its fields, has a fixed length. Never add a field to one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import partial
from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from dialogs.state.json_fields import (
    DecodeError,
    parse_bool,
    parse_choice,
    parse_int,
    parse_list,
    parse_mapping,
    parse_text,
)

MAX_KEY_CHARS = 120

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """How a value becomes plain JSON, and how it's read back; `decode` raises `DecodeError` for another shape."""

    encode: Callable[[T], Any]
    decode: Callable[[Any], T]


@dataclass(frozen=True, slots=True)
class StoredField:
    """How a field is stored. Its limits hold for reading; whoever sets the field keeps it within them.

    Attributes:
        key: Its key; "" for the field's name.
        max_chars: Characters to keep of each text in it; None to read texts as they are.
        max_items: Items to keep of a collection.
        min_value: The lowest number.
        max_value: The highest number.
        choices: The only texts that it may be, if not any.
        decode: What reads it, if its type isn't enough to go by.
    """

    key: str = ""
    max_chars: int | None = 400
    max_items: int = 100
    min_value: int = 0
    max_value: int = 10**9
    choices: Sequence[str] = ()
    decode: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the instances of a class are stored.

    Attributes:
        fields: By name, the fields that aren't stored as usual.
        is_row: An instance is the list of its fields, not an object.
        omits_defaults: A plain field with its default value is not written.
        optional: The fields that may be missing; None for all that have a default.
    """

    fields: Mapping[str, StoredField] = field(default_factory=dict)
    is_row: bool = False
    omits_defaults: bool = False
    optional: Collection[str] | None = None


Layouts = Mapping[type, Layout | Codec[Any]]
"""How dataclasses are stored, where it isn't the usual way; or the codec that stores them."""


def build_codec(stored: type[T], layouts: Layouts | None = None, usual: StoredField | None = None) -> Codec[T]:
    """Build the codec for a dataclass, or for a tuple of them. `usual` is how fields without a layout are stored."""
    usual = usual or StoredField()
    return _CodecBuilder(layouts or {}, usual).build(stored, usual)


class _CodecBuilder:
    def __init__(self, layouts: Layouts, usual: StoredField) -> None:
        self._layouts, self._usual = layouts, usual
        self._built = {cls: codec for cls, codec in layouts.items() if isinstance(codec, Codec)}

    def build(self, hint: Any, stored: StoredField) -> Codec[Any]:
        """Build the codec for a field of the type `hint`."""
        origin, arguments = get_origin(hint), get_args(hint)
        if is_dataclass(hint):
            return self._build_dataclass(hint)
        if origin in (Union, UnionType):
            return self._build_union(arguments, stored)
        if origin is tuple and arguments[-1] is not Ellipsis:
            return _build_row([self.build(item, stored) for item in arguments])
        if origin in (tuple, list):
            return _build_list(self.build(arguments[0], stored), stored.max_items, origin)
        if origin in (Mapping, dict) and arguments[1] is not Any:
            return _build_mapping(self.build(arguments[1], stored), stored.max_items)
        return _build_plain(hint, stored)

    def _build_union(self, members: Sequence[Any], stored: StoredField) -> Codec[Any]:
        """Build the codec for an optional value, or for plain values that are told apart by their type."""
        codecs = {get_origin(member) or member: self.build(member, stored) for member in members}
        if len(codecs) == 2 and NoneType in codecs:
            del codecs[NoneType]
            return _build_optional(*codecs.values())
        decoders = {kind: codec.decode for kind, codec in codecs.items()}

        def decode(value: Any) -> Any:
            if type(value) not in decoders:
                raise DecodeError(f"a {type(value).__name__} is not expected here")
            return decoders[type(value)](value)

        return Codec(_keep, decode)

    def _build_dataclass(self, cls: Any) -> Codec[Any]:
        if cls not in self._built:
            layout, hints = self._layouts.get(cls, Layout()), get_type_hints(cls)
            assert isinstance(layout, Layout)
            if unknown := layout.fields.keys() - hints.keys():
                raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}: correct its layout.")
            stored = [self._build_field(each, hints[each.name], layout) for each in fields(cls)]
            build = _build_dataclass_row if layout.is_row else _build_object
            self._built[cls] = build(cls, stored, layout)
        return self._built[cls]

    def _build_field(self, own: Field[Any], hint: Any, layout: Layout) -> _FieldCodec:
        stored = layout.fields.get(own.name, self._usual)
        default = own.default if own.default_factory is MISSING else own.default_factory()
        codec = self.build(hint, stored)
        if is_dataclass(hint) and default is not MISSING:  # earlier releases wrote null for an empty one
            codec = _build_optional(codec, default)
        is_optional = default is not MISSING if layout.optional is None else own.name in layout.optional
        return _FieldCodec(
            own.name, stored.key or own.name, codec.encode, stored.decode or codec.decode, default, is_optional
        )


@dataclass(frozen=True, slots=True)
class _FieldCodec:
    """The codec of a dataclass's field; `default` is MISSING if it has none."""

    name: str
    key: str
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    default: Any
    is_optional: bool


def _build_object(cls: Any, stored: Sequence[_FieldCodec], layout: Layout) -> Codec[Any]:
    # unpacked, since every turn runs these loops
    encoders = [(each.name, each.key, each.encode) for each in stored]
    decoders = [(each.name, each.key, each.decode, each.is_optional) for each in stored]
    defaults = {each.key: each.default for each in stored}

    def encode(value: Any) -> dict[str, Any]:
        return {key: encode_field(getattr(value, name)) for name, key, encode_field in encoders}

    def encode_without_defaults(value: Any) -> dict[str, Any]:
        return {key: item for key, item in encode(value).items() if item != defaults[key]}

    def decode(value: Any) -> Any:
        document, arguments = _check_type(value, Mapping), {}
        for name, key, decode_field, is_optional in decoders:
            if key in document:
                arguments[name] = decode_field(document[key])
            elif not is_optional:
                raise DecodeError(f"expected the key {key}")
        return cls(**arguments)

    return Codec(encode_without_defaults if layout.omits_defaults else encode, decode)


def _build_dataclass_row(cls: Any, stored: Sequence[_FieldCodec], _: Layout) -> Codec[Any]:
    row, names = _build_row([Codec(each.encode, each.decode) for each in stored]), [each.name for each in stored]
    return Codec(
        lambda value: row.encode([getattr(value, name) for name in names]), lambda value: cls(*row.decode(value))
    )


def _build_row(codecs: Sequence[Codec[Any]]) -> Codec[Any]:
    encoders, decoders = [codec.encode for codec in codecs], [codec.decode for codec in codecs]

    def decode(value: Any) -> tuple[Any, ...]:
        items = parse_list(value, len(decoders) + 1)
        if len(items) != len(decoders):
            raise DecodeError(f"expected {len(decoders)} items, found {len(items)}")
        return tuple([decode_item(item) for decode_item, item in zip(decoders, items, strict=True)])

    return Codec(lambda value: [encode_item(item) for encode_item, item in zip(encoders, value, strict=True)], decode)


def _build_list(item: Codec[Any], max_items: int, make: Callable[[list[Any]], Any]) -> Codec[Any]:
    encode, decode = item.encode, item.decode
    return Codec(
        lambda value: [encode(each) for each in value],
        lambda value: make([decode(each) for each in parse_list(value, max_items)]),
    )


def _build_mapping(item: Codec[Any], max_items: int) -> Codec[Any]:
    def decode(value: Any) -> dict[str, Any]:
        document = parse_mapping(value, max_items)
        return {parse_text(key, MAX_KEY_CHARS): item.decode(each) for key, each in document.items()}

    return Codec(lambda value: {key: item.encode(each) for key, each in value.items()}, decode)


def _build_optional(codec: Codec[Any], default: Any = None) -> Codec[Any]:
    return Codec(
        lambda value: None if value is None else codec.encode(value),
        lambda value: default if value is None else codec.decode(value),
    )


def _build_plain(hint: Any, stored: StoredField) -> Codec[Any]:
    kind = get_origin(hint) or hint
    if choices := stored.choices or (get_args(hint) if kind is Literal else ()):
        return Codec(_keep, partial(parse_choice, allowed=choices))
    if kind is int:
        return Codec(_keep, partial(parse_int, min_value=stored.min_value, max_value=stored.max_value))
    if kind is str and stored.max_chars is not None:
        return Codec(_keep, partial(parse_text, max_chars=stored.max_chars))
    if kind in (bool, NoneType):
        return Codec(_keep, parse_bool if kind is bool else _keep)
    # a number, a text as it is, or plain JSON that whoever uses it checks
    return Codec(_keep, partial(_check_type, expected=int | float if kind is float else kind))


def _keep(value: Any) -> Any:
    return value


def _check_type(value: Any, expected: Any) -> Any:
    if not isinstance(value, expected):
        raise DecodeError(f"a {type(value).__name__} is not expected here")
    return value
