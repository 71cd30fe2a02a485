"""Find secrets that follow a name: assignments, JSON, XML, flags, SQL, and what people write."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from knowledge.redaction.key_names import SecretKind, classify_key_name
from knowledge.redaction.name_files import load_names
from knowledge.redaction.patterns import ByteMatch, BytePattern, RedactionRule, Span, compute_max_findings
from knowledge.redaction.randomness import is_likely_key, is_likely_password, is_secret_fragment
from knowledge.redaction.split_secrets import LOG_PREFIX, read_next_line_value
from knowledge.redaction.values import is_prose_word, read_argument, read_header, read_value

_OPERATOR = r"(?:=>|:=|={1,2}|:|%(?:25)?3[dDaA]|\\u003[dD]|&#61;|-c?eq\b)"
_TABLE_GAP = r"(?:[ \t]{2,}(?:REG_\w{2,14}[ \t]+)?|\t+|[ \t]*\|[ \t]*)"
_CLOSING_MARKS = r"(?:[\"'`\])\\]|&quot;|\\u0022|%22){0,64}"
_NAME_GROUPS = ("name", "cell", "flag", "pair", "tag", "call", "statement", "quoted", "spoken")
_NAME_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-$")
_MAX_NAME_CHARS = 64
_MIN_WEAK_CHARS = 8
_BACKSLASH = 0x5C
_SPACED_KEY_NAME = BytePattern(r"(?i)\b[a-z]{3,14} key$")
_SETTINGS = frozenset(b"read write none write-all read-all enabled disabled required optional".split())
_PARTIAL_KEY = BytePattern(r"[A-Z0-9]{5}")
_TAG_END = BytePattern(r"<|&lt;|\\u003[cC]|[\r\n]|\z")


@cache
def _get_patterns() -> tuple[BytePattern, BytePattern]:
    """Return the pattern of a name, and the one that hides lines coarsely. The first call reads the file of names."""
    keywords = load_names().stems
    name = (
        r"(?i)"
        # --password x, /rp x, "--password", "x", and a flag whose value is on the next line
        rf"(?:^|[\s\"'=,(\[])(?:--?|/)(?P<flag>[\w-]*?{keywords})"
        r"(?:[\"'\\]+[ \t]*,\s*|[\"'\\]*[ \t]+(?:[\\`^]\r?\n[ \t]*)?)"
        # <AdminPassword><Value>x
        rf"|(?:<|&lt;|\\u003c)(?P<tag>[\w:.]*?{keywords})(?:\s[^<>\n]*)?"
        rf"(?:>|&gt;|\\u003e)\s*(?:{LOG_PREFIX}(?:<|&lt;)value(?:>|&gt;)\s*)?"
        # setx NAME x, ENV NAME x, Add("name", "x")
        rf"|(?:\b(?:setx|setenv|env|arg|set -g?x)\s+[\"']?|\(\s*\\*[\"'])(?P<call>[\w:.-]*?{keywords})"
        r"(?:\\*[\"']\s*,|[\"']?[ \t])[ \t]*"
        # "name": "DB_PASSWORD", "value": "x";  reg add /v DefaultPassword /d x;  -Name DefaultPassword -Value x
        rf"|(?P<pair>{keywords})[\"'\\]*(?:[,;]\s*|\s+)(?:- )?(?:(?:/t|-propertytype|-type)\s+\w+\s+)?"
        r"(?:[\"'\\]*(?:secure|default)?value[\"'\\]*\s*[:=]|/d\s|-value\s)"
        rf"|(?P<name>{keywords}){_CLOSING_MARKS}[ \t]*(?P<op>{_OPERATOR})"
        # NAME      x;  NAME    REG_SZ    x;  | NAME | x |
        rf"|(?P<cell>{keywords}){_TABLE_GAP}"
        # SQL and configuration files
        r"|(?P<statement>\b(?:identified\s+by|login\s+\S{1,80}\s+password|requirepass|masterauth))\s+"
        r"|(?P<quoted>\b(?:password|passwd))\s+[\"']"
        # what people write: the password is x
        r"|(?P<spoken>\b(?:password|passwd|passphrase|passwort|secret|token))\s+"
        r"(?:is|was|set\s+to|ist|\xe8)[ \t]*:?[ \t]*"
    )
    return BytePattern(name), BytePattern(rf"(?i)(?:{keywords}|identified\s+by|masterauth)[^\n]*")


def _find_named_values(view: bytes) -> Iterator[Span]:
    """Yield the values after names of secrets, in order."""
    pos = 0
    name_pattern, crowded_line = _get_patterns()
    budget = float(compute_max_findings(view))
    while (match := name_pattern.search(view, pos)) is not None:
        if budget < 0:
            yield from (line.span() for line in crowded_line.finditer(view, pos))
            return
        group = next(group for group in _NAME_GROUPS if match.start(group) >= 0)
        span = _read_named_value(view, match, group)
        if span is None:
            budget -= 0.5
            pos = max(match.end(group), pos + 1)
        else:
            budget -= 1
            yield span
            pos = max(span[1], pos + 1)


def _expand_name(view: bytes, start: int, end: int) -> tuple[str, int]:
    """Return the whole name around the keyword from `start` to `end`, and the offset at which it starts."""
    begin = start
    limit = max(0, start - _MAX_NAME_CHARS)
    while begin > limit and view[begin - 1] in _NAME_BYTES:
        begin -= 1
    # An escape sequence before the name looks like its first letters: `\n`, `\u0026`, and `%26` aren't part of it.
    if begin < start and begin > 0 and view[begin - 1] == _BACKSLASH and view[begin] in b"nrt":
        begin += 1
    if view[begin - 1 : begin] == b"\\" and view[begin : begin + 3] == b"u00":
        begin = min(begin + 5, start)
    if view[begin - 1 : begin] == b"%":
        begin = min(begin + (4 if view.startswith(b"25", begin) else 2), start)
    name = view[begin : min(end, begin + 2 * _MAX_NAME_CHARS)]
    if name.lower() in (b"key", b"keys"):  # `license key`, `api key`: the word before says which key it is.
        before = view[max(0, begin - 15) : begin + 3]
        spaced = _SPACED_KEY_NAME.search(before)
        if spaced is not None:
            name = before[spaced.start() :]
    elif name.lower().startswith((b"string", b"str")):  # `connection string`: only the second word is found.
        name = b"connectionstring"
    return name.decode("latin-1"), begin


def _read_named_value(view: bytes, match: ByteMatch, group: str) -> Span | None:
    """Return the secret after a name that the `group` of the names' pattern found; `None` if there is none."""
    pos = match.end()
    if group == "statement":
        return read_argument(view, pos)
    if group == "quoted":
        return read_value(view, pos - 1, is_password=True, can_be_prose=False)
    if group == "spoken":
        return _read_spoken_value(view, pos)
    name, name_start = _expand_name(view, match.start(group), match.end(group))
    kind = classify_key_name(name)
    if kind is None or name.endswith("."):  # `--password. Please note`: the end of a sentence
        return None
    if kind == "header":  # `azure:authorization:Assignment` is a type
        return None if view[name_start - 1 : name_start] == b":" else read_header(view, pos)
    if group == "tag":
        return _read_tag_value(view, pos)
    if group in ("flag", "call"):
        return _read_argument_of_name(view, pos, kind)
    if group == "cell":
        span = read_value(view, pos, is_password=True, can_be_prose=True)
        return span if span is not None and is_likely_password(_decode(view, span)) else None
    before = view[max(0, name_start - 2) : name_start].strip()
    span = read_next_line_value(view, pos) or read_value(
        view,
        pos,
        is_password=kind == "password",
        can_be_prose=group == "name" and match.group("op") == b":",
        is_connection_string=before.endswith(b";") and not view[:name_start].endswith(b"&amp;"),
    )
    return span if span is not None and _is_plausible(name, kind, view[span[0] : span[1]]) else None


