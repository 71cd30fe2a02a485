"""Parse JSON and keep the position of every value, so that a finding can say where to fix it.

As in Resource Manager's own reader, there may be comments, commas before a closing bracket, and line breaks in strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from knowledge.model.errors import KnowledgeError
from knowledge.text.decoding import replace_lone_surrogates

MAX_CHARS = 10 << 20
MAX_DEPTH = 100
MAX_VALUES = 200_000

_SPACE = re.compile(r"[ \t\r\n\ufeff\xa0]+")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SCALAR = re.compile(r"-?[0-9][0-9.eE+-]{0,40}|[A-Za-z]{1,10}")
_WORDS = {"true": True, "false": False, "null": None}


class InvalidJsonError(KnowledgeError):
    """A text isn't JSON, or is larger than a template can be. The message says where; the line is 0 for all of it."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(slots=True, eq=False)
class JsonNode:
    """A value with its place in the text.

    Attributes:
        value: A dict of nodes, a list of nodes, or a plain value.
        start: The offset of its first character, `end` the one after its last.
        key_start: The offset of the key that it belongs to; -1 for an item of a list.
        is_unevaluated: Whether it's an expression that only Resource Manager can evaluate.
        is_undeclared: Whether it's an expression that names a parameter or a variable that doesn't exist.
        is_elsewhere: Whether it's written in another file, so that `start` only says where it's used.
        repeated_keys: The offsets of keys that occurred before, of which Resource Manager takes one.
    """

    value: Any
    start: int
    end: int
    key_start: int = -1
    is_unevaluated: bool = False
    is_undeclared: bool = False
    is_elsewhere: bool = False
    repeated_keys: tuple[int, ...] = ()

    @property
    def members(self) -> dict[str, JsonNode]:
        """The members of an object; empty for any other value."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[JsonNode]:
        """The items of a list; empty for any other value."""
        return self.value if isinstance(self.value, list) else []

    @property
    def text(self) -> str:
        """The value of a string; "" for any other value, and for an expression."""
        return self.value if isinstance(self.value, str) and not self.is_unevaluated else ""

    def get(self, key: str) -> JsonNode | None:
        """Return a member by its name, in any case; None if there's none, or if it's null."""
        written = self.find_key(key)
        node = self.members[written] if written is not None else None
        return None if node is None or node.value is None else node

    def find_key(self, key: str) -> str | None:
        """Return how a member's name is written, whose case may differ; None if there's no such member."""
        members = self.members
        if key in members:
            return key
        folded = key.casefold()
        return next((name for name in members if name.casefold() == folded), None)

    def to_plain(self) -> Any:
        """Return the plain value. An expression is its text."""
        if isinstance(self.value, dict):
            return {key: node.to_plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.to_plain() for node in self.value]
        return self.value


def parse_json(text: str) -> JsonNode:
    """Parse a whole text. Raise `InvalidJsonError` with the line and the column if that's impossible."""
    if len(text) > MAX_CHARS:
        raise InvalidJsonError(f"it has more than {MAX_CHARS >> 20} MB, which is too large for a template")
    return _Parser(text).parse()


def find_string_offset(text: str, node: JsonNode, offset: int) -> int:
    """Return where in `text` the character at `offset` of a string's value is; the string may have escapes."""
    if node.is_elsewhere or text[node.start : node.start + 1] != '"':
        return node.start
    position = node.start + 1 + offset
    for match in _ESCAPE.finditer(text, node.start + 1, node.end - 1):
        if match.start() >= position:
            break
        position += len(match[0]) - 1  # it stands for one character
    return min(position, node.end - 1)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._position, self._count = text, 0, 0

    def parse(self) -> JsonNode:
        node = self._parse_value(0)
        self._skip_space()
        if self._position < len(self._text):
            raise self._fail("there's more text after the end of the JSON")
        return node

    def _parse_value(self, depth: int) -> JsonNode:
        self._skip_space()
        self._count += 1
        if depth > MAX_DEPTH:
            raise self._fail(f"values are nested more than {MAX_DEPTH} deep")
        if self._count > MAX_VALUES:
            raise self._fail(f"there are more than {MAX_VALUES} values")
        start = self._position
        first = self._text[start : start + 1]
        if first == "{":
            return self._parse_object(depth)
        if first == "[":
            items = [self._parse_value(depth + 1) for _ in self._iterate_members("]")]
            return JsonNode(items, start, self._position)
        if first == '"':
            return JsonNode(self._parse_string(), start, self._position)
        return JsonNode(self._parse_scalar(), start, self._position)

    def _parse_object(self, depth: int) -> JsonNode:
        start = self._position
        members: dict[str, JsonNode] = {}
        repeated: list[int] = []
        for _ in self._iterate_members("}"):
            key_start = self._position
            if self._text[key_start : key_start + 1] != '"':
                raise self._fail("a name in double quotes is expected here")
            key = self._parse_string()
            self._skip_space()
            if self._text[self._position : self._position + 1] != ":":
                raise self._fail("a colon is expected after the name")
            self._position += 1
            if key in members:
                repeated.append(key_start)
            members[key] = self._parse_value(depth + 1)
            members[key].key_start = key_start
        return JsonNode(members, start, self._position, repeated_keys=tuple(repeated))

    def _iterate_members(self, closing: str) -> Iterator[None]:
        """Yield with the position at each member, until the closing bracket, which is skipped."""
        opening = self._position
        self._position += 1
        needs_comma = False
        while True:
            self._skip_space()
            current = self._text[self._position : self._position + 1]
            if current == closing:
                self._position += 1
                return
            if not current:
                raise self._fail(f"the text ends before its {closing!r}", opening)
            if needs_comma:
                if current != ",":
                    raise self._fail(f"a comma or {closing!r} is expected here")
                self._position += 1
                needs_comma = False
                continue
            yield
            needs_comma = True

    def _parse_string(self) -> str:
        match = _STRING.match(self._text, self._position)
        if match is None:
            raise self._fail("this string is never closed")
        try:
            value = json.loads(match[0], strict=False)
        except ValueError:
            raise self._fail("this string has an invalid escape after a backslash") from None
        self._position = match.end()
        return replace_lone_surrogates(value)

    def _parse_scalar(self) -> Any:
        match = _SCALAR.match(self._text, self._position)
        if match is None:
            has_quote = self._text.startswith("'", self._position)
            raise self._fail("a text needs double quotes" if has_quote else "a value is expected here")
        if match[0].lower() in _WORDS:
            value: Any = _WORDS[match[0].lower()]
        else:
            try:
                value = json.loads(match[0])
            except ValueError:
                raise self._fail("this isn't a value: a text needs double quotes") from None
        self._position = match.end()
        return value

    def _skip_space(self) -> None:
        """Skip blanks and comments."""
        text = self._text
        while True:
            match = _SPACE.match(text, self._position)
            if match:
                self._position = match.end()
            if text.startswith("//", self._position):
                end = text.find("\n", self._position)
                self._position = len(text) if end < 0 else end
            elif text.startswith("/*", self._position):
                end = text.find("*/", self._position + 2)
                if end < 0:
                    raise self._fail("this comment is never closed")
                self._position = end + 2
            elif not match:
                return

    def _fail(self, reason: str, position: int | None = None) -> InvalidJsonError:
        at = self._position if position is None else position
        line = self._text.count("\n", 0, at) + 1
        column = at - self._text.rfind("\n", 0, at)
        return InvalidJsonError(f"line {line}, column {column}: {reason}", line, column)
