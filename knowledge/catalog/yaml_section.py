"""Reads YAML into typed values and remembers where every fault stands.

The fast path builds plain values with libyaml; only when there is a fault is the file composed again, to find its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from knowledge.model.entry import LANGUAGES, LocalText
from knowledge.model.errors import Fault

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # a PyYAML built without libyaml: slower, the same values
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

T = TypeVar("T")
Trail = tuple[str | int, ...]


class YamlFile:
    """One YAML file: its plain value, and the faults found in it so far."""

    def __init__(self, path: Path, shown_as: str) -> None:
        self.shown_as = shown_as
        self.text = path.read_text(encoding="utf-8")
        self._found: list[tuple[Trail, str]] = []
        self._syntax: Fault | None = None
        self.value: Any = None
        try:
            self.value = yaml.load(self.text, Loader=Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self._syntax = Fault(shown_as, line, f"is not valid YAML: {error.problem or error}")

    def fault(self, trail: Trail, message: str) -> None:
        """Notes a fault at `trail`, the keys and indexes that lead to it."""
        self._found.append((trail, message))

    def faults(self) -> list[Fault]:
        """Every fault with its line."""
        if self._syntax:
            return [self._syntax]
        if not self._found:
            return []
        root = yaml.compose(self.text, Loader=Loader)
        return [Fault(self.shown_as, _line(root, trail), message) for trail, message in self._found]


def _line(node: yaml.Node | None, trail: Trail) -> int:
    """The line of the deepest node of `trail` that exists, from 1."""
    line = node.start_mark.line + 1 if node is not None else 1
    for part in trail:
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

    def __init__(self, file: YamlFile, trail: Trail, value: Any, known: Iterable[str]) -> None:
        self._file, self._trail = file, trail
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        known = tuple(known)
        if not isinstance(value, dict):
            file.fault(trail, f"must be a mapping with {', '.join(known)}")
        for key in self._value:
            if key not in known:
                self.fault(key, f"{key!r} is not known here; use {', '.join(known)}")

    def fault(self, key: str | int | None, message: str) -> None:
        """Notes a fault at `key` of this mapping."""
        self._file.fault(self._trail if key is None else (*self._trail, key), message)

    def has(self, key: str) -> bool:
        """Whether the key is there with a value."""
        return self._value.get(key) is not None

    def raw(self, key: str) -> Any:
        """The plain value, or `None`."""
        return self._value.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; required unless there is a default."""
        value = self._value.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value.strip():
            return value
        if value is not None and not isinstance(value, (str, dict, list)):
            value = str(value)  # an unquoted date or number
            return str(value)
        self.fault(key, f"{key!r} must be a text")
        return ""

    def maybe(self, key: str) -> str | None:
        """A text, or `None` when the key is missing."""
        return self.text(key) if self.has(key) else None

    def number(self, key: str, default: int) -> int:
        """A whole number."""
        value = self._value.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.fault(key, f"{key!r} must be a whole number")
        return default

    def flag(self, key: str) -> bool:
        """Whether the value is `true`; false when there is none."""
        value = self.raw(key)
        if value is not None and not isinstance(value, bool):
            self.fault(key, f"{key!r} is true or false")
        return value is True

    def one_of(self, key: str, allowed: Sequence[str], default: str | None = None) -> Any:
        """One of the allowed words."""
        value = self._value.get(key, default)
        if isinstance(value, bool):  # what YAML makes of an unquoted yes or no
            value = "yes" if value else "no"
        if value in allowed:
            return value
        self.fault(key, f"{key!r} is {value!r}; use {', '.join(allowed)}")
        return allowed[0]

    def local(self, key: str) -> LocalText:
        """A text in both languages."""
        value = self._value.get(key)
        if isinstance(value, dict) and set(value) == set(LANGUAGES):
            en, it = value["en"], value["it"]
            if isinstance(en, str) and isinstance(it, str) and en.strip() and it.strip():
                return LocalText(en=_flow(en), it=_flow(it))
        self.fault(key, f"{key!r} needs exactly an 'en' and an 'it' text")
        return LocalText("", "")

    def maybe_local(self, key: str) -> LocalText | None:
        """A text in both languages, or `None` when the key is missing."""
        return self.local(key) if self.has(key) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts; empty when the key is missing."""
        value = self._value.get(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(item, (str, int)) and str(item) for item in value):
            return tuple(str(item) for item in value)
        self.fault(key, f"{key!r} must be a text or a list of texts")
        return ()

    def nested(self, key: str, build: Callable[[YamlFile, Trail, Any], T]) -> T:
        """The value of `key`, built by `build`."""
        return build(self._file, (*self._trail, key), self._value.get(key))

    def each(self, key: str, build: Callable[[YamlFile, Trail, Any], T]) -> tuple[T, ...]:
        """Every item of a list, built by `build`; empty when the key is missing."""
        value = self._value.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.fault(key, f"{key!r} must be a list")
            return ()
        return tuple(build(self._file, (*self._trail, key, index), item) for index, item in enumerate(value))


def _flow(text: str) -> str:
    """A folded text without the line breaks that only served the file."""
    return " ".join(text.split()) if "\n\n" not in text.strip() else text.strip()
