"""What every dialog needs during a turn, and the building blocks of replies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dialogs.model.azure import AccessMode
from dialogs.model.effects import Effect, shift_effects
from dialogs.model.reply import (
    Block,
    Button,
    ButtonArgument,
    LogExcerpt,
    Paragraph,
    Placement,
    Reply,
    RichText,
    TextRun,
    Tone,
    parse_markup,
)
from dialogs.state.conversation_state import ConversationState
from dialogs.texts.catalog import TextCatalog, TrustedText
from dialogs.texts.language_header import LanguageHeader
from knowledge.commands.placeholders import DEFAULT_SHELL, Shell
from knowledge.diagnosis.excerpt import shorten_line
from knowledge.knowledge_base import KnowledgeBase
from knowledge.model.diagnosis import ExcerptLine
from knowledge.model.entry import Entry, Language, LocalizedText
from knowledge.text.value_slots import split_slots

_MEASURE = re.compile(r"\d{1,9}(?:\.\d{1,9})?(?: (?:h|min|s)(?: \d{1,2} (?:min|s))?)?\Z")
MAX_BUTTONS = 6
MAX_LABEL_CHARS = 40  # phones cut off longer button labels


@dataclass(frozen=True, slots=True)
class DialogResult:
    """What a dialog returns: the next state, the replies to send, and other effects."""

    state: ConversationState
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()

    def followed_by(self, later: DialogResult) -> DialogResult:
        """Return both results as one, with the later one's state, which was made from this one's."""
        return DialogResult(
            later.state,
            (*self.replies, *later.replies),
            (*self.effects, *shift_effects(later.effects, len(self.replies))),
        )

    def with_leading_blocks(self, *blocks: Block) -> DialogResult:
        """Return the result with `blocks` above the blocks of its first reply."""
        first, *rest = self.replies
        return replace(self, replies=(replace(first, blocks=(*blocks, *first.blocks)), *rest))


@dataclass(frozen=True, slots=True)
class DialogContext:
    """What a dialog can use during a turn, besides the conversation's state.

    Attributes:
        language: The language of the replies.
        knowledge: The entries, how-to guides, and everything else in the catalog.
        texts: What the bot says, in every language.
        now: The time of the turn, UTC, ISO 8601 with `Z`.
        is_public: Whether others can read the conversation (a group chat or a channel).
        access_mode: Whose credentials read Azure.
        can_file_tickets: Whether support tickets may be filed from here.
        can_attach_files: Whether files can be attached here, and are read.
        can_share_looks: Whether a lookup can be posted where the person asked for it.
        shell: The shell whose commands are shown.
    """

    language: Language
    knowledge: KnowledgeBase
    texts: TextCatalog
    now: str
    is_public: bool = False
    access_mode: AccessMode = "off"
    can_file_tickets: bool = False
    can_attach_files: bool = False
    can_share_looks: bool = False
    shell: Shell = DEFAULT_SHELL

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The known errors by id."""
        return self.knowledge.entries

    @property
    def language_header(self) -> LanguageHeader:
        """The header of the replies' language."""
        return self.texts.get_header(self.language)

    def format_runs(self, key: str, **values: object) -> RichText:
        """Return one of our texts as runs."""
        return self.texts.format_runs(key, self.language, **values)

    def format_text(self, key: str, **values: object) -> str:
        """Return one of our texts as a string."""
        return self.texts.format_text(key, self.language, **values)

    def get_text(self, key: str) -> str:
        """Return one of our texts with its placeholders as they are, for who fills them in."""
        return self.texts.get(key, self.language)

    def build_paragraph(self, key: str, tone: Tone = "default", **values: object) -> Paragraph:
        """Build a paragraph from one of our texts."""
        return Paragraph(self.texts.format_runs(key, self.language, **values), tone)

    def build_heading(self, key: str, **values: object) -> Paragraph:
        """Build a card's heading from one of our texts."""
        return Paragraph(self.format_runs(key, **values), size="title")

    def build_button(self, key: str, action_id: str, primary: bool = False, **args: ButtonArgument) -> Button:
        """Build a button with the label `button.<key>`."""
        return Button(self.texts.format_text(f"button.{key}", self.language), action_id, args, primary)

    def build_link_button(self, key: str, url: str, primary: bool = False) -> Button:
        """Build a button with the label `button.<key>` that opens a page."""
        return Button(self.format_text(f"button.{key}"), "", {}, primary, url)

    def localize(self, text: LocalizedText, values: Mapping[str, str] | None = None) -> RichText:
        """Return a knowledge base text as runs, in the turn's language.

        `values` fill its placeholders. They come from a person's text, so they become literal runs, unless they are
        only a number or a duration.
        """
        return self.fill_text(text.get(self.language), values)

    def fill_text(self, text: str, values: Mapping[str, str] | None = None) -> RichText:
        """Return one of our texts as runs, its placeholders filled as in `localize`."""
        runs = parse_markup(text)
        if "|" not in text:
            return runs
        return tuple(
            TextRun(part.text, "code" if part.is_value and not _MEASURE.match(part.text) else run.style)
            for run in runs
            for part in split_slots(run.text, values or {})
        )

    def get_entry_title(self, entry_id: str) -> TrustedText:
        """Return an entry's title in the turn's language, or its id if it no longer exists."""
        entry = self.entries.get(entry_id)
        return TrustedText(entry.title.get(self.language) if entry else entry_id)

    def build_reply(
        self,
        *blocks: Block,
        buttons: tuple[Button, ...] = (),
        summary: str = "",
        placement: Placement = "in-place",
    ) -> Reply:
        """Build a message; buttons beyond `MAX_BUTTONS` are dropped."""
        return Reply(blocks, buttons[:MAX_BUTTONS], self.language, summary, placement)


def build_log_excerpt(lines: Iterable[ExcerptLine], deciding: int = 0) -> LogExcerpt:
    """Build an excerpt of the user's text, with lines shortened to fit a card; support cases have them in full.

    `deciding` is the number of the line that says what broke.
    """
    return LogExcerpt(tuple([(line.line, shorten_line(line.text)) for line in lines]), deciding)


def shorten_runs(text: RichText, max_chars: int) -> RichText:
    """Shorten a text to `max_chars` characters, cut at a word and with an ellipsis."""
    room = max_chars
    kept: list[TextRun] = []
    for run in text:
        if len(run.text) > room:
            cut = shorten_label(run.text, room) if room > 1 else "…"
            return (*kept, run._replace(text=cut))
        kept.append(run)
        room -= len(run.text)
    return text


def shorten_label(text: str, max_chars: int = MAX_LABEL_CHARS) -> str:
    """Shorten `text` to a label, cut at a word and with an ellipsis."""
    if len(text) <= max_chars:
        return text
    return text[: max_chars - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"
