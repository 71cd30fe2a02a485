"""Fill the placeholders of a step's command with real values, each checked against its type and quoted for its shell.

A hostile log must not be able to write a command for its reader. So a value that doesn't match its placeholder's strict
pattern isn't used, and the placeholder stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from knowledge.azure_names import GUID, STORAGE_ACCOUNT_NAME
from knowledge.patterns import define_text_pattern

Shell = Literal["Azure CLI", "PowerShell"]
DEFAULT_SHELL: Shell = "Azure CLI"
"""The shell whose commands are shown to people of whom no other is known."""

# Stricter than Azure: a name that begins with "-" would be an option of the command.
_RESOURCE_GROUP = r"[A-Za-z0-9_][\w.()-]{0,88}[\w()-]"
_TEMPLATE = r"[A-Za-z0-9_.](?:[\w.-]{0,62}[\w-])?"
_RESOURCE_ID = rf"/subscriptions/{GUID}(?:/[\w.()-]+){{2,12}}"
# Each placeholder with the values that may fill it, by name, and the pattern that they must match.
PLACEHOLDERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "template": (("template",), _TEMPLATE),
    "rg": (("resource_group",), _RESOURCE_GROUP),
    "sub": (("subscription",), GUID),
    "stagingRg": (("staging_resource_group",), _RESOURCE_GROUP),
    "account": (("account",), STORAGE_ACCOUNT_NAME),
    "guid": (("log_folder",), GUID),
    "region": (("region",), r"[a-z0-9]{3,40}"),
    "resourceId": (("resource", "resourceId"), _RESOURCE_ID),
    "imageId": (("image",), _RESOURCE_ID),
    "scope": (("scope",), _RESOURCE_ID),
    "id": (("correlation_id",), GUID),
    "uri": (("uri", "src"), r"https://[\w.-]{3,120}(?:/[\w.%~-]+){0,12}"),
    "size": (("vm_size", "size"), r"Standard_\w{1,40}"),
    "namespace": (("namespace",), r"Microsoft\.[A-Za-z]{2,40}"),
    "code": (("exit_code", "code"), r"\d{1,10}"),
    "kb": (("kb",), r"KB\d{4,9}"),
    "version": (("version",), r"\d{1,9}(?:\.\d{1,9}){2}"),
    "subnet": (("subnet",), r"\w[\w.-]{0,79}"),
    "vnet": (("vnet",), r"\w[\w.-]{0,63}"),
    "gallery": (("gallery",), r"[\w.]{1,80}"),
    "definition": (("definition", "def"), r"\w[\w.-]{0,79}"),
    "package": (("pkg", "package"), r"\w[\w.+-]{0,159}"),
    "role": (("role",), r"[A-Z][A-Za-z]{1,20}(?: [A-Z][A-Za-z]{1,20}){0,5}"),
}
COMMAND_VALUES = frozenset(name for names, _ in PLACEHOLDERS.values() for name in names)
"""The names of all values that may fill a command."""
_PATTERNS = {name: define_text_pattern(rf"^(?:{pattern})$") for name, (_, pattern) in PLACEHOLDERS.items()}
_MAX_NAME_CHARS = 31
_MAX_VALUE_CHARS = 400
_UNQUOTED_VALUE = define_text_pattern(r"^[\w./:=-]+$")


def fill_placeholders(command: str, shell: Shell, values: Mapping[str, object]) -> str:
    """Return `command` with each placeholder replaced by its value, if there's a valid one; the others stay.

    A placeholder is written `<name>`, with a name from `PLACEHOLDERS`.
    """
    parts: list[str] = []
    position = 0
    for name, start, end in _find_placeholders(command):
        value = find_value(name, values)
        quoted = _quote_value(value, command[:start], shell) if value is not None else None
        if quoted is None:
            continue
        parts += [command[position:start], quoted]
        position = end
    return "".join([*parts, command[position:]])


def _find_placeholders(command: str) -> Iterator[tuple[str, int, int]]:
    """Yield each placeholder's name (a letter, then letters and digits), and where it starts and ends."""
    start = command.find("<")
    while start >= 0:
        end = command.find(">", start, start + _MAX_NAME_CHARS + 2)
        name = command[start + 1 : end] if end >= 0 else ""
        if name[:1].isalpha() and name.isalnum() and name.isascii():
            yield name, start, end + 1
        start = command.find("<", start + 1)


def find_value(placeholder: str, values: Mapping[str, object]) -> str | None:
    """Return the first value that may fill `placeholder` and matches its pattern; `None` when there is none."""
    if placeholder not in PLACEHOLDERS:
        return None
    for name in PLACEHOLDERS[placeholder][0]:
        value = values.get(name)
        if value is not None and _is_valid_value(placeholder, str(value)):
            return str(value)
    return None


def _is_valid_value(placeholder: str, value: str) -> bool:
    try:
        return len(value) <= _MAX_VALUE_CHARS and bool(_PATTERNS[placeholder].match(value))
    except UnicodeEncodeError:  # RE2 can't encode half of a surrogate pair, which no valid value has.
        return False


def _quote_value(value: str, before: str, shell: Shell) -> str | None:
    """Return `value` as it must be written after `before`, the text of the command up to the placeholder.

    It needs no quotes if it's harmless or already inside quotes. Next to a word it can't be quoted: the result is
    `None`.
    """
    line = before.rpartition("\n")[2]
    is_inside_quotes = line.count("'") % 2 == 1 or line.count('"') % 2 == 1
    is_next_to_word = bool(line) and line[-1] not in " =("
    if is_inside_quotes or _UNQUOTED_VALUE.match(value):
        return value
    if is_next_to_word:
        return None
    quote = "''" if shell == "PowerShell" else "'\\''"
    return "'" + value.replace("'", quote) + "'"
