"""Turns a text into search tokens: concepts, stemmed words, parts of names, numbers, durations.

All languages share one lexicon (`word_lexicon.yaml`), so that a question in one finds an entry written in the other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from knowledge.catalog.word_lexicon import load_word_lexicon
from knowledge.patterns import define_text_pattern
from knowledge.search.denials import Denials
from knowledge.search.durations import Durations
from knowledge.search.phrase_table import PhraseTable

MAX_TEXT_CHARS = 4_000
"""How many characters of a text are read; the rest is ignored."""
_MAX_WORDS = 400
_MAX_WORD_CHARS = 64
_MAX_CORRECTIONS = 16
_OPENING_WORDS = 6
"""A question's opening must be within this many words of the start."""
_NAME_PART = define_text_pattern(r"[A-Z]+[a-z]+|[A-Z]+|[a-z]+")
_VERSION = define_text_pattern(r"(?:^|[^0-9.])[0-9]{1,5}\.[0-9]{1,5}\.[0-9]{1,12}(?:[^0-9.]|\.?$|\.[^0-9])")
"""A number such as 1.0.0, which counts as the word "version"."""
_HEX = define_text_pattern(r"^0x0*([0-9a-f]+)$")
_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_SEPARATOR_TABLE = bytes(code if code in _WORD_BYTES else ord(" ") for code in range(256))
_MIN_STEM_CHARS = 4
_CORRECTED_WEIGHT = 0.8
"""Weight of a word whose spelling was corrected, since the correction is a guess."""
_NAME_PART_WEIGHT = 0.5
_MIN_NUMBER_CHARS = 3
"""Minimum digits of a number worth searching for; shorter ones occur everywhere."""


class SearchToken(NamedTuple):
    """One unit of meaning: its possible terms, the words that express it (spelled correctly), and its weight.

    A term is a concept of the lexicon (`~name`), a stem, a number, or a duration in minutes (`240m`). A long duration
    is also the concept `~long`.
    """

    terms: tuple[str, ...]
    words: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """What a text says, and what kind of text it is.

    `has_own_terms` is true if it mentions image builds, `has_foreign_terms` if it mentions another tool or subject,
    `may_be_foreign` if it mentions one that may also be installed in an image, but nothing of a build, `has_trouble` if
    it describes a failure, and `is_question` if it begins like a question about how things work.
    """

    tokens: tuple[SearchToken, ...]
    terms: Set[str]
    words: tuple[str, ...]
    has_own_terms: bool
    has_foreign_terms: bool
    may_be_foreign: bool
    has_trouble: bool
    is_question: bool


