"""The messages of the terminal client itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from dialogs.texts.catalog import get_texts
from knowledge.model.entry import Language


@dataclass(frozen=True, slots=True)
class TerminalMessages:
    """The messages in one language. Names in braces are placeholders."""

    hint: str
    paste: str
    form: str
    form_left: str
    not_a_choice: str
    too_long: str
    working: str
    failed: str
    truncated: str
    not_a_file: str
    unreadable: str
    empty: str
    goodbye: str
    file: str


@cache
def get_messages(language: Language) -> TerminalMessages:
    """Return the messages in `language`."""
    texts = get_texts()
    names = [field.name for field in fields(TerminalMessages)]
    return TerminalMessages(**{name: texts.get(f"terminal.{name.replace('_', '-')}", language) for name in names})
