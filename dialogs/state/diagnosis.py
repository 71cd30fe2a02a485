"""The part of a diagnosis that a conversation stores, bounded in size, how it's stored, and what the dialogs read."""

from __future__ import annotations

from typing import get_args

from dialogs.model.stored import Stored
from dialogs.state.codec import Layout, Layouts, build_codec
from dialogs.state.finding_json import MAX_SENTENCE_CHARS, store_finding_in_row
from dialogs.state.json_fields import clean_text
from dialogs.state.value_codecs import Codec
from knowledge.commands.placeholders import COMMAND_VALUES
from knowledge.model.build_course import BuildCourse, BuildStage, Silence
from knowledge.model.diagnosis import (
    MAX_MATCHES,
    Diagnosis,
    ExcerptLine,
    LogGap,
    Match,
    ProvisionerSummary,
)
from knowledge.model.entry import BuildTool
from knowledge.model.finding import Finding, StepPlace
from knowledge.model.template_mistake import TemplateMistake

MAX_EVIDENCE_LINES = 5
MAX_EXCERPT_LINES = 16
MAX_PROVISIONER_RUNS = 20
MAX_STAGES = 10
MAX_SILENCES = 10
MAX_ITEMS_PER_MATCH = 20
MAX_FACTS = 60
MAX_LINE_CHARS = 400
MAX_EVIDENCE_CHARS = 1500
"""Evidence may be longer than other lines: a status message is one long line, and support needs all of it."""
MAX_VALUE_CHARS = 400
MAX_ID_CHARS = 600
MAX_IDS = 40
MAX_TOTAL_ID_CHARS = 5_000
MAX_NAME_CHARS = 120

LOOKUP_ID = "image template"
"""What the id of the template is called in the diagnosis of a template that was looked at."""

_LAYOUTS: Layouts = {
    Diagnosis: Layout(
        {
            "matches": Stored(max_items=MAX_MATCHES),
            "excerpt": Stored(max_items=MAX_EXCERPT_LINES),
            "facts": Stored(max_items=MAX_FACTS, max_chars=MAX_VALUE_CHARS, min_value=-(2**63), max_value=2**63),
            "timeline": Stored(max_items=MAX_PROVISIONER_RUNS),
            "tool": Stored(choices=get_args(BuildTool)),
            "silent_step": Stored("silent", max_chars=MAX_NAME_CHARS),
            "line_count": Stored("lines"),
            "ids": Stored(max_items=MAX_IDS, max_chars=MAX_ID_CHARS),
            "longest_gap": Stored("silence"),
            "mistake": Stored(omits_default=True),
        }
    ),
    Match: Layout(
        {
            "evidence": Stored(max_items=MAX_EVIDENCE_LINES),
            "explains": Stored(max_items=MAX_ITEMS_PER_MATCH),
            "values": Stored(max_items=MAX_ITEMS_PER_MATCH, max_chars=MAX_VALUE_CHARS),
        }
    ),
    ExcerptLine: Layout({"text": Stored(max_chars=MAX_EVIDENCE_CHARS)}, is_row=True),
    ProvisionerSummary: Layout({"exit_code": Stored(min_value=-(2**33), max_value=2**33)}, is_row=True),
    Finding: Layout(
        {
            "id": Stored(max_chars=MAX_NAME_CHARS),
            "title": Stored(max_chars=MAX_SENTENCE_CHARS),
            "values": Stored(max_items=MAX_ITEMS_PER_MATCH, max_chars=MAX_VALUE_CHARS),
        },
        omits_defaults=True,
    ),
    StepPlace: Layout(
        {
            "provisioner": Stored(max_chars=MAX_NAME_CHARS),
            "name": Stored(max_chars=MAX_NAME_CHARS),
            "total": Stored("count"),
        },
        omits_defaults=True,
    ),
    TemplateMistake: Layout(
        {
            "rule": Stored(max_chars=MAX_NAME_CHARS),
            "values": Stored(max_items=MAX_ITEMS_PER_MATCH, max_chars=MAX_VALUE_CHARS),
            "diff": Stored(max_items=MAX_EXCERPT_LINES),
        },
        omits_defaults=True,
    ),
    LogGap: Layout(is_row=True),
    BuildCourse: Layout(
        {"stages": Stored(max_items=MAX_STAGES), "silences": Stored(max_items=MAX_SILENCES)}, omits_defaults=True
    ),
    BuildStage: Layout(is_row=True),
    Silence: Layout(is_row=True),
}
DIAGNOSIS_LAYOUTS: Layouts = {Diagnosis: store_finding_in_row(build_codec(Diagnosis, _LAYOUTS))}
"""How diagnoses are stored."""
MISTAKES_CODEC: Codec[tuple[TemplateMistake, ...]] = build_codec(tuple[TemplateMistake, ...], _LAYOUTS)
"""How the mistakes in a template are stored with the result of a job."""


