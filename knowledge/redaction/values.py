"""Find where a secret's value ends: quoted, escaped, in a URL, in a connection string, or on a command line.

All functions take a byte view, with one byte per character. None looks past the value that it returns, which keeps
redaction linear.
"""

from __future__ import annotations

from knowledge.redaction.patterns import ByteMatch, BytePattern, Span

_VALUE_OPENING = BytePattern(
    r"(?i)[ \t=]*(?:\{\s*(?:[\\\"']*type[\\\"']*\s*:\s*[\\\"']*\w+[\\\"']*\s*,\s*)?"
    r"[\\\"']*(?:secure|default)?value[\\\"']*\s*[:=]\s*"
    r"|\[securestring\]\s*|\(\s*)?"
    r"(?P<quote>\\{0,63}[\"'`]|&quot;|&#3[49];|\\u002[27]|%22)?"
)
_OPENING_BYTES = frozenset(b" \t={[(\\\"'`&%")
_VALUE_END = BytePattern(
    r"[\s\x00]|\z"
    r"|;(?:[A-Za-z_][\w .-]{0,40}=|[\s]|\z)"
    r"|&(?:amp;)?[\w.%-]{1,40}=|\\u0026|%26[\w.-]{1,40}(?:=|%3[dD])"
    r"|,(?:[\s]|\z|[\"'\\]+[\w-]|[\w-]{1,40}[\"'\\]*[:=])"
    r"|\\*[\"'`](?:[\s,;)\]}>|]|\\[nr]|\z)"
    r"|</|&lt;|&quot;|\\u0022|\\u003[cC]"
    r"|[)\]}>]+(?:[\s,;.]|\z)"
)
_CONNECTION_END = BytePattern(r";|[\r\n\x00]|\\*[\"'](?:[\s,;)\]}>|]|\z)|\z")
_OBJECT = BytePattern(r"\{[\\\"']+\w")
_DESCRIPTION = BytePattern(
    r"(?i)\{[\\\"']+(?:type|metadata|description|reference|allowedvalues|minlength|maxlength|\$ref|title)[\\\"']"
)
_OBJECT_END = BytePattern(r"[}\r\n]|\z")
_LIST_END = BytePattern(r"[\]\r\n]|\z")
_ODBC_END = BytePattern(r"\}(?:[^}]|\z)|[\r\n]|\z")
_HEADER_END = BytePattern(r"\\*[\"'`]|[\r\n]|\\[rn]|&quot;|\z")
_BLANK = BytePattern(r"\s|\z")
_CLOSING_QUOTES = {
    b'"': BytePattern(r"[\"\r\n]|\z"),
    b"'": BytePattern(r"['\r\n]|\z"),
    b"`": BytePattern(r"[`\r\n]|\z"),
    b"&quot;": BytePattern(r"(?i)&quot;|[\r\n]|\z"),
    b"&#34;": BytePattern(r"&#34;|[\r\n]|\z"),
    b"&#39;": BytePattern(r"&#39;|[\r\n]|\z"),
    b"\\u0022": BytePattern(r"\\u0022|[\r\n]|\z"),
    b"\\u0027": BytePattern(r"\\u0027|[\r\n]|\z"),
    b"%22": BytePattern(r"%22|[\r\n]|\z"),
}
_AUTH_SCHEME = BytePattern(
    r"(?i)[ \t]*(?:bearer|basic|digest|negotiate|ntlm|token|apikey"
    r"|sharedkey(?:lite)?|sharedaccesssignature|aws4-hmac-sha256)(?:[ \t+]|%20)+"
)
_PLACEHOLDER = BytePattern(
    r"(?i)(?:[*.x-]+|<[^<>\r\n]{0,80}>|\[REDACTED\]|\$\{?\{?[a-z_][\w:.\[\]-]*\}?\}?|%\w+%|%\w+:.*|\{\{.*|\$\{\{?[^}]*\}*"
    r"|\$\(.*|@\{.*|@\(.*|\{|\[|\(|null|none|nil|true|false|yes|no|undefined|\$null|string|securestring|sensitive"
    r"|\(sensitive(?: value)?\)|0|1|n/a|@microsoft\.keyvault\(.*|read-host.*|get-[a-z].*|new-object.*"
    r"|convertto-securestring.*|\[(?:system|net|convert|guid|string|security|securestring).*|https?://.*|[a-z]:[\\/].*"
    r"|~/.*|\\{2,4}[\w.-]+\\.*|\.{1,2}/.*|/(?:home|etc|usr|var|tmp|mnt|opt|root|run|dev|proc|users|subscriptions|packer)(?:/.*)?|:[A-Za-z]\w*.*"
    r"|(?:System|Microsoft|Azure)(?:\.\w+)+|\[[A-Za-z]+\(.*|!(?:reference|ref|vault|sub|getatt)"
    r"|(?:var|local|data|module|each|param|params|parameters|random_password|azurerm_\w+)\.[\w.\[\]*]+"
    r"|[A-Za-z]\w*\.getSecret\(.*)"
)
_BRACKETED = BytePattern(r"<[A-Za-z][\w .:-]{0,60}>")
_PROSE_TEXT = b"""
the a an access invalid not no cannot could can failed failure unable is was were must request unauthorized
forbidden denied error expired missing incorrect wrong required found and or for of in on to from with has have
this that it you your please type enter value ok done success succeeded service server client user provided
supplied generated set created updated changed changing validating verifying retrieving getting reading checking
"""
_PROSE_WORDS = frozenset(_PROSE_TEXT.split())
_SECRET_WORDS = frozenset({b"password", b"passwords", b"token", b"secret", b"credentials", b"authentication"})
_WORD = BytePattern(r"[A-Za-z][a-z'_]*")
_SECRET_WORDS = frozenset({b"password", b"passwords", b"token", b"secret", b"credentials", b"authentication"})
_NEXT_WORD = BytePattern(r"[ \t]+[A-Za-z(]")
_BACKSLASH, _BACKTICK, _DOUBLE_QUOTE = b'\\`"'
_MAX_CONNECTION_VALUE_CHARS = 256
_MIN_LONG_VALUE_CHARS = 200
"""Length from which a value is a secret even if it looks like a placeholder: no placeholder is that long."""


