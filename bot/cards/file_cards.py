"""The messages by which Teams hands a person a file: the question whether it may, and the file once it is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.messages import Message
from dialogs.model.reply import FileOffer

CONSENT_TYPE = "application/vnd.microsoft.teams.card.file.consent"
INFO_TYPE = "application/vnd.microsoft.teams.card.file.info"


def build_consent_message(file: FileOffer) -> Message:
    """Teams' own question whether the file may be put into the person's OneDrive; the answer is an invoke."""
    args = dict(file.args)
    asked = {
        "description": file.description,
        "sizeInBytes": file.size,
        "acceptContext": args,
        "declineContext": args,
    }
    return {"attachment": {"contentType": CONSENT_TYPE, "name": file.name, "content": asked}, "summary": file.name}


def build_info_message(upload_info: Mapping[str, Any], replaced_activity_id: str) -> Message:
    """The file in the person's OneDrive, in the place of the question. `upload` is what Teams said of it, checked."""
    content = {"uniqueId": upload_info["uniqueId"], "fileType": upload_info["fileType"]}
    told = {
        "contentType": INFO_TYPE,
        "name": upload_info["name"],
        "contentUrl": upload_info["contentUrl"],
        "content": content,
    }
    return {
        "attachment": told,
        "summary": upload_info["name"],
        **({"replaces": replaced_activity_id} if replaced_activity_id else {}),
    }
