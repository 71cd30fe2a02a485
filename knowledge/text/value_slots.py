"""Fill our own texts with values: `{name|what to say without it}`.

A text reads well without any value, so a finding has a headline even if nothing was captured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from knowledge.patterns import define_text_pattern

_PLACEHOLDER = define_text_pattern(r"\{([a-z][a-z_]{0,30})\|([^{}|]*)\}")


class TextPart(NamedTuple):
    """A literal part of a text, or a value that was filled in (`is_value`)."""

    text: str
    is_value: bool


def split_slots(text: str, values: Mapping[str, str]) -> Iterator[TextPart]:
    """Yield the parts of `text` in order, each placeholder replaced by its value or its default."""
    slots, end = _find_slots(text)
    for literal, name, default in slots:
        if literal:
            yield TextPart(literal, False)
        value = values.get(name, "")
        if value or default:
            yield TextPart(value or default, bool(value))
    if end:
        yield TextPart(end, False)


def fill_values(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each placeholder replaced by its value, or by its default where there is none."""
    return "".join(part.text for part in split_slots(text, values))


def list_slots(text: str) -> tuple[str, ...]:
    """Return the names of all placeholders in `text`, in order."""
    return tuple(name for _, name, _ in _find_slots(text)[0])


@lru_cache(maxsize=4096)
def _find_slots(text: str) -> tuple[tuple[tuple[str, str, str], ...], str]:
    """Return each placeholder's name and default, with the text before it; and the text after the last one."""
    slots, position = [], 0
    for match in _PLACEHOLDER.finditer(text):
        slots.append((text[position : match.start()], match[1], match[2]))
        position = match.end()
    return tuple(slots), text[position:]