def _read_argument_of_name(view: bytes, pos: int, kind: SecretKind) -> Span | None:
    span = read_argument(view, pos)
    if span is None or is_prose_word(view, span):
        return None
    return span if kind != "key" or is_likely_key(_decode(view, span)) else None


def _decode(view: bytes, span: Span) -> str:
    return view[span[0] : span[1]].decode("latin-1")


def _read_spoken_value(view: bytes, pos: int) -> Span | None:
    """Return the value after `the password is`, if it has a digit and a letter; `None` for prose."""
    span = read_value(view, pos, is_password=False, can_be_prose=True)
    value = view[span[0] : span[1]] if span else b""
    return span if any(48 <= c < 58 for c in value) and any(c > 64 for c in value) else None


def _is_plausible(name: str, kind: SecretKind, value: bytes) -> bool:
    """Return whether `value` looks enough like a secret, for a name that other things have too."""
    if kind == "signature" and (len(value) < _MIN_WEAK_CHARS or value.isalpha()):
        return False
    if kind == "weak" and (len(value) < _MIN_WEAK_CHARS or not is_secret_fragment(value.decode("latin-1"), True)):
        return False
    if kind == "secret" and (value.lower() in _SETTINGS or (value.isdigit() and len(value) < 7)):
        return False  # `max_tokens=4096`, `id-token: write`
    if kind == "secret" and _PARTIAL_KEY.fullmatch(value) and name.lower().endswith("product key"):
        return False
    if kind == "key" and not is_likely_key(value.decode("latin-1")):
        return False
    # `pass: 41` counts tests, and `adminPassword: 403` is an HTTP status.
    return not (value.isdigit() and len(value) < (5 if name.lower() == "pass" else 4))


def _read_tag_value(view: bytes, pos: int) -> Span | None:
    """Return the text of the XML element that starts at `pos`; `None` for a placeholder or an element never closed."""
    tag_end = _TAG_END.search(view, pos)
    end = tag_end.start() if tag_end else len(view)
    value = view[pos:end].strip()
    is_closed = view[end : end + 1] in (b"<", b"&", b"\\")
    # If the text was cut, the value is all that's left of its line.
    if not is_closed and (end < len(view) or b"\n" in view[pos - 1 : pos] or b" " in value):
        return None
    if not value or value.startswith((b"*", b"$(", b"[REDACTED]", b"{{", b"%")) or value.lower() in (b"true", b"false"):
        return None
    return pos, end


def build_prefiltered_rules() -> tuple[tuple[str, RedactionRule], ...]:
    """Return the rule with its sign. It reads the file of names."""
    return ((rf"{load_names().signs}|masterauth|identified\s", _find_named_values),)
