"""A finding: what broke, in one sentence, with its cause, its own steps, and who can fix it.

`FindingRule` is what `knowledge/findings/` knows; `Finding` is what one diagnosis found.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from knowledge.model.entry import Basis, LocalizedText, Owner, Retry, Step

FindingTrigger = Literal["said", "nothing-said", "nothing-printed", "silent", "repeating", "cut", "stopped"]
"""When a rule applies: a failed script printed one of its patterns; it printed no error, or nothing at all; it printed
nothing until the build was stopped; or it kept printing the same thing until the build was stopped."""
BUILT_IN_VALUES = ("exit_code", "count", "silence", "duration", "sentence", "step", "command")
"""Values that every rule can use in its texts, besides those that it captures itself."""


class LinePattern(NamedTuple):
    """What a line says, and how much it tells about the cause, from 0 to 10.

    `text` and `unless` are lowercase, with collapsed whitespace. `regex_literals` has for each of `regex` groups of
    lowercase texts, if they're known: a match has at least one of each group. `is_weight_cap` marks lines that look
    worse than they are: they count for at most `weight`.
    """

    id: str
    weight: int
    text: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    is_weight_cap: bool = False
    regex_literals: tuple[tuple[tuple[str, ...], ...], ...] = ()
    examples: tuple[str, ...] = ()
    not_examples: tuple[str, ...] = ()


class FindingExample(NamedTuple):
    """Lines that a rule must recognize, and the English headline that they must produce; "" if any will do."""

    text: str
    title: str = ""


class FindingRule(NamedTuple):
    """One way in which a script fails. Its texts may hold placeholders, `{name|default}`, for captured values.

    `capture` holds RE2 expressions with named groups, searched in the message first and then in the step's output.
    `exit_codes` are those of which the script must have ended with one, if its output alone is no error.
    """

    pattern: LinePattern
    trigger: FindingTrigger
    capture: tuple[str, ...]
    title: LocalizedText
    cause: LocalizedText
    steps: tuple[Step, ...]
    retry: Retry
    owner: Owner
    basis: Basis
    examples: tuple[FindingExample, ...]
    exit_codes: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """Return the rule's id, which is its pattern's id."""
        return self.pattern.id


class StepPlace(NamedTuple):
    """Where in the build it happened: the provisioner, the number of the step in the log, and the script's line.

    Files that Image Builder uploads for itself don't count as steps. Where the template is known, `name` is the
    customizer's name there, and `position` is one of `total` customizers, or of as many validators.
    """

    provisioner: str
    position: int
    started_line: int
    script_line: int | None = None
    name: str = ""
    total: int | None = None
    is_validator: bool = False


class Finding(NamedTuple):
    """What broke in one build. `id` names a rule in `knowledge/findings/`, or an entry if no rule fits.

    `title` is redacted and in the language of the diagnosis; `values` holds its placeholders' values, redacted. `line`
    is the number of the deciding line, 0 if no single line decides. `is_guess` is set if nothing in the text says that
    an image build ran: then it's what broke if one did.
    """

    id: str
    title: str
    owner: Owner
    retry: Retry
    values: Mapping[str, str] = MappingProxyType({})
    line: int = 0
    place: StepPlace | None = None
    is_guess: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the finding as a JSON object that always has every key; unknown values are `None`."""
        place = self.place
        return {
            "id": self.id,
            "title": self.title,
            "values": dict(self.values),
            "owner": self.owner,
            "retry": self.retry,
            "line": self.line or None,
            "step": {
                "provisioner": place.provisioner,
                "position": place.position,
                "line": place.started_line,
                "script_line": place.script_line,
            }
            if place
            else None,
        }