def truncate_diagnosis(diagnosis: Diagnosis) -> Diagnosis:
    """Return `diagnosis` cut to what is worth storing; of provisioners and lines the last ones matter."""
    return diagnosis._replace(
        file=clean_text(diagnosis.file, MAX_NAME_CHARS),
        matches=tuple(
            [_truncate_match(_without_values_of(diagnosis.finding, match)) for match in diagnosis.matches[:MAX_MATCHES]]
        ),
        excerpt=_truncate_lines(diagnosis.excerpt[-MAX_EXCERPT_LINES:]),
        facts={key: value for key, value in list(diagnosis.facts.items())[:MAX_FACTS] if _is_storable(value)},
        ids=_truncate_ids(diagnosis.ids),
        timeline=tuple([_truncate_run(run) for run in diagnosis.timeline[-MAX_PROVISIONER_RUNS:]]),
        course=_truncate_course(diagnosis.course) if diagnosis.course else None,
    )


def is_from_lookup(diagnosis: Diagnosis) -> bool:
    """Return whether it's the diagnosis of a template that was looked at, rather than of a text."""
    return any(label == LOOKUP_ID for label, _ in diagnosis.ids)


def has_findings(diagnosis: Diagnosis) -> bool:
    """Return whether the text had anything to do with a build, known error or not."""
    if diagnosis.matches or diagnosis.timeline or diagnosis.outcome != "unknown":
        return True
    if any(value is not None for value in diagnosis.facts.values()):
        return True
    return diagnosis.kind not in ("question", "unknown")


def find_top_match(diagnosis: Diagnosis) -> Match | None:
    """Return the best match that is an error rather than a harmless message, None when there is none."""
    for match in diagnosis.matches:
        if match.severity != "info":
            return match
    return None


def extract_placeholder_values(diagnosis: Diagnosis, entry_id: str) -> dict[str, str]:
    """Return the values for the commands of an entry: the facts of the text, then what the entry's match captured."""
    values = {key: str(value) for key, value in diagnosis.facts.items() if value is not None}
    for match in diagnosis.matches:
        if match.entry == entry_id:
            values.update(match.values)
    return values


def _without_values_of(finding: Finding | None, match: Match) -> Match:
    """Return the match without values that only fill the finding's headline, which has them itself."""
    if finding is None or finding.values.items().isdisjoint(match.values.items()):
        return match
    values = {
        name: value
        for name, value in match.values.items()
        if name in COMMAND_VALUES or finding.values.get(name) != value
    }
    return match._replace(values=values)


def _truncate_match(match: Match) -> Match:
    evidence = _truncate_lines(match.evidence[:MAX_EVIDENCE_LINES], MAX_EVIDENCE_CHARS)
    explains = match.explains[:MAX_ITEMS_PER_MATCH]
    values = {name: value for name, value in list(match.values.items())[:MAX_ITEMS_PER_MATCH] if _is_storable(value)}
    # the usual case: everything fits already, and the match needn't be copied
    if (evidence, explains, values) == (match.evidence, match.explains, match.values):
        return match
    return match._replace(evidence=evidence, explains=explains, values=values)


def _truncate_run(run: ProvisionerSummary) -> ProvisionerSummary:
    name = clean_text(run.provisioner, MAX_NAME_CHARS)
    if run.seconds is not None and run.seconds < 0:
        # a clock that was set back during the build gives a negative duration, which means nothing
        return run._replace(provisioner=name, seconds=None)
    return run if name == run.provisioner else run._replace(provisioner=name)


def _truncate_course(course: BuildCourse) -> BuildCourse:
    """Return the course with its last stages; the machine may create or clean up what a script only prints, again."""
    if len(course.stages) <= MAX_STAGES and len(course.silences) <= MAX_SILENCES:
        return course
    return course._replace(stages=course.stages[-MAX_STAGES:], silences=course.silences[-MAX_SILENCES:])


def _is_storable(value: str | int | None) -> bool:
    """Return whether a value can be stored whole; a truncated id would be a different id."""
    return not isinstance(value, str) or (len(value) <= MAX_VALUE_CHARS and clean_text(value, MAX_VALUE_CHARS) == value)


def _truncate_ids(ids: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    stored: list[tuple[str, str]] = []
    room = MAX_TOTAL_ID_CHARS
    for label, value in ids[:MAX_IDS]:
        if len(value) <= min(MAX_ID_CHARS, room) and clean_text(value, MAX_ID_CHARS) == value:
            stored.append((clean_text(label, MAX_NAME_CHARS), value))
            room -= len(value)
    return tuple(stored)


def _truncate_lines(lines: tuple[ExcerptLine, ...], max_chars: int = MAX_LINE_CHARS) -> tuple[ExcerptLine, ...]:
    return tuple([ExcerptLine(line.line, clean_text(line.text, max_chars)) for line in lines])
