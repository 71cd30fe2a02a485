"""Turn a message of plain JSON into the SDK's activity."""

from __future__ import annotations

from botbuilder.schema import Activity, ActivityTypes, Attachment

from bot.cards.messages import CARD_TYPE, Message
from bot.teams.botframework.sdk_serialization import FrozenJson

OAUTH_TYPE = "application/vnd.microsoft.card.oauth"


def build_activity(message: Message) -> Activity:
    """A message as an SDK activity; its text is plain, so that no character of it is taken for markup."""
    if "oauth" in message:
        # the client puts its own button there; a text beside it would be split from it
        sign_in = Attachment(content_type=OAUTH_TYPE, content=FrozenJson(message["oauth"]))
        return Activity(type=ActivityTypes.message, summary=message["summary"], attachments=[sign_in])
    if "attachment" in message:
        given = message["attachment"]
        file = Attachment(
            content_type=given["contentType"],
            name=given["name"],
            content_url=given.get("contentUrl"),
            content=FrozenJson(given["content"]),
        )
        return Activity(
            type=ActivityTypes.message, summary=message["summary"], attachments=[file], id=message.get("replaces")
        )
    if "card" not in message:
        return Activity(
            type=ActivityTypes.message, text=message["text"], text_format="plain", id=message.get("replaces")
        )
    return Activity(
        type=ActivityTypes.message,
        summary=message["summary"],
        attachments=[Attachment(content_type=CARD_TYPE, content=FrozenJson(message["card"]))],
        id=message.get("replaces"),
        channel_data={"feedbackLoop": {"type": "default"}} if message.get("feedback") else None,
    )
