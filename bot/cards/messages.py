"""A message as plain JSON, and a reply's card as one, before any SDK sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from bot.cards.cards import build_summary, render_card
from dialogs.model.reply import Reply

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
KEEP_CARD_KEY = "_keep"
"""What a button sends beside its action when its card is to stay as it is. No field of a form begins like that."""
OWNER_KEY = "_by"
"""What a button sends beside its action where others can press it: a short form of the id of who asked."""
Message = Mapping[str, Any]
"""A message as plain JSON: `text`, or `card` with the `summary` that notifies of it.

With `replaces`, the id of an activity of the bot's own, it takes the place of that one. `sign_in`, a language, stands
for the way to sign in, which the channel makes when it is sent.
"""


def build_reply_message(reply: Reply, should_include_hints: bool = True, owner_id: str = "") -> Message:
    """One reply as a message with a card. It has no text: Teams would split a message that has both.

    Without `hints` the card leaves out what only Teams' own clients know; the test client warns of it below every card.
    `owner` is the id of the person whose card it is, where others can press its buttons.
    """
    content = dict(render_card(reply))
    if not should_include_hints:
        content.pop("msteams", None)
    for data in _iterate_action_data(content):
        data |= ({} if reply.gives_place else {KEEP_CARD_KEY: True}) | (
            {OWNER_KEY: hash_owner_id(owner_id)} if owner_id else {}
        )
    # what people are asked for of it is Teams' own, and not in the card
    asked = {"feedback": True} if reply.can_give_feedback and should_include_hints else {}
    return {"card": content, "summary": build_summary(reply), **asked}


def hash_owner_id(person_id: str) -> str:
    """A short form of a person's id, to tell whose card it is without saying who."""
    return hashlib.blake2b(person_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _iterate_action_data(card: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What each button of a card sends."""
    rows = [card.get("actions", []), *(element.get("actions", []) for element in card["body"])]
    yield from (action["data"] for row in rows for action in row if "data" in action)
