"""What is kept of one conversation beside the dialogs' state: who was welcomed, what was done, what waits to be sent.

One JSON document, so that a store commits all of it at once: a turn's new state, the id of its activity, its replies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.cards.messages import Message
from bot.turns.pending import Pending, read_pending
from knowledge.model.entry import Language

SCHEMA = 3
"""The version of the document; 1 had neither `done` nor `outbox`, 2 nothing `pending`."""
MOST_DONE = 100
"""Activities remembered as done. The channel repeats one within minutes, and nobody sends a hundred in those."""
DONE_SECONDS = 86_400
"""How long an activity is remembered as done."""
KEEP_REPLY_SECONDS = 86_400
"""How long a reply may wait for its channel; who asked yesterday has gone on."""
MOST_ANSWERS = 3
"""Answers kept for invokes that are delivered again, which happens within seconds."""
SIGN_IN_SECONDS = 3600
"""How long a number typed into the chat may end a sign-in; later six digits are just text."""
MOST_BREAKS = 5
"""How often a send that a crash cut is repeated: a reply that ends the program each time must not do so for ever."""

Back = Mapping[str, Any]
"""The way back to a conversation as plain JSON: `conversation` and `person` are the ids of the turn that it is of; the
rest only the channel reads that made it.
"""


@dataclass(slots=True)
class Row:
    """A reply that is to be sent. Times are seconds since 1970.

    `begun`: a send was begun whose outcome is not noted yet. `doubts`: sends whose outcome the channel left open;
    `breaks`: sends that a crash cut. `spare`: it is the sentence that stands for a reply that was refused.
    """

    id: str
    message: Message
    back: Back
    language: Language
    made: float
    due: float = 0.0
    tries: int = 0
    doubts: int = 0
    breaks: int = 0
    begun: bool = False
    spare: bool = False

    @property
    def repeated(self) -> bool:
        """Whether the reply may have arrived before."""
        return self.doubts + self.breaks > 0

    def to_json(self) -> dict[str, Any]:
        """The row as plain JSON; it shares the message, which no copy is made of: a card has a thousand values."""
        return {name: getattr(self, name) for name in _FIELDS}


@dataclass(slots=True)
class Envelope:
    """The document. `medic` is the dialogs' own; `sender` is the instance that sends the outbox, until `until`.

    `answers` by mark are those of the last invokes: they stood in the HTTP response, and never in the outbox.
    `sign_in`: one is awaited, and until then a number may be typed to end it; 0 when none is.
    """

    welcomed: bool = False
    language: Language | None = None
    medic: dict[str, Any] | None = None
    done: dict[str, int] = field(default_factory=dict)
    outbox: list[Row] = field(default_factory=list)
    sender: str = ""
    until: float = 0.0
    answers: dict[str, Message] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    sign_in: float = 0.0

    @property
    def waits(self) -> bool:
        """Whether something is left to do after the turn."""
        return bool(self.outbox or self.pending)

    def pending_of(self, identifier: str) -> Pending | None:
        """The work or the turn with that id, if it is still to be done."""
        return next((pending for pending in self.pending if pending.id == identifier), None)

    def end(self, identifier: str) -> None:
        """Take out the work or the turn with that id: it is done."""
        if self.pending:
            self.pending = [pending for pending in self.pending if pending.id != identifier]

    def take_out(self, row: str, activity: str | None = None) -> None:
        """Take a reply out of the outbox; `activity` is what it became when it was sent."""
        self.outbox = [one for one in self.outbox if one.id != row]
        for pending in self.pending:
            if pending.row == row:
                pending.row, pending.shown = "", activity or ""

    def forget(self) -> None:
        """Let go of what belongs to the person beside the dialogs' state. That a turn was done stays known."""
        self.language, self.sign_in = None, 0.0
        self.answers.clear()
        self.pending.clear()

    def stop(self, works: Collection[str]) -> None:
        """Take out the works whose arguments have one of these ids; one that is just being done is not reported."""
        self.pending = [one for one in self.pending if not one.work or str(one.work["args"].get("id")) not in works]

    def remember(self, mark: str, now: float) -> None:
        """Note that the activity of `mark` was done; what is too old or too much is forgotten."""
        self.done.pop(mark, None)
        self.done[mark] = int(now)
        recent = [(key, at) for key, at in self.done.items() if at > now - DONE_SECONDS]
        self.done = dict(recent[-MOST_DONE:])

    def post(self, mark: str, messages: Sequence[Message], back: Back, language: Language, now: float) -> None:
        """Put the replies to the activity of `mark` at the end of the outbox."""
        self.outbox += [Row(f"{mark}.{n}", message, back, language, now) for n, message in enumerate(messages)]

    def keep_answer(self, mark: str, answer: Message) -> None:
        """Keep what the invoke of `mark` was answered with, in place of the oldest of such answers."""
        self.answers = dict([*self.answers.items(), (mark, answer)][-MOST_ANSWERS:])

    def drop_hopeless(self, now: float) -> list[Row]:
        """Take out, and return, the replies that are too old or were cut by too many crashes."""
        hopeless = [
            row for row in self.outbox if row.made < now - KEEP_REPLY_SECONDS or row.breaks + row.begun > MOST_BREAKS
        ]
        self.outbox = [row for row in self.outbox if row not in hopeless]
        return hopeless

    def sent_by_another(self, instance: str, now: float) -> bool:
        """Whether another instance than `instance` has begun to send, and had the time for it not run out yet."""
        return self.sender != instance and self.until > now

    def begin(self, instance: str, now: float, seconds: float) -> bool:
        """Begin to send the first of the outbox as `instance`; False when there is none, or another instance sends.

        What had begun already was cut by a crash: nobody knows whether it arrived.
        """
        if not self.outbox:
            self.sender, self.until = "", 0.0
            return False
        if self.sent_by_another(instance, now):
            return False
        self.sender, self.until = instance, now + seconds
        first = self.outbox[0]
        first.breaks += first.begun
        first.begun = True
        return True

    def row(self, identifier: str) -> Row | None:
        """The row with that id, if it still waits."""
        return next((row for row in self.outbox if row.id == identifier), None)

    def to_json(self) -> dict[str, Any]:
        """The document as plain JSON."""
        return {
            "schema": SCHEMA,
            "welcomed": self.welcomed,
            "language": self.language,
            "medic": self.medic,
            "done": self.done,
            "outbox": [row.to_json() for row in self.outbox],
            "sender": self.sender,
            "until": self.until,
            "answers": self.answers,
            "pending": [pending.to_json() for pending in self.pending],
            "sign_in": self.sign_in,
        }


