"""Reads YAML into typed values and remembers where every fault stands.

The fast path builds plain values with libyaml; only when there is a fault is the file composed again, to find its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from knowledge.model.entry import LANGUAGES, LocalizedText
from knowledge.model.errors import Fault

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # a PyYAML built without libyaml: slower, the same values
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

T = TypeVar("T")
KeyPath = tuple[str | int, ...]


class YamlFile:
    """One YAML file: its plain value, and the faults found in it so far."""

    def __init__(self, path: Path, display_name: str) -> None:
        self.display_name = display_name
        self.text = path.read_text(encoding="utf-8")
        self._located_messages: list[tuple[KeyPath, str]] = []
        self._syntax_fault: Fault | None = None
        self.value: Any = None
        try:
            self.value = yaml.load(self.text, Loader=Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self._syntax_fault = Fault(display_name, line, f"is not valid YAML: {error.problem or error}")

    def add_fault(self, key_path: KeyPath, message: str) -> None:
        """Notes a fault at `trail`, the keys and indexes that lead to it."""
        self._located_messages.append((key_path, message))

    def list_faults(self) -> list[Fault]:
        """Every fault with its line."""
        if self._syntax_fault:
            return [self._syntax_fault]
        if not self._located_messages:
            return []
        root = yaml.compose(self.text, Loader=Loader)
        return [Fault(self.display_name, _find_line(root, trail), message) for trail, message in self._located_messages]


def _find_line(node: yaml.Node | None, key_path: KeyPath) -> int:
    """The line of the deepest node of `trail` that exists, from 1."""
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
    """Typed access to one mapping of a YAML file; what is wrong is noted and replaced by a harmless value."""

    def __init__(self, file: YamlFile, key_path: KeyPath, value: Any, known_keys: Iterable[str]) -> None:
        self._file, self._key_path = file, key_path
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        known_keys = tuple(known_keys)
        if not isinstance(value, dict):
            file.add_fault(key_path, f"must be a mapping with {', '.join(known_keys)}")
        for key in self._value:
            if key not in known_keys:
                self.add_fault(key, f"{key!r} is not known here; use {', '.join(known_keys)}")

    def add_fault(self, key: str | int | None, message: str) -> None:
        """Notes a fault at `key` of this mapping."""
        self._file.add_fault(self._key_path if key is None else (*self._key_path, key), message)

    def has(self, key: str) -> bool:
        """Whether the key is there with a value."""
        return self._value.get(key) is not None

    def get_raw(self, key: str) -> Any:
        """The plain value, or `None`."""
        return self._value.get(key)

    def get_text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; required unless there is a default."""
        value = self._value.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value.strip():
            return value
        if value is not None and not isinstance(value, (str, dict, list)):
            value = str(value)  # an unquoted date or number
            return str(value)
        self.add_fault(key, f"{key!r} must be a text")
        return ""

    def get_optional_text(self, key: str) -> str | None:
        """A text, or `None` when the key is missing."""
        return self.get_text(key) if self.has(key) else None

    def get_int(self, key: str, default: int) -> int:
        """A whole number."""
        value = self._value.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.add_fault(key, f"{key!r} must be a whole number")
        return default

    def get_bool(self, key: str) -> bool:
        """Whether the value is `true`; false when there is none."""
        value = self.get_raw(key)
        if value is not None and not isinstance(value, bool):
            self.add_fault(key, f"{key!r} is true or false")
        return value is True

    def get_choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> Any:
        """One of the allowed words."""
        value = self._value.get(key, default)
        if isinstance(value, bool):  # what YAML makes of an unquoted yes or no
            value = "yes" if value else "no"
        if value in allowed:
            return value
        self.add_fault(key, f"{key!r} is {value!r}; use {', '.join(allowed)}")
        return allowed[0]

    def get_localized(self, key: str) -> LocalizedText:
        """A text in both languages."""
        value = self._value.get(key)
        if isinstance(value, dict) and set(value) == set(LANGUAGES):
            en, it = value["en"], value["it"]
            if isinstance(en, str) and isinstance(it, str) and en.strip() and it.strip():
                return LocalizedText(en=_unwrap_text(en), it=_unwrap_text(it))
        self.add_fault(key, f"{key!r} needs exactly an 'en' and an 'it' text")
        return LocalizedText("", "")

    def get_optional_localized(self, key: str) -> LocalizedText | None:
        """A text in both languages, or `None` when the key is missing."""
        return self.get_localized(key) if self.has(key) else None

    def get_texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts; empty when the key is missing."""
        value = self._value.get(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(item, (str, int)) and str(item) for item in value):
            return tuple(str(item) for item in value)
        self.add_fault(key, f"{key!r} must be a text or a list of texts")
        return ()

    def build_nested(self, key: str, build: Callable[[YamlFile, KeyPath, Any], T]) -> T:
        """The value of `key`, built by `build`."""
        return build(self._file, (*self._key_path, key), self._value.get(key))

    def build_each(self, key: str, build: Callable[[YamlFile, KeyPath, Any], T]) -> tuple[T, ...]:
        """Every item of a list, built by `build`; empty when the key is missing."""
        value = self._value.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.add_fault(key, f"{key!r} must be a list")
            return ()
        return tuple(build(self._file, (*self._key_path, key, index), item) for index, item in enumerate(value))


def _unwrap_text(text: str) -> str:
    """A folded text without the line breaks that only served the file."""
    return " ".join(text.split()) if "\n\n" not in text.strip() else text.strip()
