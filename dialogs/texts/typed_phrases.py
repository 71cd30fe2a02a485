"""What people may type: the phrases of all languages together, each with its action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dialogs.texts.language_header import LanguageHeader
from dialogs.texts.languages import ENGLISH, TEXTS_FOLDER
from dialogs.texts.loading import PHRASES_AREA, raise_faults, read_files
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile

_ACTION_LISTS = ("commands", "template_prefixes", "openings")
_WORD_LISTS = (
    "opening_exceptions",
    "weak_template_prefixes",
    "group_prepositions",
    "reserved_words",
    "agreements",
    "refusals",
    "next_pages",
)
"""The keys of a `typed.yaml`, in the order of the attributes below."""


@dataclass(frozen=True, slots=True)
class TypedPhrases:
    """The phrases, normalized.

    Attributes:
        commands: The action that a message as a whole means.
        template_prefixes: The action that a message with this beginning means. A template's name follows.
        openings: The action that a message with this beginning means, if it doesn't mention a failure.
        opening_exceptions: Words that make a message with such a beginning more than talk.
        weak_template_prefixes: Beginnings that may be followed by something other than a name.
        group_prepositions: What comes between a template's name and its resource group's.
        reserved_words: What follows a beginning without being a name.
        agreements: Answers that mean yes.
        refusals: Answers that mean no.
        next_pages: What asks for the rest of a list.
    """

    commands: Mapping[str, str]
    template_prefixes: Mapping[str, str]
    openings: Mapping[str, str]
    opening_exceptions: frozenset[str]
    weak_template_prefixes: frozenset[str]
    group_prepositions: frozenset[str]
    reserved_words: frozenset[str]
    agreements: frozenset[str]
    refusals: frozenset[str]
    next_pages: frozenset[str]


def normalize_phrase(text: str) -> str:
    """Normalize `text` for comparison: case-folded, straight quotes, single spaces, no punctuation at the ends."""
    return " ".join(text.casefold().replace("’", "'").replace("‘", "'").split()).strip(" .,;:!?…\"“”«»()[]*`'-")


def load_typed_actions(folder: Path = TEXTS_FOLDER) -> frozenset[str]:
    """Load the ids of the actions that can be typed. English has them all.

    Raises:
        InvalidFilesError: The file has faults.
    """
    files = read_files(folder / ENGLISH, [PHRASES_AREA])
    phrases = read_phrases({}, files.values())
    raise_faults(files.values())
    return frozenset((*phrases.commands.values(), *phrases.template_prefixes.values()))


def read_phrases(headers: Mapping[YamlFile, LanguageHeader], files: Iterable[YamlFile]) -> TypedPhrases:
    """Read the phrases in `files`, English first, and those of the `headers`. Record faults in the files."""
    commands: dict[str, str] = {}
    prefixes: dict[str, str] = {}
    openings: dict[str, str] = {}
    words: dict[str, set[str]] = {name: set() for name in _WORD_LISTS}
    known_actions: dict[str, tuple[str, ...]] = {}
    for file, header in headers.items():
        _assign_phrases(file, ("switch_phrases",), header.switch_phrases, header.action_id, commands)
    for file in files:
        section = Section(file, (), file.value or {}, (*_ACTION_LISTS, *_WORD_LISTS))
        for name, phrases in zip(_ACTION_LISTS, (commands, prefixes, openings), strict=True):
            value = section.get_raw(name) or {}
            actions = Section(file, (name,), value, known_actions.setdefault(name, tuple(value)))
            for action in known_actions[name]:
                _assign_phrases(file, (name, action), actions.get_texts(action), action, phrases)
        for name in _WORD_LISTS:
            words[name].update(map(normalize_phrase, section.get_texts(name)))
    return TypedPhrases(commands, prefixes, openings, *(frozenset(words[name]) for name in _WORD_LISTS))


def _assign_phrases(
    file: YamlFile, key_path: KeyPath, phrases: Iterable[str], action: str, action_by_phrase: dict[str, str]
) -> None:
    for phrase in phrases:
        other = action_by_phrase.setdefault(normalize_phrase(phrase), action)
        if other != action:
            file.add_fault(key_path, f"{phrase!r} already means {other!r}, here or in another language")
