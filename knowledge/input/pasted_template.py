"""Recognizes an image template in a text that a person sent: alone, or with a few words around it."""

from __future__ import annotations

from typing import NamedTuple

from knowledge.input.input_kind import detect_kind
from knowledge.patterns import define_text_pattern
from knowledge.text.indexed_text import IndexedText
from knowledge.text.line_reading import read_lines
from knowledge.text.normalization import normalize_text

MAX_WORDS_CHARS = 400
"""How much may be written around a template."""
_START = define_text_pattern(r"(?m)^[ \t]*[{\[][ \t]*(?:$|[{\[\"}\]/])")
_TYPE = define_text_pattern(r"(?i)\"type\"\s*:\s*\"Microsoft\.VirtualMachineImages(?:/imageTemplates)?\"")
_SOURCE = define_text_pattern(r"(?i)\"source\"\s*:\s*\{")
_TARGETS = define_text_pattern(r"(?i)\"distribute\"\s*:\s*\[")
_CONTENT = define_text_pattern(r"(?i)\"(?:customize|source|distribute|vmProfile)\"\s*:")
_RUN_STATE = define_text_pattern(r"(?i)\"runState\"\s*:\s*\"(\w{1,40})\"")
_REFUSED = define_text_pattern(r"(?i)\"provisioningState\"\s*:\s*\"Failed\"")
_SETTLED_STATES = frozenset({"succeeded", "none"})
_BICEP_TEMPLATE = define_text_pattern(
    r"(?i)^[ \t]*resource[ \t]+\w+[ \t]+'Microsoft\.VirtualMachineImages/imageTemplates@"
)
_BICEP = define_text_pattern(r"^[ \t]*(?:param|resource|module|targetScope|var)[ \t]+\w+")


class PastedTemplate(NamedTuple):
    """A template in a text.

    Attributes:
        text: Its own text, without the words around it.
        words: What the person wrote around it.
        has_open_run: It's Azure's output about a run that failed, is going on, or was canceled: that's what it's about.
    """

    text: str
    words: str = ""
    has_open_run: bool = False


def find_pasted_template(text: str) -> PastedTemplate | None:
    """Return the image template that a text consists of; None for a log, an error, or another file."""
    if is_bicep_template(text):
        return PastedTemplate(text)
    start, end = _find_json(text)
    if start < 0:
        return None
    template = text[start:end]
    words = f"{text[:start]}\n{text[end:]}".replace("```json", "").replace("```", "").strip()
    if not is_image_template(template) or not _is_introduction(words):
        return None
    states = {match[1].casefold() for match in _RUN_STATE.finditer(template)}
    return PastedTemplate(template, words, bool(states - _SETTLED_STATES) or _REFUSED.search(template) is not None)


def is_image_template(text: str) -> bool:
    """Tell whether a JSON text has an image template in it, going by the names of its members."""
    if _SOURCE.search(text) and _TARGETS.search(text):
        return True
    return _TYPE.search(text) is not None and _CONTENT.search(text) is not None


def is_bicep_template(text: str) -> bool:
    """Tell whether a text is Bicep with an image template in it."""
    return any(_BICEP_TEMPLATE.match(line) for line in text.splitlines()) if "imageTemplates@" in text else False


def is_bicep(text: str) -> bool:
    """Tell whether a text is Bicep."""
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return False
    return any(_BICEP.match(line) for line in text.splitlines())


def _find_json(text: str) -> tuple[int, int]:
    """Return where the JSON in a text starts and ends; -1 if there's none."""
    if "{" not in text[: MAX_WORDS_CHARS * 2]:
        return -1, -1
    match = _START.search(text[: MAX_WORDS_CHARS * 2])
    if match is None:
        return -1, -1
    end = max(text.rfind("}"), text.rfind("]")) + 1
    return match.start(), end if end > match.start() else len(text)


def _is_introduction(words: str) -> bool:
    """Tell whether what's around a template is only a person's words about it."""
    if len(words) > MAX_WORDS_CHARS:
        return False
    return not words or detect_kind(IndexedText(read_lines(normalize_text(words)))) in ("question", "unknown")
