"""Decode bytes of unknown encoding: UTF-8, UTF-16 as Windows tools write it, and stray Windows code pages."""

from __future__ import annotations

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE_BYTES = 4096
_MIN_PAIRS = 8
"""How many pairs of bytes a text must have before zero bytes say anything about UTF-16."""


def decode(raw: bytes) -> str:
    """Return `raw` as text; bytes that are not valid in its encoding never raise.

    UTF-16 is recognized with and without a byte order mark. Everything else is read as UTF-8, and a line that is not
    UTF-8 as Windows-1252.
    """
    encoding = detect_encoding(raw[:_SAMPLE_BYTES])
    if encoding != "utf-8":
        return raw.decode(encoding, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(_decode_line(line) for line in raw.splitlines(keepends=True))


def detect_encoding(first_bytes: bytes) -> str:
    """Return the codec name for an input that starts with `first_bytes`; `utf-8` when nothing says otherwise."""
    for bom, encoding in _BOMS:
        if first_bytes.startswith(bom):
            return encoding
    # Without a byte order mark, UTF-16 of Western text has a zero in every other byte.
    even, odd = first_bytes[0::2].count(0), first_bytes[1::2].count(0)
    pairs = len(first_bytes) // 2
    if pairs >= _MIN_PAIRS and odd > pairs * 0.4 and even < pairs * 0.1:
        return "utf-16-le"
    if pairs >= _MIN_PAIRS and even > pairs * 0.4 and odd < pairs * 0.1:
        return "utf-16-be"
    return "utf-8"


def _decode_line(line: bytes) -> str:
    """Decode one line by itself, since a log can mix UTF-8 with the code page of a Windows program."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def replace_lone_surrogates(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON allows in strings: RE2 and every encoder would reject them."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
