"""The words people use about image builds, in every language: the content of `word_lexicon.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.yaml_files.yaml_documents import load_yaml_documents

LEXICON_PATH = Path(__file__).parents[1] / "word_lexicon.yaml"


@cache
def load_word_lexicon() -> Mapping[str, Any]:
    """Load the lists of words by name. The comments in the file say what each is for."""
    (document,) = load_yaml_documents([LEXICON_PATH])
    lexicon: Mapping[str, Any] = document.value
    return lexicon


def join_alternatives(name: str) -> str:
    """Return a regular expression that matches any item of a list, to be used in a pattern."""
    return "|".join(map(str, load_word_lexicon()[name]))
