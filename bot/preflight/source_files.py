"""Read the files that `preflight` checks: templates, parameters, Bicep, and scripts beside a template."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from bot.preflight.bicep_build import BicepFailedError, BicepMissingError, build_bicep
from dialogs.texts.loading import load_area
from knowledge.model.entry import Language
from knowledge.model.errors import UnreadableInputError
from knowledge.preflight.positioned_json import MAX_CHARS
from knowledge.preflight.source_text import SourceText
from knowledge.preflight.template_scripts import ReadNeighbor
from knowledge.redaction.redact import redact
from knowledge.scripts.script_tree import MAX_SCRIPT_CHARS
from knowledge.text.decoding import decode

STDIN = "-"
_MAX_BYTES = 2 * MAX_CHARS + 2
"""Of UTF-16, with its byte order mark."""
_MAX_SCRIPT_BYTES = 4 * MAX_SCRIPT_CHARS + 4
"""What's longer has too many characters in any encoding, so that no script is checked in part."""
_SCRIPT_SUFFIXES = frozenset({".sh", ".bash", ".ps1"})
"""Which files beside a template count as scripts: an address in a hostile template could name any other."""


class LiveSource(SourceText):
    """A template as Azure returns it, which isn't the text that its author wrote."""


def has_authors_lines(source: SourceText) -> bool:
    """Tell whether positions in a text mean something to its author: not in what was made of Bicep, or by Azure."""
    return not source.is_translated and not isinstance(source, LiveSource)


def read_source(name: str, language: Language) -> SourceText:
    """Read a template, or standard input for `-`. Raise `UnreadableInputError` if that's impossible."""
    if name == STDIN:
        return SourceText(name, decode(sys.stdin.buffer.read(_MAX_BYTES)))
    path = Path(name)
    if is_bicep(name) and (translated := _translate(path, name, language)) is not None:
        return SourceText(name, decode(translated), is_translated=True)
    return SourceText(name, _read_text(path, _MAX_BYTES))


def is_bicep(name: str) -> bool:
    """Tell whether a file is Bicep."""
    return name.lower().endswith(".bicep")


def find_neighbors(name: str) -> ReadNeighbor:
    """Return what reads the scripts beside a template."""

    @cache
    def read_neighbor(script_name: str) -> SourceText | None:
        path = Path(name).parent / script_name
        is_bare = Path(script_name).name == script_name and path.suffix.lower() in _SCRIPT_SUFFIXES
        if name == STDIN or not is_bare or path.is_symlink() or not path.is_file():
            return None
        try:
            return SourceText(str(path), _read_text(path, _MAX_SCRIPT_BYTES))
        except UnreadableInputError:
            return None

    return read_neighbor


def _read_text(path: Path, max_bytes: int) -> str:
    try:
        with path.open("rb") as stream:
            return decode(stream.read(max_bytes))
    except OSError as error:
        raise UnreadableInputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _translate(path: Path, name: str, language: Language) -> bytes | None:
    """Return the JSON of a Bicep file; None if no program is installed that translates it."""
    texts = load_area("preflight", language)
    if not path.is_file():
        _read_text(path, 1)
    try:
        return build_bicep(path)
    except BicepMissingError:
        return None
    except BicepFailedError as error:
        reason = redact(str(error))
        raise UnreadableInputError(texts["preflight.bicep-failed"].format(file=name, reason=reason)) from None
