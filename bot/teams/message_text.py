"""What a message says: its text without the mentions of the bot, its attachments that repeat or hold it, its files."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import re2

from bot.turns.notices import NoticeId
from dialogs.model.files import AttachedFile
from dialogs.model.turn import ConversationScope

FILE_TYPE = "application/vnd.microsoft.teams.file.download.info"
"""What Teams calls an attachment that is a file of the person's."""
MAX_NAME_CHARS = 255
MAX_URL_CHARS = 4096
_IMAGE_EXTENSIONS = frozenset({"png", "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff", "heic", "svg"})
_RECORDING_EXTENSIONS = frozenset({"mp3", "m4a", "wav", "ogg", "mp4", "mov", "mkv", "webm", "avi"})

# foreign markup, so on RE2; an unclosed "<" is text
_LINE_BREAK = re2.compile(r"(?i)<(?:br|hr|/p|/div|/li|/tr|/pre|/h[1-6]|/blockquote)\b[^<>]*>")
_MENTION = re2.compile(r"(?i)<(?:at|span)\b[^<>]*>[^<>]*</(?:at|span)>")
_TAG = re2.compile(r"(?i)</?[a-z][^<>]*>")


def as_mapping(item: object) -> Mapping[str, Any]:
    """`item` if it is a JSON object, else an empty one."""
    return item if isinstance(item, dict) else {}


def as_list(item: object) -> Sequence[Any]:
    """`item` if it is a JSON array, else an empty one."""
    return item if isinstance(item, list) else ()


def extract_mentions(body: Mapping[str, Any]) -> list[str]:
    """The bot's mentions as they stand in the message's text, such as `<at>Image Medic</at>`."""
    bot = as_mapping(body.get("recipient")).get("id")
    entities = [item for item in as_list(body.get("entities"))[:20] if isinstance(item, dict)]
    ours = [item for item in entities if bot and as_mapping(item.get("mentioned")).get("id") == bot]
    texts = [item.get("text") for item in ours if item.get("type") == "mention"]
    return [text for text in texts if isinstance(text, str) and text]


def strip_mentions(text: str, mentions: Sequence[str]) -> str:
    """`text` without the bot's mentions and the blank that follows them; "" when nothing is left."""
    for mention in mentions:
        text = text.replace(mention, "").lstrip(" \u00a0")
    return text if text.strip() else ""


def extract_text(attachment: Mapping[str, Any], mentions: Sequence[str]) -> str:
    """The text that an attachment holds. In HTML the bot's mentions are tags around its name, of whatever kind."""
    content, kind = attachment.get("content"), _parse_content_type(attachment)
    if not isinstance(content, str) or not kind.startswith("text/"):
        return ""
    if kind != "text/html":
        return content.strip()
    names = {_extract_mention_name(mention) for mention in mentions}
    if names:
        content = _MENTION.sub(lambda found: "" if _extract_mention_name(found[0]) in names else found[0], content)
    return html.unescape(_TAG.sub("", _LINE_BREAK.sub("\n", content))).strip()


def _extract_mention_name(mention: str) -> str:
    return html.unescape(_TAG.sub("", mention)).strip()


def parse_file(attachment: Mapping[str, Any]) -> AttachedFile | None:
    """The file that an attachment is; None for any other, and for one that says itself that it holds no text."""
    content, name = as_mapping(attachment.get("content")), attachment.get("name")
    link = content.get("downloadUrl")
    if _parse_content_type(attachment) != FILE_TYPE or not isinstance(link, str) or not 0 < len(link) <= MAX_URL_CHARS:
        return None
    name = " ".join(name.split())[:MAX_NAME_CHARS] if isinstance(name, str) else ""
    return None if _find_media_notice(attachment) else AttachedFile(name, link)


def find_unreadable_notice(attachment: Mapping[str, Any], scope: ConversationScope) -> NoticeId | None:
    """The sentence that says why an attachment is not read; None for one that is, or that only repeats the message."""
    kind = _parse_content_type(attachment)
    if kind.startswith("text/") and isinstance(attachment.get("content"), str):
        return None
    if kind.startswith("image/"):
        return "image"
    if kind.startswith(("audio/", "video/")) or kind == "application/vnd.microsoft.card.audio":
        return "sound"
    if kind == "application/vnd.microsoft.card.codesnippet":
        return "snippet"
    if scope != "personal":
        return "file-in-group"
    return _find_media_notice(attachment) or (None if parse_file(attachment) else "file")


def _find_media_notice(attachment: Mapping[str, Any]) -> NoticeId | None:
    """What a file is that says itself that it is a picture or a recording."""
    kind = as_mapping(attachment.get("content")).get("fileType")
    kind = kind.casefold().lstrip(".") if isinstance(kind, str) else ""
    return "image" if kind in _IMAGE_EXTENSIONS else "sound" if kind in _RECORDING_EXTENSIONS else None


def _parse_content_type(attachment: Mapping[str, Any]) -> str:
    kind = attachment.get("contentType")
    return kind.split(";")[0].strip().lower() if isinstance(kind, str) else ""
