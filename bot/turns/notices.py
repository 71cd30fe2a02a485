"""Short texts that the bot sends without its dialogs: failures, refusals, progress, sign-in."""

from __future__ import annotations

from typing import Literal

from dialogs.texts.catalog import get_texts
from knowledge.model.entry import Language

NoticeId = Literal[
    "image",
    "sound",
    "file",
    "file-in-group",
    "files-many",
    "unread-beside",
    "snippet",
    "unread",
    "strange-button",
    "private-failed",
    "failed",
    "too-slow",
    "too-many",
    "overloaded",
    "state-lost",
    "not-understood",
    "not-shown",
    "file-declined",
    "file-given",
    "file-changed",
    "file-failed",
    "file-not-here",
    "answer-follows",
    "done-before",
    "search-what",
    "search-none",
    "message-empty",
    "cut-off",
    "so-far",
    "so-far-ended",
    "sign-in-card",
    "sign-in-button",
    "sign-in-down",
    "sign-in-as-other",
]


def detect_language(locale: str | None) -> Language:
    """Return the language to answer in if only the client's locale is known."""
    return get_texts().detect_language(locale)


def render_notice(
    notice: NoticeId, language: Language, reference: str = "", link: str = "", percent: int = 0, limit: int = 0
) -> str:
    """Return the notice in `language`; some of them name a failure's reference, a link, a percentage or a limit."""
    text = get_texts().format_text(
        f"notice.{notice}", language, reference=reference, link=link, percent=percent, limit=limit
    )
    return text.rstrip()
