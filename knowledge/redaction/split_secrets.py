"""Find secrets that were cut: by a wrapped line, or by the start of the text."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.redaction.patterns import BytePattern, RedactionRule, Span
from knowledge.redaction.randomness import is_secret_fragment
from knowledge.redaction.values import find_closing_quote, read_value

_EMPTY_REST = BytePattern(r"[ \t]*(?:[|>][+-]?)?[ \t]*[\\`^]?[ \t]*\r?(?:\n|\z)")
LOG_PREFIX = (
    r"(?:(?:\[[^\]\n]{1,64}\][ \t]+)?PACKER(?: (?:OUT|ERR))?[ \t]+)?(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d[ \t]+)?"
    r"(?:ui(?: error)?:[ \t]+)?"
    r"(?:==>[ \t]+)?(?:[ \t]*azure-arm[\w.-]*:[ \t]*)?[ \t]*(?:[>|][ \t]+)?"
)
_VALUE_RUN = r"[\w+/=~.%!@#$^*-]+"
_NEXT_LINE = BytePattern(rf"[ \t]*[\\`^]?[ \t]*\r?\n{LOG_PREFIX}(?P<quote>[\"']?)(?P<run>{_VALUE_RUN})(?P<then>.?)")
_FIRST_LINE = BytePattern(rf"{LOG_PREFIX}[\"'(]?(?P<run>{_VALUE_RUN})(?P<then>.?)")
_MIN_TRUNCATED_CHARS = 12
_TASK = BytePattern(r"[A-Za-z]+@\d{1,2}")  # a pipeline's task
_NAME = BytePattern(r"[A-Za-z][A-Za-z]*(?:[_.-][A-Za-z]+)*")
_TRUNCATED_NAME = BytePattern(r"(?P<name>[A-Za-z]{2,14})(?:[\"'\\]*=|[\"'\\]+[ \t]*:)")
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
"""Name endings to leave out, since most are words that other keys have too."""
_SINGLE_ALPHABETS = (BytePattern(r"[0-9a-z]+\z"), BytePattern(r"[0-9A-F]+\z"))


def read_next_line_value(view: bytes, pos: int) -> Span | None:
    """Return the value on the next line, if the line ends after the separator at `pos`; `None` otherwise.

    Such values are in pretty-printed JSON, in YAML blocks, and on wrapped lines.
    """
    rest = _EMPTY_REST.match(view, pos)
    if rest is None or rest.end() >= len(view):
        return None
    next_line = _FIRST_LINE.match(view, rest.end())
    if next_line is None:
        return None
    # After a YAML block marker or a command's line continuation, the next line is the value, even if it's a word.
    is_continued = rest.group().strip()[:1] in (b"|", b">", b"\\", b"`", b"^")
    start, end = next_line.span("run")
    if view[start - 1 : start] in (b'"', b"'"):
        end = find_closing_quote(view, start, view[start - 1 : start])
        is_next_key = view[end + 1 : end + 3].strip()[:1] in (b":", b"=")
        return None if is_next_key else (start, end)
    run = next_line.group("run").decode("latin-1")
    if is_continued or is_secret_fragment(run, _is_delimiter(next_line.group("then"))):
        return start, end
    return None


def _is_delimiter(following: bytes) -> bool:
    return following in (b"", b";", b'"', b"'", b"&", b",", b"\\", b"\r", b"\n", b"<", b"}", b")", b"]")


def find_continuations(view: bytes, spans: list[Span]) -> Iterator[Span]:
    """Yield the other parts of secrets that a line break split.

    These are runs that look like a part of a secret, on the line after one of `spans`, which ends its own line.
    """
    for index, (start, end) in enumerate(spans):
        limit = spans[index + 1][0] if index + 1 < len(spans) else len(view)
        while (match := _NEXT_LINE.match(view, end)) is not None and match.start("run") < limit:
            run = match.group("run").decode("latin-1")
            is_delimited = _is_delimiter(match.group("then"))
            user_part, at_sign, _ = run.partition("@")
            length = len(run)
            if at_sign and is_secret_fragment(user_part, True):  # The password of a URL, cut before its host.
                length = len(user_part)
            elif not (is_secret_fragment(run, is_delimited) or _is_continued(view[start:end], run, is_delimited)):
                break
            start = match.start("run")
            end = start + length
            yield start, end


def _is_continued(before: bytes, run: str, is_delimited: bool) -> bool:
    """Return whether `run` continues the hex or base32 that ends `before`, on the line above."""
    if not (is_delimited and any(c.isdigit() for c in run) and any(c.isalpha() or len(run) > 4 for c in run)):
        return False
    for alphabet in _SINGLE_ALPHABETS:
        tail = alphabet.search(before[-16:])
        if tail is not None and (len(tail.group()) >= 6 or tail.group() == before):
            return alphabet.fullmatch(run.encode("latin-1"))
    return False


def _find_truncated_secret(view: bytes) -> Iterator[Span]:
    """Yield what the text starts with, if it looks like the rest of a secret."""
    match = _FIRST_LINE.match(view)
    if match is not None:
        run = match.group("run").decode("latin-1")
        bare = run.rstrip("=")
        separators = len(bare) - sum(map(str.isalnum, bare))
        is_delimited = _is_delimiter(match.group("then"))
        if (
            len(run) >= _MIN_TRUNCATED_CHARS
            and separators <= max(1, len(run) // 11)
            and is_secret_fragment(run, is_delimited and len(run) >= 16)
            and not _is_name_or_task(run)
        ):
            yield match.span("run")


def _is_name_or_task(run: str) -> bool:
    """Return whether `run` is `DB_PASSWORD=x`, whose value is found by its name, or a pipeline's `Task@1`."""
    name, equals, _ = run.partition("=")
    return bool(equals and _NAME.fullmatch(name.encode("latin-1"))) or _TASK.fullmatch(run.encode("latin-1"))


def _find_truncated_name_value(view: bytes) -> Iterator[Span]:
    """Yield the value of the key that the text starts with, if its name is the end of a secret's name."""
    match = _TRUNCATED_NAME.match(view)
    if match is not None:
        name = match.group("name").lower()
        ending = name.decode("ascii")
        if name not in _WHOLE_WORDS and any(word != ending and word.endswith(ending) for word in _TRUNCATED_NAMES):
            span = read_value(view, match.end(), is_password=True, can_be_prose=False)
            if span is not None:
                yield span


PREFILTERED_RULES: tuple[tuple[str, RedactionRule], ...] = (
    (rf"\A{LOG_PREFIX}[\"'(]?{_VALUE_RUN[:-1]}{{{_MIN_TRUNCATED_CHARS}}}", _find_truncated_secret),
    (r"\A[a-z]{2,14}[\"'\\]*[ \t]*[=:]", _find_truncated_name_value),
)
