"""Plain JSON for what is stored, and back: the codec of a class, built once from its type hints.

The input may have been tampered with. Texts and collections are cut to their limits; anything else that doesn't fit is
refused with `DecodeError`. Three rules keep releases able to read each other's values:

- A field with a default may be missing. Give a new field a default, and what an older release stored still loads.
- Unknown keys are ignored. An older release reads the rest of what a newer one stored.
- A row, a value stored as the list of its fields, has a fixed length. Never add a field to one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import partial
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from dialogs.model.stored import Stored
from dialogs.state.json_fields import DecodeError, parse_bool
from dialogs.state.value_codecs import (
    Codec,
    build_choice_decoder,
    build_int_decoder,
    build_list,
    build_mapping,
    build_optional,
    build_plain_union,
    build_row,
    build_text_decoder,
    check_mapping,
    check_type,
    keep,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Layout:
    """How the instances of a class are stored.

    Attributes:
        fields: How fields are stored, by name, in place of their annotations.
        is_row: Whether an instance is stored as the list of its fields, not as an object.
        omits_defaults: Whether a plain field with its default value is left out.
        optional: The fields that may be missing; None for all that have a default.
    """

    fields: Mapping[str, Stored] = field(default_factory=dict)
    is_row: bool = False
    omits_defaults: bool = False
    optional: Collection[str] | None = None


Layouts = Mapping[Any, Layout | Codec[Any]]
"""How classes are stored, where neither their types nor their annotations say it; and the codecs of other types."""


def build_codec(stored_type: type[T], layouts: Layouts | None = None, usual: Stored | None = None) -> Codec[T]:
    """Build the codec for such a class, or a tuple of them. `usual` is how fields without a `Stored` are stored."""
    usual = usual or Stored()
    return _CodecBuilder(layouts or {}, usual).build(stored_type, usual)


class _CodecBuilder:
    def __init__(self, layouts: Layouts, usual: Stored) -> None:
        self._layouts, self._usual = layouts, usual
        self._built = {cls: codec for cls, codec in layouts.items() if isinstance(codec, Codec)}

    def build(self, hint: Any, stored: Stored) -> Codec[Any]:
        """Build the codec for a field of the type `hint`."""
        hint, stored = _split_hint(hint, stored)
        origin, arguments = get_origin(hint), get_args(hint)
        if _has_fields(hint) and hint not in self._built:
            self._built[hint] = self._build_class(hint)
        if hint in self._built:
            return self._built[hint]
        if origin in (Union, UnionType):
            return self._build_union(arguments, stored)
        if origin is tuple and arguments[-1] is not Ellipsis:
            return build_row([self.build(item, stored) for item in arguments], tuple)
        if origin in (tuple, list, frozenset):
            return build_list(self.build(arguments[0], stored), stored.max_items, origin)
        if origin in (Mapping, dict) and arguments[1] not in (Any, object):
            return build_mapping(self.build(arguments[1], stored), stored.max_items)
        return _build_plain(hint, stored)

    def _build_union(self, members: Sequence[Any], stored: Stored) -> Codec[Any]:
        """Build the codec for an optional value, or for plain values of several types."""
        codecs = {get_origin(member) or member: self.build(member, stored) for member in members}
        if len(codecs) == 2 and NoneType in codecs:
            del codecs[NoneType]
            return build_optional(*codecs.values())
        return build_plain_union(codecs)

    def _build_class(self, cls: Any) -> Codec[Any]:
        layout, hints = self._layouts.get(cls, Layout()), get_type_hints(cls, include_extras=True)
        assert isinstance(layout, Layout)
        if unknown := layout.fields.keys() - hints.keys():
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}: correct its layout.")
        stored = [self._build_field(name, default, hints[name], layout) for name, default in _list_fields(cls)]
        return (_build_row if layout.is_row else _build_object)(cls, stored)

    def _build_field(self, name: str, default: Any, hint: Any, layout: Layout) -> _FieldCodec:
        kind, annotated = _split_hint(hint, self._usual)
        stored = layout.fields.get(name, annotated)
        codec = self.build(kind, stored)
        if _has_fields(kind) and default is not MISSING:  # earlier releases wrote null for an empty one
            codec = build_optional(codec, default)
        is_optional = default is not MISSING if layout.optional is None else name in layout.optional
        return _FieldCodec(
            name,
            stored.key or name,
            codec.encode,
            stored.decode or codec.decode,
            default,
            is_optional,
            layout.omits_defaults or stored.omits_default,
        )


def _has_fields(hint: Any) -> bool:
    return is_dataclass(hint) or _is_named_tuple(hint)


def _is_named_tuple(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_make")


def _list_fields(cls: Any) -> list[tuple[str, Any]]:
    """Return the names of a class's fields with their defaults, MISSING where there is none."""
    if _is_named_tuple(cls):
        return [(name, cls._field_defaults.get(name, MISSING)) for name in cls._fields]
    return [
        (each.name, each.default if each.default_factory is MISSING else each.default_factory()) for each in fields(cls)
    ]


