"""Reads `places/*.yaml` and `formats.yaml`: where secrets are, and what they look like. Each line has an example.

`places/README.md` explains the keys. The files are read when something is redacted for the first time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from knowledge.model.errors import InvalidFilesError
from knowledge.patterns import InvalidPatternError, compile_pattern, define_text_pattern
from knowledge.redaction.patterns import escape_literal
from knowledge.yaml_files.yaml_documents import YamlDocument, load_indexed_documents
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile

FOLDER = Path(__file__).parent
PLACES_FOLDER = FOLDER / "places"
FORMATS_PATH = FOLDER / "formats.yaml"

ValueKind = Literal["argument", "likely", "pair", "blob", "input"]
"""What may be in a place:

- `argument`: any text up to the next blank or the closing quote, except a variable, a placeholder, or another option;
- `likely`: the same, but only if it looks like a password, since people write other things there, too;
- `pair`: `user:secret`, `user%secret`, or `user,secret`;
- `blob`: a long run of key material;
- `input`: what is piped or redirected into the command.
"""
_VALUE_KINDS: tuple[ValueKind, ...] = ("argument", "likely", "pair", "blob", "input")
_KEYS = ("words", "before", "options", "glued", "value", "examples", "not_examples")
GAP = r"(?:(?:\\t|%20|[ \t])+|[\"'\\]{0,4}[ \t]*,[ \t]*[\"'\\]{0,4})"
"""Between two arguments: blanks, or the comma of a list of arguments."""
_ARGUMENT = r"(?:\\{0,3}\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',:][^\s\"',]*)"
_SHORTHAND = {
    "<any>": r"[^\n]*?",
    "<argument>": _ARGUMENT,
    "<options>": rf"(?:[-/][\w:=.?-]*{GAP})*",
    "<is>": r"(?:[ \t]*(?:=>|[-=]{0,3}>|:=|={1,2}|:|\||%3[dDaA]|\\u003[dDaA]|\\u2192)[ \t]*:?[ \t]*)",
    " ": GAP,
}
_TOKEN = define_text_pattern(r"\\.|\[(?:\\.|[^\]\\])*\]|<\w+>| ")
"""An escape, a character class, a shorthand, or a blank; a blank in a class is just a blank."""


class SecretPlace(NamedTuple):
    """A place where a secret is found: behind some words, at a position that `before` leads to, or behind an option."""

    words: tuple[str, ...]
    before: str
    options: tuple[str, ...]
    is_glued: bool
    value: ValueKind
    examples: tuple[str, ...]
    not_examples: tuple[str, ...]


class SecretFormat(NamedTuple):
    """A secret's own format: a pattern that needs no words around it, and a short sign that every match has."""

    name: str
    pattern: str
    sign: str
    example: str


def expand_shorthand(before: str) -> str:
    """Return the pattern that `before` stands for: a blank is any gap between arguments, `<argument>` is one."""
    return _TOKEN.sub(lambda match: _SHORTHAND.get(str(match[0]), str(match[0])), before)


@cache
def load_places() -> tuple[SecretPlace, ...]:
    """Load all places. Raise `InvalidFilesError` with all faults of their files."""
    paths = sorted(PLACES_FOLDER.glob("*.yaml"))
    # the checks compile every pattern: they're skipped for files that have passed them
    _, rows = load_indexed_documents(paths, "places", partial(_check_places, paths))
    return tuple(
        SecretPlace(tuple(words), before, tuple(options), is_glued, value, tuple(examples), tuple(not_examples))
        for words, before, options, is_glued, value, examples, not_examples in rows
    )


@cache
def load_formats() -> tuple[SecretFormat, ...]:
    """Load all formats. Raise `InvalidFilesError` with all faults of their file."""
    _, rows = load_indexed_documents([FORMATS_PATH], "formats", _check_formats)
    return tuple(SecretFormat(*row) for row in rows)


def _check_places(paths: Sequence[Path], documents: Sequence[YamlDocument]) -> list[Any]:
    """Return all places as plain lists. Raise `InvalidFilesError` with the faults of their files."""
    files = [YamlFile(document, path.name) for document, path in zip(documents, paths, strict=True)]
    places: list[SecretPlace] = [place for file in files for place in _read_list(file, "places", _read_place)]
    _raise_faults(files)
    return [
        [
            list(place.words),
            place.before,
            list(place.options),
            place.is_glued,
            place.value,
            list(place.examples),
            list(place.not_examples),
        ]
        for place in places
    ]


def _check_formats(documents: Sequence[YamlDocument]) -> list[Any]:
    """Return all formats as plain lists. Raise `InvalidFilesError` with the faults of their file."""
    file = YamlFile(documents[0], FORMATS_PATH.name)
    formats: list[SecretFormat] = _read_list(file, "formats", _read_format)
    _raise_faults([file])
    return [[known.name, known.pattern, known.sign, known.example] for known in formats]


def _read_list(file: YamlFile, key: str, read: Any) -> list[Any]:
    section = Section(file, (), file.value, (key,))
    items = list(section.build_each(key, read))
    if not items:
        section.add_fault(key, f"{key!r} must be a list")
    return items


def _raise_faults(files: Sequence[YamlFile]) -> None:
    faults = [fault for file in files for fault in file.list_faults()]
    if faults:
        raise InvalidFilesError(faults)


def _read_place(file: YamlFile, key_path: KeyPath, item: Any) -> SecretPlace:
    section = Section(file, key_path, item, _KEYS)
    words, options = section.get_texts("words"), section.get_texts("options")
    if not words:
        section.add_fault("words", "'words' must name a command or the words before the secret")
    if any(word != word.lower() or len(word) < 2 for word in words):
        section.add_fault("words", "'words' must be in lowercase, with two letters or more")
    value = section.get_choice("value", _VALUE_KINDS, "argument")
    before = str(section.get_raw("before") or "")
    if bool(before) + bool(options) != 1 and value != "input" and not section.has("before"):
        section.add_fault(None, "needs either 'before' or 'options'")
    _check_pattern(section, "before", expand_shorthand(before))
    examples = section.get_texts("examples")
    if not examples:
        section.add_fault("examples", "'examples' needs a line with {secret}")
    return SecretPlace(
        words, before, options, section.get_bool("glued"), value, examples, section.get_texts("not_examples")
    )


def _read_format(file: YamlFile, key_path: KeyPath, item: Any) -> SecretFormat:
    section = Section(file, key_path, item, ("name", "starts", "then", "pattern", "sign", "example"))
    starts = section.get_texts("starts")
    if starts:
        sign = "|".join(map(escape_literal, starts))
        pattern = rf"(?:\b|\\[nrt])(?:{sign}){section.get_text('then')}"
    else:
        pattern, sign = section.get_text("pattern"), section.get_text("sign")
    _check_pattern(section, "pattern", pattern)
    _check_pattern(section, "sign", sign)
    return SecretFormat(section.get_text("name"), pattern, sign, section.get_text("example"))


def _check_pattern(section: Section, key: str, pattern: str) -> None:
    if not pattern.isascii():
        section.add_fault(key, f"{key!r} must be ASCII; write \\xe8 for a letter with an accent")
        return
    try:
        compile_pattern(pattern)
    except InvalidPatternError as error:
        section.add_fault(key, str(error))
