"""The bot as a chat in a terminal, or over pipes for scripts: text and button numbers in, replies out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from bot.errors import log_failure
from bot.terminal.files import LocalFileError, read_message_file
from bot.terminal.form import TerminalForm
from bot.terminal.input import DISABLE_BRACKETED_PASTE, ENABLE_BRACKETED_PASTE, TerminalInput
from bot.terminal.messages import TerminalMessages, get_messages
from bot.terminal.view import print_reply
from dialogs.model.reply import Button, Reply
from dialogs.model.turn import ACTION_VERSION, ActionPressed, MemberJoined, MessageSent, Person, Turn, TurnEvent
from dialogs.replies.plain_text import sanitize_line
from dialogs.texts.catalog import get_texts
from knowledge.model.entry import Language

AnswerTurn = Callable[[Turn], Awaitable[Sequence[Reply]]]

_COMMANDS = frozenset({".paste", ".file", ".help", ".quit"})
_LOCAL_PERSON = Person(tenant="local", id="terminal")

_log = logging.getLogger(__name__)


async def run_terminal(
    answer_turn: AnswerTurn,
    *,
    person: Person = _LOCAL_PERSON,
    conversation_id: str = "terminal",
    locale: str | None = None,
    console: Console | None = None,
    descriptor: int = 0,
    background_replies: asyncio.Queue[Sequence[Reply]] | None = None,
) -> None:
    """Run a chat until the person leaves: greet them, then answer what they type, press, paste, or pipe.

    Args:
        answer_turn: returns the replies to a turn.
        person: whom the turns come from.
        conversation_id: the id of the conversation in each turn.
        locale: sets the language of the terminal's own messages until the first reply does.
        console: where replies are printed; by default standard output.
        descriptor: the file descriptor to read from; by default standard input.
        background_replies: replies to print between the turns.
    """
    console = console or Console(highlight=False, markup=False, emoji=False)
    terminal = TerminalClient(answer_turn, TerminalInput(descriptor), console, person, conversation_id, locale)
    background = (
        asyncio.create_task(terminal.show_background_replies(background_replies)) if background_replies else None
    )
    try:
        await terminal.run()
    finally:
        if background:
            background.cancel()


class TerminalClient:
    """A chat in a terminal. The buttons that can be pressed are those of the latest replies."""

    def __init__(
        self,
        answer_turn: AnswerTurn,
        source: TerminalInput,
        console: Console,
        person: Person,
        conversation_id: str,
        locale: str | None,
    ) -> None:
        self._answer_turn = answer_turn
        self._input = source
        self._console = console
        self._person = person
        self._conversation_id = conversation_id
        self._locale = locale
        self._language: Language = get_texts().detect_language(locale)
        self._buttons: list[tuple[Button, TerminalForm]] = []
        self._turn: asyncio.Task[Sequence[Reply]] | None = None
        self._leave_event = asyncio.Event()

    async def run(self) -> None:
        """Greet the person, then answer until they leave with `.quit`, Ctrl-D, or Ctrl-C, or the input ends."""
        with self._set_up_terminal(), self._input.read_in_background():
            self._print_notice(self._messages.hint)
            if await self._run_turn(self._build_turn(MemberJoined())):
                await self._run_conversation()
        self._print_notice(self._messages.goodbye)

    def show_replies(self, replies: Sequence[Reply]) -> None:
        """Print the replies to a turn or from the background. Their buttons replace the earlier ones."""
        if not replies:
            return
        self._buttons = []
        for reply in replies:
            self._language = reply.language
            form = TerminalForm(reply)
            print_reply(self._console, reply, len(self._buttons) + 1)
            self._buttons.extend((button, form) for button in reply.offered_buttons)

    async def show_background_replies(self, background_replies: asyncio.Queue[Sequence[Reply]]) -> None:
        """Print replies as they arrive, each time followed by a new prompt. Runs until canceled."""
        while True:
            replies = await background_replies.get()
            self._console.print()
            self.show_replies(replies)
            self._print_prompt()

    @property
    def _messages(self) -> TerminalMessages:
        return get_messages(self._language)

    async def _run_conversation(self) -> None:
        while True:
            self._print_prompt()
            text = await self._input.read_message(commands=_COMMANDS)
            if text is None or self._leave_event.is_set() or text.strip() == ".quit":
                return
            self._warn_if_truncated()
            event = await self._read_event(text)
            if self._leave_event.is_set() or (event is not None and not await self._run_turn(self._build_turn(event))):
                return

    async def _read_event(self, text: str) -> MessageSent | ActionPressed | None:
        """Read a command, a button number, or text. Return None if there is nothing to send."""
        command, _, rest = text.strip().partition(" ")
        if command == ".help":
            self._print_notice(self._messages.hint)
            return None
        if command == ".paste" and not rest:
            self._print_notice(self._messages.paste)
            text = await self._input.read_until_dot()
            self._warn_if_truncated()
        elif command == ".file":
            try:
                return await asyncio.to_thread(read_message_file, rest.strip().strip("\"'"), self._messages)
            except LocalFileError as error:
                self._print_notice(str(error), "red")
                return None
        elif (number := _parse_number(text)) is not None and 1 <= number <= len(self._buttons):
            return await self._press_button(*self._buttons[number - 1])
        return MessageSent(text) if text.strip() else None

    def _build_turn(self, event: TurnEvent) -> Turn:
        return Turn(self._person, self._conversation_id, locale=self._locale, event=event)

    async def _press_button(self, button: Button, form: TerminalForm) -> ActionPressed | None:
        self._print_notice(f"› {sanitize_line(button.label)}")
        fields = {} if button.should_omit_fields else await form.fill(self._input, self._console, self._messages)
        if fields is None:
            self._print_notice(self._messages.form_left)
            return None
        return ActionPressed(button.action_id, button.args, fields, ACTION_VERSION)

    async def _run_turn(self, turn: Turn) -> bool:
        """Get the replies to `turn` and print them. Return False if the person left in the meantime."""
        self._turn = asyncio.ensure_future(self._answer_turn(turn))
        try:
            with self._show_working():
                replies = await self._turn
        except asyncio.CancelledError:
            if self._leave_event.is_set():
                return False
            self._turn.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - an error in one turn must not end the conversation
            self._print_notice(self._messages.failed.format(reference=log_failure(_log, error)), "red")
            return True
        finally:
            self._turn = None
        self.show_replies(replies)
        return True

    def _print_notice(self, text: str, style: str = "dim") -> None:
        self._console.print(Text(text, style))

    def _print_prompt(self) -> None:
        if self._input.is_interactive:
            self._console.print(Text("› ", "bold"), end="")

    def _warn_if_truncated(self) -> None:
        if self._input.was_truncated:
            self._print_notice(self._messages.truncated, "yellow")

    @contextlib.contextmanager
    def _show_working(self) -> Iterator[None]:
        """Show a spinner while a turn is answered, unless the input or output is a pipe."""
        if not (self._input.is_interactive and self._console.is_terminal):
            yield
            return
        with self._console.status(Text(self._messages.working, "dim")):
            yield

    @contextlib.contextmanager
    def _set_up_terminal(self) -> Iterator[None]:
        """Prepare the terminal: Ctrl-C says goodbye, pastes are marked, unknown characters are replaced."""
        reconfigure = getattr(self._console.file, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
        loop = asyncio.get_running_loop()
        marks_pastes = self._input.is_interactive and self._console.is_terminal
        has_signal_handler = False
        if self._input.is_interactive:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
                loop.add_signal_handler(signal.SIGINT, self._leave)
                has_signal_handler = True
        try:
            if marks_pastes:
                self._console.file.write(ENABLE_BRACKETED_PASTE)
            yield
        finally:
            if marks_pastes:
                self._console.file.write(DISABLE_BRACKETED_PASTE)
                self._console.print()
            if has_signal_handler:
                loop.remove_signal_handler(signal.SIGINT)

    def _leave(self) -> None:
        self._leave_event.set()
        self._input.end()
        if self._turn is not None:
            self._turn.cancel()


def _parse_number(text: str) -> int | None:
    stripped = text.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 4 else None
