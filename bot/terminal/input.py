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

MAX_MESSAGE_CHARS = 16 * 1024 * 1024
"""Characters of one message; what is longer is cut, and `cut` says so."""

ENABLE_BRACKETED_PASTE, DISABLE_BRACKETED_PASTE = "\x1b[?2004h", "\x1b[?2004l"
"""What asks a terminal to mark what is pasted, and to stop it."""

_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"
_MAX_TERMINAL_LINE_BYTES = 4095  # bytes: a terminal that edits lines drops what is longer
_PASTE_PAUSE_SECONDS = 0.05  # seconds of silence that end a paste which the terminal does not mark
_MAX_QUEUED_CHUNKS = 64
_END_OF_TRANSMISSION = "\x04"


class TerminalInput:
    """Reads a file descriptor without blocking the event loop: a terminal, a pipe or a file.

    On a terminal a message is what comes in one go, a paste of many lines too; elsewhere, what stands between blank
    lines.
    """

    def __init__(self, descriptor: int) -> None:
        self.is_interactive = os.isatty(descriptor)
        self.was_truncated = False
        self._descriptor = descriptor
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self._queue_slots = threading.Semaphore(_MAX_QUEUED_CHUNKS)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._lines: deque[str] = deque()
        self._partial_line = ""
        self._has_ended = False

    @contextlib.contextmanager
    def read_in_background(self) -> Iterator[None]:
        """Reads in the background while the context lasts, and leaves the terminal as it was."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._pump_chunks, args=(loop,), daemon=True, name="terminal input").start()
        with self._disable_mode("ECHOCTL"):  # the marks of a paste must not show
            yield

    def end(self) -> None:
        """Ends the input from the program's side: whoever waits for a line gets None."""
        self._chunks.put_nowait(b"")

    async def read_line(self) -> str | None:
        """The next line without its end, or None when there is no more."""
        while not self._lines:
            if self._has_ended:
                rest, self._partial_line = self._partial_line, ""
                return rest or None
            await self._read_chunk()
        line = self._lines.popleft()
        self.was_truncated = self.was_truncated or (
            self.is_interactive and len(line.encode()) >= _MAX_TERMINAL_LINE_BYTES
        )
        return line

    async def read_message(self, *, commands: frozenset[str] = frozenset(), accepts_blank: bool = False) -> str | None:
        """The next message, or None when there is no more; a line that begins with one of `commands` stands alone.

        With `blank`, an empty line is an answer of its own, and elsewhere than on a terminal each line is one.
        """
        self.was_truncated = False
        while (line := await self.read_line()) is not None:
            if line.strip() == "" and not accepts_blank and not (self.is_interactive and await self._has_line_ready()):
                continue
            if line.split(" ", 1)[0] in commands:
                return line
            if accepts_blank and not self.is_interactive:
                return line
            text = await self._read_rest_of_message(line)
            if text.strip() or accepts_blank:
                return text
        return None

    async def read_until_dot(self) -> str:
        """All lines up to one that is a single dot, or to the end of the input. Lines may be of any length."""
        lines: list[str] = []
        with self._disable_mode("ICANON"):
            while (line := await self._read_unedited_line()) is not None and line != ".":
                lines.append(line)
        self.was_truncated = False
        return self._join_lines(lines)

    async def _read_unedited_line(self) -> str | None:
        """A line of a terminal that edits none: there, Ctrl-D comes as a character and ends the text."""
        while not self._lines and not self._has_ended and not self._partial_line.endswith(_END_OF_TRANSMISSION):
            await self._read_chunk()
        if not self._lines and self._partial_line.endswith(_END_OF_TRANSMISSION):
            self._partial_line = f"{self._partial_line[:-1]}\n.\n".removeprefix("\n")
            *lines, self._partial_line = self._partial_line.split("\n")
            self._lines.extend(lines)
        line = await self.read_line()
        return None if line is None else line.replace(_PASTE_START, "").replace(_PASTE_END, "")

    async def _read_rest_of_message(self, first_line: str) -> str:
        lines = [first_line]
        if not self.is_interactive:
            while (line := await self.read_line()) is not None and line.strip():
                lines.append(line)
            return self._join_lines(lines)
        pasting = first_line.count(_PASTE_START) - first_line.count(_PASTE_END)
        while pasting > 0 or await self._has_line_ready():
            line = await self.read_line()
            if line is None:
                break
            pasting += line.count(_PASTE_START) - line.count(_PASTE_END)
            lines.append(line)
        return self._join_lines(lines).replace(_PASTE_START, "").replace(_PASTE_END, "")

    def _join_lines(self, lines: list[str]) -> str:
        text = "\n".join(lines)
        self.was_truncated = self.was_truncated or len(text) > MAX_MESSAGE_CHARS
        return text[:MAX_MESSAGE_CHARS]

    async def _has_line_ready(self) -> bool:
        """Whether another line is there already, or comes before a pause."""
        while not self._lines and not self._has_ended:
            try:
                async with asyncio.timeout(_PASTE_PAUSE_SECONDS):
                    await self._read_chunk()
            except TimeoutError:
                return False
        return bool(self._lines)

    async def _read_chunk(self) -> None:
        chunk = await self._chunks.get()
        self._queue_slots.release()
        self._has_ended = not chunk
        *lines, self._partial_line = (self._partial_line + self._decode(chunk, final=not chunk)).split("\n")
        self._lines.extend(line.removesuffix("\r") for line in lines)

    def _pump_chunks(self, loop: asyncio.AbstractEventLoop) -> None:
        """Moves what can be read into the queue; ends with the input or with the loop."""
        chunk = b"first"
        while chunk:
            self._queue_slots.acquire()
            try:
                chunk = os.read(self._descriptor, 65536)
            except OSError:  # a terminal that was closed
                chunk = b""
            try:
                loop.call_soon_threadsafe(self._chunks.put_nowait, chunk)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

    @contextlib.contextmanager
    def _disable_mode(self, mode: str) -> Iterator[None]:
        """Switches a local mode of the terminal off for a while."""
        if sys.platform == "win32" or not self.is_interactive:
            yield
            return
        before = termios.tcgetattr(self._descriptor)
        changed = termios.tcgetattr(self._descriptor)
        changed[3] &= ~getattr(termios, mode)
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, changed)
        try:
            yield
        finally:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, before)
