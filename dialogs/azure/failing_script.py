"""The failing customizer's own text from the template, with the line that broke it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialogs.context import DialogContext
from dialogs.model.azure import TemplateStatus
from dialogs.model.reply import Block, LogExcerpt, build_literal
from knowledge.diagnosis.excerpt import shorten_line
from knowledge.model.diagnosis import Diagnosis, ExcerptLine
from knowledge.model.finding import StepPlace

LINES_AROUND = 1
"""How many lines are shown before and after the one that broke."""
_ECHO = re.compile(r"^\s*(?:\+|\d+ \|)\s+(?P<source>\S.*)$")
"""The line of a PowerShell error that repeats the script's line."""
_WORD = re.compile(r"[A-Za-z_][\w.-]+")


def build_failing_script(context: DialogContext, status: TemplateStatus, diagnosis: Diagnosis) -> list[Block]:
    """Build the failed customizer's lines around the one that broke; none if the template doesn't have them."""
    place = diagnosis.finding.place if diagnosis.finding else None
    customizers = status.template.customizers
    if (
        place is None
        or place.is_validator
        or place.total != len(customizers)
        or not 0 < place.position <= len(customizers)
    ):
        return []
    lines = customizers[place.position - 1].inline
    index = find_broken_line(lines, diagnosis, place)
    if index is None:
        return []
    first = max(0, index - LINES_AROUND)
    rows = [(at + 1, shorten_line(lines[at])) for at in range(first, min(len(lines), index + LINES_AROUND + 1))]
    name = build_literal(place.name or place.provisioner)
    return [context.build_paragraph("look.script", name=name), LogExcerpt(tuple(rows), index + 1)]


def find_broken_line(lines: Sequence[str], diagnosis: Diagnosis, place: StepPlace) -> int | None:
    """Return the index of the line that broke, if the error repeats it or names its number and a word of it."""
    echoed = {match["source"].strip() for line in diagnosis.excerpt if (match := _ECHO.match(line.text))}
    for index, line in enumerate(lines):
        if line.strip() and any(line.strip() in source or source in line for source in echoed):
            return index
    if place.script_line is None:
        return None
    deciding = next((line for line in diagnosis.excerpt if diagnosis.is_deciding(line)), None)
    # the provisioner may have added its own lines before the script's
    candidates = [at for at in range(place.script_line - 1, place.script_line - 4, -1) if 0 <= at < len(lines)]
    return next((at for at in candidates if deciding and _shares_word(lines[at], deciding)), None)


def _shares_word(line: str, deciding: ExcerptLine) -> bool:
    words = {word.casefold() for word in _WORD.findall(line)}
    return not words.isdisjoint(word.casefold() for word in _WORD.findall(deciding.text))
