"""What a conversation still has to do, as its document keeps it: works that turns left, and turns that take long.

Each is leased by the process that does it, so that of several only one does, and another one when that one dies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dialogs.model.files import AttachedFile
from dialogs.model.job import Work
from dialogs.model.turn import Action, Person, Turn
from knowledge.redaction.redact import redact

MOST_CUTS = 3
"""How often it is begun without coming to its end: what ends the program each time must not do so for ever."""
MOST_TEXT = 100_000
"""Characters kept of a turn's text, the last ones; the turn itself has all of them unless it is cut by a crash."""


@dataclass(slots=True)
class Pending:
    """A work, or without `work` a turn to be run. Times are seconds since 1970.

    `id` is the mark of the turn that ends it. `turn` is that turn, as `turn_to_json` writes it; `more` is what else the
    outside needs to run it. `begun`: `worker` is at it, until `until` unless it says so again. `cuts`: how often it
    was begun and not ended. `row`: the reply that shows how far a work is, until it was sent, and `message` what
    it says; from then on `shown`, its activity. `due`: not to be begun before.
    """

    id: str
    turn: dict[str, Any]
    back: dict[str, Any]
    made: float
    work: dict[str, Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)
    begun: bool = False
    worker: str = ""
    until: float = 0.0
    cuts: int = 0
    row: str = ""
    message: dict[str, Any] = field(default_factory=dict)
    shown: str = ""
    due: float = 0.0

    def is_free(self, instance: str, now: float) -> bool:
        """Whether `instance` may begin it, unless it has: what it began in a former life was cut by its end."""
        return self.due <= now and (not self.begun or self.worker == instance or self.until <= now)

    def begin(self, instance: str, now: float, seconds: float) -> None:
        """Lease it to `instance`."""
        self.cuts += self.begun
        self.begun, self.worker, self.until = True, instance, now + seconds

    def release(self, failed: bool = False) -> None:
        """Let anybody begin it anew; unless it `failed`, this one does not count."""
        self.cuts += failed
        self.begun, self.worker, self.until = False, "", 0.0

    def postpone(self, args: Mapping[str, Any], due: float) -> None:
        """Let it be done again from `due` on, with `args`; that it was done so far counts for nothing."""
        if self.work is not None:
            self.work = {"do": self.work["do"], "args": dict(args)}
        self.begun, self.worker, self.until, self.cuts, self.due = False, "", 0.0, 0, due

    @property
    def who(self) -> Turn:
        """The turn that was kept; of a work, the one that reports it, without what is to be reported."""
        turn = turn_from_json(self.turn)
        if turn is None:
            raise ValueError("what is pending is not a turn")
        return turn

    @property
    def left(self) -> Work | None:
        """The work; None for a turn."""
        return Work(self.work["do"], self.work["args"]) if self.work else None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str, "turn": dict, "back": dict, "made": (int, float), "work": (dict, type(None)), "more": dict,
    "begun": bool, "worker": str, "until": (int, float), "cuts": int, "row": str, "message": dict, "shown": str,
    "due": (int, float),
}  # fmt: skip


def read_pending(item: object) -> Pending | None:
    """What `to_json` wrote; None for anything else."""
    if not isinstance(item, dict):
        return None
    item = {"due": 0.0, **item}  # a document of an earlier version has none
    if not all(key in item and isinstance(item[key], kind) for key, kind in _FIELDS.items()):
        return None
    work = item["work"]
    if work is not None and not (isinstance(work.get("do"), str) and isinstance(work.get("args"), dict)):
        return None
    pending = Pending(**{key: item[key] for key in _FIELDS})
    return pending if turn_from_json(pending.turn) else None


def turn_to_json(turn: Turn, whole: bool = True) -> dict[str, Any]:
    """Who and where, and if it is to be the `whole` turn what was said or pressed: redacted, since it is kept."""
    written: dict[str, Any] = {
        "person": asdict(turn.person),
        "conversation": turn.conversation,
        "scope": turn.scope,
        "locale": turn.locale,
    }
    if whole:
        action = turn.action
        written |= {
            # cut only afterwards: half a secret would not be recognised as one
            "text": redact(turn.text)[-MOST_TEXT:],
            # with the secret by which they are read, as their works have it: else a crash would lose them
            "files": [[redact(file.name), file.reference] for file in turn.files],
            "action": {
                "do": action.do,
                "args": dict(action.args),
                "fields": {key: redact(value) for key, value in action.fields.items()},
                "version": action.version,
                "foreign": action.foreign,
            }
            if action
            else None,
            "joined": turn.joined,
            "signed_in": turn.signed_in,
        }
    return written


def turn_from_json(value: Mapping[str, Any]) -> Turn | None:
    """The turn that was written; None where it is broken."""
    try:
        action = value.get("action")
        return Turn(
            person=Person(**value["person"]),
            conversation=value["conversation"],
            scope=value["scope"],
            locale=value["locale"],
            text=value.get("text", ""),
            action=Action(**action) if action else None,
            joined=value.get("joined", False),
            signed_in=value.get("signed_in"),
            files=tuple(AttachedFile(name, reference) for name, reference in value.get("files", ())),
        )
    except (KeyError, TypeError, ValueError):
        return None
