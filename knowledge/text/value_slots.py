"""Fill our own texts with values: `{name|what to say without it}`.

A text reads well without any value, so a finding has a headline even if nothing was captured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from knowledge.patterns import define_text_pattern

_PLACEHOLDER = define_text_pattern(r"\{([a-z][a-z_]{0,30})\|([^{}|]*)\}")


class TextPart(NamedTuple):
    """A literal part of a text, or a value that was filled in (`is_value`)."""

    text: str
    is_value: bool


def split_slots(text: str, values: Mapping[str, str]) -> Iterator[TextPart]:
    """Yield the parts of `text` in order, each placeholder replaced by its value or its default."""
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        if match.start() > position:
            yield TextPart(text[position : match.start()], False)
        value = values.get(match[1], "")
        part = TextPart(value or match[2], bool(value))
        if part.text:
            yield part
        position = match.end()
    if position < len(text):
        yield TextPart(text[position:], False)


def fill_values(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each placeholder replaced by its value, or by its default where there is none."""
    return "".join(part.text for part in split_slots(text, values))


def list_slots(text: str) -> tuple[str, ...]:
    """Return the names of all placeholders in `text`, in order."""
    return tuple(match[1] for match in _PLACEHOLDER.finditer(text))
