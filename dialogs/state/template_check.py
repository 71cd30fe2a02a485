"""How a checked template is stored: its corrected text packed, since a state is small."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass, replace
from typing import Annotated

from dialogs.model.preflight import MAX_CORRECTED_CHARS, TemplateCheck
from dialogs.model.stored import Stored
from dialogs.state.azure_state import TEMPLATE_ID_CODEC
from dialogs.state.codec import Layouts, build_codec
from dialogs.state.json_fields import DecodeError, parse_mapping
from dialogs.state.value_codecs import Codec
from knowledge.template.template_id import TemplateId

MAX_PACKED_CHARS = 20_000
"""The largest corrected template that's kept, packed: about 100 KB of JSON."""

_CHECK_CODEC = build_codec(TemplateCheck)


def _parse_template_id(value: object) -> TemplateId | None:
    return None if value is None else TemplateId.from_args(parse_mapping(value))


@dataclass(frozen=True, slots=True)
class KeptCheck:
    """The last checked template.

    Attributes:
        number: Tells it from earlier ones, whose cards are still there.
        template_id: The template in Azure; None for one that was pasted or attached.
    """

    number: Annotated[int, Stored(max_value=10**15)]
    check: TemplateCheck
    template_id: Annotated[TemplateId | None, Stored("ref", decode=_parse_template_id, omits_default=True)] = None


def pack_text(text: str) -> str:
    """Return a text packed; "" if it's too large to be kept."""
    packed = base64.b85encode(zlib.compress(text.encode("utf-8", "replace"), 9)).decode() if text else ""
    return packed if len(packed) <= MAX_PACKED_CHARS else ""


def unpack_text(packed: object) -> str:
    """Return what `pack_text` packed; "" for anything else, and for what would be larger than it can be."""
    if not isinstance(packed, str) or not packed or len(packed) > MAX_PACKED_CHARS:
        return ""
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(base64.b85decode(packed), MAX_CORRECTED_CHARS * 4)
        return content.decode() if unpacking.eof else ""
    except (zlib.error, binascii.Error, ValueError):
        return ""


def _encode(check: TemplateCheck) -> dict[str, object]:
    document = _CHECK_CODEC.encode(replace(check, corrected=""))
    packed = pack_text(check.corrected)
    return {**document, "file": packed} if packed else dict(document)


def _decode(value: object) -> TemplateCheck:
    if not isinstance(value, dict):
        raise DecodeError("expected a checked template")
    check: TemplateCheck = _CHECK_CODEC.decode({**value, "corrected": ""})
    return replace(check, corrected=unpack_text(value.get("file")))


PACKED_LAYOUTS: Layouts = {TemplateCheck: Codec(_encode, _decode)}
"""For whatever holds a check until it's shown."""
_LAYOUTS: Layouts = {**PACKED_LAYOUTS, TemplateId: TEMPLATE_ID_CODEC}
_KEPT_CODEC = build_codec(KeptCheck, _LAYOUTS)
TEMPLATE_CHECK_LAYOUTS: Layouts = {KeptCheck: _KEPT_CODEC}


def parse_kept_check(value: object) -> KeptCheck | None:
    """Return the stored check; None for one that can't be read, since the person can have it again."""
    try:
        return None if value is None else _KEPT_CODEC.decode(value)
    except DecodeError:
        return None
