"""Printing of replies in a terminal.

Untrusted text is sanitized and wrapped in rich's `Text`, never passed as markup, so it cannot control the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dialogs.model.duration_bars import DurationBars
from dialogs.model.reply import (
    Block,
    Command,
    CopyableText,
    FactTable,
    FoldedSection,
    FormField,
    LogExcerpt,
    Mark,
    Paragraph,
    Reply,
    RichText,
)
from dialogs.replies.duration_bars import BarLine
from dialogs.replies.plain_text import (
    format_line_label,
    list_line_marks,
    render_numbered_buttons,
    render_plain_text,
    render_timeline,
    sanitize_line,
    sanitize_text,
)
from knowledge.model.entry import Language

_TONE_STYLES = {"default": "", "good": "green", "warning": "yellow", "attention": "red", "subtle": "dim"}
_MARK_STYLES: Mapping[Mark, str] = {"✖": "bold red", "✔": "bold green", "▲": "bold yellow", "✓": "green", "●": "bold"}
_RUN_STYLES = {"plain": "", "bold": "bold", "code": "cyan"}
_MIN_TABLE_WIDTH = 50  # in columns; a narrower terminal gets one column instead of two


def print_reply(console: Console, reply: Reply, first_button: int = 1) -> None:
    """Print `reply`, with its buttons numbered from `first_button`."""
    for block in reply.blocks:
        _print_block(console, block, reply.language)
        console.print()
    buttons = reply.offered_buttons
    for button, line in zip(buttons, render_numbered_buttons(buttons, first_button), strict=True):
        number, _, label = line.partition(" ")
        console.print(Text.assemble((number, "bold"), " ", (label, "bold green" if button.primary else "")))
    if buttons:
        console.print()


def _print_block(console: Console, block: Block, language: Language) -> None:
    match block:
        case Paragraph():
            _print_paragraph(console, block)
        case FoldedSection(blocks=blocks):
            _print_blocks(console, blocks, language)
        case FactTable(rows=facts):
            rows = [(Text(sanitize_line(label)), _style_text(value)) for label, value in facts]
            if block.folded_label:
                console.print(Text(f"{sanitize_line(block.folded_label)}:", "dim"))
            console.print(_arrange_columns(console, rows))
        case LogExcerpt():
            _print_excerpt(console, block, language)
        case Command(shell=shell, text=text):
            console.print(Text(shell, "dim"))
            console.print(Text(sanitize_text(text), "cyan"), soft_wrap=True)  # not wrapped, so that it can be copied
        case CopyableText(text=text):
            console.print(Text(sanitize_text(text)), soft_wrap=True)
        case DurationBars():
            _print_timeline(console, block, language)
        case FormField():
            console.print(Text(render_plain_text(Reply((block,), language=language)), "dim"))


def _print_timeline(console: Console, bars: DurationBars, language: Language) -> None:
    lines = render_timeline(bars, language, console.width)
    console.print(Group(*(Text(line.text, _style_bar(line), no_wrap=True) for line in lines)))


def _style_bar(line: BarLine) -> str:
    """Return the style of a timeline's row: what went wrong is bold, and Image Builder's own steps don't."""
    if line.state in ("failed", "stopped"):
        return "bold red"
    return "dim" if line.is_own or line.state in ("pending", "waiting", "unseen") else ""


def _print_blocks(console: Console, blocks: tuple[Block, ...], language: Language) -> None:
    for number, block in enumerate(blocks):
        if number:
            console.print()
        _print_block(console, block, language)


def _print_paragraph(console: Console, paragraph: Paragraph) -> None:
    style = f"{_TONE_STYLES[paragraph.tone]} {'bold' if paragraph.size == 'title' else ''}".strip()
    marked = [(f"{paragraph.mark} ", _MARK_STYLES.get(paragraph.mark, ""))] if paragraph.mark else []
    console.print(Text.assemble(*marked, _style_text(paragraph.text, style)))


def _print_excerpt(console: Console, excerpt: LogExcerpt, language: Language) -> None:
    numbers = [
        (
            Text(f"{mark}{format_line_label(number, language)}"),
            Text(sanitize_text(text), "bold" if mark.strip() else ""),
        )
        for mark, (number, text) in zip(list_line_marks(excerpt), excerpt.rows, strict=True)
    ]
    console.print(Padding(_arrange_columns(console, numbers), (0, 0, 0, 2)))


def _style_text(text: RichText, style: str = "") -> Text:
    return Text.assemble(*((sanitize_text(run.text), _RUN_STYLES[run.style]) for run in text), style=style)


def _arrange_columns(console: Console, rows: list[tuple[Text, Text]]) -> RenderableType:
    """Arrange labels and values in two columns, or one per line if the terminal is narrow."""
    if console.width < _MIN_TABLE_WIDTH:
        return Group(*(Text.assemble((label.plain, "dim"), "  ", value) for label, value in rows))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, max_width=console.width // 3)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(label, value)
    return table
