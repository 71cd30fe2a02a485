"""The first step of a diagnosis: what kind of text an input is, and the texts in it to search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from knowledge.build_log.build import Build
from knowledge.build_log.build_reader import read_build
from knowledge.diagnosis.input_kind import detect_kind, is_about_build, is_foreign
from knowledge.model.diagnosis import InputKind
from knowledge.text.indexed_text import IndexedText, build_indexed_texts
from knowledge.text.lines import LogLine


class ParsedInput(NamedTuple):
    """An input that is ready to be searched.

    `build` is set for a build log only. `indexed_texts` holds the text to search, and a second version of it if lines
    may have been cut within words. `is_foreign` is true if the input is the output of another tool, and
    `is_about_build` if it is a build log or mentions an image build.
    """

    kind: InputKind
    build: Build | None
    indexed_texts: Sequence[IndexedText]
    is_foreign: bool
    is_about_build: bool

    @property
    def text(self) -> IndexedText:
        """The text as it is, from which facts are taken."""
        return self.indexed_texts[0]

    @property
    def is_partial(self) -> bool:
        """Whether the input is a fragment of a build log: no phase of a build begins in it."""
        return self.build is not None and self.build.phase is None


def parse_input(lines: Sequence[LogLine]) -> ParsedInput:
    """Detect the kind of an input and read the build in it. Of several builds, only the last one is searched."""
    indexed_texts = build_indexed_texts(lines)
    kind = detect_kind(indexed_texts[0])
    build: Build | None = None
    if kind == "build-log":
        build = read_build(lines)
        if build.lines is not lines:
            indexed_texts = build_indexed_texts(build.lines)
    is_about = build is not None or is_about_build(indexed_texts[0])
    return ParsedInput(kind, build, indexed_texts, is_foreign(indexed_texts[0]), is_about)
