"""The result of a diagnosis: plain frozen values, and their JSON form.

The JSON form is the public contract of `python app.py diagnose --json`. Changing it needs a new `SCHEMA_VERSION`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from knowledge.model.build_course import BuildCourse
from knowledge.model.entry import BuildTool, Retry, Severity
from knowledge.model.finding import Finding
from knowledge.model.template_mistake import TemplateMistake

InputKind = Literal["build-log", "status", "deployment-error", "task-log", "question", "unknown"]
BuildOutcome = Literal["failed", "canceled", "succeeded", "running", "unknown"]
Confidence = Literal["certain", "likely", "possible"]

SCHEMA_VERSION = 2
MAX_MATCHES = 5
FACT_KEYS = (
    "correlation_id",
    "operation_id",
    "log_url",
    "template",
    "resource_group",
    "subscription",
    "exit_code",
)


class ExcerptLine(NamedTuple):
    """One line of the input as shown to people.

    `line` is the physical line number, starting at 1. `text` is redacted and has no log prefix.
    """

    line: int
    text: str


class Match(NamedTuple):
    """An entry that fits the input, with the lines that prove it.

    `explains` holds the ids of other entries that follow from this one and aren't listed separately. `values` holds
    what the signatures captured, by name.
    """

    entry: str
    title: str
    confidence: Confidence
    severity: Severity
    retry: Retry
    evidence: tuple[ExcerptLine, ...]
    explains: tuple[str, ...] = ()
    values: Mapping[str, str] = MappingProxyType({})


class ProvisionerSummary(NamedTuple):
    """One provisioner of a build: its times (UTC, ISO 8601 with `Z`), duration, and exit code; `None` if unknown."""

    provisioner: str
    started: str | None
    ended: str | None
    seconds: int | None
    exit_code: int | None
    line: int
    state: Literal["ended", "failed", "stopped", "running"] = "ended"


class LogGap(NamedTuple):
    """A period in which the build wrote nothing, and the number of the last line before it."""

    seconds: int
    line: int


class Diagnosis(NamedTuple):
    """The result for one input. Every text in it is redacted.

    `silent_step` is the step that wrote nothing in the longest gap, such as `7 (powershell)`, "" if it was none.
    `course` is what a log tells besides its provisioners, None for other texts.
    `finding` says what broke, or what failed inside a build that still succeeded. `partial` is true when the
    input looks like a fragment of a build log. `ids` pairs a label with an id and holds ids that are not among `facts`.
    `mistake` is what explains the failure in the run's template, if that's known.
    """

    file: str
    kind: InputKind
    outcome: BuildOutcome
    matches: tuple[Match, ...]
    excerpt: tuple[ExcerptLine, ...]
    facts: Mapping[str, str | int | None]
    timeline: tuple[ProvisionerSummary, ...]
    phase: str | None = None
    os: str | None = None
    partial: bool = False
    finding: Finding | None = None
    tool: BuildTool = "image-builder"
    line_count: int = 0
    ids: tuple[tuple[str, str], ...] = ()
    longest_gap: LogGap | None = None
    silent_step: str = ""
    course: BuildCourse | None = None
    mistake: TemplateMistake | None = None

    @property
    def is_conclusive(self) -> bool:
        """Whether a match is certain or likely, or the input is the log of a build that succeeded."""
        return self.outcome == "succeeded" or any(match.confidence != "possible" for match in self.matches)

    def to_json(self) -> dict[str, Any]:
        """Return the diagnosis as a JSON object that always has every key; unknown values are `None`."""
        return {
            "schema": SCHEMA_VERSION,
            "file": self.file,
            "kind": self.kind,
            "outcome": self.outcome,
            "tool": self.tool,
            "finding": self.finding.to_json() if self.finding and not self.finding.is_guess else None,
            "matches": [
                {
                    "entry": match.entry,
                    "title": match.title,
                    "confidence": match.confidence,
                    "severity": match.severity,
                    "retry": match.retry,
                    "evidence": [self._line_to_json(line) for line in match.evidence],
                    "explains": list(match.explains),
                }
                for match in self.matches
            ],
            "excerpt": [self._line_to_json(line) for line in self.excerpt],
            "facts": {key: self.facts.get(key) for key in FACT_KEYS},
            "timeline": [
                {
                    "provisioner": summary.provisioner,
                    "started": summary.started,
                    "ended": summary.ended,
                    "seconds": summary.seconds,
                    "exit_code": summary.exit_code,
                    "state": summary.state,
                    "line": summary.line,
                }
                for summary in self.timeline
            ],
            "course": self.course.to_json() if self.course else None,
        }

    @property
    def has_numbered_steps(self) -> bool:
        """Return whether the text shows the build from its start, so that counting its steps means something."""
        return self.course is not None and self.course.has_start

    def is_deciding(self, line: ExcerptLine) -> bool:
        """Return whether this line is the one that says what broke."""
        return self.finding is not None and line.line == self.finding.line

    def _line_to_json(self, line: ExcerptLine) -> dict[str, Any]:
        return {"line": line.line, "text": line.text, "decides": self.is_deciding(line)}
