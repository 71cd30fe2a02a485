"""Compile patterns for untrusted text. They run on RE2, on bytes, case-insensitively, and in linear time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import re2

from knowledge.model.errors import KnowledgeError

_MAX_MEMORY_BYTES = 64 << 20


class InvalidPatternError(KnowledgeError):
    """A pattern that RE2 rejects; the message says why."""


def _build_options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # Byte offsets in, byte offsets out.
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    return options


def compile_pattern(pattern: str) -> re2._Regexp[bytes]:
    """Compile `pattern` for matching bytes.

    Raises:
        InvalidPatternError: RE2 rejects the pattern, for example because it has a backreference.
    """
    try:
        return re2.compile(pattern.encode(), _build_options())
    except re2.error as error:
        raise InvalidPatternError(f"RE2 does not take {pattern!r}: {error}") from None


class LiteralSet:
    """Literal texts that are all searched for in one pass, however many there are."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Compile `texts`, without duplicates, in lowercase and with collapsed whitespace."""
        self.texts: Sequence[bytes] = tuple(dict.fromkeys(collapse_whitespace(text).lower().encode() for text in texts))
        self._set = re2.Set.SearchSet(_build_options())
        for text in self.texts:
            self._set.Add(re2.escape(text))
        if self.texts:
            self._set.Compile()

    def find_in(self, text: bytes) -> Sequence[bytes]:
        """Return those of `texts` that occur in `text`, in which case does not matter."""
        if not self.texts or not text:
            return ()
        return [self.texts[index] for index in self._set.Match(text) or ()]


def collapse_whitespace(text: str) -> str:
    """Return `text` with every run of whitespace replaced by one blank, and none at either end."""
    return " ".join(text.split())
