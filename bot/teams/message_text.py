"""Extract a message's text, without mentions of the bot, the texts of its attachments, and its files."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import re2

from bot.turns.notices import NoticeId
from dialogs.model.files import AttachedFile
from dialogs.model.turn import ConversationScope

FILE_TYPE = "application/vnd.microsoft.teams.file.download.info"
"""The content type of an attachment that's a file sent by the person."""
MAX_NAME_CHARS = 255
MAX_URL_CHARS = 4096
_IMAGE_EXTENSIONS = frozenset({"png", "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff", "heic", "svg"})
_RECORDING_EXTENSIONS = frozenset({"mp3", "m4a", "wav", "ogg", "mp4", "mov", "mkv", "webm", "avi"})

# RE2, since the markup is untrusted and could make a backtracking engine hang; an unclosed "<" is text
_LINE_BREAK = re2.compile(r"(?i)<(?:br|hr|/p|/div|/li|/tr|/pre|/h[1-6]|/blockquote)\b[^<>]*>")
_MENTION = re2.compile(r"(?i)<(?:at|span)\b[^<>]*>[^<>]*</(?:at|span)>")
_TAG = re2.compile(r"(?i)</?[a-z][^<>]*>")


def as_mapping(item: object) -> Mapping[str, Any]:
    """Return `item` if it is a JSON object, else an empty one."""
    return item if isinstance(item, dict) else {}


def as_list(item: object) -> Sequence[Any]:
    """Return `item` if it is a JSON array, else an empty one."""
    return item if isinstance(item, list) else ()


def extract_mentions(body: Mapping[str, Any]) -> list[str]:
    """Return the bot's mentions as the message's text has them, such as `<at>Image Medic</at>`."""
    bot_id = as_mapping(body.get("recipient")).get("id")
    entities = [item for item in as_list(body.get("entities"))[:20] if isinstance(item, dict)]
    own = [item for item in entities if bot_id and as_mapping(item.get("mentioned")).get("id") == bot_id]
    texts = [item.get("text") for item in own if item.get("type") == "mention"]
    return [text for text in texts if isinstance(text, str) and text]


def strip_mentions(text: str, mentions: Sequence[str]) -> str:
    """Remove the bot's mentions from `text`, and the blank at its beginning; return "" if nothing else is left."""
    for mention in mentions:
        text = text.replace(mention, "").lstrip(" \u00a0")
    return text if text.strip() else ""


def extract_text(attachment: Mapping[str, Any], mentions: Sequence[str]) -> str:
    """Return the text in an attachment, without markup and the bot's mentions; "" if it holds none."""
    content, content_type = attachment.get("content"), _parse_content_type(attachment)
    if not isinstance(content, str) or not content_type.startswith("text/"):
        return ""
    if content_type != "text/html":
        return content.strip()
    names = {_extract_mention_name(mention) for mention in mentions}
    if names:  # in HTML a mention is a tag around the name, of a kind that depends on the client
        content = _MENTION.sub(lambda match: "" if _extract_mention_name(match[0]) in names else match[0], content)
    return html.unescape(_TAG.sub("", _LINE_BREAK.sub("\n", content))).strip()


def _extract_mention_name(mention: str) -> str:
    return html.unescape(_TAG.sub("", mention)).strip()


def parse_file(attachment: Mapping[str, Any]) -> AttachedFile | None:
    """Return the file in an attachment, None if it's something else, or a picture or recording."""
    content, name = as_mapping(attachment.get("content")), attachment.get("name")
    url = content.get("downloadUrl")
    if _parse_content_type(attachment) != FILE_TYPE or not isinstance(url, str) or not 0 < len(url) <= MAX_URL_CHARS:
        return None
    name = " ".join(name.split())[:MAX_NAME_CHARS] if isinstance(name, str) else ""
    return None if _find_media_notice(attachment) else AttachedFile(name, url)


def find_unreadable_notice(attachment: Mapping[str, Any], scope: ConversationScope) -> NoticeId | None:
    """Return the notice that says why an attachment is not read; None if it's read, or just repeats the message."""
    content_type = _parse_content_type(attachment)
    if content_type.startswith("text/") and isinstance(attachment.get("content"), str):
        return None
    if content_type.startswith("image/"):
        return "image"
    if content_type.startswith(("audio/", "video/")) or content_type == "application/vnd.microsoft.card.audio":
        return "sound"
    if content_type == "application/vnd.microsoft.card.codesnippet":
        return "snippet"
    if scope != "personal":
        return "file-in-group"
    return _find_media_notice(attachment) or (None if parse_file(attachment) else "file")


def _find_media_notice(attachment: Mapping[str, Any]) -> NoticeId | None:
    """Return the notice for a file whose declared type is that of a picture or a recording, else None."""
    file_type = as_mapping(attachment.get("content")).get("fileType")
    extension = file_type.casefold().lstrip(".") if isinstance(file_type, str) else ""
    return "image" if extension in _IMAGE_EXTENSIONS else "sound" if extension in _RECORDING_EXTENSIONS else None


def _parse_content_type(attachment: Mapping[str, Any]) -> str:
    content_type = attachment.get("contentType")
    return content_type.split(";")[0].strip().lower() if isinstance(content_type, str) else ""
