"""Files in the terminal: those the person sends with `.file`, and those a reply offers."""

from __future__ import annotations

import asyncio
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from bot.errors import BotError
from bot.files.archives import ZIP_SIGNATURES
from bot.files.limits import FileLimits
from bot.files.log_reader import GZIP_SIGNATURE, LogFileReader, ProgressCallback, StreamDiagnoser
from bot.terminal.messages import TerminalMessages, get_messages
from dialogs.model.effects import OfferFile
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import AttachedFile, AttachmentContents, FileRefusal
from dialogs.model.reply import CopyableText, Paragraph, Reply, TextRun
from dialogs.model.turn import MessageSent
from dialogs.replies.plain_text import sanitize_line
from knowledge.model.entry import Language

MAX_TEXT_BYTES = 16 * 1024 * 1024
"""The size of a file that is sent as the text of a message."""


class LocalFileError(BotError):
    """A file that the person wants to send cannot be used. The text of the error is written for that person."""


class LocalAttachmentReader:
    """The `AttachmentReader` for files of this computer, whose reference is their path.

    It reads a plain log of any size. Unpacking an archive is limited as for any other attached file.
    """

    def __init__(self, diagnose: StreamDiagnoser) -> None:
        self._diagnose = diagnose

    async def read(self, file: AttachedFile, language: Language, progress: ProgressCallback) -> AttachmentContents:
        """Read `file` and diagnose the logs in it.

        Raises:
            FileRefusedError: it can no longer be read, cannot be unpacked, or holds no log.
        """
        return await asyncio.to_thread(self._read, file, language, progress)

    def _read(self, file: AttachedFile, language: Language, progress: ProgressCallback) -> AttachmentContents:
        try:
            with Path(file.reference).open("rb") as stream:
                source, size = _LocalSource(stream), os.fstat(stream.fileno()).st_size
                return LogFileReader(self._diagnose, FileLimits(), language, source, progress, size).read_all()
        except OSError:
            raise FileRefusedError(FileRefusal("unexpected")) from None


class _LocalSource:
    """A local file, which is read to its end: the terminal waits for the answer."""

    is_abandoned = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)


def read_message_file(name: str, messages: TerminalMessages) -> MessageSent:
    """Return the message that sends the file `name`.

    A text of up to `MAX_TEXT_BYTES`, in UTF-8 or UTF-16, is the text of the message. A larger file, or an archive, is
    attached.

    Raises:
        LocalFileError: it is not a file, is empty, or cannot be read.
    """
    try:
        path = Path(name).expanduser()
        # a pipe or a device could block the chat forever
        if not stat.S_ISREG(path.stat().st_mode):
            raise LocalFileError(messages.not_a_file.format(path=sanitize_line(name) or "."))
        with path.open("rb") as file:
            content = file.read(MAX_TEXT_BYTES + 1)
        path = path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        text = messages.unreadable.format(path=sanitize_line(name), why=sanitize_line(reason))
        raise LocalFileError(text) from error
    if not content.strip():
        raise LocalFileError(messages.empty.format(path=sanitize_line(name)))
    if len(content) > MAX_TEXT_BYTES or content.startswith((GZIP_SIGNATURE, *ZIP_SIGNATURES)):
        return MessageSent("", (AttachedFile(path.name, str(path)),))
    # Windows PowerShell redirects to UTF-16, with a byte order mark
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return MessageSent(content.decode(encoding, "replace"))


def append_file_text(reply: Reply, file: OfferFile, content: bytes) -> Reply:
    """Return `reply` with the content of its file as text, since a terminal cannot take the file itself."""
    introduction = get_messages(reply.language).file.format(name=file.name, size=file.size)
    file_blocks = (Paragraph((TextRun(introduction),), "subtle"), CopyableText(content.decode("utf-8", "replace")))
    return replace(reply, blocks=(*reply.blocks, *file_blocks))
