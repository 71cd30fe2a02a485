"""Find secrets by the place where they are: behind the words of `places/*.yaml`, such as a command and its option."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property

from knowledge.redaction.patterns import (
    BytePattern,
    PrefilteredRule,
    Span,
    WordSigns,
    compute_max_findings,
    escape_literal,
)
from knowledge.redaction.place_files import SecretPlace, ValueKind, expand_shorthand, load_places
from knowledge.redaction.randomness import is_likely_password
from knowledge.redaction.values import find_line_end, is_prose_word, read_argument, read_value

_MAX_DISTANCE = 1000
"""How far behind the words a secret can be, in characters. It bounds the time that each word takes."""
_WINDOW = 4096
_LIKELY_WINDOW = 320
_MIN_SIGN_CHARS = 6
_MAX_TOOLS = 8
"""How many kinds of tools with options can be on one line. A line with more isn't a command."""
_WORD_END = r"(?:64)?(?:\.exe|\.com|\.cmd|\.bat|\.sh|\.vbs|\.ps1)?"
_CLOSING = r"[\"'\\\])]{0,4}"
_OPTION_GAP = r"(?:[\"'\\]*[ \t]*,[ \t]*|[\"'\\]*(?:[ \t]+|\\t|%20)|[\"'\\]*[=:][ \t]*)"
_WORD_GAP = BytePattern(r"(?:[ \t]|%20|\\t|[\"',])+")
_USER_PART = BytePattern(r"[^\s:%,\"']*[:%,]")
_NO_ARGUMENT = BytePattern(r"\*|:|/[A-Za-z][A-Za-z-]*(?::.*)?|(?:env|file|fd):.*|stdin")
"""A prompt for the secret, the colon of an error message, another option, or a reference to where the secret is."""
_BLOB = BytePattern(r"[\w+/=.~-]{20,}")
_VALUE_MARK = BytePattern(r"[^\w=.:/+@#$!*?~^|-]")
"""What can open or end a value, and more."""


class _PlaceFinder:
    """Finds the secret of one place behind its words."""

    def __init__(self, place: SecretPlace) -> None:
        self.value: ValueKind = place.value
        self.is_option = bool(place.options)
        self._place = place

    @cached_property
    def pattern(self) -> BytePattern:
        """What leads from the words to the secret, or to the value of an option; few places are ever searched."""
        place = self._place
        if not self.is_option:
            return BytePattern(f"(?:{_CLOSING})(?:{expand_shorthand(place.before)})")
        gap = f"{_OPTION_GAP}?" if place.is_glued else _OPTION_GAP
        options = "|".join(map(_build_option, place.options))
        return BytePattern(rf"[\s\"',(](?:{options}){gap}(?P<v>[^\s,=])")

    def read(self, view: bytes, pos: int) -> Span | None:
        """Return the secret at `pos`; `None` if something else is there."""
        # In a window first: without it, many words before one endless value would take quadratic time.
        window = _LIKELY_WINDOW if self.value == "likely" else _WINDOW
        span = self._read(view[pos : pos + window], 0)
        if span is None:
            return None
        if span[1] == window:
            return self._read(view, pos) if self.value != "likely" else None
        return pos + span[0], pos + span[1]

    def _read(self, view: bytes, pos: int) -> Span | None:
        if self.value == "pair":
            return _read_pair(view, pos)
        if self.value == "blob":
            blob = _BLOB.match(view, pos)
            return blob.span() if blob else None
        if self.value == "argument":
            span = read_argument(view, pos)
            if span is not None and is_prose_word(view, span):
                return None
            return span if span is not None and not _NO_ARGUMENT.fullmatch(view[span[0] : span[1]]) else None
        return _read_likely_password(view, pos)


class _PlaceIndex:
    """All places, by the words before them."""

    def __init__(self, places: Sequence[SecretPlace]) -> None:
        self._finders: dict[str, list[_PlaceFinder]] = {}
        for place in places:
            finder = _PlaceFinder(place)
            for word in dict.fromkeys(place.words):
                self._finders.setdefault(word, []).append(finder)
        self._words = sorted(self._finders, key=lambda word: (-len(word), word))
        self._beginnings = [word for word in self._words if word.endswith("*")]
        self._found: dict[bytes, Sequence[_PlaceFinder]] = {}
        self.signs = WordSigns(list(map(_build_sign, self._words)))

    @cached_property
    def pattern(self) -> BytePattern:
        """All words, of which few texts have any."""
        plain = "|".join(_build_word(word) for word in self._words if word[0].isalnum())
        marked = "|".join(_build_word(word) for word in self._words if not word[0].isalnum())
        return BytePattern(rf"(?i)(?:\b|_|\\[nrt])(?:{plain}){_WORD_END}\b|(?:{marked})")

    def get_finders(self, found: bytes) -> Sequence[_PlaceFinder]:
        """Return the finders for the words that `found` is or ends with."""
        if found not in self._found:
            text = b" ".join(_WORD_GAP.split(found.lower())).decode("latin-1").strip(" _\\").replace(".exe ", " ")
            parts = text.split(" ")
            known = {" ".join(parts[index:]) for index in range(len(parts))}
            known |= {word.split(".")[0].removesuffix("64") for word in known} | {word[1:] for word in known}
            known |= {word for word in self._beginnings if any(one.startswith(word[:-1]) for one in known)}
            if len(self._found) > 4096:
                self._found.clear()
            self._found[found] = list(
                dict.fromkeys(finder for word in sorted(known) for finder in self._finders.get(word, ()))
            )
        return self._found[found]


