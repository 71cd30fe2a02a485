"""What a person types, pastes or pipes into a terminal, as lines and as whole messages."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator

if sys.platform != "win32":
    import termios

LIMIT = 16 * 1024 * 1024
"""Characters of one message; what is longer is cut, and `cut` says so."""

PASTE_ON, PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
"""What asks a terminal to mark what is pasted, and to stop it."""

_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_TERMINAL_LINE = 4095  # bytes: a terminal that edits lines drops what is longer
_PAUSE = 0.05  # seconds of silence that end a paste which the terminal does not mark
_CHUNKS_AHEAD = 64
_END_OF_TRANSMISSION = "\x04"


class Input:
    """Reads a file descriptor without blocking the event loop: a terminal, a pipe or a file.

    On a terminal a message is what comes in one go, a paste of many lines too; elsewhere, what stands between blank
    lines.
    """

    def __init__(self, descriptor: int) -> None:
        self.interactive = os.isatty(descriptor)
        self.cut = False
        self._descriptor = descriptor
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = threading.Semaphore(_CHUNKS_AHEAD)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._lines: deque[str] = deque()
        self._rest = ""
        self._ended = False

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Reads in the background while the context lasts, and leaves the terminal as it was."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._pump, args=(loop,), daemon=True, name="terminal input").start()
        with self._modes("ECHOCTL"):  # the marks of a paste must not show
            yield

    def end(self) -> None:
        """Ends the input from the program's side: whoever waits for a line gets None."""
        self._chunks.put_nowait(b"")

    async def line(self) -> str | None:
        """The next line without its end, or None when there is no more."""
        while not self._lines:
            if self._ended:
                rest, self._rest = self._rest, ""
                return rest or None
            await self._more()
        line = self._lines.popleft()
        self.cut = self.cut or (self.interactive and len(line.encode()) >= _TERMINAL_LINE)
        return line

    async def message(self, *, commands: frozenset[str] = frozenset(), blank: bool = False) -> str | None:
        """The next message, or None when there is no more; a line that begins with one of `commands` stands alone.

        With `blank`, an empty line is an answer of its own, and elsewhere than on a terminal each line is one.
        """
        self.cut = False
        while (line := await self.line()) is not None:
            if line.strip() == "" and not blank and not (self.interactive and await self._at_once()):
                continue
            if line.split(" ", 1)[0] in commands:
                return line
            if blank and not self.interactive:
                return line
            text = await self._rest_of_message(line)
            if text.strip() or blank:
                return text
        return None

    async def until_dot(self) -> str:
        """All lines up to one that is a single dot, or to the end of the input. Lines may be of any length."""
        lines: list[str] = []
        with self._modes("ICANON"):
            while (line := await self._unedited_line()) is not None and line != ".":
                lines.append(line)
        self.cut = False
        return self._joined(lines)

    async def _unedited_line(self) -> str | None:
        """A line of a terminal that edits none: there, Ctrl-D comes as a character and ends the text."""
        while not self._lines and not self._ended and not self._rest.endswith(_END_OF_TRANSMISSION):
            await self._more()
        if not self._lines and self._rest.endswith(_END_OF_TRANSMISSION):
            self._rest = f"{self._rest[:-1]}\n.\n".removeprefix("\n")
            *lines, self._rest = self._rest.split("\n")
            self._lines.extend(lines)
        line = await self.line()
        return None if line is None else line.replace(_PASTE_BEGINS, "").replace(_PASTE_ENDS, "")

    async def _rest_of_message(self, first: str) -> str:
        lines = [first]
        if not self.interactive:
            while (line := await self.line()) is not None and line.strip():
                lines.append(line)
            return self._joined(lines)
        pasting = first.count(_PASTE_BEGINS) - first.count(_PASTE_ENDS)
        while pasting > 0 or await self._at_once():
            line = await self.line()
            if line is None:
                break
            pasting += line.count(_PASTE_BEGINS) - line.count(_PASTE_ENDS)
            lines.append(line)
        return self._joined(lines).replace(_PASTE_BEGINS, "").replace(_PASTE_ENDS, "")

    def _joined(self, lines: list[str]) -> str:
        text = "\n".join(lines)
        self.cut = self.cut or len(text) > LIMIT
        return text[:LIMIT]

    async def _at_once(self) -> bool:
        """Whether another line is there already, or comes before a pause."""
        while not self._lines and not self._ended:
            try:
                async with asyncio.timeout(_PAUSE):
                    await self._more()
            except TimeoutError:
                return False
        return bool(self._lines)

    async def _more(self) -> None:
        chunk = await self._chunks.get()
        self._room.release()
        self._ended = not chunk
        *lines, self._rest = (self._rest + self._decode(chunk, final=not chunk)).split("\n")
        self._lines.extend(line.removesuffix("\r") for line in lines)

    def _pump(self, loop: asyncio.AbstractEventLoop) -> None:
        """Moves what can be read into the queue; ends with the input or with the loop."""
        chunk = b"first"
        while chunk:
            self._room.acquire()
            try:
                chunk = os.read(self._descriptor, 65536)
            except OSError:  # a terminal that was closed
                chunk = b""
            try:
                loop.call_soon_threadsafe(self._chunks.put_nowait, chunk)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

    @contextlib.contextmanager
    def _modes(self, without: str) -> Iterator[None]:
        """Switches a local mode of the terminal off for a while."""
        if sys.platform == "win32" or not self.interactive:
            yield
            return
        before = termios.tcgetattr(self._descriptor)
        changed = termios.tcgetattr(self._descriptor)
        changed[3] &= ~getattr(termios, without)
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, changed)
        try:
            yield
        finally:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, before)