def find_line_end(view: bytes, pos: int) -> int:
    """Return the offset at which the line with the byte at `pos` ends, before its line break."""
    end = view.find(b"\n", pos)
    end = len(view) if end < 0 else end
    return end - 1 if end > pos and view[end - 1 : end] == b"\r" else end


def find_opening(view: bytes, pos: int) -> ByteMatch | None:
    """Return what comes between a separator that ends at `pos` and the value, with the quote if there's one."""
    return _VALUE_OPENING.match(view, pos) if view[pos : pos + 1] and view[pos] in _OPENING_BYTES else None


def _find_first(pattern: BytePattern, view: bytes, pos: int, endpos: int | None = None) -> int:
    match = pattern.search(view, pos, endpos)
    return match.start() if match else len(view)


def find_closing_quote(view: bytes, pos: int, opener: bytes) -> int:
    """Return the offset of the closing quote of the value at `pos`; the end of its line if it's never closed.

    A quote opened after n backslashes is closed by one after the same number, plus those that extra escaping adds.
    """
    if opener[:1] in (b"&", b"%") or opener.startswith(b"\\u"):
        return _find_first(_CLOSING_QUOTES[opener.lower()], view, pos)
    level, quote = len(opener) - 1, opener[-1:]
    if level & (level + 1):  # JSON in JSON has 1, 3, 7 … backslashes; any other number is not an escaped quote.
        level = 0
    position = pos
    while True:
        found = _find_first(_CLOSING_QUOTES[quote], view, position)
        if view[found : found + 1] != quote:
            return found
        backslashes = 0
        while found - backslashes > position and view[found - backslashes - 1] == _BACKSLASH:
            backslashes += 1
        is_doubled = level == 0 and view[found + 1 : found + 2] == quote
        is_escaped = quote == b'"' and found > pos and view[found - 1] == _BACKTICK  # PowerShell escapes with it.
        if backslashes % (2 * (level + 1)) == level and not is_doubled and not is_escaped:
            return found - level
        position = found + (2 if is_doubled else 1)


def read_header(view: bytes, pos: int) -> Span | None:
    """Return the credentials in an HTTP header whose value starts at `pos`; `None` for a placeholder or prose.

    They end at the closing quote or at the line's end. The scheme, such as `Bearer`, isn't part of them.
    """
    opening = find_opening(view, pos)
    start = opening.end() if opening else pos
    scheme = _AUTH_SCHEME.match(view, start)
    begin = scheme.end() if scheme else start
    word = view[begin : _find_first(_BLANK, view, begin, begin + 80)].rstrip(b"\"',")
    if not word or _PLACEHOLDER.fullmatch(word) or (scheme is None and word.lower() in _PROSE_WORDS):
        return None
    return begin, _find_first(_HEADER_END, view, begin)


