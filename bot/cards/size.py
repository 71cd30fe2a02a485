"""Keep a card within the size that Teams accepts, by shortening what is only read before what is to be copied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.cards.fallback import render_fallback
from bot.cards.layout import lay_out_card
from bot.cards.shortening import FULL_ALLOWANCE, Allowance, shorten_reply, truncate_button_labels, truncate_text
from bot.cards.text_runs import CardElement
from bot.state.json_text import encode_json
from dialogs.model.reply import Block, FactTable, FoldedSection, FormField, Reply

TARGET_BYTES = 25 * 1024
"""Bytes of UTF-16 that a card should stay under."""
MAX_CARD_BYTES = 80 * 1024
"""Bytes of UTF-16 that a card never exceeds; Teams refuses a message of 100 KB."""

_MAX_FALLBACK_FIELD_CHARS = 200  # of an input, in the fallback text of a large form
_RESERVED_BYTES = 2_000  # for what a card gets when it is sent: its owner, on each of its buttons

# text to read is shortened first, then text to copy, and our own sentences last
_USUAL_ALLOWANCES = (
    FULL_ALLOWANCE,
    Allowance(40, 600),
    Allowance(20, 300),
    Allowance(12, 200, 8000, 4000),
    Allowance(8, 160, 4000, 2000),
    Allowance(4, 120, 2000, 1000),
)
_LAST_RESORT_ALLOWANCES = (
    Allowance(4, 120, 2000, 1000, 4000, 60),
    Allowance(3, 100, 500, 300, 500, 40),
    Allowance(2, 60, 120, 120, 100, 20),
    Allowance(1, 40, 40, 40, 40, 8),
    Allowance(1, 16, 16, 16, 16, 2),
)


def compute_size(value: object) -> int:
    """Return the bytes that Teams counts for a card, or for a part of one: its JSON in UTF-16."""
    return _compute_size_of_json(encode_json(value))


def fit_card(reply: Reply) -> tuple[CardElement, bytes]:
    """Lay out the card for `reply`, shortened with visible notes as far as its size demands; return it and its JSON.

    Buttons and form fields always stay. The card has at most 25 KB of UTF-16 if shortening lines, commands, and
    copyable texts can achieve that, and at most 80 KB in any case. To lose nothing of a long copyable text, fit each
    part of `split_reply(reply)`.
    """
    reply = truncate_button_labels(reply)
    within_limit: tuple[CardElement, bytes] | None = None
    for allowance in _USUAL_ALLOWANCES:
        card, card_json, size = _lay_out_sendable_card(shorten_reply(reply, allowance))
        if size <= TARGET_BYTES:
            return card, card_json
        if size <= MAX_CARD_BYTES and within_limit is None:
            within_limit = card, card_json
    if within_limit is not None:  # the least shortened card that Teams accepts: the rest can't be safely cut
        return within_limit
    for allowance in _LAST_RESORT_ALLOWANCES:
        card, card_json, size = _lay_out_sendable_card(shorten_reply(reply, allowance))
        if size <= MAX_CARD_BYTES:
            break
    return card, card_json


def _lay_out_sendable_card(reply: Reply) -> tuple[CardElement, bytes, int]:
    """Lay out the card for `reply`, with a brief fallback text where it is large; return it, its JSON, and its size.

    The size of a small card is an upper bound. The inputs of a form carry their values twice already, and a client
    that shows no card has no use for a form.
    """
    card = lay_out_card(reply)
    card_json = encode_json(card)
    # a byte of UTF-8 is at most two of UTF-16
    size = 2 * len(card_json)
    if size <= TARGET_BYTES - _RESERVED_BYTES:
        return card, card_json, size
    size = _compute_size_of_json(card_json)
    if size > TARGET_BYTES - _RESERVED_BYTES and any(
        isinstance(block, FormField | FactTable | FoldedSection) for block in reply.blocks
    ):
        card["fallbackText"] = render_fallback(replace(reply, blocks=tuple(_select_fallback_blocks(reply))))
        card_json = encode_json(card)
        size = _compute_size_of_json(card_json)
    return card, card_json, size


def _compute_size_of_json(content: bytes) -> int:
    return len(content.decode().encode("utf-16-le"))


def _select_fallback_blocks(reply: Reply) -> Iterator[Block]:
    """Yield what the fallback text of a large card holds: nothing that the card itself has folded."""
    for block in reply.blocks:
        is_folded = isinstance(block, FoldedSection) or (isinstance(block, FactTable) and block.folded_label)
        if isinstance(block, FormField) and not block.choices:
            yield replace(block, value=truncate_text(block.value, _MAX_FALLBACK_FIELD_CHARS, reply.language))
        elif not is_folded:
            yield block