@cache
def _load_index() -> _PlaceIndex:
    return _PlaceIndex([place for place in load_places() if place.value != "input"])


def _build_option(option: str) -> str:
    literal = escape_literal(option)
    # `-p` and `-P` are different options of a tool; `/p` and `--password` have no case
    return literal if option.startswith("-") and len(option) == 2 else f"(?i:{literal})"


def _build_word(word: str) -> str:
    """Return the pattern of a place's words, whose blanks stand for any gap. A `*` ends the beginning of a word."""
    first, *parts = map(escape_literal, word.removesuffix("*").split())
    gap = r"(?:[ \t]+|[\"']*,[ \t]*[\"']*|%20|\\t)"
    literal = f"{first}(?:\\.exe)?{gap}{gap.join(parts)}" if parts else first
    return rf"{literal}[\w.]*" if word.endswith("*") else literal


def _build_sign(word: str) -> tuple[bytes, str]:
    """Return a short pattern that a text with `word` has, its first two parts or all of a short word, and one part."""
    parts = word.removesuffix("*").split()[:2]
    longest = max(parts, key=len)
    literal = longest.encode() if longest.isascii() else b""  # what's uppercase can't be told for other bytes
    first, *rest = map(escape_literal, parts)
    if rest:
        return literal, rf"{first}(?:\.exe)?(?:\W|%20|\\t)+{rest[0]}"
    return literal, first if len(first) >= _MIN_SIGN_CHARS else rf"(?:\b|_|[nrt]){_build_word(word)}(?:64)?\b"


def _find_placed_secrets(view: bytes) -> Iterator[Span]:
    """Yield the secrets in known places. In a crowded text, yield the rest of each line with one."""
    index = _load_index()
    max_findings = compute_max_findings(view)
    line_end, tools = -1, list[tuple[int, _PlaceFinder]]()
    count = hidden_to = mark = 0
    for match in index.pattern.finditer(view):
        start, end = match.span()
        if start >= line_end:
            yield from _find_option_values(view, tools, line_end)
            line_end, tools = find_line_end(view, start), []
        for finder in index.get_finders(view[start:end]):
            if finder.is_option:
                tools.append((end, finder))
                continue
            limit = min(line_end, end + _MAX_DISTANCE)
            if finder.value == "likely" and line_end - limit >= _LIKELY_WINDOW:
                if mark < end:
                    next_mark = _VALUE_MARK.search(view, end)
                    mark = next_mark.start() if next_mark else len(view)
                if mark - limit >= _LIKELY_WINDOW:
                    continue  # wherever the value begins, it's too long for a password
            found = finder.pattern.match(view, end, limit)
            span = finder.read(view, found.end()) if found and found.end() >= hidden_to else None
            if span is not None:
                count += 1
                hidden_to = span[1] if span[1] - span[0] > _WINDOW else hidden_to
                yield span if count <= max_findings else (span[0], line_end)
    yield from _find_option_values(view, tools, line_end)


def _find_option_values(view: bytes, tools: Sequence[tuple[int, _PlaceFinder]], line_end: int) -> Iterator[Span]:
    """Yield the values of the tools' options on one line, each from its tool to the line's end.

    The options of all tools on the line count: a tool's name can be part of another one's arguments.
    """
    starts: dict[_PlaceFinder, int] = {}
    for start, finder in tools:
        starts.setdefault(finder, start)
    if len(starts) > _MAX_TOOLS:
        yield min(starts.values()), line_end
        return
    for finder, start in starts.items():
        hidden_to = start
        for option in finder.pattern.finditer(view, max(start - 1, 0), line_end):
            position = option.start("v")
            span = finder.read(view, position) if position >= hidden_to else None
            if span is not None:
                hidden_to = span[1]
                yield span


def _read_likely_password(view: bytes, pos: int) -> Span | None:
    """Return the value at `pos` if it looks like a password; `None` for anything else that people write there."""
    span = read_value(view, pos, is_password=True, can_be_prose=True)
    if span is None:
        return None
    return span if is_likely_password(view[span[0] : span[1]].decode("latin-1")) else None


def _read_pair(view: bytes, pos: int) -> Span | None:
    """Return the password of `user:password`; `None` if it has none."""
    span = read_value(view, pos, is_password=True, can_be_prose=False)
    user = _USER_PART.match(view, span[0], span[1]) if span is not None else None
    if span is None or user is None or view[user.end() : user.end() + 1] in (b"$", b"", b"*", b"/"):
        return None
    return user.end(), span[1]


def build_prefiltered_rules() -> tuple[PrefilteredRule, ...]:
    """Return the rule with its sign. It reads the files of places."""
    return ((_load_index().signs, _find_placed_secrets),)