class Lexicon:
    """The vocabulary of image builds, from `word_lexicon.yaml`."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.concepts = PhraseTable(
            {f"~{name}": [str(phrase) for phrase in phrases] for name, phrases in content["concepts"].items()},
            gap_words=map(str, content["gaps"]),
        )
        self._denials = Denials(map(str, content["denied_after"]), map(str, content["denied_before"]), self.concepts)
        self.stop_words = frozenset(str(word) for word in content["stop"])
        self._stop_phrases = _build_phrase_table(content["stop_phrases"])
        self.context_terms = frozenset(f"~{name}" for name in content["context"])
        self._weak_context_terms = frozenset(f"~{name}" for name in content["weak_context"])
        self._step_terms = frozenset(f"~{name}" for name in content["steps"])
        self._durations = Durations(content)
        self._endings = tuple(str(ending) for ending in content["endings"])
        self._trouble_terms = frozenset(f"~{name}" for name in content["trouble"])
        self._trouble_phrases = _build_phrase_table(content["trouble_words"])
        self._foreign_phrases = _build_phrase_table(content["elsewhere"])
        self._installed_phrases = _build_phrase_table(content["installed"])
        self._own_phrases = _build_phrase_table(content["own"])
        self._question_openings = _build_phrase_table(content["asks"])

    def parse_query(self, text: str, correct_spelling: Callable[[str], str | None]) -> ParsedQuery:
        """Parse the first 4,000 characters of `text`.

        `correct_spelling` returns the known word for a misspelled one, two for one that was run together, or `None`.
        """
        plain_text = _VERSION.sub(" version ", text[:MAX_TEXT_CHARS].encode("utf-8", "replace").decode())
        names = self._denials.remove_denied(split_words(plain_text))
        words = [name.lower() for name in names]
        written_words = list(words)
        corrected = self._correct_words(names, words, correct_spelling)
        tokens = self._tokenize_words(names, words, corrected)
        terms = {term for token in tokens for term in token.terms}
        return ParsedQuery(
            tokens=tokens,
            terms=terms,
            words=tuple(dict.fromkeys(word for token in tokens for word in token.words.split())),
            has_own_terms=self._own_phrases.has_match(words),
            has_foreign_terms=self._foreign_phrases.has_match(written_words),
            may_be_foreign=not self._is_about_image(terms) and self._installed_phrases.has_match(written_words),
            has_trouble=self._trouble_phrases.has_match(words) or not self._trouble_terms.isdisjoint(terms),
            is_question=self._question_openings.has_match(words[:_OPENING_WORDS]),
        )

    def tokenize(self, text: str) -> tuple[SearchToken, ...]:
        """Tokenize `text` without correcting its spelling."""
        names = split_words(text)
        return self._tokenize_words(names, [name.lower() for name in names], frozenset())

    def stem(self, word: str) -> str:
        """Return a lower-case word without its ending."""
        for ending in self._endings:
            if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM_CHARS:
                word = word[: -len(ending)]
                break
        # "stopped" loses an ending and keeps its second p
        return word[:-1] if len(word) > _MIN_STEM_CHARS and word[-1] == word[-2] else word

    def _is_about_image(self, terms: Set[str]) -> bool:
        """Whether a text is about building an image, or about a step of a build."""
        context = self.context_terms & terms
        return not context <= self._weak_context_terms or bool(context and self._step_terms & terms)

    def _correct_words(
        self, names: list[str], words: list[str], correct_spelling: Callable[[str], str | None]
    ) -> Set[int]:
        """Correct the first misspelled words in place, which may make two words of one, and return their indexes."""
        corrected: set[int] = set()
        index = corrections = 0
        while index < len(words) and corrections < _MAX_CORRECTIONS:
            word = words[index]
            known_words = (word if self._is_known(word) else correct_spelling(word) or word).split()
            if known_words != [word]:
                names[index : index + 1] = words[index : index + 1] = known_words
                corrected.update(range(index, index + len(known_words)))
                corrections += 1
            index += len(known_words)
        return corrected

    def _is_known(self, word: str) -> bool:
        return (
            word in self.stop_words
            or self._durations.is_unit(word)
            or bool(self.concepts.match_at([word], 0))
            or bool(self._trouble_phrases.match_at([word], 0))
        )

    def _tokenize_words(self, names: list[str], words: list[str], corrected: Set[int]) -> tuple[SearchToken, ...]:
        """Tokenize words; `names` are the same words with their case, which shows the parts of names."""
        tokens: list[SearchToken] = []
        index = 0
        while index < len(words):
            concept = self.concepts.match_at(words, index)
            idle = self._stop_phrases.match_at(words, index)
            if idle is not None and (concept is None or concept.end < idle.end):
                index = idle.end
                continue
            duration = self._durations.parse(words, index)
            if duration is not None and (concept is None or concept.end <= index + 2):
                terms, index = duration
                tokens.append(SearchToken(terms, terms[0]))
            elif concept is not None:
                is_certain = corrected.isdisjoint(range(index, concept.end))
                tokens.append(
                    SearchToken(
                        concept.labels,
                        " ".join(words[index : concept.end]),
                        1.0 if is_certain else _CORRECTED_WEIGHT,
                    )
                )
                if concept.end == index + 1:
                    tokens.extend(self._split_name(names[index], is_whole_word=False))
                index = concept.end
            elif (trouble := self._trouble_phrases.match_at(words, index)) is not None:
                index = trouble.end  # every question has words for a failure, so they distinguish nothing
            else:
                weight = _CORRECTED_WEIGHT if index in corrected else 1.0
                tokens.extend(self._tokenize_word(names[index], words[index], weight))
                index += 1
        return tuple(dict.fromkeys(tokens))

    def _tokenize_word(self, name: str, word: str, weight: float) -> list[SearchToken]:
        if word in self.stop_words or (word.isdigit() and len(word) < _MIN_NUMBER_CHARS) or len(word) < 2:
            return []
        if word.startswith("0x") and (hexadecimal := _HEX.match(word)):
            return [SearchToken((hexadecimal[1],), word)]
        return [SearchToken((self.stem(word),), word, weight), *self._split_name(name, is_whole_word=True)]

    def _split_name(self, name: str, *, is_whole_word: bool) -> list[SearchToken]:
        """Return a token for each part of a compound name such as `runOutputName`; none for a plain word.

        `is_whole_word` is false for a concept's name, which is only split if it's long.
        """
        if name.isalpha() and (name[1:].islower() or name.isupper()):
            return []
        parts = [part.lower() for part in _NAME_PART.findall(name)]
        if len(parts) < 2 or not (is_whole_word or len(name) > 6):
            return []
        tokens = []
        for part in parts:
            if part not in self.stop_words and len(part) > 2:
                concept = self.concepts.match_at([part], 0)
                tokens.append(SearchToken(concept.labels if concept else (self.stem(part),), part, _NAME_PART_WEIGHT))
        return tokens


def _build_phrase_table(phrases: Iterable[object]) -> PhraseTable:
    """Build a table that only tells whether one of the phrases occurs."""
    return PhraseTable({"": [str(phrase) for phrase in phrases]})


def load_lexicon() -> Lexicon:
    """Load the lexicon of the knowledge base."""
    return Lexicon(load_word_lexicon())


def split_words(text: str) -> list[str]:
    """Split a text into words without accents and punctuation; `can't` becomes `cant`, `l'area` becomes `l`, `area`.

    At most 400 words of at most 64 characters are returned. They keep their case.
    """
    folded = text[:MAX_TEXT_CHARS]
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded.replace("’", "'"))
        folded = "".join(character for character in decomposed if not unicodedata.combining(character))
    folded = folded.replace("n't", "nt").replace("N'T", "NT")
    names = folded.encode("ascii", "replace").translate(_SEPARATOR_TABLE).decode().split()
    return [name[:_MAX_WORD_CHARS] for name in names[:_MAX_WORDS]]
