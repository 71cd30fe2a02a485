"""A language itself, as its `language.yaml` describes it."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.model.support import SUPPORT_LANGUAGES
from knowledge.yaml_files.yaml_section import Section, YamlFile

_SUPPORT_IN_ENGLISH = "en-us"
_KEYS = (
    "name",
    "switch_phrases",
    "common_words",
    "personal_words",
    "thousands_separator",
    "support_language",
    "abbreviations",
)


@dataclass(frozen=True, slots=True)
class LanguageHeader:
    """A language.

    Attributes:
        name: Its name in English.
        switch_phrases: What people type to switch to it.
        common_words: Words that identify a message in it.
        personal_words: Words of which a message needs one to be a person's own; empty if no message is anyone else's.
        thousands_separator: The thousands separator of numbers.
        support_language: The code of the language in which Azure's support is offered to those who speak it.
        abbreviations: Words whose period doesn't end a sentence.
    """

    name: str
    switch_phrases: tuple[str, ...]
    common_words: frozenset[str]
    personal_words: frozenset[str]
    thousands_separator: str
    support_language: str
    abbreviations: tuple[str, ...]

    @property
    def action_id(self) -> str:
        """Return the id of the action that switches to this language."""
        return self.name.casefold()

    @property
    def is_support_in_english(self) -> bool:
        """Whether those who speak it get Azure's support in English."""
        return self.support_language == _SUPPORT_IN_ENGLISH

    def format_count(self, count: int) -> str:
        """Format a number for people, such as `12,345`."""
        return f"{count:,}".replace(",", self.thousands_separator)


def read_header(file: YamlFile) -> LanguageHeader:
    """Read a language's header and record its faults in the file."""
    section = Section(file, (), file.value, _KEYS)
    return LanguageHeader(
        name=section.get_text("name"),
        switch_phrases=section.get_texts("switch_phrases"),
        common_words=frozenset(word.casefold() for word in section.get_texts("common_words")),
        personal_words=frozenset(word.casefold() for word in section.get_texts("personal_words")),
        thousands_separator=section.get_text("thousands_separator", ","),
        support_language=section.get_choice("support_language", SUPPORT_LANGUAGES, _SUPPORT_IN_ENGLISH),
        abbreviations=section.get_texts("abbreviations"),
    )
