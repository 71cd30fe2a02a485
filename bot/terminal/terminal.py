"""The bot as a chat in a terminal, or over pipes for scripts: text and numbers in, replies out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import stat
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.errors import where
from bot.terminal.form import Form
from bot.terminal.input import PASTE_OFF, PASTE_ON, Input
from bot.terminal.view import show
from bot.terminal.words import Words, words
from dialogs.model.reply import Button, Reply
from dialogs.model.turn import ACTION_VERSION, Action, Person, Turn
from dialogs.replies.plain_text import one_line
from knowledge.model.entry import Language

Answer = Callable[[Turn], Awaitable[Sequence[Reply]]]

FILE_LIMIT = 16 * 1024 * 1024
"""Bytes that `.file` reads."""

_COMMANDS = frozenset({".paste", ".file", ".help", ".quit"})
_LOCAL_PERSON = Person(tenant="local", id="terminal")

_log = logging.getLogger(__name__)


async def chat(
    answer: Answer,
    *,
    person: Person = _LOCAL_PERSON,
    conversation: str = "terminal",
    locale: str | None = None,
    console: Console | None = None,
    descriptor: int = 0,
    arrivals: asyncio.Queue[Sequence[Reply]] | None = None,
) -> None:
    """Talks with the person until they leave: greets them first, then answers what they type, press, paste or pipe.

    `descriptor` is the file descriptor to read; `locale` sets the language until the first reply does.
    `arrivals` brings replies that come on their own.
    """
    console = console or Console(highlight=False, markup=False, emoji=False)
    terminal = Terminal(answer, Input(descriptor), console, person, conversation, locale)
    showing = asyncio.create_task(terminal.show_all(arrivals)) if arrivals else None
    try:
        await terminal.run()
    finally:
        if showing:
            showing.cancel()


class Terminal:
    """One conversation in a terminal: the buttons that can be pressed are those of the latest turn's replies."""

    def __init__(
        self, answer: Answer, source: Input, console: Console, person: Person, conversation: str, locale: str | None
    ) -> None:
        self._answer = answer
        self._input = source
        self._console = console
        self._person = person
        self._conversation = conversation
        self._locale = locale
        self._language: Language = "it" if (locale or "").lower().startswith("it") else "en"
        self._buttons: list[tuple[Button, Form]] = []
        self._turn: asyncio.Task[Sequence[Reply]] | None = None
        self._leaving = asyncio.Event()

    async def run(self) -> None:
        """Greets, then answers until the input ends or the person leaves with `.quit`, Ctrl-D or Ctrl-C."""
        with self._at_the_terminal(), self._input.reading():
            self._say(self._words.hint)
            if await self._take(Turn(self._person, self._conversation, locale=self._locale, joined=True)):
                await self._converse()
        self._say(self._words.goodbye)

    def show(self, replies: Sequence[Reply]) -> None:
        """Prints replies, those of a turn or others that come on their own; their buttons become the ones to press."""
        if not replies:
            return
        self._buttons = []
        for reply in replies:
            self._language = reply.language
            form = Form(reply)
            show(self._console, reply, len(self._buttons) + 1)
            self._buttons.extend((button, form) for button in reply.buttons)

    async def show_all(self, arrivals: asyncio.Queue[Sequence[Reply]]) -> None:
        """Prints what arrives, for ever; the prompt follows, since the person may be about to type."""
        while True:
            replies = await arrivals.get()
            self._console.print()
            self.show(replies)
            self._prompt()

    @property
    def _words(self) -> Words:
        return words(self._language)

    async def _converse(self) -> None:
        while True:
            self._prompt()
            said = await self._input.message(commands=_COMMANDS)
            if said is None or self._leaving.is_set() or said.strip() == ".quit":
                return
            self._warn_if_cut()
            turn = await self._turn_for(said)
            if self._leaving.is_set() or (turn is not None and not await self._take(turn)):
                return

    async def _turn_for(self, said: str) -> Turn | None:
        """The turn that `said` stands for; None when there is nothing to send."""
        command, _, rest = said.strip().partition(" ")
        if command == ".help":
            self._say(self._words.hint)
            return None
        if command == ".paste" and not rest:
            self._say(self._words.paste)
            said = await self._input.until_dot()
            self._warn_if_cut()
        elif command == ".file":
            read = await asyncio.to_thread(self._read_file, rest.strip().strip("\"'"))
            if read is None:
                return None
            said = read
        elif (number := _number(said)) is not None and 1 <= number <= len(self._buttons):
            return await self._press(*self._buttons[number - 1])
        return self._said(said) if said.strip() else None

    def _said(self, text: str) -> Turn:
        return Turn(self._person, self._conversation, locale=self._locale, text=text)

    async def _press(self, button: Button, form: Form) -> Turn | None:
        self._say(f"› {one_line(button.label)}")
        fields = {} if button.bare else await form.fill(self._input, self._console, self._words)
        if fields is None:
            self._say(self._words.form_left)
            return None
        action = Action(button.do, button.args, fields, ACTION_VERSION)
        return Turn(self._person, self._conversation, locale=self._locale, action=action)

    async def _take(self, turn: Turn) -> bool:
        """Has `turn` answered and shows the replies; False when the person left meanwhile."""
        self._turn = asyncio.ensure_future(self._answer(turn))
        try:
            with self._waiting():
                replies = await self._turn
        except asyncio.CancelledError:
            if self._leaving.is_set():
                return False
            self._turn.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - a fault in one turn must not end the conversation
            _log.error("A turn in the terminal failed: %s", where(error))
            self._say(self._words.failed, "red")
            return True
        finally:
            self._turn = None
        self.show(replies)
        return True

    def _read_file(self, name: str) -> str | None:
        """The text of a file, at most 16 MB; otherwise None, and the person is told why."""
        path = Path(name).expanduser()
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                self._say(self._words.not_a_file.format(path=one_line(name) or "."), "red")
                return None
            with path.open("rb") as file:
                read = file.read(FILE_LIMIT + 1)
        except (OSError, RuntimeError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._say(self._words.unreadable.format(path=one_line(name), why=one_line(why)), "red")
            return None
        if len(read) > FILE_LIMIT:
            self._say(self._words.too_large.format(path=one_line(name)), "red")
            return None
        if not read.strip():
            self._say(self._words.empty.format(path=one_line(name)), "red")
            return None
        encoding = "utf-16" if read[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        return read.decode(encoding, "replace")

    def _say(self, text: str, style: str = "dim") -> None:
        self._console.print(Text(text, style))

    def _prompt(self) -> None:
        if self._input.interactive:
            self._console.print(Text("› ", "bold"), end="")

    def _warn_if_cut(self) -> None:
        if self._input.cut:
            self._say(self._words.cut, "yellow")

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[None]:
        """A sign of life while a turn is answered, for people only."""
        if not (self._input.interactive and self._console.is_terminal):
            yield
            return
        with self._console.status(Text(self._words.working, "dim")):
            yield

    @contextlib.contextmanager
    def _at_the_terminal(self) -> Iterator[None]:
        """Ctrl-C leaves politely, pastes are marked, and characters that the terminal lacks do no harm."""
        reconfigure = getattr(self._console.file, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
        loop = asyncio.get_running_loop()
        marks = self._input.interactive and self._console.is_terminal
        handled = False
        if self._input.interactive:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
                loop.add_signal_handler(signal.SIGINT, self._leave)
                handled = True
        try:
            if marks:
                self._console.file.write(PASTE_ON)
            yield
        finally:
            if marks:
                self._console.file.write(PASTE_OFF)
                self._console.print()
            if handled:
                loop.remove_signal_handler(signal.SIGINT)

    def _leave(self) -> None:
        self._leaving.set()
        self._input.end()
        if self._turn is not None:
            self._turn.cancel()


def _number(said: str) -> int | None:
    stripped = said.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 4 else None
