"""The how-to guides (`guides.yaml`): what people ask that is no failure, such as where the build log is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from knowledge.catalog.loading import STEP_KEYS, read_reference, read_step
from knowledge.catalog.yaml_section import Section, Trail, YamlFile
from knowledge.model.entry import LANGUAGES, Language, LocalText, Reference, Step
from knowledge.model.errors import EntriesInvalid

GUIDES = Path(__file__).parents[1] / "guides.yaml"

_GUIDE_KEYS = ("id", "title", "questions", "intro", "steps", "references")
_WORD_KEYS = ("alike", "slight", "fillers", "asking", "telling", "reporting", "refusing")


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step of a guide; `copy` is a script or a file's text that goes with it, with `<placeholders>`."""

    step: Step
    copy: str | None


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide: its steps, and the questions by which people ask for it, by language."""

    id: str
    title: LocalText
    questions: Mapping[Language, tuple[str, ...]]
    intro: LocalText
    steps: tuple[GuideStep, ...]
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class AskingWords:
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
class Guides:
    """Every guide by id, in the order in which they are listed, and the words of the questions."""

    by_id: Mapping[str, Guide]
    words: AskingWords


class GuidesFile(NamedTuple):
    """The guides as they were read, and the file in which faults are noted."""

    listed: tuple[Guide, ...]
    words: AskingWords
    file: YamlFile


@cache
def load_guides(path: Path = GUIDES) -> Guides:
    """The guides of the file. Raises `EntriesInvalid` with every fault of form."""
    read = read_guides(path)
    faults = read.file.faults()
    if faults:
        raise EntriesInvalid(faults)
    return Guides({guide.id: guide for guide in read.listed}, read.words)


def read_guides(path: Path = GUIDES) -> GuidesFile:
    """The guides of the file; what is wrong with their form is noted in it."""
    file = YamlFile(path, path.name)
    section = Section(file, (), file.value, ("guides", "words"))
    listed = section.each("guides", _guide)
    known: set[str] = set()
    for index, guide in enumerate(listed):
        if guide.id in known:
            file.fault(("guides", index, "id"), f"{guide.id!r} is there twice")
        known.add(guide.id)
    if not listed:
        section.fault("guides", "'guides' needs at least one guide")
    return GuidesFile(listed, section.nested("words", _words), file)


def _guide(file: YamlFile, trail: Trail, value: Any) -> Guide:
    section = Section(file, trail, value, _GUIDE_KEYS)
    return Guide(
        id=section.text("id"),
        title=section.local("title"),
        questions=section.nested("questions", _questions),
        intro=section.local("intro"),
        steps=section.each("steps", _step),
        references=section.each("references", read_reference),
    )


def _questions(file: YamlFile, trail: Trail, value: Any) -> Mapping[Language, tuple[str, ...]]:
    section = Section(file, trail, value, LANGUAGES)
    return {language: section.texts(language) for language in LANGUAGES}


def _step(file: YamlFile, trail: Trail, value: Any) -> GuideStep:
    section = Section(file, trail, value, (*STEP_KEYS, "copy"))
    copied = section.maybe("copy")
    return GuideStep(read_step(section), copied.strip("\n") if copied else None)


def _words(file: YamlFile, trail: Trail, value: Any) -> AskingWords:
    section = Section(file, trail, value, _WORD_KEYS)
    alike = section.nested("alike", _alike)
    slight = section.texts("slight")
    for name in slight:
        if name not in alike:
            section.fault("slight", f"{name!r} is none of the concepts of 'alike'")
    lists = {key: section.texts(key) for key in _WORD_KEYS[2:]}
    for forms in (*alike.values(), *lists.values()):
        for form in forms:
            if any(word.endswith("*") and len(word) < 3 for word in form.split()):
                section.fault(None, f"{form!r} is too short for the beginning of a word")
    return AskingWords(alike, slight, **lists)


def _alike(file: YamlFile, trail: Trail, value: Any) -> Mapping[str, tuple[str, ...]]:
    names = tuple(map(str, value)) if isinstance(value, dict) else ()
    section = Section(file, trail, value, names)
    return {name: section.texts(name) for name in names}
