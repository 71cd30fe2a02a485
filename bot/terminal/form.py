"""Forms in a terminal: the fields are asked for one by one, each with its current value."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from bot.terminal.input import TerminalInput
from bot.terminal.messages import TerminalMessages
from dialogs.model.reply import FormField, Reply
from dialogs.replies.plain_text import PROBLEM_MARK, format_hint, sanitize_line, sanitize_text

_COMMANDS = frozenset({".edit", ".clear", ".keep", ".cancel"})


class TerminalForm:
    """The form of one reply. It keeps the entered values when the person presses another button of the reply."""

    def __init__(self, reply: Reply) -> None:
        """Create the form from the fields among the reply's blocks, if any."""
        self._language = reply.language
        self._fields = [block for block in reply.blocks if isinstance(block, FormField)]
        self._values = {field.id: field.value for field in self._fields}

    async def fill(self, source: TerminalInput, console: Console, messages: TerminalMessages) -> dict[str, str] | None:
        """Ask for every field. Return the values by field id, or None if the person cancels or the input ends."""
        if self._fields:
            console.print(Text(messages.form, "dim"))
        for field in self._fields:
            entered = await self._ask(field, source, console, messages)
            if entered is None:
                return None
            if entered == ".keep":
                break
        return dict(self._values)

    async def _ask(
        self, field: FormField, source: TerminalInput, console: Console, messages: TerminalMessages
    ) -> str | None:
        """Ask for one field until its value is valid.

        Return `.keep` if the remaining fields keep their values, and None to leave the form.
        """
        while True:
            self._show(field, console)
            if source.is_interactive:
                console.print(Text("  › ", "bold"), end="")
            text = await source.read_message(commands=_COMMANDS, accepts_blank=True)
            if text is None or text.strip() == ".cancel":
                return None
            command = text.strip()
            if command in ("", ".keep"):
                return command
            if command == ".edit":
                console.print(Text(messages.paste, "dim"))
                text = await source.read_until_dot()
            value = _parse_value(field, "" if command == ".clear" else text)
            if value is None:
                console.print(Text(messages.not_a_choice.format(count=len(field.choices)), "yellow"))
            elif 0 < field.max_chars < len(value):
                console.print(Text(messages.too_long.format(most=field.max_chars, length=len(value)), "yellow"))
            else:
                self._values[field.id] = value
                # a text that happens to be ".keep" is not the command
                return value if value != ".keep" else ""

    def _show(self, field: FormField, console: Console) -> None:
        if field.problem:
            console.print(Text(f"{PROBLEM_MARK} {sanitize_line(field.problem)}", "red"))
        console.print(Text(sanitize_line(field.label), "bold"))
        value = self._values[field.id]
        for number, (choice, label) in enumerate(field.choices, 1):
            bullet = "•" if choice == value else " "
            console.print(Text(f"  {bullet} {number}  {sanitize_line(label)}"))
        if field.hint and not value:
            console.print(Text(f"  {format_hint(field.hint, self._language)}", "dim"))
        if not field.choices and value:
            indented = sanitize_text(value).replace("\n", "\n  ")
            console.print(Text(f"  {indented}", "dim"))


def _parse_value(field: FormField, text: str) -> str | None:
    """Return the value that `text` means, or None if it is not one of the choices.

    A choice can be given by number, value, or label.
    """
    if not field.choices:
        return text if field.multiline else " ".join(text.split())
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit() and 1 <= int(stripped[:6]) <= len(field.choices):
        return field.choices[int(stripped) - 1][0]
    return next((value for value, label in field.choices if stripped.lower() in (value.lower(), label.lower())), None)
