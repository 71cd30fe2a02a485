"""Find secrets by their own form: random base64, passwords in URLs, and private key blocks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from knowledge.redaction.encoded_scripts import EncodedScripts
from knowledge.redaction.patterns import BytePattern, RedactionRule, Span, compute_max_findings
from knowledge.redaction.randomness import is_key_material, is_secret_fragment

_LONG_RUN = BytePattern(r"[A-Za-z0-9+/]{32,}={0,2}|[A-Za-z0-9_-]{40,}={0,2}")
_RUN_REST = BytePattern(r"[A-Za-z0-9+/_-]*={0,2}")
_BASE64_RUN = BytePattern(r"[A-Za-z0-9+/]{32,}={0,2}")
_TEMPORARY_PATH = BytePattern(r"/(?:private/)?(?:var|tmp|home|usr|opt|mnt|etc|Users|root)/")
_HASH_PREFIXES = (b"sha1-", b"sha256-", b"sha384-", b"sha512-", b"sha256:", b"sha512:", b"sha1:", b"sha384:", b"md5:")
_URL = BytePattern(
    r"(?i)://(?:(?P<user>[^\s/:@\"'<>?#]{16,})@"
    r"|[^\s/:@\"'<>]*(?::|%3a)(?P<pass>(?:(?:[^\s\"'<>/]*[^\s\"'<>/\d][^\s\"'<>/]*|\d{6,})?/[^\s\"'<>]*|[^\s\"'<>/]+))@)"
)
_FUNCTION_CODE = BytePattern(r"[?&]code=(?P<v>[\w/+%-]{20,}=*)")
_AUTH_SCHEME = BytePattern(r"(?i)\b(?:bearer|basic)(?:[ \t]+|%20|\+)(?P<v>[A-Za-z0-9._~+/%-]{8,}=*)")
_ASSIGNMENT = BytePattern(r"[A-Za-z][A-Za-z_]*=")
_FENCE = BytePattern(r"-----(?P<what>BEGIN|END) [A-Z0-9 ]{1,40}-----|(?i:private-lines|public-lines):[ \t]*\d+")
_BODY_LINE = BytePattern(
    r"(?:(?:\[[^\]\n]{1,64}\][ \t]+)?PACKER(?: (?:OUT|ERR))?[ \t]+)?(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d[ \t]+)?"
    r"(?:ui(?: error)?:[ \t]+)?"
    r"(?:==>[ \t]+)?(?:[ \t]*azure-arm[\w.-]*:)?[ \t>|+]*[\"']?"
    r"(?P<body>[A-Za-z0-9+/=_]*(?:\\+[rn])*|(?:Proc-Type|DEK-Info|Comment):[^\n]*)[\"',\\]*[ \t]*\r?(?:\n|\z)"
)
_INLINE_BODY = BytePattern(
    r"(?:[A-Za-z0-9+/= \t]|\\+[rnt/]|%[0-9A-Fa-f]{2}|\\u00[0-9a-fA-F]{2}|Proc-Type:|DEK-Info:|[,:]|&#1[03];)*"
)
_MIN_INLINE_BODY_CHARS = 12
_MIN_BODY_LINE_CHARS = 4
_INLINE_BODY_END = BytePattern(r"(?:[A-Za-z0-9+/= \t]|\\+[rnt/])*\z")


def _find_random_runs(scripts: EncodedScripts, view: bytes) -> Iterator[Span]:
    """Yield long random runs that aren't a checksum, GUID, path, name, or harmless script."""
    checksum_end = 0
    for match in _LONG_RUN.finditer(view):
        start, end = match.span()
        run = view[start:end]
        if run.lower().startswith(_HASH_PREFIXES) or view[max(0, start - 7) : start].lower().endswith(_HASH_PREFIXES):
            checksum_end = _find_run_end(view, end)
        if start < checksum_end or _TEMPORARY_PATH.match(run):
            continue
        if is_key_material(run.decode("latin-1")):
            run_end = _find_run_end(view, end)
            if not scripts.is_harmless(view, start, run_end):
                yield start, run_end
        elif b"-" in run or b"_" in run:  # A name with dashes can contain a key.
            for part in _BASE64_RUN.finditer(run):
                is_checksum = run[: part.start()].lower().endswith(_HASH_PREFIXES)
                if not is_checksum and is_key_material(part.group().decode("latin-1")):
                    yield start + part.start(), start + part.end()


