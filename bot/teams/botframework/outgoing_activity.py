"""Turn a message into the SDK's activity."""

from __future__ import annotations

from typing import assert_never

from botbuilder.schema import Activity, ActivityTypes, Attachment

from bot.cards.messages import CARD_TYPE, CardMessage, FileMessage, TextMessage
from bot.sign_in.sign_in import SignInCard

OAUTH_TYPE = "application/vnd.microsoft.card.oauth"


def build_activity(message: TextMessage | CardMessage | FileMessage | SignInCard) -> Activity:
    """Build the SDK's activity for a message; a text is declared plain, so that no character counts as markup."""
    match message:
        case TextMessage(text):
            activity = Activity(text=text, text_format="plain")
        case CardMessage(_, summary, asks_feedback):
            activity = Activity(
                summary=summary,
                attachments=[Attachment(content_type=CARD_TYPE, content=message.encoded_card)],
                channel_data={"feedbackLoop": {"type": "default"}} if asks_feedback else None,
            )
        case FileMessage(attachment, summary):
            file_card = Attachment(
                content_type=attachment["contentType"],
                name=attachment["name"],
                content_url=attachment.get("contentUrl"),
                content=attachment["content"],
            )
            activity = Activity(summary=summary, attachments=[file_card])
        case SignInCard(content, summary):
            # no text: the client shows its own button, and would split the two
            sign_in_card = Attachment(content_type=OAUTH_TYPE, content=content)
            return Activity(type=ActivityTypes.message, summary=summary, attachments=[sign_in_card])
        case _:
            assert_never(message)
    activity.type, activity.id = ActivityTypes.message, message.replaced_activity_id or None
    return activity
