"""Messages as plain JSON, which no SDK has touched yet, and a reply's card as such a message."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from bot.cards.cards import build_summary, render_card
from dialogs.model.reply import Reply

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
KEEP_CARD_KEY = "_keep"
"""What a button also sends if its card must stay as it is. No form field's name begins with an underscore."""
OWNER_KEY = "_by"
"""What a button also sends where others can press it: the hashed id of the person whose card it is."""
Message = Mapping[str, Any]
"""A message as plain JSON: `text`, or `card` with the `summary` that notifies of it.

`replaces` is the bot's own activity that it replaces. `sign_in`, a language, stands for the sign-in card, which the
channel builds when it sends the message.
"""


def build_reply_message(
    reply: Reply, should_include_hints: bool = True, owner_id: str = "", asks_feedback: bool = False
) -> Message:
    """Build a message with the card of a reply. It has no text: Teams would split a message that has both.

    Args:
        reply: What to show.
        should_include_hints: Whether to include what only Teams' clients know; the test client warns of it.
        owner_id: The person whose card it is, if others can press its buttons; else "".
        asks_feedback: Whether the client may ask if the diagnosis in the reply was right.
    """
    card = dict(render_card(reply))
    if not should_include_hints:
        card.pop("msteams", None)
    for data in _iterate_action_data(card):
        data |= ({} if reply.may_be_replaced else {KEEP_CARD_KEY: True}) | (
            {OWNER_KEY: hash_owner_id(owner_id)} if owner_id else {}
        )
    # the feedback buttons are Teams' own: the message asks for them, the card doesn't hold them
    feedback = {"feedback": True} if asks_feedback and should_include_hints else {}
    return {"card": card, "summary": build_summary(reply), **feedback}


def hash_owner_id(person_id: str) -> str:
    """Return a short hash of a person's id, which shows whose card it is without naming the person."""
    return hashlib.blake2b(person_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _iterate_action_data(card: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the data that each button of a card sends."""
    rows = [card.get("actions", []), *(element.get("actions", []) for element in card["body"])]
    yield from (action["data"] for row in rows for action in row if "data" in action)