def _find_run_end(view: bytes, pos: int) -> int:
    rest = _RUN_REST.match(view, pos)
    return rest.end() if rest else pos


def _find_url_passwords(view: bytes) -> Iterator[Span]:
    """Yield passwords before the host of a URL, and users that look like a token."""
    for match in _URL.finditer(view):
        if match.start("pass") >= 0:
            password = match.group("pass")
            if not password.startswith((b"$", b"<", b"%24", b"{{", b"***")) or b"@" in password:
                yield match.span("pass")
        elif is_secret_fragment(match.group("user").decode("latin-1"), True):
            yield match.span("user")


def _find_function_codes(view: bytes) -> Iterator[Span]:
    """Yield the keys in the URLs of Azure functions."""
    yield from (match.span("v") for match in _FUNCTION_CODE.finditer(view))


def _find_auth_scheme_values(view: bytes) -> Iterator[Span]:
    """Yield what follows `Bearer` or `Basic`, unless it's a word."""
    for match in _AUTH_SCHEME.finditer(view):
        value = match.group("v")
        if _ASSIGNMENT.fullmatch(value) and view[match.end() : match.end() + 1] not in (b"", b"\n", b"\r", b" "):
            continue  # `Bearer authorization_uri="…"`, `transport=basic shell_type=powershell`
        if (
            value.endswith(b"=")
            or any(48 <= c < 58 for c in value)
            or (not value.isalpha() and not value.islower() and b"." not in value)
        ):
            yield match.span("v")


def _find_key_blocks(view: bytes) -> Iterator[Span]:
    """Yield the bodies of PEM and PPK blocks, line by line.

    A block may be on one line with escaped line breaks, and may have lost its first or its last line.
    """
    fences = list(_FENCE.finditer(view))
    is_open = False
    for index, fence in enumerate(fences):
        if index > compute_max_findings(view):
            yield fence.end(), len(view)
            return
        limit = fences[index + 1].start() if index + 1 < len(fences) else len(view)
        if fence.group("what") == b"END":
            if not is_open:  # The block started before the text.
                yield from _find_body_before(view, fence.start(), fences[index - 1].end() if index else 0)
            is_open = False
            continue
        is_open = True
        inline = _INLINE_BODY.match(view, fence.end(), limit)
        inline_end = inline.end() if inline else fence.end()
        if inline_end > fence.end():
            yield fence.end(), inline_end
        line_end = view.find(b"\n", inline_end, limit)
        if line_end >= 0:
            yield from _find_body_after(view, line_end + 1, limit)


def _find_body_after(view: bytes, pos: int, limit: int) -> Iterator[Span]:
    """Yield the lines of a key's body from `pos` to the first line that isn't base64, at most to `limit`."""
    while pos < limit and (line := _BODY_LINE.match(view, pos, limit)) is not None:
        if line.end("body") > line.start("body"):
            yield line.span("body")
        if line.end() <= pos:
            return
        pos = line.end()


def _find_body_before(view: bytes, pos: int, floor: int) -> Iterator[Span]:
    """Yield the lines of a key's body from the end marker at `pos` back to the first other line, at most to `floor`."""
    begin = view.rfind(b"\n", floor, pos) + 1 or floor
    inline = _INLINE_BODY_END.search(view, begin, pos)
    if inline is not None and inline.end() - inline.start() >= _MIN_INLINE_BODY_CHARS:
        yield inline.span()
    while begin > floor:
        end = begin
        begin = view.rfind(b"\n", floor, end - 1) + 1 or floor
        line = _BODY_LINE.match(view, begin, end)
        if line is None or line.end() != end or len(line.group("body")) < _MIN_BODY_LINE_CHARS:
            return
        yield line.span("body")


def build_prefiltered_rules(scripts: EncodedScripts) -> tuple[tuple[str, RedactionRule], ...]:
    """Return the rules with their signs. `scripts` tells which random runs are scripts without secrets."""
    return (
        (r"[a-z0-9+/]{32}|[a-z0-9_-]{40}", partial(_find_random_runs, scripts)),
        (r"://", _find_url_passwords),
        (r"code=", _find_function_codes),
        (r"bearer|basic", _find_auth_scheme_values),
        (r"-----|private-lines|public-lines", _find_key_blocks),
    )
