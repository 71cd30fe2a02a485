"""The buttons of a reply that doesn't lead to a walkthrough."""

from __future__ import annotations

from dialogs.context import DialogContext
from dialogs.model.reply import Button


def build_no_walk_buttons(context: DialogContext) -> tuple[Button, ...]:
    """Build the other options: guided questions, checking the template, a support case, starting over."""
    return (
        context.build_button("guided-questions", "guided"),
        context.build_button("look", "look"),
        context.build_button("draft", "draft"),
        context.build_button("restart", "restart"),
    )
