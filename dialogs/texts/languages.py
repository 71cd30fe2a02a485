"""Which languages there are: each has a folder next to this module. It imports nothing, so that commands start fast."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.model.entry import Language

TEXTS_FOLDER = Path(__file__).parent
HEADER_NAME = "language.yaml"
"""The file that makes a folder a language."""
ENGLISH: Language = "en"
"""The language that has every text, and that others fall back to."""


def list_languages(folder: Path = TEXTS_FOLDER) -> tuple[Language, ...]:
    """Return the languages of the texts in `folder`, English first."""
    codes = {path.parent.name for path in folder.glob(f"*/{HEADER_NAME}")}
    return (ENGLISH, *sorted(codes - {ENGLISH}))
