"""Keeps the beginning of a text while it's read as a log, for the case that it's an image template."""

from __future__ import annotations

from dialogs.model.preflight import MAX_CHECKED_BYTES
from knowledge.input.pasted_template import find_pasted_template
from knowledge.text.decoding import decode
from knowledge.text.streaming import ByteReader

_MAX_SAMPLE_BYTES = 2 * MAX_CHECKED_BYTES + 4
"""A template of the largest size in UTF-16; a larger file is too large in any encoding."""


class SampledReader:
    """A stream whose first bytes are kept in memory, and nowhere else."""

    def __init__(self, source: ByteReader) -> None:
        self._source = source
        self._sample = bytearray()

    def read(self, size: int, /) -> bytes:
        """Read `size` bytes, or fewer at the end."""
        content = self._source.read(size)
        if len(self._sample) <= _MAX_SAMPLE_BYTES:
            self._sample += content[: _MAX_SAMPLE_BYTES + 1 - len(self._sample)]
        return content

    def find_template(self) -> str:
        """Return what was read if it's an image template, the beginning if it's too large; "" for any other text."""
        text = decode(bytes(self._sample))
        return text if find_pasted_template(text) else ""
