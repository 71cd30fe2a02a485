"""The bot's own texts, by key and language; untrusted values are put into them as literal runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dialogs.model.reply import RichText, TextRun, parse_markup
from dialogs.texts.language_header import LanguageHeader, read_header
from dialogs.texts.languages import ENGLISH, TEXTS_FOLDER, list_languages
from dialogs.texts.loading import (
    HEADER_AREA,
    PHRASES_AREA,
    PLACEHOLDER,
    SENTENCES_AREA,
    AreaFiles,
    check_folders,
    join_areas,
    raise_faults,
    read_area_texts,
    read_files,
)
from dialogs.texts.sentence_patterns import SentencePatterns, read_sentence_patterns
from dialogs.texts.typed_phrases import TypedPhrases, normalize_phrase, read_phrases
from knowledge.model.entry import Language

MIN_COMMON_WORDS = 2
"""How many of a language's common words a message must have to be recognized as written in it."""
MAX_DETECTED_WORDS = 60


class TrustedText(str):
    """One of our texts, such as an entry's title: shown in the style of the sentence around it, not as code."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TextCatalog:
    """Everything that is said and understood, in every language.

    Attributes:
        headers: The languages themselves.
        texts: What is said, by language and key. If a language lacks a text, it's the English one.
        phrases: What people may type.
        sentences: What people may ask for in sentences.
        abbreviations: Words of any language whose period doesn't end a sentence.
    """

    headers: Mapping[Language, LanguageHeader]
    texts: Mapping[Language, Mapping[str, str]]
    phrases: TypedPhrases
    sentences: SentencePatterns
    abbreviations: frozenset[str]

    def get(self, key: str, language: Language) -> str:
        """Return a text with its placeholders and markup. A language that isn't known gets English."""
        return (self.texts.get(language) or self.texts[ENGLISH])[key]

    def has(self, key: str) -> bool:
        """Tell whether there is a text with this key."""
        return key in self.texts[ENGLISH]

    def format_text(self, key: str, language: Language, **values: object) -> str:
        """Return the text of `key` as a plain string, for labels and for texts to copy."""
        text = self.get(key, language)
        return PLACEHOLDER.sub(lambda match: str(values[match[1]]), text) if "{" in text else text

    def format_runs(self, key: str, language: Language, **values: object) -> RichText:
        """Return the text of `key` as runs.

        Values are untrusted and become code, except numbers, `TrustedText` and values that already are runs.
        """
        text = self.get(key, language)
        if "{" not in text:
            return parse_markup(text)
        runs: list[TextRun] = []
        for run, placeholder in _split_at_placeholders(text):
            if not placeholder:
                runs.append(run)
            elif isinstance(value := values[placeholder], tuple):
                runs += [value_run for value_run in value if value_run.text]
            elif words := str(value):
                runs.append(TextRun(words, run.style if isinstance(value, (TrustedText, int)) else "code"))
        return tuple(runs)

    def detect_written_language(self, text: str) -> Language | None:
        """Return the language that a person's words are written in; None if they are too few to tell.

        Also None if the words may be somebody else's, such as an error message.
        """
        words = normalize_phrase(text).replace(",", " ").replace(".", " ").split()[:MAX_DETECTED_WORDS]
        counts = {
            language: sum(word in header.common_words for word in words) for language, header in self.headers.items()
        }
        language, best = max(counts.items(), key=lambda item: item[1])
        others = max((count for other, count in counts.items() if other != language), default=0)
        personal_words = self.headers[language].personal_words
        is_personal = not personal_words or any(word in personal_words for word in words)
        return language if is_personal and best >= MIN_COMMON_WORDS and best > 2 * others else None

    def get_header(self, language: Language) -> LanguageHeader:
        """Return a language's header; English's, if the language isn't known."""
        return self.headers.get(language) or self.headers[ENGLISH]

    def parse_language(self, value: object) -> Language | None:
        """Return a language that was stored or sent, if it is one of those that are known."""
        return value if isinstance(value, str) and value in self.headers else None

    def find_language(self, name: str) -> Language | None:
        """Return the language with this English name, in upper or lower case."""
        return next((code for code, header in self.headers.items() if header.name.casefold() == name.casefold()), None)

    def detect_language(self, locale: str | None) -> Language:
        """Return the language of a client's locale, such as `it-CH` or `it_IT`; English if it isn't known."""
        code = (locale or "").casefold().replace("_", "-")
        return self.parse_language(code) or self.parse_language(code.partition("-")[0]) or ENGLISH


def load_texts(folder: Path = TEXTS_FOLDER) -> TextCatalog:
    """Load the texts of every language in `folder`.

    Raises:
        InvalidFilesError: Files have faults. The message lists them all.
    """
    check_folders(folder)
    files = {language: read_files(folder / language) for language in list_languages(folder)}
    headers = {language: read_header(by_area[HEADER_AREA]) for language, by_area in files.items()}
    phrases = read_phrases(
        {files[language][HEADER_AREA]: header for language, header in headers.items()},
        [by_area[PHRASES_AREA] for by_area in files.values() if PHRASES_AREA in by_area],
    )
    sentences = read_sentence_patterns(
        by_area[SENTENCES_AREA] for by_area in _order_languages(files) if SENTENCES_AREA in by_area
    )
    english = read_area_texts(files[ENGLISH], None)
    texts = {ENGLISH: join_areas(files[ENGLISH], english)}
    for language, by_area in files.items():
        if language != ENGLISH:
            texts[language] = texts[ENGLISH] | join_areas(by_area, read_area_texts(by_area, english))
    raise_faults(file for by_area in files.values() for file in by_area.values())
    abbreviations = frozenset(word for header in headers.values() for word in header.abbreviations)
    return TextCatalog(headers, texts, phrases, sentences, abbreviations)


def _order_languages(files: Mapping[Language, AreaFiles]) -> list[AreaFiles]:
    """Return the files of each language, English first."""
    return [files[ENGLISH], *(by_area for language, by_area in files.items() if language != ENGLISH)]


@cache
def get_texts() -> TextCatalog:
    """Return the shipped texts, for code that isn't given any."""
    return load_texts()


@cache
def _split_at_placeholders(text: str) -> tuple[tuple[TextRun, str], ...]:
    """Split a text into (run, "") pairs for literal parts and (surrounding run, name) pairs for placeholders."""
    parts: list[tuple[TextRun, str]] = []
    for run in parse_markup(text):
        position = 0
        for match in PLACEHOLDER.finditer(run.text):
            parts += [(TextRun(run.text[position : match.start()], run.style), ""), (run, match[1])]
            position = match.end()
        parts.append((TextRun(run.text[position:], run.style), ""))
    return tuple((run, placeholder) for run, placeholder in parts if placeholder or run.text)
