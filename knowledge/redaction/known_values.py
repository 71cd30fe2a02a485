"""Hide secrets wherever they are, once a text has given them away: `DB_PASSWORD=x`, and later `trying x again`.

The values are kept only as long as a text is redacted. A stored value, even as a hash, could be guessed by anyone who
reads the store: passwords are short.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator, Sequence

from knowledge.redaction.key_names import classify_key_name
from knowledge.redaction.patterns import BytePattern, Span, compute_max_findings
from knowledge.redaction.randomness import is_likely_password, is_maskable, is_random

_MIN_CHARS, _MAX_CHARS = 8, 1024
_MAX_VALUES = 200
"""How many values to look for. A text with more isn't a log; the others are hidden where they were found."""
_PARTS = BytePattern(r"(?:[\s:;,|@'\"\]]|\\[nrt])+")
_MIN_RANDOM_CHARS = 16
_SIMPLE = BytePattern(r"\w{8,11}")
_MARK = b"[REDACTED]"
_SURROUNDING = b" \t\r\"'`()[]{}<>;,"


def list_values(view: bytes, spans: Iterable[Span]) -> list[bytes]:
    """Return the values in `spans` that can be looked for elsewhere: no words, names, paths, versions, or GUIDs."""
    limit = min(_MAX_VALUES, compute_max_findings(view))
    values: dict[bytes, None] = {}
    for start, end in spans:
        if len(values) >= limit:
            break
        if end - start > _MAX_CHARS:
            continue
        whole = view[start:end].strip(_SURROUNDING)
        for value in (whole, *_list_parts(whole)):
            text = value.decode("latin-1")
            if len(value) >= _MIN_CHARS and _MARK not in value and is_maskable(text):
                values.update(dict.fromkeys(_list_spellings(text)))
    return list(values)


def _list_parts(value: bytes) -> Iterator[bytes]:
    """Yield the secrets within a value: of `user:password`, `Name=x;Password=y`, and sentences."""
    parts = _PARTS.split(value)
    for part in parts:
        name, equals, rest = part.decode("latin-1").partition("=")
        if not (equals and rest):
            name, rest = "", part.decode("latin-1")
        is_named = classify_key_name(name) is not None if name else len(parts) > 1
        if (is_named and is_likely_password(rest)) or (name and len(rest) >= _MIN_RANDOM_CHARS and is_random(rest)):
            yield rest.encode("latin-1")


def _list_spellings(value: str) -> Iterator[bytes]:
    """Yield the value as it is, as JSON, URLs, and HTML spell it, and as a part of base64."""
    import html  # few texts have a secret, and each of these modules takes time to import
    from urllib.parse import quote, unquote

    plain = value.replace('\\"', '"').replace("\\\\", "\\") if "\\" in value else value
    plain = unquote(plain, "latin-1") if "%" in plain else plain
    plain = html.unescape(plain) if "&" in plain else plain
    json_spelling = plain.replace("\\", "\\\\").replace('"', '\\"')
    spellings = (value, plain, json_spelling, quote(plain, safe="", encoding="utf-8"), html.escape(plain))
    for spelling in dict.fromkeys(spellings):
        if len(spelling) >= _MIN_CHARS and "\n" not in spelling:
            yield spelling.encode("latin-1", "ignore")
    for encoding in ("utf-8", "utf-16-le"):
        yield from _list_base64_parts(plain.encode(encoding))


def _list_base64_parts(content: bytes) -> Iterator[bytes]:
    """Yield what base64 makes of `content` within other content, for each of its three alignments."""
    for offset in range(3):
        encoded = binascii.b2a_base64(bytes(offset) + content, newline=False)
        first = -(-offset * 8 // 6)
        last = (offset + len(content)) * 8 // 6
        if last - first >= _MIN_CHARS:
            yield encoded[first:last]


def find_values(view: bytes, values: Sequence[bytes]) -> Iterator[Span]:
    """Yield all places of `values`, in one pass. A short one without symbols counts only as a whole word."""
    if not values:
        return
    alternatives = []
    for value in sorted(values, key=len, reverse=True):
        literal = "".join(f"\\x{byte:02x}" for byte in value)
        alternatives.append(rf"\b{literal}\b" if _SIMPLE.fullmatch(value) else literal)
    for match in BytePattern("|".join(alternatives)).finditer(view):
        yield match.span()
