"""Reads `names.yaml`: which names hold a secret. Its first lines explain the keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from knowledge.model.errors import InvalidFilesError
from knowledge.patterns import InvalidPatternError, compile_pattern
from knowledge.yaml_files.yaml_documents import YamlDocument, load_indexed_documents
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile

NAMES_PATH = Path(__file__).parent / "names.yaml"
NamedKind = Literal["password", "secret", "header", "signature", "weak"]
_KINDS: tuple[NamedKind, ...] = ("password", "secret", "header", "signature", "weak")
_LISTS = ("stems", "signs", "anywhere", "last_word", "whole", "harmless", "no_key", "descriptive")


class SecretNames(NamedTuple):
    """Which names hold a secret. `patterns`, `last_words` and `whole_names` say which kind."""

    stems: str
    signs: str
    patterns: Sequence[tuple[str, NamedKind]]
    last_words: Mapping[str, NamedKind]
    whole_names: Mapping[str, NamedKind]
    harmless: str
    no_key: str
    descriptive: frozenset[str]
    examples: Sequence[tuple[str, NamedKind | None]]


@cache
def load_names() -> SecretNames:
    """Load all names. Raise `InvalidFilesError` with all faults of their file."""
    _, index = load_indexed_documents([NAMES_PATH], "names", _check_names)
    stems, signs, patterns, last_words, whole_names, harmless, no_key, descriptive, examples = index
    return SecretNames(
        stems,
        signs,
        [(pattern, kind) for pattern, kind in patterns],
        last_words,
        whole_names,
        harmless,
        no_key,
        frozenset(descriptive),
        [(name, kind) for name, kind in examples],
    )


def _check_names(documents: Sequence[YamlDocument]) -> list[Any]:
    """Return all names as plain lists. Raise `InvalidFilesError` with the faults of their file."""
    file = YamlFile(documents[0], NAMES_PATH.name)
    section = Section(file, (), file.value, _LISTS)
    read = {key: section.build_each(key, _read_name) for key in _LISTS if key not in ("stems", "signs", "descriptive")}
    stems = section.get_texts("stems")
    descriptive = [str(word) for row in section.get_raw("descriptive") or () for word in row]
    for key in _LISTS:
        if not section.get_raw(key):
            section.add_fault(key, f"{key!r} must be a list")
    if faults := file.list_faults():
        raise InvalidFilesError(faults)
    harmless, no_key = ("|".join(f"(?:{item[0]})" for item in read[key]) for key in ("harmless", "no_key"))
    return [
        f"(?:{'|'.join(stems)})",
        "|".join(section.get_texts("signs")),
        [[pattern, kind] for pattern, _, kind, _ in read["anywhere"]],
        {word: kind for _, words, kind, _ in read["last_word"] for word in words},
        {word: kind for _, words, kind, _ in read["whole"] for word in words},
        harmless,
        no_key,
        descriptive,
        [
            [name, kind if key in ("anywhere", "last_word", "whole") else None]
            for key, items in read.items()
            for _, _, kind, names in items
            for name in names
        ],
    ]


def _read_name(file: YamlFile, key_path: KeyPath, item: Any) -> tuple[str, tuple[str, ...], NamedKind, tuple[str, ...]]:
    section = Section(file, key_path, item, ("kind", "pattern", "words", "examples"))
    pattern, words = section.get_text("pattern", ""), section.get_texts("words")
    if bool(pattern) == bool(words):
        section.add_fault(None, "needs either 'pattern' or 'words'")
    try:
        compile_pattern(pattern)
    except InvalidPatternError as error:
        section.add_fault("pattern", str(error))
    examples = section.get_texts("examples")
    if not examples:
        section.add_fault("examples", "'examples' needs a name")
    return pattern, words, section.get_choice("kind", _KINDS, "secret"), examples