def read_value(
    view: bytes, pos: int, *, is_password: bool, can_be_prose: bool, is_connection_string: bool = False
) -> Span | None:
    """Return the secret, without quotes, after a name whose separator ends at `pos`; `None` if there is none.

    Placeholders, URLs, and prose aren't secrets.

    Args:
        view: The byte view.
        pos: The offset after the separator.
        is_password: Whether any text can be the value, even an ordinary word.
        can_be_prose: Whether the separator is a colon, which sentences have too.
        is_connection_string: Whether the value is in a connection string, where it can contain blanks.
    """
    opening = find_opening(view, pos)
    start = opening.end() if opening else pos
    quote = opening.group("quote") if opening else None
    if quote:
        if opening is not None and opening.start("quote") == pos and _is_closing_quote(view, start, quote):
            return None
        end = _find_quoted_end(view, start, quote)
    elif view[start : start + 1] == b"[" and view[start + 1 : start + 2] in (b'"', b"'"):
        start, end = start + 1, _find_first(_LIST_END, view, start + 1)
    elif view[start : start + 1] == b"{" and _OBJECT.match(view, start) is not None:
        if _DESCRIPTION.match(view, start) is not None:
            return None
        start, end = start + 1, _find_first(_OBJECT_END, view, start + 1)
    elif view[start : start + 1] == b"{" and is_connection_string:
        start, end = start + 1, _find_first(_ODBC_END, view, start + 1)
    else:
        end = _find_unquoted_end(view, start, is_connection_string)
        if can_be_prose and _is_prose(view, start, end, is_password):
            return None
    return (start, end) if _can_be_secret(view[start:end]) else None


def _is_closing_quote(view: bytes, start: int, quote: bytes) -> bool:
    """Return whether the quote before `start` closes a string that ends with the name, so no value follows."""
    return not quote.startswith(b"\\") and view[start : start + 1] in (b" ", b")", b"", b"\r", b"\n")


def _find_quoted_end(view: bytes, start: int, quote: bytes) -> int:
    """Return the offset at which the value that `quote` opened before `start` ends."""
    end = find_closing_quote(view, start, quote)
    after = end + len(quote)
    # A shell has two ways to put a single quote into single quotes: '"'"' and '\''.
    while quote == b"'" and view[after : after + 3] in (b'"\'"', b"\\''") and view[end:after] == quote:
        end = find_closing_quote(view, after + (4 if view[after] == _DOUBLE_QUOTE else 3), quote)
        after = end + 1
    if view[end:after] == quote and view[after : after + 1].isalnum():  # The value continues after the quote.
        end = _find_first(_VALUE_END, view, after)
    return end


def _find_unquoted_end(view: bytes, start: int, is_connection_string: bool) -> int:
    bracketed = _BRACKETED.match(view, start) if view[start : start + 1] == b"<" else None
    end = bracketed.end() if bracketed else _find_first(_VALUE_END, view, start)
    if is_connection_string:
        far = _find_first(_CONNECTION_END, view, start, start + _MAX_CONNECTION_VALUE_CHARS)
        end = far if view[far : far + 1] == b";" else end
    return end


def _can_be_secret(value: bytes) -> bool:
    """Return whether `value` is neither blank, nor a placeholder, nor a URL."""
    if not value.strip() or value.startswith((b"http://", b"https://")):
        return False
    is_short = len(value) < _MIN_LONG_VALUE_CHARS
    return not (is_short and _PLACEHOLDER.fullmatch(value) and not _is_mixed_variable(value))


def read_argument(view: bytes, pos: int) -> Span | None:
    """Return the command line argument at `pos`, up to its quote or the next blank; `None` for another flag."""
    opening = find_opening(view, pos)
    start = opening.end() if opening else pos
    if view[start : start + 1] in (b"-", b"|", b">", b"&", b"") and not (opening and opening.group("quote")):
        return None
    return read_value(view, pos, is_password=True, can_be_prose=False)


def _is_mixed_variable(value: bytes) -> bool:
    """Return whether `value` looks like `$ecr3tPa55`: digits between letters, which names of variables rarely have."""
    return value[:1] == b"$" and value[1:].isalnum() and any(48 <= c < 58 for c in value[1:-1]) and value[-1:].isalpha()


def is_prose_word(view: bytes, span: Span) -> bool:
    """Return whether `span` is a common word that another word follows: `use --api-key to specify one`."""
    return view[span[0] : span[1]].lower() in _PROSE_WORDS and _NEXT_WORD.match(view, span[1]) is not None


def _is_prose(view: bytes, start: int, end: int, is_password: bool) -> bool:
    value = view[start:end].rstrip(b".!?,:")
    word = value.lower()
    if word in _PROSE_WORDS:
        return True
    can_be_word = word in _SECRET_WORDS or (not is_password and _WORD.fullmatch(value))
    return can_be_word and _NEXT_WORD.match(view, end) is not None
