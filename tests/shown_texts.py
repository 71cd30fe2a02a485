"""Every text that people are shown, of one language: the sentences of the chat, and what the knowledge says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from knowledge.model.entry import Language

ROOT = Path(__file__).resolve().parent.parent
TYPED = ("language", "sentences", "typed")
"""The files of a language that hold what people write."""


class ShownText(NamedTuple):
    """One text, and where it is: the file and the keys that lead to it."""

    place: str
    text: str


def read_chat_texts(language: Language) -> Iterator[ShownText]:
    """Yield the sentences of `dialogs/texts`, without the words that people type."""
    for path in sorted((ROOT / "dialogs" / "texts" / language).glob("*.yaml")):
        if path.stem not in TYPED:
            texts: dict[str, str] = yaml.safe_load(path.read_text("utf-8"))
            yield from (ShownText(f"{path.relative_to(ROOT)} {key}", text) for key, text in texts.items())


def read_knowledge_texts(language: Language) -> Iterator[ShownText]:
    """Yield what the knowledge says in two languages: titles, causes, steps, findings, guides, codes, teams.

    Words, questions, and phrases are lists under a language's key; what is shown is one text.
    """
    for path in sorted((ROOT / "knowledge").rglob("*.yaml")):
        yield from _read_translated(yaml.safe_load(path.read_text("utf-8")), language, str(path.relative_to(ROOT)))


def _read_translated(value: Any, language: Language, place: str) -> Iterator[ShownText]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _read_translated(item, language, f"{place}/{number}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == language and isinstance(item, str):
                yield ShownText(place, item)
            else:
                yield from _read_translated(item, language, f"{place}/{key}")
