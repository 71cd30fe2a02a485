"""Make pasted text readable for the matcher, keeping the number of the physical line that each line came from.

The `> ` of email replies, HTML markup, ANSI colors, curly quotes, and no-break spaces are removed. JSON escapes are
undone, since an error is often JSON in a JSON string. Bare carriage returns end a line, and long lines are cut.
Physical lines are counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

import re2

from knowledge.patterns import define_text_pattern
from knowledge.redaction.patterns import BytePattern, escape_literal
from knowledge.text.clixml import decode_clixml
from knowledge.text.text_lines import TextLines, collect_lines

MAX_LINE_CHARS = 8_000
_QUOTE_PREFIX = "> "
"""What a reply puts before each line of the message that it quotes."""
_QUOTED_LINE_SIGN = BytePattern(r"\n> ")
_get_quote_prefix = itemgetter(slice(len(_QUOTE_PREFIX)))
_MIN_QUOTED_LINES = 2
_MAX_UNESCAPE_ROUNDS = 3
_CLIXML_ERROR_TAG = '<S S="Error">'

_ANSI = define_text_pattern(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
_BARE_ANSI = define_text_pattern(r"\x1b?\[\d{1,3}(?:;\d{1,3}){0,3}m|\^\[\[[\d;?]{0,12}[A-Za-z]")
"""An ANSI color that lost its escape character in a clipboard, or whose escape character is spelled out."""
_BARE_RESET, _SPELLED_ESCAPE = "[0m", "^[["
_BARE_RESET_SIGN = BytePattern(escape_literal(_BARE_RESET))
"""The same, for long texts, in which RE2 finds a few characters several times as fast as Python does."""
_TAG = define_text_pattern(
    r"(?i)</?(?:p|div|span|br|pre|code|b|i|u|strong|em|li|ul|ol|td|tr|table|tbody|at|blockquote|font|a)"
    r"(?:\s+[\w-]+\s*=[^<>]{0,400})?\s*/?>"
)
_LINE_BREAK_TAG = define_text_pattern(r"(?i)<(?:br|/p|/div|/li|/tr|/pre|/blockquote)\b[^<>]{0,400}>")
_ENTITY = define_text_pattern(r"&(?:[a-zA-Z]{2,8}|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_ESCAPED_QUOTE = define_text_pattern(r'\\+"|\\+u00(?:22|27|26)|\\n')
_ESCAPED_LITERALS = ('\\"', "\\u00", "\\n")
"""What each match of it contains. Most lines with a backslash only have a path."""
_ESCAPED_PATH = define_text_pattern(r"(?i)\b[a-z]:(?:\\\\[\w.~-]+)+")
_DRIVE = define_text_pattern(r"(?i)\b[a-z]:\\")
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


def normalize_text(text: str) -> TextLines:
    """Return the readable lines of `text`, in order.

    An empty physical line is left out, and one whose escapes contain line breaks becomes several lines.
    """
    encoded = _encode(text)
    if _has_bare_ansi(encoded):
        text = _BARE_ANSI.sub("", text)
        encoded = _encode(text)
    has_returns = "\r" in text
    physical_lines = (text.replace("\r\n", "\n") if has_returns else text).split("\n")
    lines = _drop_empty_lines(physical_lines)
    if ">" in text and _QUOTED_LINE_SIGN.has_match(encoded):
        lines = _strip_quote_prefixes(lines)
    has_tags = "<" in text
    is_html = has_tags and _TAG.search(text) is not None
    # Most logs have nothing to undo: one check of the whole text saves checking every line.
    has_escapes = is_html or (has_tags and _CLIXML_ERROR_TAG in text) or has_returns or "&" in text or "\\" in text
    if has_escapes or not _is_plain(text):
        return normalize_lines(lines, is_html)
    if max(map(len, lines.texts), default=0) <= MAX_LINE_CHARS:
        return lines
    return TextLines(lines.numbers, [line[:MAX_LINE_CHARS] for line in lines.texts])


def _drop_empty_lines(physical_lines: list[str]) -> TextLines:
    if not physical_lines[-1]:
        physical_lines.pop()  # what follows the last line break; nearly every text ends with one
    if "" not in physical_lines:
        return TextLines(range(1, len(physical_lines) + 1), physical_lines)
    numbers = [number for number, line in enumerate(physical_lines, 1) if line]
    return TextLines(numbers, list(filter(None, physical_lines)))


def normalize_lines(lines: TextLines | Iterable[tuple[int, str]], is_html: bool = False) -> TextLines:
    """Normalize each of `lines`; one whose text contains line breaks becomes several with the same number."""
    lines = collect_lines(lines)
    joined = "\n".join(lines.texts)
    has_clixml = _CLIXML_ERROR_TAG in joined
    numbers: list[int] = []
    texts: list[str] = []
    has_marks = has_clixml or _has_bare_ansi(_encode(joined)) or _has_controls(joined)
    for number, line in zip(lines.numbers, lines.texts, strict=True):
        if not has_marks and line.isascii() and not _has_escapes(line, is_html):
            numbers.append(number)
            texts.append(line[:MAX_LINE_CHARS])
            continue
        text = decode_clixml(line) if has_clixml else line
        text = _normalize_line(_strip_bare_ansi(text[:MAX_LINE_CHARS]), is_html)
        if "\r" in text or "\n" in text:
            parts = [part for part in text.replace("\r", "\n").split("\n") if part.strip()]
            numbers += [number] * len(parts)
            texts += parts
        else:
            numbers.append(number)
            texts.append(text)
    return TextLines(numbers, texts)


def _has_escapes(line: str, is_html: bool) -> bool:
    return "\\" in line or "&" in line or "\r" in line or "\n" in line or (is_html and "<" in line)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _has_bare_ansi(encoded: bytes) -> bool:
    # a single character is found much faster than an escape, and most texts have no `^`
    return _BARE_RESET_SIGN.has_match(encoded) or (b"^" in encoded and _SPELLED_ESCAPE.encode() in encoded)


def _strip_bare_ansi(line: str) -> str:
    return _BARE_ANSI.sub("", line) if _BARE_RESET in line or _SPELLED_ESCAPE in line else line


def _strip_quote_prefixes(lines: TextLines) -> TextLines:
    """Remove up to two levels of a reply's quotation marks, if at least half of the lines have one."""
    quoted = list(map(_get_quote_prefix, lines.texts)).count(_QUOTE_PREFIX)
    if quoted < _MIN_QUOTED_LINES or 2 * quoted < len(lines):
        return lines
    texts = [text.removeprefix(_QUOTE_PREFIX).removeprefix(_QUOTE_PREFIX) for text in lines.texts]
    return TextLines(lines.numbers, texts)


