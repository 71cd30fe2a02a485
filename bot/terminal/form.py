"""A form in a terminal: its fields asked one by one, each with what it holds already."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from bot.terminal.input import TerminalInput
from bot.terminal.messages import TerminalMessages
from dialogs.model.reply import FormField, Reply
from dialogs.replies.plain_text import HINT_LABEL, PROBLEM_MARK, sanitize_line, sanitize_text

_COMMANDS = frozenset({".edit", ".clear", ".keep", ".cancel"})


class TerminalForm:
    """The fields of one reply. What a person has entered stays when another button of the reply is pressed."""

    def __init__(self, reply: Reply) -> None:
        self._language = reply.language
        self._fields = [block for block in reply.blocks if isinstance(block, FormField)]
        self._values = {field.id: field.value for field in self._fields}

    async def fill(self, source: TerminalInput, console: Console, messages: TerminalMessages) -> dict[str, str] | None:
        """Asks for every field and gives their values by id; None when the person cancels or the input ends."""
        if self._fields:
            console.print(Text(messages.form, "dim"))
        for field in self._fields:
            answer = await self._ask(field, source, console, messages)
            if answer is None:
                return None
            if answer == ".keep":
                break
        return dict(self._values)

    async def _ask(
        self, field: FormField, source: TerminalInput, console: Console, messages: TerminalMessages
    ) -> str | None:
        """Asks until the answer fits; `.keep` when all that is left stays, None to leave the form."""
        while True:
            self._show(field, console)
            if source.is_interactive:
                console.print(Text("  › ", "bold"), end="")
            said = await source.read_message(commands=_COMMANDS, accepts_blank=True)
            if said is None or said.strip() == ".cancel":
                return None
            command = said.strip()
            if command in ("", ".keep"):
                return command
            if command == ".edit":
                console.print(Text(messages.paste, "dim"))
                said = await source.read_until_dot()
            value = _parse_value(field, "" if command == ".clear" else said)
            if value is None:
                console.print(Text(messages.not_a_choice.format(count=len(field.choices)), "yellow"))
            elif 0 < field.max_chars < len(value):
                console.print(Text(messages.too_long.format(most=field.max_chars, length=len(value)), "yellow"))
            else:
                self._values[field.id] = value
                return value if value != ".keep" else ""

    def _show(self, field: FormField, console: Console) -> None:
        if field.problem:
            console.print(Text(f"{PROBLEM_MARK} {sanitize_line(field.problem)}", "red"))
        console.print(Text(sanitize_line(field.label), "bold"))
        value = self._values[field.id]
        for number, (choice, label) in enumerate(field.choices, 1):
            mark = "•" if choice == value else " "
            console.print(Text(f"  {mark} {number}  {sanitize_line(label)}"))
        if field.hint and not value:
            console.print(Text(f"  {HINT_LABEL.get(self._language)} {sanitize_line(field.hint)}", "dim"))
        if not field.choices and value:
            shown = sanitize_text(value).replace("\n", "\n  ")
            console.print(Text(f"  {shown}", "dim"))


def _parse_value(field: FormField, text: str) -> str | None:
    """What `said` sets the field to: a choice by number, value or label; None when it is none of them."""
    if not field.choices:
        return text if field.multiline else " ".join(text.split())
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit() and 1 <= int(stripped[:6]) <= len(field.choices):
        return field.choices[int(stripped) - 1][0]
    return next((value for value, label in field.choices if stripped.lower() in (value.lower(), label.lower())), None)
