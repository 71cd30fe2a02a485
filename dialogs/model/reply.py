"""What a reply looks like, as plain values: blocks, buttons and fields that any client can show.

Text is a tuple of runs, never a markup language: a run that holds text of people, logs or Azure is `code`, and every
renderer shows it literally. `prose` reads the little markup of our own sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from dialogs.model.job import Job
from knowledge.model.entry import Language

TextStyle = Literal["plain", "bold", "code"]
Tone = Literal["default", "good", "warning", "attention", "subtle"]
TextSize = Literal["default", "title"]


@dataclass(frozen=True, slots=True)
class TextRun:
    """A piece of text in one style; `code` is literal and monospaced."""

    text: str
    style: TextStyle = "plain"


RichText = tuple[TextRun, ...]

_MARKUP = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*")


@lru_cache(maxsize=4096)
def parse_markup(text: str) -> RichText:
    """Our own sentence as runs: `code` in backticks, **bold** in double asterisks. Never for foreign text."""
    runs: list[TextRun] = []
    at = 0
    for found in _MARKUP.finditer(text):
        if found.start() > at:
            runs.append(TextRun(text[at : found.start()]))
        runs.append(TextRun(found[1], "code") if found[1] is not None else TextRun(found[2], "bold"))
        at = found.end()
    if at < len(text):
        runs.append(TextRun(text[at:]))
    return tuple(runs)


def build_literal(text: str) -> RichText:
    """Foreign text, shown as it is."""
    return (TextRun(text, "code"),)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; `size` title is the card's heading."""

    text: RichText
    tone: Tone = "default"
    size: TextSize = "default"


@dataclass(frozen=True, slots=True)
class FactTable:
    """Labelled values, one a row; with `folded`, a card shows only that label until it is pressed."""

    rows: tuple[tuple[str, RichText], ...]
    folded_label: str = ""


@dataclass(frozen=True, slots=True)
class LogExcerpt:
    """Lines of the person's input: number and literal text."""

    rows: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command to copy, literal, and the shell it is for."""

    shell: Literal["Azure CLI", "PowerShell"]
    text: str


@dataclass(frozen=True, slots=True)
class CopyableText:
    """A longer literal text to copy as a whole."""

    text: str


@dataclass(frozen=True, slots=True)
class FormField:
    """An input of a form. `choices` are (value, label); without them it is a text.

    `problem` is what was wrong with the value that came back; `hint` an example, shown while a text is empty.
    """

    id: str
    label: str
    value: str = ""
    multiline: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    max_chars: int = 0
    required: bool = False
    problem: str = ""
    hint: str = ""


BarState = Literal["ended", "failed", "stopped", "running", "pending"]


@dataclass(frozen=True, slots=True)
class DurationBar:
    """One row of a timeline: a literal name, how long it took (None: unknown), what became of it."""

    name: str
    seconds: int | None
    state: BarState = "ended"


@dataclass(frozen=True, slots=True)
class DurationBars:
    """A timeline, seen at a glance where a client can and as text everywhere; the longest row is the longest bar."""

    rows: tuple[DurationBar, ...]


Block = Paragraph | FactTable | LogExcerpt | Command | CopyableText | FormField | DurationBars


@dataclass(frozen=True, slots=True)
class Button:
    """An action that a person can press (or, in a terminal, type the number of).

    With `url` it opens that page instead, and says so in its label; `do` is "" then. `bare`: it sends nothing of the
    form that it stands below, whose fields need not be filled in for it.
    """

    label: str
    action_id: str
    args: Mapping[str, Any] = field(default_factory=dict)
    primary: bool = False
    url: str = ""
    should_omit_fields: bool = False


@dataclass(frozen=True, slots=True)
class FileOffer:
    """A file that the person may have: its name, what it holds, its size in bytes.

    `args` is what the conversation wants back to write it when the person takes it.
    """

    name: str
    description: str
    size: int
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One message: blocks from top to bottom, then at most six buttons. `summary` is its one-line notification text.

    Where a client can, the answer to a button takes the place of the button's message, so that a walk is one card.
    `beside`: not this one, which people come back to; it neither takes a place nor gives its own up, unless it is
    `taking` or `passing`. `goes_on`: the
    person's private chat goes on with the walk or the draft that this one speaks of, and is to be opened.
    `sign_in`: the client's way to sign in stands below it. `file` is offered with it. `work` is what it promises:
    to be done after it was said. `feedback`: it is a diagnosis, and people may say whether it was right.
    `forgets`: what is kept of the conversation beside its state is to go. `stops`: works, by the `id` of their
    arguments, that are not to be done any more.
    """

    blocks: tuple[Block, ...]
    buttons: tuple[Button, ...] = ()
    language: Language = "en"
    summary: str = ""
    beside: bool = False
    goes_on: str = ""
    should_offer_sign_in: bool = False
    can_give_feedback: bool = False
    forgets: bool = False
    stops: tuple[str, ...] = ()
    file: FileOffer | None = None
    jobs: tuple[Job, ...] = ()
    taking: bool = False
    passing: bool = False

    @property
    def takes_place(self) -> bool:
        """Whether it may take the place of the message whose button was pressed."""
        return self.taking or not self.beside

    @property
    def gives_place(self) -> bool:
        """Whether the answer to one of its buttons may take its place."""
        return self.passing or not self.beside
