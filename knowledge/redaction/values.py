"""Where a secret's value ends: quoted, escaped, in a URL, in a connection string, on a command line.

All functions work on a byte view that is as long as its text (one byte a character), and none looks further than what
it then reports as part of the value: this keeps the whole redaction linear.
"""

from __future__ import annotations

from knowledge.redaction.patterns import BytePattern, Span, compile_pattern

VALUE_OPENING = compile_pattern(
    r"(?i)[ \t=]*(?:\{\s*(?:[\\\"']*type[\\\"']*\s*:\s*[\\\"']*\w+[\\\"']*\s*,\s*)?"
    r"[\\\"']*(?:secure|default)?value[\\\"']*\s*[:=]\s*"
    r"|\[securestring\]\s*|\(\s*)?"
    r"(?P<quote>\\{0,63}[\"'`]|&quot;|&#3[49];|\\u002[27]|%22)?"
)
_VALUE_END = compile_pattern(
    r"[\s\x00]|\z"
    r"|;(?:[A-Za-z_][\w .-]{0,40}=|[\s]|\z)"
    r"|&(?:amp;)?[\w.%-]{1,40}=|\\u0026|%26[\w.-]{1,40}(?:=|%3[dD])"
    r"|,(?:[\s]|\z|[\"'\\]+[\w-]|[\w-]{1,40}[\"'\\]*[:=])"
    r"|\\*[\"'`](?:[\s,;)\]}>|]|\\[nr]|\z)"
    r"|</|&lt;|&quot;|\\u0022|\\u003[cC]"
    r"|[)\]}>]+(?:[\s,;.]|\z)"
)
_CONNECTION_END = compile_pattern(r";|[\r\n\x00]|\\*[\"'](?:[\s,;)\]}>|]|\z)|\z")
_OBJECT = compile_pattern(r"\{[\\\"']+\w")
_DESCRIPTION = compile_pattern(
    r"(?i)\{[\\\"']+(?:type|metadata|description|reference|allowedvalues|minlength|maxlength|\$ref|title)[\\\"']"
)
_OBJECT_END = compile_pattern(r"[}\r\n]|\z")
_LIST_END = compile_pattern(r"[\]\r\n]|\z")
_ODBC_END = compile_pattern(r"\}(?:[^}]|\z)|[\r\n]|\z")
_LINE_END = compile_pattern(r"[\r\n]|\z")
_HEADER_END = compile_pattern(r"\\*[\"'`]|[\r\n]|\\[rn]|&quot;|\z")
_BLANK = compile_pattern(r"\s|\z")
_CLOSING_QUOTES = {
    b'"': compile_pattern(r"[\"\r\n]|\z"),
    b"'": compile_pattern(r"['\r\n]|\z"),
    b"`": compile_pattern(r"[`\r\n]|\z"),
    b"&quot;": compile_pattern(r"(?i)&quot;|[\r\n]|\z"),
    b"&#34;": compile_pattern(r"&#34;|[\r\n]|\z"),
    b"&#39;": compile_pattern(r"&#39;|[\r\n]|\z"),
    b"\\u0022": compile_pattern(r"\\u0022|[\r\n]|\z"),
    b"\\u0027": compile_pattern(r"\\u0027|[\r\n]|\z"),
    b"%22": compile_pattern(r"%22|[\r\n]|\z"),
}
_AUTH_SCHEME = compile_pattern(
    r"(?i)[ \t]*(?:bearer|basic|digest|negotiate|ntlm|token|apikey"
    r"|sharedkey(?:lite)?|sharedaccesssignature|aws4-hmac-sha256)(?:[ \t+]|%20)+"
)
_PLACEHOLDER = compile_pattern(
    r"(?i)(?:[*.x-]+|<[^<>\r\n]{0,80}>|\[REDACTED\]|\$\{?\{?[a-z_][\w:.\[\]-]*\}?\}?|%\w+%|%\w+:.*|\{\{.*|\$\{\{?[^}]*\}*"
    r"|\$\(.*|@\{.*|@\(.*|\{|\[|\(|null|none|nil|true|false|yes|no|undefined|\$null|string|securestring|sensitive"
    r"|\(sensitive(?: value)?\)|0|1|n/a|@microsoft\.keyvault\(.*|read-host.*|get-[a-z].*|new-object.*"
    r"|convertto-securestring.*|\[(?:system|net|convert|guid|string|security|securestring).*|https?://.*|[a-z]:[\\/].*"
    r"|~/.*|\\{2,4}[\w.-]+\\.*|\.{1,2}/.*|/(?:home|etc|usr|var|tmp|mnt|opt|root|run|dev|proc|users|subscriptions|packer)(?:/.*)?|:[A-Za-z]\w*.*)"
)
_BRACKETED = compile_pattern(r"<[A-Za-z][\w .:-]{0,60}>")
_PROSE_TEXT = b"""
the a an access invalid not no cannot could can failed failure unable is was were must request unauthorized
forbidden denied error expired missing incorrect wrong required found and or for of in on to from with has have
this that it you your please type enter value ok done success succeeded service server client user provided
supplied generated set created updated changed changing validating verifying retrieving getting reading checking
"""
_PROSE_WORDS = frozenset(_PROSE_TEXT.split())
_WORD = compile_pattern(r"[A-Za-z][a-z'_]*")
_NEXT_WORD = compile_pattern(r"[ \t]+[A-Za-z(]")


