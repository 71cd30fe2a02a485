"""Reads the files of texts, `<language>/<area>.yaml`, and checks them.

A language may have fewer keys than English, which fills in for the rest, but no others. Each text has the same
placeholders as in English.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from dialogs.texts.languages import ENGLISH, HEADER_NAME, TEXTS_FOLDER
from knowledge.model.entry import Language, is_language_code
from knowledge.model.errors import Fault, InvalidFilesError
from knowledge.yaml_files.yaml_documents import load_yaml_documents
from knowledge.yaml_files.yaml_section import YamlFile

PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""What is replaced in a text, such as `{count}`."""

HEADER_AREA = HEADER_NAME.removesuffix(".yaml")
PHRASES_AREA = "typed"
SENTENCES_AREA = "sentences"
"""Areas that aren't texts by key: the language itself, and what people type, in a few words or in sentences."""
AreaFiles = Mapping[str, YamlFile]
"""The files of a language by their names without `.yaml`."""
AreaTexts = Mapping[str, Mapping[str, str]]
"""The texts of a language by area and key."""


def load_area(area: str, language: Language, folder: Path = TEXTS_FOLDER) -> Mapping[str, str]:
    """Load the texts of one area in one language, for a command that needs no others.

    Raises:
        InvalidFilesError: The files have faults.
    """
    english_files = read_files(folder / ENGLISH, [area])
    files = read_files(folder / language, [area]) if language != ENGLISH else {}
    english = read_area_texts(english_files, None)
    texts = read_area_texts(files, english)
    raise_faults([*english_files.values(), *files.values()])
    return {**english[area], **texts.get(area, {})}


def read_files(folder: Path, areas: Collection[str] = ()) -> AreaFiles:
    """Read the files of a language: those of `areas`, or all. Faults name a file with its folders."""
    paths = [path for path in sorted(folder.glob("*.yaml")) if not areas or path.stem in areas]
    return {
        path.stem: YamlFile(document, f"{folder.parent.name}/{folder.name}/{path.name}")
        for path, document in zip(paths, load_yaml_documents(paths), strict=True)
    }


def check_folders(folder: Path) -> None:
    """Raise `InvalidFilesError` if what makes a language is missing in a folder, or English is."""
    languages = {ENGLISH, *(path.parent.name for path in folder.glob("*/*.yaml"))}
    needed = [f"{language}/{HEADER_NAME}" for language in languages] + [f"{ENGLISH}/{PHRASES_AREA}.yaml"]
    faults = [Fault(f"{folder.name}/{name}", 1, "is missing") for name in needed if not (folder / name).is_file()]
    faults += [
        Fault(f"{folder.name}/{language}/", 1, "is not the code of a language, such as pt-br")
        for language in languages
        if not is_language_code(language)
    ]
    if faults:
        raise InvalidFilesError(faults)


def raise_faults(files: Iterable[YamlFile]) -> None:
    """Raise `InvalidFilesError` if faults were recorded in any of `files`."""
    if faults := [fault for file in files for fault in file.list_faults()]:
        raise InvalidFilesError(faults)


def read_area_texts(files: AreaFiles, english: AreaTexts | None) -> AreaTexts:
    """Read the texts of a language and record their faults in the files. `english` is None for English itself."""
    texts = {}
    for area, file in files.items():
        if area in (HEADER_AREA, PHRASES_AREA, SENTENCES_AREA):
            continue
        if english is None:
            texts[area] = _read_texts(file)
        elif area in english:
            texts[area] = _read_translations(file, english[area])
        else:
            file.add_fault((), f"English has no {area}.yaml; put these texts where English has them")
    return texts


def join_areas(files: AreaFiles, texts: AreaTexts) -> dict[str, str]:
    """Return all texts of a language by key, and record keys that two areas have."""
    joined: dict[str, str] = {}
    for area, area_texts in texts.items():
        for key in joined.keys() & area_texts.keys():
            files[area].add_fault((key,), f"{key!r} is in another file already")
        joined |= area_texts
    return joined


def _read_texts(file: YamlFile) -> dict[str, str]:
    if not isinstance(file.value, dict | None):
        file.add_fault((), "must be a mapping of keys to texts")
        return {}
    texts = {}
    for key, text in (file.value or {}).items():
        if isinstance(key, str) and isinstance(text, str) and text:
            texts[key] = text
        else:
            file.add_fault((key,), f"{key!r} and its text must be texts that aren't empty; put them in quotes")
    return texts


def _read_translations(file: YamlFile, english: Mapping[str, str]) -> dict[str, str]:
    texts = _read_texts(file)
    for key, text in texts.items():
        if key not in english:
            file.add_fault((key,), f"{key!r} is not a key that English has in this file")
        elif find_placeholders(text) != (wanted := find_placeholders(english[key])):
            names = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "none"
            file.add_fault((key,), f"{key!r} must have the placeholders that it has in English: {names}")
    return texts


def find_placeholders(text: str) -> set[str]:
    """Return the names of the placeholders in a text."""
    return set(PLACEHOLDER.findall(text))
