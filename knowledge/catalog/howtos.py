"""The how-to guides (`howtos.yaml`): what people ask that is no failure, such as where the build log is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from knowledge.catalog.loading import STEP_KEYS, read_reference, read_step
from knowledge.catalog.yaml_section import KeyPath, Section, YamlFile
from knowledge.model.entry import LANGUAGES, Language, LocalizedText, Reference, Step
from knowledge.model.errors import InvalidEntriesError

HOWTOS_PATH = Path(__file__).parents[1] / "howtos.yaml"

_HOWTO_KEYS = ("id", "title", "questions", "intro", "steps", "references")
_VOCABULARY_KEYS = ("alike", "slight", "fillers", "asking", "telling", "reporting", "refusing")


@dataclass(frozen=True, slots=True)
class HowtoStep:
    """One step of a guide; `copy` is a script or a file's text that goes with it, with `<placeholders>`."""

    step: Step
    copy_text: str | None


@dataclass(frozen=True, slots=True)
class Howto:
    """One guide: its steps, and the questions by which people ask for it, by language."""

    id: str
    title: LocalizedText
    questions: Mapping[Language, tuple[str, ...]]
    intro: LocalizedText
    steps: tuple[HowtoStep, ...]
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class QuestionVocabulary:
    """The words by which questions are understood; forms may be several words, or the beginning of one (`abc*`).

    `alike`: words that mean the same, by concept. `slight`: concepts that hardly tell guides apart. `fillers` say
    nothing. `asking` words make a question of a text; `telling` words make a report of it, `reporting` ones only where
    nothing asks; and a text with `refusing` words asks for no guide.
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
    """Every guide by id, in the order in which they are listed, and the words of the questions."""

    by_id: Mapping[str, Howto]
    vocabulary: QuestionVocabulary


class HowtosFile(NamedTuple):
    """The guides as they were read, and the file in which faults are noted."""

    howtos: tuple[Howto, ...]
    vocabulary: QuestionVocabulary
    file: YamlFile


@cache
def load_howtos(path: Path = HOWTOS_PATH) -> Howtos:
    """The guides of the file. Raises `EntriesInvalid` with every fault of form."""
    read = read_howtos(path)
    faults = read.file.list_faults()
    if faults:
        raise InvalidEntriesError(faults)
    return Howtos({guide.id: guide for guide in read.howtos}, read.vocabulary)


def read_howtos(path: Path = HOWTOS_PATH) -> HowtosFile:
    """The guides of the file; what is wrong with their form is noted in it."""
    file = YamlFile(path, path.name)
    section = Section(file, (), file.value, ("guides", "words"))
    listed = section.build_each("guides", _parse_howto)
    known: set[str] = set()
    for index, guide in enumerate(listed):
        if guide.id in known:
            file.add_fault(("guides", index, "id"), f"{guide.id!r} is there twice")
        known.add(guide.id)
    if not listed:
        section.add_fault("guides", "'guides' needs at least one guide")
    return HowtosFile(listed, section.build_nested("words", _parse_vocabulary), file)


def _parse_howto(file: YamlFile, key_path: KeyPath, value: Any) -> Howto:
    section = Section(file, key_path, value, _HOWTO_KEYS)
    return Howto(
        id=section.get_text("id"),
        title=section.get_localized("title"),
        questions=section.build_nested("questions", _parse_questions),
        intro=section.get_localized("intro"),
        steps=section.build_each("steps", _parse_step),
        references=section.build_each("references", read_reference),
    )


def _parse_questions(file: YamlFile, key_path: KeyPath, value: Any) -> Mapping[Language, tuple[str, ...]]:
    section = Section(file, key_path, value, LANGUAGES)
    return {language: section.get_texts(language) for language in LANGUAGES}


def _parse_step(file: YamlFile, key_path: KeyPath, value: Any) -> HowtoStep:
    section = Section(file, key_path, value, (*STEP_KEYS, "copy"))
    copied = section.get_optional_text("copy")
    return HowtoStep(read_step(section), copied.strip("\n") if copied else None)


def _parse_vocabulary(file: YamlFile, key_path: KeyPath, value: Any) -> QuestionVocabulary:
    section = Section(file, key_path, value, _VOCABULARY_KEYS)
    alike = section.build_nested("alike", _parse_synonyms)
    slight = section.get_texts("slight")
    for name in slight:
        if name not in alike:
            section.add_fault("slight", f"{name!r} is none of the concepts of 'alike'")
    lists = {key: section.get_texts(key) for key in _VOCABULARY_KEYS[2:]}
    for forms in (*alike.values(), *lists.values()):
        for form in forms:
            if any(word.endswith("*") and len(word) < 3 for word in form.split()):
                section.add_fault(None, f"{form!r} is too short for the beginning of a word")
    return QuestionVocabulary(alike, slight, **lists)


def _parse_synonyms(file: YamlFile, key_path: KeyPath, value: Any) -> Mapping[str, tuple[str, ...]]:
    names = tuple(map(str, value)) if isinstance(value, dict) else ()
    section = Section(file, key_path, value, names)
    return {name: section.get_texts(name) for name in names}
