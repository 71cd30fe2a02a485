"""What we pass to the SDK for a message, and what it sends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botbuilder.schema import (
    Activity,
    ActivityTypes,
    Attachment,
    CardAction,
    ChannelAccount,
    ConversationAccount,
    Entity,
    SuggestedActions,
)

from bot.cards.messages import CARD_TYPE, CardMessage
from bot.state.json_text import decode_json, encode_json
from bot.teams.botframework.outgoing_activity import build_activity
from bot.teams.botframework.sdk_serialization import serialize_activity

CARD: dict[str, Any] = {
    "type": "AdaptiveCard",
    "version": "1.2",
    "body": [{"type": "TextBlock", "text": "perché", "wrap": True, "maxLines": 3}],
    "actions": [{"type": "Action.Submit", "data": {"v": 1, "args": {"step": 0, "of": [1.5, "x"]}}}],
}


def addressed(activity: Activity) -> Activity:
    """As the SDK leaves an activity when it hands it to the connector."""
    activity.conversation = ConversationAccount(id="19:a", is_group=False)
    activity.from_property, activity.recipient = ChannelAccount(id="28:b"), ChannelAccount(id="29:c", name="Megan")
    return activity


def test_the_json_of_an_activity_is_what_the_sdk_makes_of_it() -> None:
    activity = addressed(Activity(type="message", summary="s", attachments=[Attachment(content_type=CARD_TYPE)]))
    activity.attachments.append(Attachment(content_type="text/plain", name="a.txt", content_url="https://example.com"))
    activity.attachments[0].content = CARD
    assert serialize_activity(activity) == activity.serialize()
    assert activity.attachments[0].content is CARD
    assert serialize_activity(addressed(Activity(type="typing"))) == addressed(Activity(type="typing")).serialize()


@pytest.mark.parametrize(
    "activity",
    [
        Activity(type=ActivityTypes.message, text="", importance="high", history_disclosed=False, attachments=[]),
        Activity(type="message", value={"a": [1]}, channel_data={"b": None}, listen_for=["c"], reply_to_id="1"),
        Activity(type="message", suggested_actions=SuggestedActions(actions=[CardAction(type="imBack", title="t")])),
        Activity(type="message", timestamp=datetime(2026, 1, 12, 8, tzinfo=UTC)),
        Activity(type="message", entities=[Entity(type="mention", additional_properties={"text": "x"})]),
    ],
)
def test_every_kind_of_value_is_written_as_the_sdk_writes_it(activity: Activity) -> None:
    assert serialize_activity(addressed(activity)) == addressed(activity).serialize()


def test_a_card_goes_over_the_wire_as_it_was_drawn() -> None:
    activity = addressed(build_activity(CardMessage(CARD, "s")))
    sent = decode_json(encode_json(serialize_activity(activity)))
    assert sent["attachments"] == [{"contentType": CARD_TYPE, "content": CARD}]
    assert sent["summary"] == "s"
