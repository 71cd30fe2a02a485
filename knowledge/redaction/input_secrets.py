"""Find secrets that are piped or redirected into a command: `echo x | sudo -S`, `passwd <<< x`, `chpasswd <<EOF`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from knowledge.redaction.patterns import BytePattern, RedactionRule, Span, compute_max_findings, escape_literal
from knowledge.redaction.place_files import expand_shorthand, load_places
from knowledge.redaction.split_secrets import LOG_PREFIX
from knowledge.redaction.values import find_line_end, read_argument

_PRINTED = (
    r"(?:\b(?:echo|printf|write-output|write-host|cat\s+<<<)\s+(?:-\w+\s+)*(?P<printed>[^|\n]+?)"
    r"|(?P<text>\"[^\"\n]+\"|'[^'\n]+'))\s*\|(?:[^|\n]*[\s(/])?"
)
_REDIRECTED = r"(?:[ \t][^\n|<]*)?<<(?:(?P<string><)|-?)[ \t]*"
_DOCUMENT_END = BytePattern(r"\\?[\"']?(?P<end>[A-Za-z_]\w{1,20})[\"']?[^\n]*")
_DOCUMENT_LINE = BytePattern(rf"{LOG_PREFIX}(?P<text>[^\n]*)")
_MAX_DOCUMENT_LINES = 20
# A variable, a placeholder, or a template's expression: the text doesn't have the secret itself.
_UNKNOWN = (b"$", b"*", b"%", b"[REDACTED]", b"${{", b"{{", b"<")


@cache
def _load_commands() -> tuple[str, str]:
    """Return the pattern of all commands that read a secret; and of their words."""
    patterns, signs = [], []
    for place in load_places():
        if place.value == "input":
            before = expand_shorthand(place.before)
            patterns += [r"[ \t]+".join(map(escape_literal, word.split())) + before for word in place.words]
            signs += [r"[ \t]+".join(map(escape_literal, word.split())) for word in place.words]
    return "|".join(sorted(patterns, key=len, reverse=True)), "|".join(dict.fromkeys(signs))


@cache
def _get_patterns() -> tuple[BytePattern, BytePattern]:
    commands, _ = _load_commands()
    return (
        BytePattern(rf"(?i){_PRINTED}(?:{commands})(?:\W|\z)"),
        BytePattern(rf"(?i)(?:^|[\s(/\"'])(?:{commands}){_REDIRECTED}"),
    )


def _find_inputs(view: bytes) -> Iterator[Span]:
    """Yield what a command that takes a secret reads, except variables and placeholders."""
    piped, redirected = _get_patterns()
    for match in piped.finditer(view):
        start, end = match.span("printed" if match.start("printed") >= 0 else "text")
        text = view[start:end]
        if text[:1] in (b'"', b"'") and text[-1:] == text[:1] and len(text) > 1:
            start, end = start + 1, end - 1
        if not view[start:end].startswith(_UNKNOWN):
            yield start, end
    for number, match in enumerate(redirected.finditer(view)):
        if number > compute_max_findings(view):
            yield match.end(), len(view)
            return
        if match.start("string") >= 0:
            span = read_argument(view, match.end())
            if span is not None:
                yield span
        else:
            yield from _find_document(view, match.end())


def _find_document(view: bytes, pos: int) -> Iterator[Span]:
    """Yield the lines of the here-document whose end marker is at `pos`."""
    opening = _DOCUMENT_END.match(view, pos)
    if opening is None:
        return
    position = opening.end() + 1
    for _ in range(_MAX_DOCUMENT_LINES):
        line = _DOCUMENT_LINE.match(view, position, find_line_end(view, position)) if position < len(view) else None
        if line is None or line.group("text").strip() == opening.group("end"):
            return
        if not line.group("text").lstrip().startswith(_UNKNOWN):
            yield line.span("text")
        position = find_line_end(view, position) + 1
        position += view[position : position + 1] == b"\n"


def build_prefiltered_rules() -> tuple[tuple[str, RedactionRule], ...]:
    """Return the rule with its sign. It reads the files of places."""
    return ((rf"(?:{_load_commands()[1]})", _find_inputs),)
