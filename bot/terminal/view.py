"""Draws replies in a terminal. Foreign text goes through `visible` and rich's Text, never through markup."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dialogs.model.reply import Bars, Block, Command, Copyable, Facts, Field, Lines, Paragraph, Reply, RichText
from dialogs.replies.plain_text import LINE, numbered, one_line, plain, visible
from knowledge.model.entry import Language

_TONES = {"default": "", "good": "green", "warning": "yellow", "attention": "red", "subtle": "dim"}
_RUNS = {"plain": "", "bold": "bold", "code": "cyan"}
_NARROW = 50  # columns: below, labels stand before their values instead of beside them


def show(console: Console, reply: Reply, first_button: int = 1) -> None:
    """Prints `reply`, its buttons numbered from `first_button`."""
    for block in reply.blocks:
        _show_block(console, block, reply.language)
        console.print()
    for button, line in zip(reply.buttons, numbered(reply.buttons, first_button), strict=True):
        number, _, label = line.partition(" ")
        console.print(Text.assemble((number, "bold"), " ", (label, "bold green" if button.primary else "")))
    if reply.buttons:
        console.print()


def _show_block(console: Console, block: Block, language: Language) -> None:
    match block:
        case Paragraph(text=text, tone=tone, size=size):
            console.print(_styled(text, f"{_TONES[tone]} {'bold' if size == 'title' else ''}".strip()))
        case Facts(rows=facts):
            rows = [(Text(one_line(label)), _styled(value)) for label, value in facts]
            if block.folded:
                console.print(Text(f"{one_line(block.folded)}:", "dim"))
            console.print(_beside(console, rows))
        case Lines(rows=lines):
            numbers = [(Text(f"{LINE.in_(language)} {number}"), Text(visible(text))) for number, text in lines]
            console.print(Padding(_beside(console, numbers), (0, 0, 0, 2)))
        case Command(shell=shell, text=text):
            console.print(Text(shell, "dim"))
            console.print(Text(visible(text), "cyan"), soft_wrap=True)  # unbroken, so that it can be copied
        case Copyable(text=text):
            console.print(Text(visible(text)), soft_wrap=True)
        case Field() | Bars():
            console.print(Text(plain(Reply((block,), language=language)), "dim"))


def _styled(text: RichText, style: str = "") -> Text:
    return Text.assemble(*((visible(run.text), _RUNS[run.style]) for run in text), style=style)


def _beside(console: Console, rows: list[tuple[Text, Text]]) -> RenderableType:
    """Labels and values in two columns, or one below the other where there is no room."""
    if console.width < _NARROW:
        return Group(*(Text.assemble((label.plain, "dim"), "  ", value) for label, value in rows))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, max_width=console.width // 3)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(label, value)
    return table
