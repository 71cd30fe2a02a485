"""Typed access to YAML files that collects every fault with its line, instead of stopping at the first.

Plain values have no line numbers. Only a file with faults is parsed again, as a node tree, to find the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from knowledge.model.entry import COMPLETE_LANGUAGES, Language, LocalizedText, is_language_code
from knowledge.model.errors import Fault
from knowledge.yaml_files.yaml_documents import YamlDocument, load_yaml_documents

if TYPE_CHECKING:
    import yaml

T = TypeVar("T")
_COMPLETE = frozenset(COMPLETE_LANGUAGES)
_LANGUAGES_NEEDED = " and ".join(f"an {language!r}" for language in COMPLETE_LANGUAGES) + " text"
KeyPath = tuple[str | int, ...]


class YamlFile:
    """A YAML file: its plain value, and the faults found in it so far.

    `value` is `None` when the file is not valid YAML. `display_name` is how faults name the file.
    """

    def __init__(self, document: YamlDocument, display_name: str) -> None:
        self.display_name = display_name
        self._document = document
        self._located_messages: list[tuple[KeyPath, str]] = []

    @property
    def value(self) -> Any:
        """The plain value, which is decoded on first use."""
        return self._document.value

    def add_fault(self, key_path: KeyPath, message: str) -> None:
        """Record a fault at `key_path`, the mapping keys and list indexes that lead to it."""
        self._located_messages.append((key_path, message))

    def list_faults(self) -> list[Fault]:
        """Return every recorded fault with its line; a syntax error replaces all others."""
        if self._document.syntax_fault:
            return [Fault(self.display_name, *self._document.syntax_fault)]
        if not self._located_messages:
            return []
        root = self._document.compose()
        return [Fault(self.display_name, _find_line(root, path), message) for path, message in self._located_messages]


def read_yaml_file(path: Path) -> YamlFile:
    """Read a YAML file; faults call it by its name."""
    (document,) = load_yaml_documents([path])
    return YamlFile(document, path.name)


def _find_line(node: yaml.Node | None, key_path: KeyPath) -> int:
    """Return the line, from 1, of the deepest node on `key_path` that exists."""
    import yaml

    line = node.start_mark.line + 1 if node is not None else 1
    for part in key_path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == part), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


class Section:
    """One mapping of a YAML file, with typed getters.

    A getter that finds a wrong value records a fault and returns a harmless value, so that reading continues and all
    faults are reported together. Keys outside `known_keys` are faults too.
    """

    def __init__(self, file: YamlFile, key_path: KeyPath, value: Any, known_keys: Iterable[str]) -> None:
        self._file, self._key_path = file, key_path
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        known_keys = tuple(known_keys)
        if not isinstance(value, dict):
            file.add_fault(key_path, f"must be a mapping with {', '.join(known_keys)}")
        for key in self._value:
            if key not in known_keys:
                self.add_fault(key, f"{key!r} isn't known here; use {', '.join(known_keys)}")

    def add_fault(self, key: str | int | None, message: str) -> None:
        """Record a fault at `key` of this mapping, or at the mapping itself if `key` is `None`."""
        self._file.add_fault(self._key_path if key is None else (*self._key_path, key), message)

    def has(self, key: str) -> bool:
        """Whether `key` has a value other than null."""
        return self._value.get(key) is not None

    def get_raw(self, key: str) -> Any:
        """Return the plain value of `key`, or `None`."""
        return self._value.get(key)

    def get_text(self, key: str, default: str | None = None) -> str:
        """Return the non-empty text of `key`. The key is required unless `default` is given."""
        value = self._value.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value.strip():
            return value
        if value is not None and not isinstance(value, (str, dict, list)):
            return str(value)  # an unquoted date or number
        self.add_fault(key, f"{key!r} must be a text")
        return ""

    def get_optional_text(self, key: str) -> str | None:
        """Return the text of `key`, or `None` if the key is missing."""
        return self.get_text(key) if self.has(key) else None

    def get_int(self, key: str, default: int) -> int:
        """Return the whole number of `key`, or `default` if the key is missing."""
        value = self._value.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.add_fault(key, f"{key!r} must be a whole number")
        return default

    def get_bool(self, key: str) -> bool:
        """Return whether `key` is `true`; a missing key counts as `false`."""
        value = self.get_raw(key)
        if value is not None and not isinstance(value, bool):
            self.add_fault(key, f"{key!r} must be true or false")
        return value is True

    def get_choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> Any:
        """Return the value of `key`, which must be one of `allowed`."""
        value = self._value.get(key, default)
        if isinstance(value, bool):  # YAML 1.1 reads an unquoted yes or no as a boolean
            value = "yes" if value else "no"
        if value in allowed:
            return value
        self.add_fault(key, f"{key!r} is {value!r}; use {', '.join(allowed)}")
        return allowed[0]

    def get_localized(self, key: str) -> LocalizedText:
        """Return the text of `key`, which must be given in the `COMPLETE_LANGUAGES` and may be in others."""
        value = self._value.get(key)
        if isinstance(value, dict) and value.keys() >= _COMPLETE and all(map(_is_translation, value, value.values())):
            return LocalizedText({language: _unwrap_text(text) for language, text in value.items()})
        self.add_fault(key, f"{key!r} needs {_LANGUAGES_NEEDED}, and may have other languages by their code")
        return LocalizedText({"en": ""})

    def get_texts_by_language(self, key: str) -> Mapping[Language, tuple[str, ...]]:
        """Return the lists of texts of `key` by language; one of the `COMPLETE_LANGUAGES` may be empty."""
        value = self._value.get(key)
        languages = dict.fromkeys(
            (*COMPLETE_LANGUAGES, *filter(is_language_code, value if isinstance(value, dict) else ()))
        )
        texts = Section(self._file, (*self._key_path, key), value, languages)
        return {language: texts.get_texts(language) for language in languages}

    def get_optional_localized(self, key: str) -> LocalizedText | None:
        """Return the text of `key` in every language, or `None` if the key is missing."""
        return self.get_localized(key) if self.has(key) else None

    def get_texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of `key`, given as one text or a list; empty if the key is missing."""
        value = self._value.get(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(map(_is_text_like, value)):
            return tuple(str(item) for item in value)
        self.add_fault(key, f"{key!r} must be a text or a list of texts; put words such as yes and no in quotes")
        return ()

    def build_nested(self, key: str, build: Callable[[YamlFile, KeyPath, Any], T]) -> T:
        """Return `build` applied to the value of `key`."""
        return build(self._file, (*self._key_path, key), self._value.get(key))

    def build_each(self, key: str, build: Callable[[YamlFile, KeyPath, Any], T]) -> tuple[T, ...]:
        """Return `build` applied to each item in the list of `key`; empty if the key is missing."""
        value = self._value.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.add_fault(key, f"{key!r} must be a list")
            return ()
        return tuple(build(self._file, (*self._key_path, key, index), item) for index, item in enumerate(value))


def _is_translation(language: object, text: object) -> bool:
    return isinstance(text, str) and bool(text.strip()) and (language in _COMPLETE or is_language_code(language))


def _is_text_like(item: object) -> bool:
    # YAML 1.1 reads an unquoted yes or no as a boolean
    return isinstance(item, (str, int)) and not isinstance(item, bool) and str(item) != ""


def _unwrap_text(text: str) -> str:
    """Remove the line breaks inside a single paragraph; they only keep the file's lines short."""
    return " ".join(text.split()) if "\n\n" not in text.strip() else text.strip()
