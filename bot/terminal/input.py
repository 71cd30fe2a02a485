"""The input of a terminal, pipe, or file, as lines and as whole messages."""

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
"""The length of a message. A longer one is cut, and `was_truncated` is set."""

ENABLE_BRACKETED_PASTE, DISABLE_BRACKETED_PASTE = "\x1b[?2004h", "\x1b[?2004l"
"""The control sequences that make a terminal mark pasted text, and stop it."""

_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"
_MAX_TERMINAL_LINE_BYTES = 4095  # a terminal in canonical mode drops the rest of a longer line
_PASTE_PAUSE_SECONDS = 0.05  # a pause this long ends a paste in a terminal that doesn't mark pastes
_MAX_QUEUED_CHUNKS = 64
_END_OF_TRANSMISSION = "\x04"


class TerminalInput:
    """The input from a file descriptor, read in a thread so that the event loop is not blocked.

    On a terminal, a message is one line or one paste of many lines. In a pipe or file, blank lines separate messages.
    """

    def __init__(self, descriptor: int) -> None:
        """Create the input for `descriptor`. Reading starts with `read_in_background`."""
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
        """Read in a background thread, and restore the terminal's settings at the end of the block."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._pump_chunks, args=(loop,), daemon=True, name="terminal input").start()
        with self._disable_mode("ECHOCTL"):  # otherwise the terminal would print the paste markers
            yield

    def end(self) -> None:
        """End the input from within the program: a pending read returns None."""
        self._chunks.put_nowait(b"")

    async def read_line(self) -> str | None:
        """Return the next line without its line end, or None at the end of the input."""
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
        """Return the next message, or None at the end of the input.

        Args:
            commands: a line that starts with one of these words is a message by itself.
            accepts_blank: whether an empty line is a message too. In a pipe or file, every line is then a message.
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
        """Return all lines up to one with a single dot, or up to the end of the input. Lines may have any length."""
        lines: list[str] = []
        with self._disable_mode("ICANON"):
            while (line := await self._read_unedited_line()) is not None and line != ".":
                lines.append(line)
        self.was_truncated = False
        return self._join_lines(lines)

    async def _read_unedited_line(self) -> str | None:
        """Return the next line of a terminal outside canonical mode, where Ctrl-D is a character and ends the text."""
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
        open_pastes = first_line.count(_PASTE_START) - first_line.count(_PASTE_END)
        while open_pastes > 0 or await self._has_line_ready():
            line = await self.read_line()
            if line is None:
                break
            open_pastes += line.count(_PASTE_START) - line.count(_PASTE_END)
            lines.append(line)
        return self._join_lines(lines).replace(_PASTE_START, "").replace(_PASTE_END, "")

    def _join_lines(self, lines: list[str]) -> str:
        text = "\n".join(lines)
        self.was_truncated = self.was_truncated or len(text) > MAX_MESSAGE_CHARS
        return text[:MAX_MESSAGE_CHARS]

    async def _has_line_ready(self) -> bool:
        """Tell whether another line is available, or arrives within the pause that ends a paste."""
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
        """Move the input into the queue, until the input ends or the event loop is closed."""
        chunk = b"first"
        while chunk:
            self._queue_slots.acquire()
            try:
                chunk = os.read(self._descriptor, 65536)
            except OSError:  # the terminal was closed
                chunk = b""
            try:
                loop.call_soon_threadsafe(self._chunks.put_nowait, chunk)
            except RuntimeError:  # the event loop is closed
                return

    @contextlib.contextmanager
    def _disable_mode(self, mode: str) -> Iterator[None]:
        """Turn off a local mode of the terminal, such as `ECHOCTL`, until the end of the block."""
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
