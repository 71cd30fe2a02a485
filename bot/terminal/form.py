"""A form in a terminal: its fields asked one by one, each with what it holds already."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from bot.terminal.input import Input
from bot.terminal.words import Words
from dialogs.model.reply import Field, Reply
from dialogs.replies.plain_text import HINT, PROBLEM, one_line, visible

_COMMANDS = frozenset({".edit", ".clear", ".keep", ".cancel"})


class Form:
    """The fields of one reply. What a person has entered stays when another button of the reply is pressed."""

    def __init__(self, reply: Reply) -> None:
        self._language = reply.language
        self._fields = [block for block in reply.blocks if isinstance(block, Field)]
        self._values = {field.id: field.value for field in self._fields}

    async def fill(self, source: Input, console: Console, words: Words) -> dict[str, str] | None:
        """Asks for every field and gives their values by id; None when the person cancels or the input ends."""
        if self._fields:
            console.print(Text(words.form, "dim"))
        for field in self._fields:
            answer = await self._ask(field, source, console, words)
            if answer is None:
                return None
            if answer == ".keep":
                break
        return dict(self._values)

    async def _ask(self, field: Field, source: Input, console: Console, words: Words) -> str | None:
        """Asks until the answer fits; `.keep` when all that is left stays, None to leave the form."""
        while True:
            self._show(field, console)
            if source.interactive:
                console.print(Text("  › ", "bold"), end="")
            said = await source.message(commands=_COMMANDS, blank=True)
            if said is None or said.strip() == ".cancel":
                return None
            command = said.strip()
            if command in ("", ".keep"):
                return command
            if command == ".edit":
                console.print(Text(words.paste, "dim"))
                said = await source.until_dot()
            value = _value(field, "" if command == ".clear" else said)
            if value is None:
                console.print(Text(words.not_a_choice.format(count=len(field.choices)), "yellow"))
            elif 0 < field.most < len(value):
                console.print(Text(words.too_long.format(most=field.most, length=len(value)), "yellow"))
            else:
                self._values[field.id] = value
                return value if value != ".keep" else ""

    def _show(self, field: Field, console: Console) -> None:
        if field.problem:
            console.print(Text(f"{PROBLEM} {one_line(field.problem)}", "red"))
        console.print(Text(one_line(field.label), "bold"))
        value = self._values[field.id]
        for number, (choice, label) in enumerate(field.choices, 1):
            mark = "•" if choice == value else " "
            console.print(Text(f"  {mark} {number}  {one_line(label)}"))
        if field.hint and not value:
            console.print(Text(f"  {HINT.in_(self._language)} {one_line(field.hint)}", "dim"))
        if not field.choices and value:
            shown = visible(value).replace("\n", "\n  ")
            console.print(Text(f"  {shown}", "dim"))


def _value(field: Field, said: str) -> str | None:
    """What `said` sets the field to: a choice by number, value or label; None when it is none of them."""
    if not field.choices:
        return said if field.multiline else " ".join(said.split())
    stripped = said.strip()
    if stripped.isascii() and stripped.isdigit() and 1 <= int(stripped[:6]) <= len(field.choices):
        return field.choices[int(stripped) - 1][0]
    return next((value for value, label in field.choices if stripped.lower() in (value.lower(), label.lower())), None)
