"""Files in the terminal: those that the person sends with `.file`, and those that a reply offers."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

from bot.errors import BotError
from bot.terminal.messages import TerminalMessages, get_messages
from dialogs.model.effects import OfferFile
from dialogs.model.reply import CopyableText, Paragraph, Reply, TextRun
from dialogs.replies.plain_text import sanitize_line

MAX_FILE_BYTES = 16 * 1024 * 1024
"""The size of a file that the person can send."""


class LocalFileError(BotError):
    """A file that the person wants to send cannot be used. The text of the error is written for that person."""


def read_text_file(name: str, messages: TerminalMessages) -> str:
    """Return the text of the file `name`, which may be UTF-8 or UTF-16 and have up to `MAX_FILE_BYTES`.

    Raises:
        LocalFileError: it is not a file, is empty or too large, or cannot be read.
    """
    try:
        path = Path(name).expanduser()
        # a pipe or a device could block the chat forever
        if not stat.S_ISREG(path.stat().st_mode):
            raise LocalFileError(messages.not_a_file.format(path=sanitize_line(name) or "."))
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        text = messages.unreadable.format(path=sanitize_line(name), why=sanitize_line(reason))
        raise LocalFileError(text) from error
    if len(content) > MAX_FILE_BYTES:
        raise LocalFileError(messages.too_large.format(path=sanitize_line(name)))
    if not content.strip():
        raise LocalFileError(messages.empty.format(path=sanitize_line(name)))
    # Windows PowerShell redirects to UTF-16, with a byte order mark
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return content.decode(encoding, "replace")


def append_file_text(reply: Reply, file: OfferFile, content: bytes) -> Reply:
    """Return `reply` with the content of its file as text, since a terminal cannot take the file itself."""
    introduction = get_messages(reply.language).file.format(name=file.name, size=file.size)
    file_blocks = (Paragraph((TextRun(introduction),), "subtle"), CopyableText(content.decode("utf-8", "replace")))
    return replace(reply, blocks=(*reply.blocks, *file_blocks))
