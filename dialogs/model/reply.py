"""A reply as plain values: blocks, buttons and form fields that any client can render.

Text is a tuple of runs, never a markup language. Untrusted text (from users, logs, Azure) is in `code` runs, which
every renderer shows literally. `parse_markup` reads the minimal markup of our sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from dialogs.model.duration_bars import DurationBars
from knowledge.commands.placeholders import Shell
from knowledge.model.entry import Language

TextStyle = Literal["plain", "bold", "code"]
Tone = Literal["default", "good", "warning", "attention", "subtle"]
TextSize = Literal["default", "title"]
Mark = Literal["✖", "✔", "▲", "?", "✓", "–", "●", "○", "⋯"]
"""The state shown before a text: failed, succeeded, a warning, unknown; for a step: done, skipped, current, pending."""


class TextRun(NamedTuple):
    """A span of text in one style; `code` is literal and monospaced."""

    text: str
    style: TextStyle = "plain"


RichText = tuple[TextRun, ...]

_MARKUP = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*")


@lru_cache(maxsize=4096)
def parse_markup(text: str) -> RichText:
    """Parse one of our sentences: `code` in backticks, **bold** in double asterisks. Never use it on other text."""
    runs: list[TextRun] = []
    position = 0
    for match in _MARKUP.finditer(text):
        if match.start() > position:
            runs.append(TextRun(text[position : match.start()]))
        runs.append(TextRun(match[1], "code") if match[1] is not None else TextRun(match[2], "bold"))
        position = match.end()
    if position < len(text):
        runs.append(TextRun(text[position:]))
    return tuple(runs)


def build_literal(text: str) -> RichText:
    """Return untrusted text as a single literal run."""
    return (TextRun(text, "code"),)


def emphasize(text: RichText) -> RichText:
    """Return a text in bold; literal runs stay as they are."""
    return tuple(TextRun(run.text, "code" if run.style == "code" else "bold") for run in text)


class Paragraph(NamedTuple):
    """One paragraph; with the size "title" it's the card's heading. A card shows its mark in color."""

    text: RichText
    tone: Tone = "default"
    size: TextSize = "default"
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class FactTable:
    """Labeled values, one per row; with `folded_label`, a card shows only that label until it is expanded."""

    rows: tuple[tuple[str, RichText], ...]
    folded_label: str = ""


class LogExcerpt(NamedTuple):
    """Lines of the user's input: number and literal text; `deciding` is the number of the one that says what broke."""

    rows: tuple[tuple[int, str], ...]
    deciding: int = 0

    def limit(self, max_rows: float) -> LogExcerpt:
        """Return at most `max_rows` rows: the deciding one, and the first of the others."""
        if len(self.rows) <= max_rows:
            return self
        chosen = sorted(self.rows, key=lambda row: row[0] != self.deciding)[: int(max_rows)]
        return self._replace(rows=tuple(row for row in self.rows if row in chosen))


@dataclass(frozen=True, slots=True)
class Command:
    """A literal command to copy, and the shell it is for.

    `switch` shows the same in the other shell; of several commands in a reply, only the first has it.
    """

    shell: Shell
    text: str
    switch: Button | None = None


@dataclass(frozen=True, slots=True)
class CopyableText:
    """A longer literal text to copy as a whole."""

    text: str


@dataclass(frozen=True, slots=True)
class FormField:
    """An input of a form. `choices` are (value, label) pairs; without them it is a text input.

    `problem` says what is wrong with the submitted value; `hint` is an example, shown while a text input is empty.
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


@dataclass(frozen=True, slots=True)
class FoldedSection:
    """Blocks that a card shows once their label is pressed, or at once if `is_open`. Other clients always show them."""

    label: str
    blocks: tuple[Block, ...]
    is_open: bool = False


Block = Paragraph | FactTable | LogExcerpt | Command | CopyableText | FormField | DurationBars | FoldedSection


ButtonArgument = int | str | list[str]
"""What a button may send as an argument: it's stored with the state, and comes back from a client."""


@dataclass(frozen=True, slots=True)
class Button:
    """An action that the user can press (or, in a terminal, choose by number).

    With `url` it opens that page instead, says so in its label, and has an empty `action_id`. With `should_omit_fields`
    it doesn't submit the form above it, so required fields may stay empty. With `replaces_card` the answer takes the
    place of its card, even of one that stays otherwise.
    """

    label: str
    action_id: str
    args: Mapping[str, ButtonArgument] = field(default_factory=dict)
    primary: bool = False
    url: str = ""
    should_omit_fields: bool = False
    replaces_card: bool = False


Placement = Literal["in-place", "replaces", "passing", "stays"]
"""Whether a message replaces the one whose button was pressed, and whether the reply to its own buttons replaces it.

- in-place: it replaces and is replaced, so that a walkthrough stays one card.
- replaces: it replaces the question that it answers, and then stays.
- passing: it is a new message, such as a question, which the next one replaces.
- stays: it is a new message that people come back to, and is never replaced.
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """One message: blocks from top to bottom, then at most six buttons.

    Attributes:
        summary: The one-line text of the notification.
        placement: What it may replace and be replaced by, if the client supports it.
    """

    blocks: tuple[Block, ...]
    buttons: tuple[Button, ...] = ()
    language: Language = "en"
    summary: str = ""
    placement: Placement = "in-place"

    @property
    def switches(self) -> tuple[Button, ...]:
        """The buttons next to commands."""
        return tuple(command.switch for command in iterate_commands(self.blocks) if command.switch)

    @property
    def offered_buttons(self) -> tuple[Button, ...]:
        """All that can be pressed, or typed, in the order of their numbers."""
        return (*self.buttons, *self.switches)

    @property
    def may_replace(self) -> bool:
        """Whether it may replace the message whose button was pressed."""
        return self.placement in ("in-place", "replaces")

    @property
    def may_be_replaced(self) -> bool:
        """Whether the reply to one of its buttons may replace it."""
        return self.placement in ("in-place", "passing")


def iterate_commands(blocks: Iterable[Block]) -> Iterator[Command]:
    """Yield the commands among `blocks`, those in folded sections too."""
    for block in blocks:
        if isinstance(block, Command):
            yield block
        elif isinstance(block, FoldedSection):
            yield from iterate_commands(block.blocks)
