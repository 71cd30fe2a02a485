"""Choose the lines of an input that can hold the error, and tell what nobody would take for a program's error."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.build_log.script_output import ScriptMessage
from knowledge.diagnosis.input_kind import can_be_prose, list_pasted_lines
from knowledge.diagnosis.parsed_input import ParsedInput
from knowledge.patterns import define_text_pattern
from knowledge.text.indexed_text import IndexedText
from knowledge.text.lines import LogLine

CUT_LINES = 60
"""Where a log is cut before its verdict, the failure is within its last lines."""
_MAX_WHOLE_MESSAGE_BYTES = 900  # Azure CLI prints the message of a refusal twice
_MIN_MESSAGE_WORDS = 3
_PROGRAM_LINE = define_text_pattern(
    r"^\s*(?:[./]{0,3}[a-z][\w./+-]{1,40}(?: error)?|[A-Z][a-z]+-[A-Z]\w+|"
    r"\[?(?i:error|fatal|e)\b[^\]:]{0,60}\]?)(?:\[\d+\])? ?: \S"
)
_WORD = define_text_pattern(r"[^\W\d_]{2,}")
_CODE = define_text_pattern(
    r"(?i)^\s*(?:raise |throw |return |exit \d|if ?\(|catch\b|except\b|RUN |echo |print\w*\(|log\w*\.\w+\(|Write-\w+ |"
    r"console\.|fmt\.|- run:|//|#|/\*|create table)|[;{}]\s*$|\|\| exit\b|\$\{"
)
"""Source code, which names errors that never happened."""


def names_program(body: str) -> bool:
    """Return whether a line starts with the name of the program that printed it, or with its mark for an error."""
    return _PROGRAM_LINE.match(body) is not None


def reads_like_error(message: ScriptMessage) -> bool:
    """Return whether a message that no finding knows is worth a guess: it's a sentence, and no source code."""
    return len(_WORD.findall(message.text)) >= _MIN_MESSAGE_WORDS and _CODE.search(message.text) is None


def select_failure_text(parsed: ParsedInput) -> IndexedText:
    """Return the text that can hold the error: of a failed build, the failed step's lines and the verdict.

    A build that runs has got over all errors but those at the end.
    """
    build = parsed.build
    if build is None or build.outcome == "unknown":
        return parsed.text
    is_running = build.outcome == "running"
    indexes = build.failure_range[-CUT_LINES:] if is_running else sorted({*build.failure_range, *build.verdict_indexes})
    return IndexedText([build.lines[index] for index in indexes])


def list_error_lines(parsed: ParsedInput) -> Sequence[LogLine]:
    """Return the lines that can hold the error, which a person's own words about it don't."""
    can_be_words = parsed.kind == "question" or (parsed.build is None and can_be_prose(parsed.text))
    return list_pasted_lines(parsed.text) if can_be_words else select_failure_text(parsed).lines


def is_whole_message(indexed_text: IndexedText, first_line_index: int) -> bool:
    """Return whether a text is nothing but the message whose first line is given, or the JSON that holds it.

    Azure CLI prints a long message below the line `ERROR:`.
    """
    if len(indexed_text.flat) > _MAX_WHOLE_MESSAGE_BYTES:
        return False
    before = [line.body.strip() for line in indexed_text.lines[:first_line_index]]
    return all(body.startswith(("{", "[", '"', "<")) or body == "ERROR:" for body in before if body)


def has_control_characters(lines: Sequence[LogLine]) -> bool:
    """Return whether a line has characters that no readable text has."""
    return any(character < " " and character != "\t" for line in lines for character in line.body)
