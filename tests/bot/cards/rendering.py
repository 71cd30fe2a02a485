"""Cards as tests look at them: without the JSON that's kept beside each."""

from __future__ import annotations

from bot.cards.size import fit_card
from bot.cards.text_runs import CardElement
from dialogs.model.reply import Reply


def render_card(reply: Reply) -> CardElement:
    """Return the Adaptive Card of `reply`."""
    card, _ = fit_card(reply)
    return card