def read_envelope(value: Mapping[str, Any]) -> Envelope:
    """The document that was kept; where it is broken or of a later version, the dialogs get {}, not None."""
    medic, language = value.get("medic"), value.get("language")
    if value.get("schema") not in range(1, SCHEMA + 1) or not isinstance(medic, dict | None):
        return Envelope(welcomed=value.get("welcomed") is True, medic={})
    done, outbox, sender, until = value.get("done"), value.get("outbox"), value.get("sender"), value.get("until")
    answers, pending, sign_in = value.get("answers"), value.get("pending"), value.get("sign_in")
    return Envelope(
        welcomed=value.get("welcomed") is True,
        language=_language(language),
        medic=medic,
        done={key: at for key, at in done.items() if isinstance(at, int)} if isinstance(done, dict) else {},
        outbox=[row for row in map(_row, outbox) if row] if isinstance(outbox, list) else [],
        sender=sender if isinstance(sender, str) else "",
        until=until if isinstance(until, int | float) else 0.0,
        answers={k: v for k, v in answers.items() if isinstance(v, dict)} if isinstance(answers, dict) else {},
        pending=[one for one in map(read_pending, pending) if one] if isinstance(pending, list) else [],
        sign_in=sign_in if isinstance(sign_in, int | float) else 0.0,
    )


def mark_of(kind: str, identifier: str) -> str:
    """What an activity is remembered by: its id may be long, and is of no use but to compare."""
    return hashlib.blake2b(f"{kind}\n{identifier}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


_FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str, "message": dict, "back": dict, "language": str, "made": (int, float), "due": (int, float),
    "tries": int, "doubts": int, "breaks": int, "begun": bool, "spare": bool,
}  # fmt: skip


def _row(item: object) -> Row | None:
    if not isinstance(item, dict):
        return None
    known = {key: item[key] for key, kind in _FIELDS.items() if isinstance(item.get(key), kind)}
    return Row(**{**known, "language": _language(known["language"]) or "en"}) if len(known) == len(_FIELDS) else None


def _language(value: object) -> Language | None:
    return "it" if value == "it" else "en" if value == "en" else None
