"""Compiles patterns for untrusted text: RE2 only, on bytes, case-insensitive, in linear time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import re2

from knowledge.model.errors import KnowledgeError

_MAX_MEMORY_BYTES = 64 << 20


class InvalidPatternError(KnowledgeError):
    """A pattern that RE2 does not take; the message says why."""


def _build_options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes in, byte offsets out
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    return options


def compile_pattern(pattern: str) -> re2._Regexp[bytes]:
    """The compiled pattern, for bytes. Raises `BadPattern`."""
    try:
        return re2.compile(pattern.encode(), _build_options())
    except re2.error as error:
        raise InvalidPatternError(f"RE2 does not take {pattern!r}: {error}") from None


class LiteralSet:
    """Finds which of many literal texts occur in a text, in one pass, whatever their number."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts: Sequence[bytes] = tuple(dict.fromkeys(collapse_whitespace(text).lower().encode() for text in texts))
        self._set = re2.Set.SearchSet(_build_options())
        for text in self.texts:
            self._set.Add(re2.escape(text))
        if self.texts:
            self._set.Compile()

    def find_in(self, text: bytes) -> Sequence[bytes]:
        """The literals that `text` holds."""
        if not self.texts or not text:
            return ()
        return [self.texts[index] for index in self._set.Match(text) or ()]


def collapse_whitespace(text: str) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(text.split())
