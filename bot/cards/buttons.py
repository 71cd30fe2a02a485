"""Buttons as the actions of a card: in its last row, or beside a block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.text_runs import CardElement, build_rich_text, build_text_runs
from dialogs.model.reply import Button
from dialogs.model.turn import ACTION_VERSION
from dialogs.replies.plain_text import sanitize_line

KEEP_CARD_KEY = "_keep"
"""What a button also sends: whether its card must stay as it is. No form field's name begins with an underscore."""


def build_action(button: Button) -> CardElement:
    """Build the action of a button."""
    style = {"style": "positive"} if button.primary else {}
    if button.url:
        return {"type": "Action.OpenUrl", "title": sanitize_line(button.label), **style, "url": button.url}
    data = {"v": ACTION_VERSION, "do": _sanitize_value(button.action_id), "args": _sanitize_value(button.args)}
    data |= {KEEP_CARD_KEY: False} if button.replaces_card else {}
    # a button that leaves the form must not be stopped by its required fields
    inputs = {"associatedInputs": "none"} if button.should_omit_fields else {}
    return {"type": "Action.Submit", "title": sanitize_line(button.label), **style, **inputs, "data": data}


def build_switch(button: Button) -> CardElement:
    """Build a button beside a block: a line to press, since the row of buttons at the end has room for six."""
    head = build_rich_text(build_text_runs(sanitize_line(button.label), color="accent", size="small"))
    return {"type": "Container", "spacing": "small", "selectAction": build_action(button), "items": [head]}


def _sanitize_value(value: Any) -> Any:
    """Return `value` as JSON can carry it: mappings as dicts, sequences as lists, lone surrogates replaced."""
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case int() | None:
            return value
        case dict() | Mapping():
            return {_sanitize_value(key): _sanitize_value(item) for key, item in value.items()}
        case list() | tuple():
            return [_sanitize_value(item) for item in value]
        case _:
            return value
