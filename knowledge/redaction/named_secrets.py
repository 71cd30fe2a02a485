"""Secrets that a name announces: assignments, JSON, XML, flags, SQL; and their other half on the next line."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.redaction.key_names import classify_key_name
from knowledge.redaction.patterns import ByteMatch, RedactionRule, Span, compile_pattern, compute_max_findings
from knowledge.redaction.randomness import is_secret_fragment
from knowledge.redaction.values import find_closing_quote, read_argument, read_header, read_value

_KEYWORDS = (
    r"(?:(?:passw|passphrase|passcode|pass_|pwd|kennwort|secret|token|credential|creds|conn(?:ection)?[_. -]?str"
    r"|authorization|cookie|signature|key|requirepass|private-mac|serial[_ -]?number|licen[sc]e[_ -]?code)[\w.-]*"
    r"|(?:ssh|db|user|smtp|mysql)?pass\d*|pat|sas|sig|psk|pw|jwt|bearer|auth|cred)"
)
_OPERATOR = r"(?:=>|:=|={1,2}|:|%3[dDaA]|\\u003[dD]|&#61;|-c?eq\b)"
_CLOSING_MARKS = r"(?:[\"'`\])\\]|&quot;|\\u0022|%22){0,64}"
_NAME_HEAD = compile_pattern(
    r"(?i)"
    # --password x, /rp x, "--password", "x", and a flag whose value stands on the next line
    rf"(?:^|[\s\"'=,(\[])(?:--?|/)(?P<flag>[\w-]*?{_KEYWORDS})"
    r"(?:[\"'\\]+[ \t]*,\s*|[\"'\\]*[ \t]+(?:[\\`^]\r?\n[ \t]*)?)"
    # <AdminPassword><Value>x
    rf"|(?:<|&lt;|\\u003c)(?P<tag>[\w:.]*?{_KEYWORDS})(?:\s[^<>\n]*)?"
    r"(?:>|&gt;|\\u003e)\s*(?:(?:<|&lt;)value(?:>|&gt;)\s*)?"
    # setx NAME x, ENV NAME x, Add("name", "x")
    rf"|(?:\b(?:setx|setenv|env|arg|set -g?x)\s+[\"']?|\(\s*\\*[\"'])(?P<call>[\w:.-]*?{_KEYWORDS})"
    r"(?:\\*[\"']\s*,|[\"']?[ \t])[ \t]*"
    # "name": "DB_PASSWORD", "value": "x";  reg add /v DefaultPassword /d x;  -Name DefaultPassword -Value x
    rf"|(?P<pair>{_KEYWORDS})[\"'\\]*(?:[,;]\s*|\s+)(?:- )?(?:(?:/t|-propertytype|-type)\s+\w+\s+)?"
    r"(?:[\"'\\]*(?:secure|default)?value[\"'\\]*\s*[:=]|/d\s|-value\s)"
    rf"|(?P<name>{_KEYWORDS}){_CLOSING_MARKS}[ \t]*(?P<op>{_OPERATOR})"
    # SQL and configuration files
    r"|(?P<said>\b(?:identified\s+by|login\s+\S{1,80}\s+password|requirepass|masterauth))\s+"
    r"|(?P<quoted>\b(?:password|passwd))\s+[\"']"
    # what people write: the password is x
    r"|(?P<spoken>\b(?:password|passwd|passphrase|passwort|secret|token))\s+"
    r"(?:is|was|set\s+to|ist|\xe8)[ \t]*:?[ \t]*"
)
_CROWDED_LINE = compile_pattern(rf"(?i)(?:{_KEYWORDS}|identified\s+by|masterauth)[^\n]*")
_HEAD_KINDS = ("name", "flag", "pair", "tag", "call", "said", "quoted", "spoken")
_NAME_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-$")
_MAX_NAME_CHARS = 64
_SPACED_KEY_NAME = compile_pattern(r"(?i)\b[a-z]{3,14} key$")
_EMPTY_REST = compile_pattern(r"[ \t]*(?:[|>][+-]?)?[ \t]*[\\`^]?[ \t]*\r?(?:\n|\z)")
_TAG_END = compile_pattern(r"<|&lt;|\\u003[cC]|[\r\n]|\z")
_LOG_PREFIX = (
    r"(?:(?:\[[^\]\n]{1,64}\][ \t]+)?PACKER(?: (?:OUT|ERR))?[ \t]+)?(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d[ \t]+)?"
    r"(?:ui(?: error)?:[ \t]+)?"
    r"(?:==>[ \t]+)?(?:[ \t]*azure-arm[\w.-]*:[ \t]*)?[ \t]*(?:[>|][ \t]+)?"
)
_VALUE_RUN = r"[\w+/=~.%!@#$^*-]+"
_NEXT_LINE = compile_pattern(
    rf"[ \t]*[\\`^]?[ \t]*\r?\n{_LOG_PREFIX}(?P<quote>[\"']?)(?P<run>{_VALUE_RUN})(?P<then>.?)"
)
_FIRST_LINE = compile_pattern(rf"{_LOG_PREFIX}[\"'(]?(?P<run>{_VALUE_RUN})(?P<then>.?)")
_MIN_TRUNCATED_CHARS = 12
_TRUNCATED_HEAD = compile_pattern(r"(?P<name>[A-Za-z]{2,14})(?:[\"'\\]*=|[\"'\\]+[ \t]*:)")
_TRUNCATED_NAMES = (
    "password",
    "passwd",
    "clientsecret",
    "accesstoken",
    "accountkey",
    "sharedaccesskey",
    "apikey",
    "credential",
    "passphrase",
)
_WHOLE_WORDS = (b"key", b"word", b"code", b"phrase", b"count", b"access", b"ess", b"ntial")
_SINGLE_ALPHABETS = (compile_pattern(r"[0-9a-z]+\z"), compile_pattern(r"[0-9A-F]+\z"))


def _find_named_values(view: bytes) -> Iterator[Span]:
    """Values behind names that speak of a secret, in order."""
    at = 0
    left = float(compute_max_findings(view))
    while (found := _NAME_HEAD.search(view, at)) is not None:
        if left < 0:
            yield from (rest.span() for rest in _CROWDED_LINE.finditer(view, at))
            return
        kind = next(kind for kind in _HEAD_KINDS if found.start(kind) >= 0)
        span = _read_named_value(view, found, kind)
        if span is None:
            left -= 0.5
            at = max(found.end(kind), at + 1)
        else:
            left -= 1
            yield span
            at = max(span[1], at + 1)


def _expand_name(view: bytes, start: int, end: int) -> tuple[str, int]:
    """The name around a keyword, with what stands before it, and where it begins."""
    begin = start
    stop = max(0, start - _MAX_NAME_CHARS)
    while begin > stop and view[begin - 1] in _NAME_BYTES:
        begin -= 1
    if begin < start and begin > 0 and view[begin - 1] == 0x5C and view[begin] in b"nrt":
        begin += 1
    if view[begin - 1 : begin] == b"\\" and view[begin : begin + 3] == b"u00":
        begin = min(begin + 5, start)
    if view[begin - 1 : begin] == b"%":
        begin = min(begin + 2, start)
    name = view[begin : min(end, begin + 2 * _MAX_NAME_CHARS)]
    if name.lower() in (b"key", b"keys"):
        before = view[max(0, begin - 15) : begin + 3]
        spaced = _SPACED_KEY_NAME.search(before)
        if spaced is not None:
            name = before[spaced.start() :]
    elif name.lower().startswith((b"string", b"str")):
        name = b"connectionstring"
    return name.decode("latin-1"), begin


def _read_named_value(view: bytes, match: ByteMatch, kind: str) -> Span | None:
    at = match.end()
    if kind == "said":
        return read_argument(view, at)
    if kind == "quoted":
        return read_value(view, at - 1, is_password=True, can_be_prose=False)
    if kind == "spoken":
        span = read_value(view, at, is_password=False, can_be_prose=True)
        value = view[span[0] : span[1]] if span else b""
        return span if any(48 <= c < 58 for c in value) and any(c > 64 for c in value) else None
    name, begin = _expand_name(view, match.start(kind), match.end(kind))
    sort = classify_key_name(name)
    if sort is None:
        return None
    if sort == "header":
        return read_header(view, at)
    if kind == "tag":
        return _read_tag_value(view, at)
    if kind in ("flag", "call"):
        return read_argument(view, at)
    operator = match.group("op") if kind == "name" else b"="
    behind = view[max(0, begin - 2) : begin].strip()
    span = _read_next_line_value(view, at) or read_value(
        view,
        at,
        is_password=sort == "password",
        can_be_prose=operator == b":",
        is_connection_string=behind.endswith(b";") and not view[:begin].endswith(b"&amp;"),
    )
    if span is None:
        return None
    value = view[span[0] : span[1]]
    if sort == "signature" and (len(value) < 8 or value.isalpha()):
        return None
    if sort == "weak" and (len(value) < 8 or not is_secret_fragment(value.decode("latin-1"), True)):
        return None
    if name.lower() == "pass" and value.isdigit() and len(value) < 5:
        return None
    return span


def _read_tag_value(view: bytes, at: int) -> Span | None:
    end_found = _TAG_END.search(view, at)
    end = end_found.start() if end_found else len(view)
    value = view[at:end].strip()
    closed = view[end : end + 1] in (b"<", b"&", b"\\")
    if not closed and (end < len(view) or b"\n" in view[at - 1 : at] or b" " in value):
        return None
    if not value or value.startswith((b"*", b"$(", b"[REDACTED]", b"{{", b"%")) or value.lower() in (b"true", b"false"):
        return None
    return at, end


def _read_next_line_value(view: bytes, at: int) -> Span | None:
    """The value on the next line, when this one ends behind the separator: pretty JSON, YAML blocks, wrapping."""
    rest = _EMPTY_REST.match(view, at)
    if rest is None or rest.end() >= len(view):
        return None
    below = _FIRST_LINE.match(view, rest.end())
    if below is None:
        return None
    block = rest.group().strip()[:1] in (b"|", b">", b"\\", b"`", b"^")
    start, end = below.span("run")
    if view[start - 1 : start] in (b'"', b"'"):
        end = find_closing_quote(view, start, view[start - 1 : start])
        return None if view[end + 1 : end + 3].strip()[:1] in (b":", b"=") else (start, end)
    run = below.group("run").decode("latin-1")
    return (start, end) if block or is_secret_fragment(run, _is_delimiter(below.group("then"))) else None


def _is_delimiter(following: bytes) -> bool:
    return following in (b"", b";", b'"', b"'", b"&", b",", b"\\", b"\r", b"\n", b"<", b"}", b")", b"]")


def find_continuations(view: bytes, spans: list[Span]) -> Iterator[Span]:
    """The other halves of secrets cut by a wrapped line: what follows a secret at its line's end and looks like one."""
    for index, (start, end) in enumerate(spans):
        limit = spans[index + 1][0] if index + 1 < len(spans) else len(view)
        while (found := _NEXT_LINE.match(view, end)) is not None and found.start("run") < limit:
            run = found.group("run").decode("latin-1")
            user_part, at_sign, _ = run.partition("@")
            length = len(run)
            if at_sign and is_secret_fragment(user_part, True):
                length = len(user_part)
            elif not (
                is_secret_fragment(run, _is_delimiter(found.group("then")))
                or _is_continued(view[start:end], run, _is_delimiter(found.group("then")))
            ):
                break
            start = found.start("run")
            end = start + length
            yield start, end


