"""Prepare a sentence for comparison: its words without greetings, with placeholders for names and codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from dialogs.azure.typed_requests import parse_template_link
from dialogs.texts.sentence_patterns import SentencePatterns
from dialogs.texts.typed_phrases import TypedPhrases
from knowledge.azure_names import is_resource_group_name, is_template_name
from knowledge.template.template_id import TemplateQuery

MAX_SENTENCE_CHARS = 400
"""The longest sentence, without links; a longer text is something to diagnose."""
NAME, GROUP, CODE = "NAME", "GROUP", "CODE"

_EDGES = " .,;:!?…\"“”«»()[]{}*`'<>-"
_DIGIT_OR_JOINT = re.compile(r"[\d_-]")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_EXIT_CODE = re.compile(r"-?\d{2,10}|0x[0-9a-f]{2,16}")
_ERROR_CODE = re.compile(r"(?:[A-Z]+[a-z0-9]+){2,8}|[A-Z]{1,12}_[A-Z_]{3,40}|AADSTS\d{3,8}")
_NO_TEMPLATE = re.compile(
    r"(?i:standard_\w+|[bdefhlmn]c?\d+[a-z]*_v\d|nc\w*_\w+|kb\d+\S*|\w+_config)|"
    r"(?:[A-Z][a-zA-Z]+-[A-Z]\w+|[A-Z]+_[A-Z_]+|t_undefined)"
)
"""Sizes of virtual machines, cmdlets, and constants."""
_NAME_WITH_VERSION = re.compile(r"[a-z]\w*[-_][\w-]*\.v?\d+")
_VERSION = re.compile(
    r"v?\d+(?:[.-]\d+)*[a-z]?|\d+h\d|gen\d|kb\d+|x\d\d|\d+(?:gb|mb|tb|min|h|s|am|pm|st|[nr]d|th|x|%)?"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence prepared for comparison: its words with placeholders, and the placeholders' values.

    `group` is the resource group that it names, with a template or alone. `word_count`, like `text`, leaves out
    greetings and polite words at the beginning.
    """

    text: str
    query: TemplateQuery = field(default_factory=TemplateQuery)
    group: str = ""
    code: str = ""
    word_count: int = 0


def read_sentence(
    text: str, patterns: SentencePatterns, phrases: TypedPhrases, known_names: Sequence[str] = ()
) -> Sentence | None:
    """Prepare a sentence for comparison; None if it's too long to be one."""
    words: list[str] = []
    query, group, code = TemplateQuery(), "", ""
    tokens = _split_tokens(text)
    if sum(map(len, tokens)) > MAX_SENTENCE_CHARS + sum(len(token) for token in tokens if "/" in token):
        return None
    known = {name.casefold() for name in known_names}
    for token in tokens:
        word = token.strip(_EDGES)
        if (named := _parse_group_and_name(word)) is not None:
            query = named
            words.append(NAME)
        elif "/" in token and (template_id := parse_template_link(token.strip("<>()\"',;"))) is not None:
            query = TemplateQuery.for_template(template_id)
            words.append(NAME)
        elif _is_group(words, word, token, patterns, phrases):
            query = (
                TemplateQuery.from_names(name=query.name, resource_group=word, subscription=query.subscription)
                if query.name
                else query
            )
            group = group or word
            words.append(GROUP)
        elif not query.name and _is_name(word, known, patterns, is_alone=len(tokens) == 1):
            query = TemplateQuery.from_names(name=word)
            words.append(NAME if query.name else word)
        elif not code and _is_exit_code(token.strip("?!.,:;\"'()").casefold(), words, patterns):
            code = token.strip("?!.,:;\"'()")
            words.append(CODE)
        elif not code and _ERROR_CODE.fullmatch(word) and _fold(word) not in patterns.not_names:
            code = word
            words.append(CODE)
        elif word or len(tokens) == 1:
            words.append(_spell(_fold(word or token), patterns))
    rest = _strip_fillers(words, patterns.fillers)
    return Sentence(" ".join(rest), query, group, code, len(rest))


def _split_tokens(text: str) -> list[str]:
    return text.replace("’", "'").replace("‘", "'").replace("\u00a0", " ").split()


def _parse_group_and_name(word: str) -> TemplateQuery | None:
    """Parse `rg-images/win11-golden`, as people write it for short."""
    group, slash, name = word.partition("/")
    if not slash or "/" in name or not group.casefold().startswith(("rg-", "rg_")):
        return None
    query = TemplateQuery.from_names(name=name, resource_group=group)
    return query if query.name and query.resource_group else None


def _is_name(word: str, known: set[str], patterns: SentencePatterns, is_alone: bool) -> bool:
    """Return whether a word is a template's name: a known one, or one that doesn't look like an ordinary word."""
    folded = word.casefold()
    if not is_template_name(word) or folded in patterns.not_names:
        return False
    if "." in word and not (is_alone and _NAME_WITH_VERSION.fullmatch(folded)):
        return False
    if folded in known:
        return True
    if not any(character.isalpha() for character in word) or not _DIGIT_OR_JOINT.search(word):
        return False
    if _VERSION.fullmatch(folded) or _EXIT_CODE.fullmatch(folded) or _NO_TEMPLATE.fullmatch(word):
        return False
    has_joint = any(character in "-_" for character in word.strip("-_"))
    return has_joint or is_alone


def _is_group(words: Sequence[str], word: str, token: str, patterns: SentencePatterns, phrases: TypedPhrases) -> bool:
    """Return whether a word names a resource group: it follows a name and a preposition, or is in parentheses."""
    if not word or not is_resource_group_name(word):
        return False
    looks_like_group = bool(_DIGIT_OR_JOINT.search(word))
    if words and words[-1] == NAME and token.startswith("("):
        return True
    preposition = words[-1] if words else ""
    is_after_preposition = preposition in phrases.group_prepositions or preposition in patterns.before_groups
    return looks_like_group and is_after_preposition and (NAME in words or word.casefold().startswith(("rg-", "rg_")))


def _fold(word: str) -> str:
    """Return a word in lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _spell(word: str, patterns: SentencePatterns) -> str:
    """Return the word that is meant: without letters that were drawn out, and not as it's abbreviated or mistyped."""
    word = _DRAWN_OUT.sub(r"\1", word)
    return patterns.spellings.get(word, word)


def _is_exit_code(word: str, words_before: Sequence[str], patterns: SentencePatterns) -> bool:
    is_digit = len(word) == 1 and word.isdecimal()
    return bool(_EXIT_CODE.fullmatch(word)) or (
        is_digit and bool(words_before) and words_before[-1] in patterns.before_codes
    )


def _strip_fillers(words: Sequence[str], fillers: frozenset[str]) -> list[str]:
    """Return the words without those at the beginning that say nothing about the request."""
    rest = list(words)
    while len(rest) > 1:
        count = next((n for n in range(min(6, len(rest) - 1), 0, -1) if " ".join(rest[:n]) in fillers), 0)
        if not count:
            break
        rest = rest[count:]
    return rest
