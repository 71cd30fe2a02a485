"""A setting: a row that names an environment variable, and says how its text is read and what it's for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from knowledge.azure_names import is_assigned_guid

T = TypeVar("T")
S = TypeVar("S", bound=str)

EXAMPLE_GUID = "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394"


@dataclass(frozen=True)
class Setting(Generic[T]):
    """An environment variable.

    Attributes:
        name: The name of the variable.
        meaning: What its value is, for messages and `--help`.
        parse: Returns the value of a text. Raises `ValueError` with what follows the name in the message for the
            operator. It must not repeat what could be a secret.
        default: The text to use if the variable isn't set.
        has_any_case: Whether the variable is found in any spelling: a misspelled credential must not be ignored.
    """

    name: str
    meaning: str
    parse: Callable[[str], T]
    default: str = ""
    has_any_case: bool = False

    @property
    def default_value(self) -> T:
        """The value if the variable isn't set."""
        return self.parse(self.default)


class SettingReader:
    """Reads settings from environment variables, and collects a sentence for each fault.

    An empty variable counts as not set.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.faults: list[str] = []
        self._environ = environ
        self._faulty_names: set[str] = set()

    def read(self, setting: Setting[T]) -> T:
        """Return the setting's value. If its text can't be used, add a fault once and return the default."""
        try:
            return setting.parse(self._get_text(setting) or setting.default)
        except ValueError as error:
            self._add_fault(setting, str(error))
            return setting.default_value

    def is_set(self, setting: Setting[Any]) -> bool:
        """Tell whether the variable is set, to any text."""
        return self._get_text(setting) != ""

    def is_usable(self, setting: Setting[Any]) -> bool:
        """Tell whether the setting's text is valid."""
        self.read(setting)
        return setting.name not in self._faulty_names

    def _get_text(self, setting: Setting[Any]) -> str:
        if not setting.has_any_case:
            return self._environ.get(setting.name, "").strip()
        name = setting.name.lower()
        texts = {value.strip() for key, value in self._environ.items() if key.lower() == name and value.strip()}
        if len(texts) > 1:
            self._add_fault(setting, "is set more than once, in several spellings and with different values: keep one.")
        return min(texts, default="")

    def _add_fault(self, setting: Setting[Any], fault: str) -> None:
        if setting.name not in self._faulty_names:
            self._faulty_names.add(setting.name)
            self.faults.append(f"{setting.name} {fault}")


def define_choice(name: str, meaning: str, choices: tuple[S, ...], default: S) -> Setting[S]:
    """Define a setting that is one of `choices`, in any case."""

    def parse(text: str) -> S:
        choice = next((choice for choice in choices if choice.lower() == text.lower()), None)
        if choice is None:
            raise ValueError(f"is {text!r}: use {', '.join(choices[:-1])} or {choices[-1]}.")
        return choice

    return Setting(name, meaning, parse, default)


def define_number(name: str, meaning: str, unit: str, largest: int, default: int) -> Setting[int]:
    """Define a setting that is a whole number from 1 to `largest`; `unit` is what it counts."""

    def parse(text: str) -> int:
        # isdigit() alone accepts the digits of all scripts
        if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= largest:
            return int(text)
        raise ValueError(f"is {text!r}: use a {unit} from 1 to {largest}, or leave it unset for {default}.")

    return Setting(name, meaning, parse, str(default))


def define_guid(name: str, meaning: str, *, has_any_case: bool = False) -> Setting[str]:
    """Define a setting that is a GUID, in lower case, or ""."""

    def parse(text: str) -> str:
        if text and not is_assigned_guid(text):
            raise ValueError(f"is not a GUID: set it to {meaning}, such as {EXAMPLE_GUID}.")
        return text.lower()

    return Setting(name, meaning, parse, has_any_case=has_any_case)


def define_guids(name: str, meaning: str, kind: str, *, has_any_case: bool = False) -> Setting[frozenset[str]]:
    """Define a setting that is a list of GUIDs, in lower case; `kind` is what they are."""

    def parse(text: str) -> frozenset[str]:
        items = split_items(text)
        if not all(map(is_assigned_guid, items)):
            raise ValueError(f"must be a list of {kind} (GUIDs), separated by commas.")
        return frozenset(items)

    return Setting(name, meaning, parse, has_any_case=has_any_case)


def split_items(text: str) -> list[str]:
    """Split a list at commas, semicolons, and whitespace, in lower case."""
    return [item.lower() for item in re.split(r"[\s,;]+", text) if item]
