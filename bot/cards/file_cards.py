"""The messages with which Teams gives a person a file: the consent question, and the file in their OneDrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.messages import FileMessage
from dialogs.model.effects import OfferFile

CONSENT_TYPE = "application/vnd.microsoft.teams.card.file.consent"
INFO_TYPE = "application/vnd.microsoft.teams.card.file.info"


def build_consent_message(file: OfferFile) -> FileMessage:
    """Build Teams' own question whether a file may be saved to the person's OneDrive; the answer is an invoke."""
    context = dict(file.args)
    content = {
        "description": file.description,
        "sizeInBytes": file.size,
        "acceptContext": context,
        "declineContext": context,
    }
    return FileMessage({"contentType": CONSENT_TYPE, "name": file.name, "content": content}, file.name)


def build_info_message(upload_info: Mapping[str, Any], replaced_activity_id: str) -> FileMessage:
    """Build the message with a file in the person's OneDrive, which replaces the question.

    Args:
        upload_info: What Teams said about the uploaded file, checked.
        replaced_activity_id: The question's activity, "" if it is unknown.
    """
    attachment = {
        "contentType": INFO_TYPE,
        "name": upload_info["name"],
        "contentUrl": upload_info["contentUrl"],
        "content": {"uniqueId": upload_info["uniqueId"], "fileType": upload_info["fileType"]},
    }
    return FileMessage(attachment, upload_info["name"], replaced_activity_id=replaced_activity_id)
