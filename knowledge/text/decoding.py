"""Bytes to text, whatever a Windows tool or a chat client did to them."""

from __future__ import annotations

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE_BYTES = 4096


def decode(raw: bytes) -> str:
    """The text of `raw`: UTF-8, UTF-16 with or without its mark, else UTF-8 with stray Windows bytes read as cp1252."""
    encoding = detect_encoding(raw[:_SAMPLE_BYTES])
    if encoding != "utf-8":
        return raw.decode(encoding, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(_decode_line(line) for line in raw.splitlines(keepends=True))


def detect_encoding(first_bytes: bytes) -> str:
    """The encoding that the first bytes of an input speak for."""
    for mark, encoding in _BOMS:
        if first_bytes.startswith(mark):
            return encoding
    even, odd = first_bytes[0::2].count(0), first_bytes[1::2].count(0)
    half = len(first_bytes) // 2
    if half >= 8 and odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le"
    if half >= 8 and even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be"
    return "utf-8"


def _decode_line(line: bytes) -> str:
    """One line; a log can mix UTF-8 with a Windows program's own code page."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
