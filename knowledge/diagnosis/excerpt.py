"""Which lines of an input are shown, and how: redacted together with their neighbours, and cut to a readable length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from knowledge.build_log.build import Story
from knowledge.catalog.script_errors import Spoken
from knowledge.diagnosis.matching import Found
from knowledge.model.diagnosis import LineOf
from knowledge.redaction.redact import redact_lines
from knowledge.text.lines import Line

LONGEST_EVIDENCE = 1500
"""Characters of a line that proves something: a status message is one long line, and support wants all of it."""
LONGEST_LINE = 400
_AROUND = 2
_MOST_EXCERPT = 24


def redacted(lines: Sequence[Line], evidence: Iterable[Line]) -> Mapping[Line, str]:
    """The redacted text of every line that is shown, read together with its neighbours: a secret can be wrapped."""
    wanted = set(evidence)
    numbers = {line.number for line in wanted}
    shown: dict[Line, str] = {}
    for index, line in enumerate(lines if wanted else ()):
        if line.number in numbers and line in wanted and line not in shown:
            begin = max(0, index - 3)
            hidden = redact_lines([near.body for near in lines[begin : index + 2]])
            shown[line] = short_line(hidden[index - begin], LONGEST_EVIDENCE)
    return shown


def short_line(text: str, most: int = LONGEST_LINE) -> str:
    """`text` without blanks around it, at most as long as can be read."""
    text = text.strip()
    return text if len(text) <= most else text[: most - 1] + "…"


def excerpt_of(
    story: Story | None, lines: Sequence[Line], found: Sequence[Found], spoken: Spoken | None
) -> tuple[LineOf, ...]:
    """The lines that a person would want to read: the evidence of the best match with what stands around it."""
    evidence = list(found[0].evidence) if found else []
    if not evidence and spoken:
        evidence = list(spoken.lines)
    if not evidence and story is not None:
        evidence = [story.lines[index] for index in story.verdicts[:2]]
        failed = story.failed_run
        evidence += [story.lines[failed.begins]] if failed else []
    wanted = {line.number for line in evidence}
    visible = [line for line in lines if line.source != "debug" or line.number in wanted]
    keep: dict[int, int] = {}
    for index, line in enumerate(visible):
        if line.number in wanted:
            for near in range(max(0, index - _AROUND), min(len(visible), index + _AROUND + 1)):
                keep.setdefault(near, index)
    if not evidence and not found:
        keep = {}
    chosen = sorted(keep)
    if len(chosen) > _MOST_EXCERPT:
        chosen = sorted(sorted(chosen, key=lambda index: visible[index].number not in wanted)[:_MOST_EXCERPT])
    begin = max(0, chosen[0] - 3) if chosen else 0
    hidden = redact_lines([line.body for line in visible[begin : chosen[-1] + 2]]) if chosen else []
    excerpt: dict[int, LineOf] = {}
    for index in chosen:
        text = short_line(hidden[index - begin])
        if text:
            excerpt.setdefault(visible[index].number, LineOf(visible[index].number, text))
    return tuple(excerpt.values())
