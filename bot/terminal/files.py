"""A file that a reply offers, shown as text: a terminal has no place to put it, and shows what it would hold."""

from __future__ import annotations

from dataclasses import replace

from bot.terminal.messages import get_messages
from dialogs.model.reply import CopyableText, Paragraph, Reply, TextRun


def append_file_text(reply: Reply, content: bytes | None) -> Reply:
    """`reply` with the `content` of its file below its blocks; itself, where it has no file or that none any more."""
    if reply.file is None or content is None:
        return reply
    said = get_messages(reply.language).file.format(name=reply.file.name, size=reply.file.size)
    shown = (Paragraph((TextRun(said),), "subtle"), CopyableText(content.decode("utf-8", "replace")))
    return replace(reply, blocks=(*reply.blocks, *shown))
