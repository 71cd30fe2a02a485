"""Read Bicep as far as it's written down: literals, and parameters and variables with a literal value.

Everything else, such as functions, conditions, and loops, becomes a value that's known only at the deployment. Bicep
that the reader doesn't understand is no error. It keeps the offset of every value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from knowledge.model.errors import KnowledgeError
from knowledge.preflight.positioned_json import MAX_DEPTH, MAX_VALUES, JsonNode

MAX_BICEP_CHARS = 1 << 20
_CHARS_PER_VALUE = 50
"""How many characters of a text that's put together count as one more value."""
_DECLARATION = re.compile(r"(param|var|resource)[ \t]+(\w+)[ \t]*")
_RESOURCE_TYPE = re.compile(r"'([^'\n@]+)@([^'\n]*)'[ \t]*(existing\b)?[ \t]*=[ \t]*")
_CONDITION = re.compile(r"if[ \t]*(?=\()")
_SKIPPED = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_BLANK = re.compile(r"[ \t\r\n,]+")
_KEY = re.compile(r"(\w+)[ \t]*:|'((?:[^'\\\n$]|\\.|\$(?!\{))*)'[ \t]*:")
_TEXT_PIECE = re.compile(r"[^'\\$\n]+|\\u\{[0-9a-fA-F]{1,6}\}|\\[^\n]|\$\{|\$|'")
_LONG_TEXT = re.compile(r"'''(\r?\n)?(.*?)'''(?!')", re.DOTALL)
_LITERAL = re.compile(r"-?\d+\b|(?:true|false|null)\b")
_NAME = re.compile(r"[A-Za-z_]\w*")
_EXPRESSION_PART = re.compile(
    r"'''.*?(?:'''|\Z)|'(?:[^'\\\n]|\\.)*'|//[^\n]*|/\*.*?(?:\*/|\Z)|[(\[{]|[)\]}]|,|\n\s*|[^'/(\[{)\]},\n]+|.",
    re.DOTALL,
)
_OPERATOR = re.compile(r"[?:.!=<>&|+*%]|-\s")
"""What goes on with the expression of the line before."""
_GOES_ON = re.compile(rf"\s*(?:{_OPERATOR.pattern})")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_PLAIN: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


class InvalidBicepError(KnowledgeError):
    """A text isn't Bicep that can be read. The message says where and why."""


def read_bicep(text: str, values: Mapping[str, JsonNode]) -> list[tuple[str, JsonNode]]:
    """Return the resources of a file with their symbolic names.

    Args:
        values: The values of parameters by their names in lower case.

    Raises:
        InvalidBicepError: A bracket or a string isn't closed, or there's too much.
    """
    if len(text) > MAX_BICEP_CHARS:
        raise InvalidBicepError(f"it has more than {MAX_BICEP_CHARS >> 20} MB, which is too large for a template")
    return list(_Reader(text, values).read())


def find_bicep_offset(text: str, node: JsonNode, offset: int) -> int:
    """Return where in `text` the character at `offset` of a string's value is."""
    long_text = _LONG_TEXT.match(text, node.start)
    if long_text is not None:
        return min(long_text.start(2) + offset, node.end - 1)
    if node.is_elsewhere or text[node.start : node.start + 1] != "'":
        return node.start
    position, passed = node.start + 1, 0
    while passed < offset and (piece := _TEXT_PIECE.match(text, position)) and piece[0] not in ("'", "${"):
        count = 1 if piece[0].startswith("\\") else len(piece[0])
        if passed + count > offset:
            return position + offset - passed
        position, passed = piece.end(), passed + count
    return position


