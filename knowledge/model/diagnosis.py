"""What a diagnosis is: plain frozen values, and their JSON form (the contract of `python app.py diagnose`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from knowledge.model.entry import Retry, Severity

InputKind = Literal["build-log", "status", "deployment-error", "task-log", "question", "unknown"]
BuildOutcome = Literal["failed", "canceled", "succeeded", "running", "unknown"]
Confidence = Literal["certain", "likely", "possible"]

SCHEMA_VERSION = 1
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


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """A physical line of the input, from 1, and its redacted text without the log's prefix."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that the input speaks for, best first in `Diagnosis.matches`."""

    entry: str
    title: str
    confidence: Confidence
    severity: Severity
    retry: Retry
    evidence: tuple[ExcerptLine, ...]
    explains: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProvisionerSummary:
    """One provisioner of the run: when it started and ended (UTC, ISO 8601, `Z`), for how long, with what exit code."""

    provisioner: str
    started: str | None
    ended: str | None
    seconds: int | None
    exit_code: int | None
    line: int
    state: Literal["ended", "failed", "stopped", "running"] = "ended"


@dataclass(frozen=True, slots=True)
class LogGap:
    """The longest time in which the build wrote nothing, and the line after which it fell silent."""

    seconds: int
    line: int


@dataclass(frozen=True, slots=True)
class ScriptAdvice:
    """What the pattern of a script's own error means and what to do: an id of `knowledge/script_errors.yaml`."""

    id: str
    advice: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that was found out about one input. Every text in it is redacted."""

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
    script_advice: ScriptAdvice | None = None
    line_count: int = 0
    ids: tuple[tuple[str, str], ...] = ()
    longest_gap: LogGap | None = None

    @property
    def is_conclusive(self) -> bool:
        """Whether a match is certain or likely, or the input is the log of a build that succeeded."""
        return self.outcome == "succeeded" or any(m.confidence != "possible" for m in self.matches)

    def to_json(self) -> dict[str, Any]:
        """The contract's object: every key is there, `None` where unknown."""
        return {
            "schema": SCHEMA_VERSION,
            "file": self.file,
            "kind": self.kind,
            "outcome": self.outcome,
            "matches": [
                {
                    "entry": m.entry,
                    "title": m.title,
                    "confidence": m.confidence,
                    "severity": m.severity,
                    "retry": m.retry,
                    "evidence": [{"line": e.line, "text": e.text} for e in m.evidence],
                    "explains": list(m.explains),
                }
                for m in self.matches
            ],
            "excerpt": [{"line": e.line, "text": e.text} for e in self.excerpt],
            "facts": {key: self.facts.get(key) for key in FACT_KEYS},
            "timeline": [
                {
                    "provisioner": t.provisioner,
                    "started": t.started,
                    "ended": t.ended,
                    "seconds": t.seconds,
                    "exit_code": t.exit_code,
                }
                for t in self.timeline
            ],
        }
