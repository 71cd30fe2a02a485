"""What is known about the step that failed."""

from __future__ import annotations

from typing import NamedTuple

from knowledge.diagnosis.script_failure import NO_FAILURE, ScriptFailure
from knowledge.diagnosis.stopped_step import StoppedStep
from knowledge.model.diagnosis import Confidence
from knowledge.text.lines import LogLine


class StepFailure(NamedTuple):
    """What is known about the step that failed: what it said, or why it was stopped.

    `survived` is what failed in a build that succeeded anyway, and `suspicious` is what only looks like an error.
    `script` is how certain it is that a script said this, if the text doesn't have the lines that tell.
    """

    said: ScriptFailure = NO_FAILURE
    stopped: StoppedStep | None = None
    survived: ScriptFailure = NO_FAILURE
    suspicious: ScriptFailure = NO_FAILURE
    script: Confidence | None = None

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """Return the lines that show the failure."""
        return self.said.lines

    @property
    def deciding(self) -> LogLine | None:
        """Return the line that says what broke, if one does."""
        if self.stopped is not None:
            return self.stopped.deciding
        said = self.said if self.said.deciding else self.survived
        return said.deciding.line if said.deciding else None
