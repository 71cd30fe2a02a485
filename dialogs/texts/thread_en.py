"""What is said where others read along, in English."""

from __future__ import annotations

TEXTS = {
    "button.private": "Continue in private",
    "button.steps-here": "Show the steps here",
    "thread.added-by": "{name} added me to this conversation.",
    "thread.mention": (
        "Where others read along, **mention me** with the error. Everyone there sees what I say, so I keep it short; "
        "the rest we do in our private chat."
    ),
    "thread.gone-private": (
        "We go on in our private chat, where I have just written to you. The short answer stays here."
    ),
    "thread.case-private": (
        "A support case holds more of your log than everyone here needs to see: its draft is in our private chat."
    ),
    "thread.own-walk": "That card belongs to a colleague and stays as it is. Here is a walk of your own:",
    "thread.not-yours": (
        "That card belongs to a colleague, so I changed nothing. Mention me with an error, and you get a card of "
        "your own."
    ),
    "thread.from": "You asked about this where others read along; here is all of it.",
}