def _normalize_line(line: str, is_html: bool) -> str:
    """Remove markup, escapes and control characters; a line break in the result separates two lines."""
    if not _is_plain(line):
        line = line.translate(_CHARACTER_REPLACEMENTS)
        if "\x1b" in line:
            line = _ANSI.sub("", line)
    if is_html and "<" in line:
        line = _TAG.sub("", _LINE_BREAK_TAG.sub("\n", line))
    if "&" in line and _ENTITY.search(line):
        import html  # its tables are large, and few texts need it

        # Twice, so that double-escaped text (`&amp;amp;`) is readable too.
        line = html.unescape(html.unescape(line)).translate(_CHARACTER_REPLACEMENTS)
    return unescape_json(line) if "\\" in line else line


def unescape_json(line: str) -> str:
    """Undo up to three levels of JSON escapes in a line that looks like JSON in a string; keep Windows paths."""
    for _ in range(_MAX_UNESCAPE_ROUNDS):
        if not any(literal in line for literal in _ESCAPED_LITERALS):
            return _ESCAPED_PATH.sub(_collapse_backslashes, line) if "\\\\" in line else line
        if not _ESCAPED_QUOTE.search(line) or (_DRIVE.search(line) and '\\"' not in line):
            return _ESCAPED_PATH.sub(_collapse_backslashes, line)
        line = _replace_json_escapes(line)
    return line


def _replace_json_escapes(line: str) -> str:
    """Undo one level of JSON escapes, between one backslash and the next so that it takes linear time."""
    first, *parts = line.split("\\")
    replaced = [first]
    last = len(parts) - 1
    index = 0
    while index <= last:
        part = parts[index]
        if not part and index < last:  # An escaped backslash: what follows isn't an escape.
            index += 1
            replaced.append(f"\\{parts[index]}")
        elif part.startswith(('"', "/")):
            replaced.append(part)
        elif part.startswith(("n", "r")):
            replaced.append(f"\n{part[1:]}")
        elif part.startswith("t"):
            replaced.append(f" {part[1:]}")
        elif part.startswith("u") and len(part) > 4 and _HEX_DIGITS.issuperset(part[1:5]):
            code = int(part[1:5], 16)
            # Control characters and halves of surrogate pairs become a blank.
            replaced.append(f"{' ' if code < 32 or 0xD800 <= code <= 0xDFFF else chr(code)}{part[5:]}")
        else:
            replaced.append(f"\\{part}")
        index += 1
    return "".join(replaced)


def _collapse_backslashes(match: re2._Match[str]) -> str:
    return str(match[0]).replace("\\\\", "\\")


def _is_plain(text: str) -> bool:
    """Return whether `text` has nothing that `_CHARACTER_REPLACEMENTS` or `_ANSI` would change."""
    return text.isascii() and not _has_controls(text)


def _has_controls(text: str) -> bool:
    return any(mark in text for mark in "\x1b\x00\x08\x0b\x0c")
