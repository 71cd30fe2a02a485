"""What every part of the conversation needs at a turn, and the small pieces that replies are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dialogs.model.azure import AccessMode
from dialogs.model.reply import Button, LogExcerpt, Paragraph, Reply, RichText, Tone, parse_markup
from dialogs.state.conversation_state import ConversationState
from dialogs.texts import TrustedText, format_runs, format_text
from knowledge.catalog.howtos import Howtos
from knowledge.catalog.questionnaire import Page
from knowledge.catalog.support import SupportRouting
from knowledge.diagnosis.excerpt import shorten_line
from knowledge.model.diagnosis import ExcerptLine
from knowledge.model.entry import Entry, Language, LocalizedText

MAX_BUTTONS = 6
MAX_LABEL_CHARS = 40  # characters of a button that a phone shows

DialogResult = tuple[ConversationState, tuple[Reply, ...]]
"""What a part of the conversation gives back: the next state and what to show."""


@dataclass(frozen=True, slots=True)
class DialogContext:
    """The language of the turn, what is known, the time (UTC, ISO 8601), whether others read along, whose eyes look.

    `files`: support tickets may be filed. `attach`: files can be attached here, and are read.
    """

    language: Language
    entries: Mapping[str, Entry]
    questionnaire: Page
    support: SupportRouting
    now: str
    howtos: Howtos
    is_public: bool = False
    access_mode: AccessMode = "off"
    can_file_tickets: bool = False
    can_attach_files: bool = False

    def format_runs(self, key: str, **values: object) -> RichText:
        """One of our sentences as runs."""
        return format_runs(key, self.language, **values)

    def format_text(self, key: str, **values: object) -> str:
        """One of our sentences as a string."""
        return format_text(key, self.language, **values)

    def build_paragraph(self, key: str, tone: Tone = "default", **values: object) -> Paragraph:
        """One of our sentences as a paragraph."""
        return Paragraph(self.format_runs(key, **values), tone)

    def build_heading(self, key: str, **values: object) -> Paragraph:
        """One of our sentences as the heading of a card."""
        return Paragraph(self.format_runs(key, **values), size="title")

    def build_button(self, key: str, action_id: str, primary: bool = False, **args: Any) -> Button:
        """A button with the label `button.<key>`."""
        return Button(self.format_text(f"button.{key}"), action_id, args, primary)

    def build_link_button(self, key: str, url: str, primary: bool = False) -> Button:
        """A button with the label `button.<key>` that opens a page."""
        return Button(self.format_text(f"button.{key}"), "", {}, primary, url)

    def localize(self, text: LocalizedText) -> RichText:
        """A text of an entry as runs, in the language of the turn."""
        return parse_markup(text.get(self.language))

    def get_entry_title(self, entry_id: str) -> TrustedText:
        """The title of an entry in the language of the turn, or its id when it no longer exists."""
        known = self.entries.get(entry_id)
        return TrustedText(known.title.get(self.language) if known else entry_id)

    def build_reply(
        self, *blocks: Any, buttons: tuple[Button, ...] = (), summary: str = "", beside: bool = False
    ) -> Reply:
        """One message with at most `MOST_BUTTONS` buttons."""
        return Reply(blocks, buttons[:MAX_BUTTONS], self.language, summary, beside)


def build_log_excerpt(lines: Iterable[ExcerptLine]) -> LogExcerpt:
    """Lines of the person's text, as long as they can be read on a card; the case has them whole."""
    return LogExcerpt(tuple((line.line, shorten_line(line.text)) for line in lines))


def shorten_label(text: str, max_chars: int = MAX_LABEL_CHARS) -> str:
    """`text` as a label: cut at a word, with an ellipsis."""
    if len(text) <= max_chars:
        return text
    return text[: max_chars - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"
