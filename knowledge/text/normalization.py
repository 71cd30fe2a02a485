"""Makes a pasted text readable for the matcher, and remembers which physical line each piece came from.

Undone are: marks of a quotation, HTML markup, JSON escapes (an error often sits as JSON in a JSON string), ANSI
colours, bare carriage returns, curly quotes and no-break spaces. Long lines are cut. Lines are physical lines of the
input, from 1.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import NamedTuple

import re2

from knowledge.text import clixml

MAX_LINE_CHARS = 8_000
_QUOTE_PREFIX = "> "
"""What a mail or a message puts before each line of the one that it answers."""
_MIN_QUOTED_LINES = 2
_MAX_UNESCAPE_ROUNDS = 3
_CLIXML_ERROR_TAG = '<S S="Error">'

_ANSI = re2.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
_TAG = re2.compile(
    r"(?i)</?(?:p|div|span|br|pre|code|b|i|u|strong|em|li|ul|ol|td|tr|table|tbody|at|blockquote|font|a)"
    r"(?:\s+[\w-]+\s*=[^<>]{0,400})?\s*/?>"
)
_LINE_BREAK_TAG = re2.compile(r"(?i)<(?:br|/p|/div|/li|/tr|/pre|/blockquote)\b[^<>]{0,400}>")
_ENTITY = re2.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_ESCAPED_QUOTE = re2.compile(r'\\+"|\\+u00(?:22|27|26)|\\n')
_ESCAPED_PATH = re2.compile(r"(?i)\b[a-z]:(?:\\\\[\w.~-]+)+")
_DRIVE = re2.compile(r"(?i)\b[a-z]:\\")
_CHARACTER_REPLACEMENTS = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u00a0": " ",
        "\u2007": " ",
        "\u202f": " ",
        "\u200b": None,
        "\u200e": None,
        "\u200f": None,
        "\u2060": None,
        "\ufeff": None,
        "\u202a": None,
        "\u202b": None,
        "\u202c": None,
        "\u202d": None,
        "\u202e": None,
        "\u2066": None,
        "\u2067": None,
        "\u2068": None,
        "\u2069": None,
        "\x00": None,
        "\x08": None,
        "\x0b": " ",
        "\x0c": " ",
        "\x85": " ",
        "\u2028": " ",
        "\u2029": " ",
    }
)


class TextLine(NamedTuple):
    """A readable piece of a physical line."""

    number: int
    text: str


# the constructor of a named tuple is a function of Python's around this one
_new_tuple = tuple.__new__


def normalize_text(text: str) -> list[TextLine]:
    """The readable pieces of `text`, in order; a physical line gives none when empty, one, or several after escapes."""
    whole = text.replace("\r\n", "\n").split("\n")
    lines = [_new_tuple(TextLine, item) for item in enumerate(whole, 1) if item[1]]
    if text.startswith(_QUOTE_PREFIX) or f"\n{_QUOTE_PREFIX}" in text:
        lines = _strip_quote_prefixes(lines)
    html_like = "<" in text and _TAG.search(text) is not None
    if not (html_like or _CLIXML_ERROR_TAG in text or any(mark in text for mark in "&\\\r")) and _is_plain(text):
        return lines if max(map(len, whole)) <= MAX_LINE_CHARS else [_truncate_line(line) for line in lines]
    return normalize_lines(lines, html_like)


def normalize_lines(lines: Iterable[TextLine], is_html: bool = False) -> list[TextLine]:
    """The lines made readable one by one: several pieces of one number where a line held breaks."""
    pieces: list[TextLine] = []
    lines = list(lines)
    wrapped_errors = any(_CLIXML_ERROR_TAG in piece.text for piece in lines)
    for piece in lines:
        text = clixml.decode_clixml(piece.text) if wrapped_errors else piece.text
        line = _normalize_line(text[:MAX_LINE_CHARS], is_html)
        if "\r" in line or "\n" in line:
            pieces += [TextLine(piece.number, part) for part in line.replace("\r", "\n").split("\n") if part.strip()]
        else:
            pieces.append(TextLine(piece.number, line))
    return pieces


def _strip_quote_prefixes(lines: list[TextLine]) -> list[TextLine]:
    """The lines without the marks of a quotation, when most of them have it."""
    quoted = sum(line.text.startswith(_QUOTE_PREFIX) for line in lines)
    if quoted < _MIN_QUOTED_LINES or 2 * quoted < len(lines):
        return lines
    return [TextLine(line.number, line.text.removeprefix(_QUOTE_PREFIX).removeprefix(_QUOTE_PREFIX)) for line in lines]


def _truncate_line(line: TextLine) -> TextLine:
    return TextLine(line.number, line.text[:MAX_LINE_CHARS])


def _normalize_line(line: str, is_html: bool) -> str:
    """The line without markup, escapes and control characters; breaks in it are pieces' ends."""
    if not _is_plain(line):
        line = line.translate(_CHARACTER_REPLACEMENTS)
        if "\x1b" in line:
            line = _ANSI.sub("", line)
    if is_html and "<" in line:
        line = _TAG.sub("", _LINE_BREAK_TAG.sub("\n", line))
    if "&" in line and _ENTITY.search(line):
        line = html.unescape(html.unescape(line)).translate(_CHARACTER_REPLACEMENTS)
    return unescape_json(line) if "\\" in line else line


def unescape_json(line: str) -> str:
    """The line without JSON escapes, where it has the marks of JSON in a string; Windows paths stay as they are."""
    for _ in range(_MAX_UNESCAPE_ROUNDS):
        if not _ESCAPED_QUOTE.search(line) or (_DRIVE.search(line) and '\\"' not in line):
            return _ESCAPED_PATH.sub(_collapse_backslashes, line)
        line = _replace_json_escapes(line)
    return line


def _replace_json_escapes(line: str) -> str:
    """The line with each of JSON's escapes replaced by what it stands for; piece by piece, so that it stays quick."""
    first, *pieces = line.split("\\")
    kept = [first]
    last = len(pieces) - 1
    at = 0
    while at <= last:
        piece = pieces[at]
        if not piece and at < last:  # an escaped backslash: what follows it stands for itself
            at += 1
            kept.append(f"\\{pieces[at]}")
        elif piece.startswith(('"', "/")):
            kept.append(piece)
        elif piece.startswith(("n", "r")):
            kept.append(f"\n{piece[1:]}")
        elif piece.startswith("t"):
            kept.append(f" {piece[1:]}")
        elif piece.startswith("u") and len(piece) > 4 and _HEX_DIGITS.issuperset(piece[1:5]):
            code = int(piece[1:5], 16)
            kept.append(f"{' ' if code < 32 or 0xD800 <= code <= 0xDFFF else chr(code)}{piece[5:]}")
        else:
            kept.append(f"\\{piece}")
        at += 1
    return "".join(kept)


def _collapse_backslashes(match: re2._Match[str]) -> str:
    return str(match[0]).replace("\\\\", "\\")


def _is_plain(text: str) -> bool:
    """Whether there is nothing in the text that `_CHARACTERS` or `_ANSI` would change."""
    return text.isascii() and not any(mark in text for mark in "\x1b\x00\x08\x0b\x0c")