class _Reader:
    def __init__(self, text: str, values: Mapping[str, JsonNode]) -> None:
        self._text, self._position, self._count = text, 0, 0
        self._known = {name: (node, 1) for name, node in values.items()}
        self._declared: dict[str, int] = {}
        self._open: set[str] = set()

    def read(self) -> Iterator[tuple[str, JsonNode]]:
        resources: list[tuple[str, re.Match[str]]] = []
        for match in self._iterate_declarations():
            kind, name = match.groups()
            if kind != "resource":
                self._note_value(kind, name, match.end())
            elif (header := _RESOURCE_TYPE.match(self._text, match.end())) and not header[3]:
                resources.append((name, header))
        for name, header in resources:
            self._position = header.end()
            if _CONDITION.match(self._text, self._position):
                self._position = self._text.index("(", self._position)
                self._skip_expression(")")
                self._skip_blank()
            if self._text.startswith("{", self._position):
                node = self._parse_object(0)
                if node is not None:
                    kind, version = (
                        JsonNode(header[group], header.start(group), header.end(group), key_start=header.start(group))
                        for group in (1, 2)
                    )
                    yield name, replace(node, value={"type": kind, "apiVersion": version, **node.members})

    def _iterate_declarations(self) -> Iterator[re.Match[str]]:
        """Yield the beginnings of declarations at the top of the file."""
        text = self._text
        while True:
            self._skip_blank()
            if self._position >= len(text):
                return
            match = _DECLARATION.match(text, self._position)
            if match is not None:
                yield match
                self._position = match.end()
            self._skip_expression("")

    def _note_value(self, kind: str, name: str, position: int) -> None:
        """Remember where a parameter's default, or a variable's value, is written."""
        match = re.compile(r"[^=\n]*=[ \t]*" if kind == "param" else r"=[ \t]*").match(self._text, position)
        if match is not None:
            self._declared[name.lower()] = match.end()

    def _parse_value(self, depth: int) -> JsonNode:
        self._add_to_count(1)
        if depth > MAX_DEPTH:
            raise self._fail(f"values are nested more than {MAX_DEPTH} deep")
        start = self._position
        node = self._parse_plain_value(depth)
        if node is not None and self._is_at_end_of_value():
            return node
        self._position = start
        # brackets mark an expression wherever values are read
        return JsonNode(f"[{self._take_expression()}]", start, self._position, is_unevaluated=True)

    def _parse_plain_value(self, depth: int) -> JsonNode | None:
        """Return a value that's written down; None if it's an expression."""
        text, start = self._text, self._position
        if text.startswith("{", start):
            return self._parse_object(depth)
        if text.startswith("[", start):
            return self._parse_list(depth)
        if match := _LONG_TEXT.match(text, start):
            self._position = match.end()
            return JsonNode(match[2], start, self._position)
        if text.startswith("'", start):
            return self._parse_text(depth)
        if match := _LITERAL.match(text, start):
            self._position = match.end()
            value = _PLAIN[match[0]] if match[0] in _PLAIN else int(match[0])
            return JsonNode(value, start, self._position)
        if match := _NAME.match(text, start):
            self._position = match.end()
            return self._find_value(match[0], depth) if self._is_at_end_of_value() else None
        return None

    def _find_value(self, name: str, depth: int) -> JsonNode | None:
        """Return the value of a parameter or a variable; None if it's an expression."""
        key = name.lower()
        if key in self._known:
            node, size = self._known[key]
            self._add_to_count(size)
            return node
        if key not in self._declared or key in self._open:
            return None
        before = self._count
        position, self._position = self._position, self._declared[key]
        self._open.add(key)
        try:
            node = self._parse_value(depth + 1)
        finally:
            self._open.discard(key)
            self._position = position
        if node.is_unevaluated:
            return None
        self._known[key] = node, self._count - before
        return node

    def _parse_object(self, depth: int) -> JsonNode | None:
        """Return an object; None if it takes members from another one."""
        start = self._position
        members: dict[str, JsonNode] = {}
        is_known = True
        for _ in self._iterate_members("}"):
            key_start = self._position
            match = _KEY.match(self._text, key_start)
            if match is None:
                name = self._take_expression()
                if name.startswith("..."):
                    is_known = False
                elif name.startswith("'"):  # a key with `${…}`
                    members[f"[{name}]"] = JsonNode(None, key_start, self._position, key_start, is_unevaluated=True)
                continue
            self._position = match.end()
            self._skip_blank()
            members[match[1] or match[2]] = replace(self._parse_value(depth + 1), key_start=key_start)
        return JsonNode(members, start, self._position) if is_known else None

    def _take_expression(self) -> str:
        """Skip an expression, or a member without a plain name, and return its text."""
        start = self._position
        self._skip_expression("")
        if self._position == start:
            raise self._fail("a name or a value is expected here")
        return self._text[start : self._position].strip()

    def _parse_list(self, depth: int) -> JsonNode | None:
        start = self._position
        if re.compile(r"\[\s*for\b").match(self._text, start):
            return None
        items = [self._parse_value(depth + 1) for _ in self._iterate_members("]")]
        return JsonNode(items, start, self._position)

    def _iterate_members(self, closing: str) -> Iterator[None]:
        opening = self._position
        self._position += 1
        while True:
            self._skip_blank()
            if self._text.startswith(closing, self._position):
                self._position += 1
                return
            if self._position >= len(self._text):
                self._position = opening
                raise self._fail(f"the text ends before its {closing!r}")
            yield

    def _parse_text(self, depth: int) -> JsonNode | None:
        start, is_known = self._position, True
        pieces: list[str] = []
        self._position += 1
        while match := _TEXT_PIECE.match(self._text, self._position):
            piece, self._position = match[0], match.end()
            if piece == "'":
                return JsonNode("".join(pieces), start, self._position) if is_known else None
            if piece == "${":
                value = self._parse_interpolation(depth)
                is_known = is_known and value is not None
                pieces.append(value or "")
            elif piece.startswith("\\u"):
                pieces.append(chr(min(int(piece[3:-1], 16), 0x10FFFF)))
            else:
                pieces.append(_ESCAPES.get(piece[1], piece[1]) if piece.startswith("\\") else piece)
        self._position = start
        raise self._fail("this string is never closed")

    def _parse_interpolation(self, depth: int) -> str | None:
        """Return the text of what's in `${…}`; None if it isn't known. Go behind it."""
        match = _NAME.match(self._text, self._position)
        if match and self._text.startswith("}", match.end()):
            self._position = match.end() + 1
            node = self._find_value(match[0], depth)
            if node is None or isinstance(node.value, bool) or not isinstance(node.value, (str, int)):
                return None
            self._add_to_count(len(str(node.value)) // _CHARS_PER_VALUE)
            return str(node.value)
        self._skip_expression("}")
        return None

    def _skip_expression(self, closing: str) -> None:
        """Go to the end of an expression, or of a statement; with `closing`, behind the bracket that ends it."""
        depth, text = 1 if closing == ")" else 0, self._text
        if depth:
            self._position += 1
        while match := _EXPRESSION_PART.match(text, self._position):
            part = match[0]
            if part in "([{":
                depth += 1
            elif part in ")]}":
                if depth == 0 or (depth == 1 and closing == ")"):
                    self._position = match.end() if closing else match.start()
                    return
                depth -= 1
            elif depth == 0 and not closing and (part == "," or self._ends_line(match)):
                return
            self._position = match.end()

    def _ends_line(self, match: re.Match[str]) -> bool:
        return match[0].startswith("\n") and not _OPERATOR.match(self._text, match.end())

    def _is_at_end_of_value(self) -> bool:
        rest = re.compile(r"[ \t\r]*(?://[^\n]*|/\*[^\n]*?\*/[ \t\r]*)?").match(self._text, self._position)
        end = rest.end() if rest else self._position
        following = self._text[end : end + 1]
        return following in ("", ",", "}", "]", ")") or (following == "\n" and not _GOES_ON.match(self._text, end))

    def _skip_blank(self) -> None:
        """Skip blanks, commas, and comments."""
        while match := _BLANK.match(self._text, self._position) or _SKIPPED.match(self._text, self._position):
            self._position = match.end()

    def _add_to_count(self, count: int) -> None:
        self._count += count
        if self._count > MAX_VALUES:
            raise self._fail(f"there are more than {MAX_VALUES} values")

    def _fail(self, reason: str) -> InvalidBicepError:
        line = self._text.count("\n", 0, self._position) + 1
        column = self._position - self._text.rfind("\n", 0, self._position)
        return InvalidBicepError(f"line {line}, column {column}: {reason}")
