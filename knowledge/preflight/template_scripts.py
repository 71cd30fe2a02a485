"""The scripts of a template: those that are written in it, and those in files beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from knowledge.azure_names import get_last_segment
from knowledge.preflight.bicep_reader import find_bicep_offset
from knowledge.preflight.finding import ScriptPosition
from knowledge.preflight.place import Place, TemplatePart, list_places
from knowledge.preflight.positioned_json import JsonNode, find_string_offset
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.source_text import SourceText, TextPosition
from knowledge.scripts.powershell_code import read_powershell
from knowledge.scripts.script_code import ScriptCode, ScriptLanguage
from knowledge.scripts.shell_code import read_shell

_PATTERNS = ("properties.customize[*]", "properties.validate.inVMValidations[*]")
_LANGUAGE_BY_TYPE: Mapping[str, ScriptLanguage] = {"shell": "shell", "powershell": "powershell"}

ReadNeighbor = Callable[[str], SourceText | None]
"""Returns the file with a name that's beside the template; None if there's none."""


class InlineLine(NamedTuple):
    """An item of `inline`: where it starts in the script, the item, and its place in the list; -1 for none."""

    start: int
    node: JsonNode
    number: int


class ScriptSpot(NamedTuple):
    """A position in a script: in which file it is, and where in the template."""

    source: SourceText
    position: TextPosition
    path: str
    script: ScriptPosition


@dataclass(frozen=True)
class TemplateScript:
    """A script that a step runs.

    Attributes:
        step: The customizer or the validator.
        is_complete: Whether all of its text is known.
        file: The file that it's in, None if it's in the template.
    """

    template: CheckedTemplate
    step: Place
    language: ScriptLanguage
    text: str
    path: str
    is_complete: bool = True
    lines: tuple[InlineLine, ...] = ()
    file: SourceText | None = None

    @cached_property
    def scanned(self) -> ScriptCode:
        """The script's code and commands."""
        return (read_shell if self.language == "shell" else read_powershell)(self.text)

    @property
    def part(self) -> TemplatePart | None:
        """The customizer or validator that runs it."""
        return self.step.part

    def locate(self, offset: int) -> ScriptSpot:
        """Return where an offset of the script's text is."""
        inner = SourceText("", self.text).locate(offset)
        if self.file is not None:
            at = ScriptPosition(inner.line, inner.column, self.file.name)
            return ScriptSpot(self.file, inner, self.path, at)
        line = max((line for line in self.lines if line.start <= offset), key=lambda line: line.start)
        source = self.template.source
        find_offset = find_bicep_offset if self.template.is_bicep else find_string_offset
        raw = find_offset(source.text, line.node, offset - line.start)
        path = f"{self.path}[{line.number}]" if line.number >= 0 else self.path
        return ScriptSpot(source, source.locate(raw), path, ScriptPosition(inner.line, inner.column))

    def find_line(self, offset: int) -> InlineLine | None:
        """Return the item of `inline` at an offset, None if the script is in a file."""
        return max((line for line in self.lines if line.start <= offset), key=lambda line: line.start, default=None)


def read_scripts(template: CheckedTemplate, read_neighbor: ReadNeighbor) -> Iterator[TemplateScript]:
    """Yield the scripts whose texts are known, however long they are."""
    for step, language in _list_steps(template):
        node = step.item.get("inline")
        if node is not None and (node.items or node.text):
            yield _read_inline(template, step, language, node)
        address = step.item.get("scriptUri")
        file = read_neighbor(get_file_name(address.text)) if address and address.text else None
        if file is not None:
            yield TemplateScript(template, step, language, file.text, f"{step.path}.scriptUri", file=file)


def list_unread_scripts(template: CheckedTemplate, read_neighbor: ReadNeighbor) -> Iterator[str]:
    """Yield the file names of scripts that only an address names."""
    for step, _ in _list_steps(template):
        address = step.item.get("scriptUri")
        if address is None:
            continue
        name = get_file_name(address.text)
        if not name or read_neighbor(name) is None:
            yield name or address.value


def get_file_name(address: str) -> str:
    """Return the file name at the end of an address, without its query."""
    return get_last_segment(address.partition("?")[0])


def _list_steps(template: CheckedTemplate) -> Iterator[tuple[Place, ScriptLanguage]]:
    for pattern in _PATTERNS:
        for place in list_places(template, pattern):
            kind = place.node.get("type") if place.node else None
            language = _LANGUAGE_BY_TYPE.get(kind.text.lower()) if kind else None
            if language:
                yield place, language


def _read_inline(template: CheckedTemplate, step: Place, language: ScriptLanguage, node: JsonNode) -> TemplateScript:
    items = node.items or [node]
    lines, texts, start = [], [], 0
    for index, item in enumerate(items):
        lines.append(InlineLine(start, item, index if node.items else -1))
        texts.append(item.text)
        start += len(item.text) + 1
    is_complete = not any(item.is_unevaluated or not isinstance(item.value, str) for item in items)
    path = f"{step.path}.inline"
    return TemplateScript(template, step, language, "\n".join(texts), path, is_complete, tuple(lines))
