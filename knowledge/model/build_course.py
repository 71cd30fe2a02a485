"""What a log tells of a build besides its provisioners: the stages around them, silences, and the time it covers."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

StageName = Literal["deploy", "connect", "upload", "deprovision", "capture", "clean-up"]
"""What Image Builder does by itself, in the order of a log. `upload` and `deprovision` are provisioners, too."""
STAGE_NAMES: tuple[str, ...] = get_args(StageName)
StepState = Literal["ended", "failed", "stopped", "running"]


class BuildStage(NamedTuple):
    """One stage of a build: its times (UTC, ISO 8601 with `Z`) and duration, `None` where unknown, and its first line.

    A stage that is a provisioner as well begins at the provisioner's line.
    """

    name: StageName
    started: str | None
    ended: str | None
    seconds: int | None
    line: int
    state: StepState = "ended"


class Silence(NamedTuple):
    """A period in which a build wrote nothing: when it began, how long it was, and the last line before it."""

    started: str
    seconds: int
    line: int


class BuildCourse(NamedTuple):
    """How a build went, apart from its provisioners.

    `started` and `ended` are the times of the log's first and last lines, and `has_start` tells whether the first is
    the build's. `step_count` is how many provisioners are the person's own.
    """

    started: str | None = None
    ended: str | None = None
    has_start: bool = False
    step_count: int = 0
    stages: tuple[BuildStage, ...] = ()
    silences: tuple[Silence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object that always has every key; unknown values are `None`."""
        return {
            "started": self.started,
            "ended": self.ended,
            "is_from_start": self.has_start,
            "stages": [
                {
                    "stage": stage.name,
                    "started": stage.started,
                    "ended": stage.ended,
                    "seconds": stage.seconds,
                    "state": stage.state,
                    "line": stage.line,
                }
                for stage in self.stages
            ],
            "silences": [
                {"started": silence.started, "seconds": silence.seconds, "line": silence.line}
                for silence in self.silences
            ],
        }
