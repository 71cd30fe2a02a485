"""The how-to guides (`howtos.yaml`), which answer questions that are not about a failure, such as where the log is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

from knowledge.catalog.entry_parsing import STEP_KEYS, read_reference, read_step
from knowledge.model.diagnosis import InputKind
from knowledge.model.entry import Language, LocalizedText, Reference, Step
from knowledge.model.errors import InvalidFilesError
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile, read_yaml_file

HOWTOS_PATH = Path(__file__).parents[1] / "howtos.yaml"

_HOWTO_KEYS = ("id", "title", "helps_with", "questions", "intro", "steps", "references")
_VOCABULARY_KEYS = ("alike", "slight", "fillers", "asking", "telling", "reporting", "refusing")


@dataclass(frozen=True, slots=True)
class HowtoStep:
    """One step of a how-to. `copy_text` is a script or file content to copy, with `<placeholders>`."""

    step: Step
    copy_text: str | None


@dataclass(frozen=True, slots=True)
class Howto:
    """One how-to: its steps, and by language the questions that lead to it.

    `helps_with` holds the kinds of text for which it's offered if they match no known failure.
    """

    id: str
    title: LocalizedText
    helps_with: tuple[str, ...]
    questions: Mapping[Language, tuple[str, ...]]
    intro: LocalizedText
    steps: tuple[HowtoStep, ...]
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class QuestionVocabulary:
    """The words by which `HowtoSearch` understands questions.

    A phrase may be several words. A word that ends in `*` matches every word with that prefix.

    Attributes:
        alike: Synonyms, by the concept they mean.
        slight: Concepts that hardly distinguish one how-to from another.
        fillers: Words without meaning for the search.
        asking: Words that make a text a question.
        telling: Words that make a text a failure report, even in a question.
        reporting: Words that make a text a failure report unless it is a question.
        refusing: Words that rule out every how-to.
    """

    alike: Mapping[str, tuple[str, ...]]
    slight: tuple[str, ...]
    fillers: tuple[str, ...]
    asking: tuple[str, ...]
    telling: tuple[str, ...]
    reporting: tuple[str, ...]
    refusing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Howtos:
    """All how-tos by id, in file order, and the vocabulary of their questions."""

    by_id: Mapping[str, Howto]
    vocabulary: QuestionVocabulary

    def find_for_kind(self, kind: InputKind) -> Howto | None:
        """Return the how-to for a text of this kind that matches no known failure, if there is one."""
        return next((howto for howto in self.by_id.values() if kind in howto.helps_with), None)


class HowtosFile(NamedTuple):
    """The how-tos as read, and the file in which faults are recorded."""

    howtos: tuple[Howto, ...]
    vocabulary: QuestionVocabulary
    file: YamlFile


@cache
def load_howtos(path: Path = HOWTOS_PATH) -> Howtos:
    """Load the how-tos in `path`. Raise `InvalidFilesError` with every fault of the file's structure."""
    howtos, vocabulary, file = read_howtos(path)
    faults = file.list_faults()
    if faults:
        raise InvalidFilesError(faults)
    return Howtos({howto.id: howto for howto in howtos}, vocabulary)


def read_howtos(path: Path = HOWTOS_PATH) -> HowtosFile:
    """Read the how-tos in `path` and record faults of their structure in the returned file."""
    file = read_yaml_file(path)
    section = Section(file, (), file.value, ("guides", "words"))
    howtos = section.build_each("guides", _parse_howto)
    known_ids: set[str] = set()
    helpers: dict[str, str] = {}
    for index, howto in enumerate(howtos):
        if howto.id in known_ids:
            file.add_fault(("guides", index, "id"), f"{howto.id!r} is used twice")
        known_ids.add(howto.id)
        for kind in howto.helps_with:
            if kind not in get_args(InputKind):
                file.add_fault(("guides", index, "helps_with"), f"{kind!r} is not {', '.join(get_args(InputKind))}")
            elif helpers.setdefault(kind, howto.id) != howto.id:
                file.add_fault(("guides", index, "helps_with"), f"{helpers[kind]} is already used for {kind!r}")
    if not howtos:
        section.add_fault("guides", "'guides' needs at least one guide")
    return HowtosFile(howtos, section.build_nested("words", _parse_vocabulary), file)


def _parse_howto(file: YamlFile, key_path: KeyPath, value: Any) -> Howto:
    section = Section(file, key_path, value, _HOWTO_KEYS)
    return Howto(
        id=section.get_text("id"),
        title=section.get_localized("title"),
        helps_with=section.get_texts("helps_with"),
        questions=section.get_texts_by_language("questions"),
        intro=section.get_localized("intro"),
        steps=section.build_each("steps", _parse_step),
        references=section.build_each("references", read_reference),
    )


def _parse_step(file: YamlFile, key_path: KeyPath, value: Any) -> HowtoStep:
    section = Section(file, key_path, value, (*STEP_KEYS, "copy"))
    copy_text = section.get_optional_text("copy")
    return HowtoStep(read_step(section), copy_text.strip("\n") if copy_text else None)


def _parse_vocabulary(file: YamlFile, key_path: KeyPath, value: Any) -> QuestionVocabulary:
    section = Section(file, key_path, value, _VOCABULARY_KEYS)
    alike = section.build_nested("alike", _parse_synonyms)
    slight = section.get_texts("slight")
    for name in slight:
        if name not in alike:
            section.add_fault("slight", f"{name!r} isn't one of the concepts in 'alike'")
    word_lists = {key: section.get_texts(key) for key in _VOCABULARY_KEYS[2:]}
    for phrases in (*alike.values(), *word_lists.values()):
        for phrase in phrases:
            # The same limit as in PhraseTable, whose error wouldn't name the line.
            if any(word.endswith("*") and len(word) < 3 for word in phrase.split()):
                section.add_fault(None, f"{phrase!r} is too short to be a prefix")
    return QuestionVocabulary(alike, slight, **word_lists)


def _parse_synonyms(file: YamlFile, key_path: KeyPath, value: Any) -> Mapping[str, tuple[str, ...]]:
    names = tuple(map(str, value)) if isinstance(value, dict) else ()
    section = Section(file, key_path, value, names)
    return {name: section.get_texts(name) for name in names}
