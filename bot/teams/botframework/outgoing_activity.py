"""Turn a message of plain JSON into the SDK's activity."""

from __future__ import annotations

from botbuilder.schema import Activity, ActivityTypes, Attachment

from bot.cards.messages import CARD_TYPE, Message
from bot.teams.botframework.sdk_serialization import FrozenJson

OAUTH_TYPE = "application/vnd.microsoft.card.oauth"


def build_activity(message: Message) -> Activity:
    """Build the SDK's activity for a message; a text is declared plain, so that no character counts as markup."""
    if "oauth" in message:
        # no text: the client puts its own button there, and would split the two
        sign_in_card = Attachment(content_type=OAUTH_TYPE, content=FrozenJson(message["oauth"]))
        return Activity(type=ActivityTypes.message, summary=message["summary"], attachments=[sign_in_card])
    if "attachment" in message:
        attachment = message["attachment"]
        file_card = Attachment(
            content_type=attachment["contentType"],
            name=attachment["name"],
            content_url=attachment.get("contentUrl"),
            content=FrozenJson(attachment["content"]),
        )
        return Activity(
            type=ActivityTypes.message, summary=message["summary"], attachments=[file_card], id=message.get("replaces")
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