def _split_hint(hint: Any, usual: Stored) -> tuple[Any, Stored]:
    """Return the type that a hint means, and how it's stored."""
    if get_origin(hint) is not Annotated:
        return hint, usual
    kind, *annotations = get_args(hint)
    return kind, [usual, *(each for each in annotations if isinstance(each, Stored))][-1]


@dataclass(frozen=True, slots=True)
class _FieldCodec:
    """The codec of a class's field; `default` is MISSING if it has none.

    `omits_default`: it isn't written while it has its default.
    """

    name: str
    key: str
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    default: Any
    is_optional: bool
    omits_default: bool


def _build_object(cls: Any, stored: Sequence[_FieldCodec]) -> Codec[Any]:
    # unpacked, since every turn runs these loops
    keys, get_values = [each.key for each in stored], _build_getter(stored)
    encoders = [(each.key, each.encode) for each in stored if each.encode is not keep]
    decoders = [(each.name, each.key, each.decode, each.is_optional) for each in stored]
    omitted = {each.key: each.default for each in stored if each.omits_default}

    def encode(value: Any) -> dict[str, Any]:
        document = dict(zip(keys, get_values(value), strict=True))
        for key, encode_field in encoders:
            document[key] = encode_field(document[key])
        return document

    def encode_without_defaults(value: Any) -> dict[str, Any]:
        document = encode(value)
        for key, default in omitted.items():
            if document[key] == default:
                del document[key]
        return document

    def decode(value: Any) -> Any:
        document, arguments = check_mapping(value), {}
        for name, key, decode_field, is_optional in decoders:
            if key in document:
                arguments[name] = decode_field(document[key])
            elif not is_optional:
                raise DecodeError(f"expected the key {key}")
        return cls(**arguments)

    return Codec(encode_without_defaults if omitted else encode, decode)


def _build_row(cls: Any, stored: Sequence[_FieldCodec]) -> Codec[Any]:
    codecs = [Codec(each.encode, each.decode) for each in stored]
    if _is_named_tuple(cls):
        # what `_make` does, after `build_row` has counted the items
        return build_row(codecs, partial(tuple.__new__, cls))
    row, get_values = build_row(codecs, tuple), _build_getter(stored)
    encode, decode = row.encode, row.decode
    return Codec(lambda value: encode(get_values(value)), lambda value: cls(*decode(value)))


def _build_getter(stored: Sequence[_FieldCodec]) -> Callable[[Any], Sequence[Any]]:
    """Build the function that returns the values of an instance's fields."""
    get_values = attrgetter(*[each.name for each in stored])
    # for a single name, it returns the value itself
    return get_values if len(stored) > 1 else lambda value: (get_values(value),)


def _build_plain(hint: Any, stored: Stored) -> Codec[Any]:
    kind = get_origin(hint) or hint
    if choices := stored.choices or (get_args(hint) if kind is Literal else ()):
        return Codec(keep, build_choice_decoder(choices))
    if kind is int:
        return Codec(keep, build_int_decoder(stored.min_value, stored.max_value))
    if kind is str and stored.max_chars is not None:
        return Codec(keep, build_text_decoder(stored.max_chars))
    if kind in (bool, NoneType):
        return Codec(keep, parse_bool if kind is bool else keep)
    # a number, a text as it is, or plain JSON that its user checks
    return Codec(keep, partial(check_type, expected=int | float if kind is float else kind))