def _is_continued(before: bytes, run: str, is_delimited: bool) -> bool:
    """Whether hex or base32 before the line break goes on behind it."""
    if not (is_delimited and any(c.isdigit() for c in run) and any(c.isalpha() or len(run) > 4 for c in run)):
        return False
    for kind in _SINGLE_ALPHABETS:
        tail = kind.search(before[-16:])
        if tail is not None and (len(tail.group()) >= 6 or tail.group() == before):
            return kind.fullmatch(run.encode("latin-1"))
    return False


def find_truncated_secret(view: bytes) -> Iterator[Span]:
    """The rest of a secret whose beginning was cut off: what the text starts with, when it looks like one."""
    found = _FIRST_LINE.match(view)
    if found is not None:
        run = found.group("run").decode("latin-1")
        separators = sum(not c.isalnum() for c in run.rstrip("="))
        ended = _is_delimiter(found.group("then"))
        if (
            len(run) >= _MIN_TRUNCATED_CHARS
            and separators <= max(1, len(run) // 11)
            and is_secret_fragment(run, ended and len(run) >= 16)
        ):
            yield found.span("run")


def find_truncated_name_value(view: bytes) -> Iterator[Span]:
    """The secret behind a name whose beginning was cut off: what the text starts with."""
    cut = _TRUNCATED_HEAD.match(view)
    if cut is not None:
        name = cut.group("name").lower()
        part = name.decode("ascii")
        if name not in _WHOLE_WORDS and any(word != part and word.endswith(part) for word in _TRUNCATED_NAMES):
            span = read_value(view, cut.end(), is_password=True, can_be_prose=False)
            if span is not None:
                yield span


PREFILTERED_RULES: tuple[tuple[str, RedactionRule], ...] = (
    (
        r"pass|pwd|kennwort|secret|token|cred|key|conn(?:ection)?[_. -]?str|authorization|cookie|signature|licen[sc]e"
        r"|serial[_ -]?number|private-|requirepass|masterauth|identified\s|sig|sas|bearer|(?:pat|psk|pw|jwt|auth)\W",
        _find_named_values,
    ),
    (rf"\A{_LOG_PREFIX}[\"'(]?{_VALUE_RUN[:-1]}{{{_MIN_TRUNCATED_CHARS}}}", find_truncated_secret),
    (r"\A[a-z]{2,14}[\"'\\]*[ \t]*[=:]", find_truncated_name_value),
)