def find_line_end(view: bytes, at: int) -> int:
    """Where the line that holds `at` ends (before its line break)."""
    end = view.find(b"\n", at)
    end = len(view) if end < 0 else end
    return end - 1 if end > at and view[end - 1 : end] == b"\r" else end


def _find_first(pattern: BytePattern, view: bytes, at: int, stop: int | None = None) -> int:
    found = pattern.search(view, at, stop)
    return found.start() if found else len(view)


def find_closing_quote(view: bytes, at: int, opener: bytes) -> int:
    """Where the quoted value from `at` ends, before its closing quote; the end of its line when never closed.

    A quote opened behind n backslashes is closed by one behind as many, modulo what another level of escaping adds.
    """
    if opener[:1] in (b"&", b"%") or opener.startswith(b"\\u"):
        return _find_first(_CLOSING_QUOTES[opener.lower()], view, at)
    level, quote = len(opener) - 1, opener[-1:]
    if level & (level + 1):
        level = 0
    position = at
    while True:
        found = _find_first(_CLOSING_QUOTES[quote], view, position)
        if view[found : found + 1] != quote:
            return found
        backslashes = 0
        while found - backslashes > position and view[found - backslashes - 1] == 0x5C:
            backslashes += 1
        doubled = level == 0 and view[found + 1 : found + 2] == quote
        escaped = quote == b'"' and found > at and view[found - 1] == 0x60
        if backslashes % (2 * (level + 1)) == level and not doubled and not escaped:
            return found - level
        position = found + (2 if doubled else 1)


def read_header(view: bytes, at: int) -> Span | None:
    """The credentials of an `Authorization` or `Cookie` header, to the closing quote or the end of the line."""
    opened = VALUE_OPENING.match(view, at)
    start = opened.end() if opened else at
    scheme = _AUTH_SCHEME.match(view, start)
    begin = scheme.end() if scheme else start
    word = view[begin : _find_first(_BLANK, view, begin, begin + 80)].rstrip(b"\"',")
    if not word or _PLACEHOLDER.fullmatch(word) or (scheme is None and word.lower() in _PROSE_WORDS):
        return None
    return begin, _find_first(_HEADER_END, view, begin)


def read_value(
    view: bytes, at: int, *, is_password: bool, can_be_prose: bool, is_connection_string: bool = False
) -> Span | None:
    """The secret behind a name whose separator ends at `at`, without its quotes; `None` for a placeholder or prose.

    `password`: any text may be one. `prose`: the separator is a colon, which sentences have too. `connection`: it
    stands in a connection string, where blanks are part of a value.
    """
    opened = VALUE_OPENING.match(view, at)
    start = opened.end() if opened else at
    opener = opened.group("quote") if opened else None
    if opener:
        following = view[start : start + 1]
        if (
            not opener.startswith(b"\\")
            and opened is not None
            and opened.start("quote") == at
            and following in (b" ", b")", b"", b"\r", b"\n")
        ):
            return None
        end = find_closing_quote(view, start, opener)
        after = end + len(opener)
        while opener == b"'" and view[after : after + 3] in (b'"\'"', b"\\''") and view[end:after] == opener:
            # A shell's way to put a quote into quotes.
            end = find_closing_quote(view, after + (4 if view[after] == 0x22 else 3), opener)
            after = end + 1
        if view[end:after] == opener and view[after : after + 1].isalnum():
            end = _find_first(_VALUE_END, view, after)
    elif view[start : start + 1] == b"[" and view[start + 1 : start + 2] in (b'"', b"'"):
        start, end = start + 1, _find_first(_LIST_END, view, start + 1)
    elif _OBJECT.match(view, start) is not None:
        if _DESCRIPTION.match(view, start) is not None:
            return None
        start, end = start + 1, _find_first(_OBJECT_END, view, start + 1)
    elif view[start : start + 1] == b"{" and is_connection_string:
        start, end = start + 1, _find_first(_ODBC_END, view, start + 1)
    else:
        bracketed = _BRACKETED.match(view, start) if view[start : start + 1] == b"<" else None
        end = bracketed.end() if bracketed else _find_first(_VALUE_END, view, start)
        if is_connection_string:
            far = _find_first(_CONNECTION_END, view, start, start + 256)
            end = far if view[far : far + 1] == b";" else end
        if can_be_prose and _is_prose(view, start, end, is_password):
            return None
    value = view[start:end]
    if not value.strip() or (len(value) < 200 and _PLACEHOLDER.fullmatch(value) and not _is_mixed_variable(value)):
        return None
    if value.startswith((b"http://", b"https://")):
        return None
    return start, end


def read_argument(view: bytes, at: int) -> Span | None:
    """A value on a command line: quoted to its quote, or to the next blank; `None` for another flag."""
    opened = VALUE_OPENING.match(view, at)
    start = opened.end() if opened else at
    if view[start : start + 1] in (b"-", b"|", b">", b"&", b"") and not (opened and opened.group("quote")):
        return None
    return read_value(view, at, is_password=True, can_be_prose=False)


def _is_mixed_variable(value: bytes) -> bool:
    """`$ecr3tPa55` is no variable's name: a dollar with digits between letters and no scope."""
    return value[:1] == b"$" and value[1:].isalnum() and any(48 <= c < 58 for c in value[1:-1]) and value[-1:].isalpha()


def _is_prose(view: bytes, start: int, end: int, is_password: bool) -> bool:
    value = view[start:end].rstrip(b".!?,:")
    if value.lower() in _PROSE_WORDS:
        return True
    return not is_password and _WORD.fullmatch(value) and _NEXT_WORD.match(view, end) is not None
