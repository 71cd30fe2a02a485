"""The first step of a diagnosis: what kind of text an input is, the texts in it to search, and what can be an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from knowledge.build_log.build import Build
from knowledge.build_log.build_reader import read_build
from knowledge.build_log.script_output import ScriptMessage
from knowledge.input.foreign_text import is_foreign
from knowledge.input.input_kind import (
    PACKER_SCRIPT,
    can_be_prose,
    detect_kind,
    has_failure_sign,
    has_speaker,
    is_about_build,
    is_small_talk,
    list_pasted_lines,
)
from knowledge.model.diagnosis import InputKind
from knowledge.model.entry import BuildTool
from knowledge.patterns import define_pattern, define_text_pattern
from knowledge.text.indexed_text import IndexedText, build_indexed_texts
from knowledge.text.lines import LogLine

CUT_LINES = 60
"""If a log is cut off before its verdict, the failure is within its last lines."""
_MAX_WHOLE_MESSAGE_BYTES = 900  # Azure CLI prints the message of a refusal twice
_MIN_MESSAGE_WORDS = 3
_PACKER_SCRIPT = define_pattern(PACKER_SCRIPT)
_PROGRAM_LINE = define_text_pattern(
    r"^\s*(?:[./]{0,3}[a-z][\w./+-]{1,40}(?: error)?|[A-Z][a-z]+-[A-Z]\w+|"
    r"\[?(?i:error|fatal|e)\b[^\]:]{0,60}\]?)(?:\[\d+\])? ?: \S"
)
_TECHNICAL = define_text_pattern(
    r"(?:^|[\s'\"(=])(?:/[\w.-]+/[\w./-]+|[A-Za-z]:\\|--?\w[\w-]+|\w+\.(?:exe|dll|so|sh|ps1|conf|cfg|msi|rules|service)\b)|"
    r"\b0x[0-9A-Fa-f]+|\(\)|\bline \d"
)
_WORD = define_text_pattern(r"[^\W\d_]{2,}")
_CODE = define_text_pattern(
    r"(?i)^\s*(?:\{|raise |throw |return |exit \d|if ?\(|catch\b|except\b|RUN |echo |print\w*\(|log\w*\.\w+\(|"
    r"Write-\w+ |console\.|fmt\.|- run:|//|#|/\*|create table)|[;{}]\s*$|\|\| exit\b|\$\{"
)
"""Source code, which names errors that never happened."""


class ParsedInput(NamedTuple):
    """An input that is ready to be searched.

    `build` is set for a build log only. `indexed_texts` holds the text to search, plus a second version if lines may
    have been cut within words. `is_foreign` is true if the input is another tool's output, `is_about_build` if it's a
    build log or mentions an image build. `tool` is what the build runs in.
    """

    kind: InputKind
    build: Build | None
    indexed_texts: Sequence[IndexedText]
    is_foreign: bool
    is_about_build: bool
    tool: BuildTool = "image-builder"

    @property
    def text(self) -> IndexedText:
        """The text as it is, from which facts are taken."""
        return self.indexed_texts[0]

    @property
    def is_partial(self) -> bool:
        """Whether the input is a fragment of a build log: no phase of a build begins in it."""
        return self.build is not None and self.build.phase is None


def parse_input(lines: Sequence[LogLine], tool: BuildTool = "image-builder") -> ParsedInput:
    """Detect the kind of an input and read the build in it. If it has several builds, only the last is searched."""
    indexed_texts = build_indexed_texts(lines)
    kind = detect_kind(indexed_texts[0])
    build: Build | None = None
    if kind == "build-log":
        build = read_build(lines)
        if build.lines is not lines:
            indexed_texts = build_indexed_texts(build.lines)
    is_about = build is not None or is_about_build(indexed_texts[0])
    return ParsedInput(kind, build, indexed_texts, is_foreign(indexed_texts[0]), is_about, tool)


def names_packer_script(indexed_text: IndexedText) -> bool:
    """Return whether a text names the file that Packer ran a script from, as the script's own errors do."""
    return _PACKER_SCRIPT.search(indexed_text.flat) is not None


def names_program(body: str) -> bool:
    """Return whether a line starts with the name of the program that printed it, or with an error prefix."""
    return _PROGRAM_LINE.match(body) is not None


def is_technical_error(body: str) -> bool:
    """Return whether a line says that something went wrong, and names a path, a file, an option, or a code."""
    return _TECHNICAL.search(body) is not None and has_failure_sign(body)


def reads_like_error(message: ScriptMessage) -> bool:
    """Return whether a message that no finding knows is worth a guess: it's a sentence, not source code."""
    return len(_WORD.findall(message.text)) >= _MIN_MESSAGE_WORDS and _CODE.search(message.text) is None


def select_failure_text(parsed: ParsedInput) -> IndexedText:
    """Return the text that can hold the error: of a failed build, the failed step's lines and the verdict."""
    lines = _select_failure_lines(parsed)
    return parsed.text if lines is parsed.text.lines else IndexedText(lines)


def _select_failure_lines(parsed: ParsedInput) -> Sequence[LogLine]:
    """Return the lines of that text. A build that's still running has survived all errors except those at the end."""
    build = parsed.build
    if build is None or build.outcome == "unknown":
        return parsed.text.lines
    is_running = build.outcome == "running"
    indexes = build.failure_range[-CUT_LINES:] if is_running else sorted({*build.failure_range, *build.verdict_indexes})
    return [line for index in indexes if (line := build.lines[index]).source != "echo"]


def list_error_lines(parsed: ParsedInput) -> Sequence[LogLine]:
    """Return the lines that can hold the error, without a person's own words about it."""
    can_be_words = parsed.kind == "question" or (parsed.build is None and can_be_prose(parsed.text))
    return list_pasted_lines(parsed.text) if can_be_words else _select_failure_lines(parsed)


def find_spoken_text(parsed: ParsedInput) -> IndexedText | None:
    """Return a person's own words around a part of a build's log; `None` if there are none."""
    build = parsed.build
    if build is None or build.outcome != "unknown" or len(build.lines) > CUT_LINES:
        return None
    plain = [line for line in build.lines if line.source == "plain" and line.body.strip()]
    if not plain or not has_speaker(IndexedText(plain)):
        return None
    # What follows the quoted line says what happened then.
    quoted = max((line.number for line in build.lines if line.source == "output"), default=0)
    after = IndexedText([line for line in plain if line.number > quoted])
    for spoken in (after, IndexedText(plain)):
        if can_be_prose(spoken) and not is_small_talk(spoken):
            return spoken
    return None


def find_last_output(parsed: ParsedInput) -> Sequence[LogLine]:
    """Return the last line that a step of the build printed; nothing if there is none."""
    lines = parsed.build.lines if parsed.build is not None else ()
    printed = [line for line in lines if line.source == "output" and line.body.strip()]
    return printed[-1:]


def is_whole_message(indexed_text: IndexedText, first_line_index: int) -> bool:
    """Return whether a text is just the message whose first line is given, or the JSON that holds it.

    Azure CLI prints a long message below the line `ERROR:`.
    """
    if len(indexed_text.flat) > _MAX_WHOLE_MESSAGE_BYTES:
        return False
    before = [line.body.strip() for line in indexed_text.lines[:first_line_index]]
    return all(body.startswith(("{", "[", '"', "<")) or body == "ERROR:" for body in before if body)


def has_control_characters(lines: Sequence[LogLine]) -> bool:
    """Return whether a line has characters that no readable text has."""
    return any(character < " " and character != "\t" for line in lines for character in line.body)
