"""What every part of the conversation needs at a turn, and the small pieces that replies are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dialogs.model.azure import LookMode
from dialogs.model.reply import Button, Lines, Paragraph, Reply, RichText, Tone, prose
from dialogs.state.state import State
from dialogs.texts import Own, line, word
from knowledge.catalog.howtos import Guides
from knowledge.catalog.questionnaire import Page
from knowledge.catalog.support import SupportRouting
from knowledge.diagnosis.excerpt import short_line
from knowledge.model.diagnosis import LineOf
from knowledge.model.entry import Entry, Language, LocalText

MOST_BUTTONS = 6
LABEL = 40  # characters of a button that a phone shows

Outcome = tuple[State, tuple[Reply, ...]]
"""What a part of the conversation gives back: the next state and what to show."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The language of the turn, what is known, the time (UTC, ISO 8601), whether others read along, whose eyes look.

    `files`: support tickets may be filed. `attach`: files can be attached here, and are read.
    """

    language: Language
    entries: Mapping[str, Entry]
    guide: Page
    support: SupportRouting
    now: str
    guides: Guides
    public: bool = False
    looks: LookMode = "off"
    files: bool = False
    attach: bool = False

    def line(self, key: str, **values: object) -> RichText:
        """One of our sentences as runs."""
        return line(key, self.language, **values)

    def word(self, key: str, **values: object) -> str:
        """One of our sentences as a string."""
        return word(key, self.language, **values)

    def say(self, key: str, tone: Tone = "default", **values: object) -> Paragraph:
        """One of our sentences as a paragraph."""
        return Paragraph(self.line(key, **values), tone)

    def heading(self, key: str, **values: object) -> Paragraph:
        """One of our sentences as the heading of a card."""
        return Paragraph(self.line(key, **values), size="title")

    def button(self, key: str, do: str, primary: bool = False, **args: Any) -> Button:
        """A button with the label `button.<key>`."""
        return Button(self.word(f"button.{key}"), do, args, primary)

    def link(self, key: str, url: str, primary: bool = False) -> Button:
        """A button with the label `button.<key>` that opens a page."""
        return Button(self.word(f"button.{key}"), "", {}, primary, url)

    def text(self, text: LocalText) -> RichText:
        """A text of an entry as runs, in the language of the turn."""
        return prose(text.in_(self.language))

    def title(self, entry: str) -> Own:
        """The title of an entry in the language of the turn, or its id when it no longer exists."""
        known = self.entries.get(entry)
        return Own(known.title.in_(self.language) if known else entry)

    def reply(self, *blocks: Any, buttons: tuple[Button, ...] = (), summary: str = "", beside: bool = False) -> Reply:
        """One message with at most `MOST_BUTTONS` buttons."""
        return Reply(blocks, buttons[:MOST_BUTTONS], self.language, summary, beside)


def proof(lines: Iterable[LineOf]) -> Lines:
    """Lines of the person's text, as long as they can be read on a card; the case has them whole."""
    return Lines(tuple((line.line, short_line(line.text)) for line in lines))


def short(text: str, most: int = LABEL) -> str:
    """`text` as a label: cut at a word, with an ellipsis."""
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"
