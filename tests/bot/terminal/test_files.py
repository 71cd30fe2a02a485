"""In a terminal a file is shown as text, byte for byte."""

from __future__ import annotations

from bot.terminal.files import append_file_text
from dialogs.model.effects import OfferFile
from dialogs.model.reply import CopyableText, Paragraph, Reply, parse_markup
from dialogs.replies.plain_text import render_plain_text

FILE = OfferFile("case.md", "A case", 12, {"as": "markdown"})
OFFER = Reply((Paragraph(parse_markup("Here it is.")),), language="it")


def test_what_the_file_holds_stands_below_the_reply() -> None:
    shown = append_file_text(OFFER, FILE, b"l'immagine\n")
    assert shown.blocks[-1] == CopyableText("l'immagine\n")
    assert "case.md (12 byte), come testo" in render_plain_text(shown)
    assert "python app.py draft --out" in render_plain_text(shown)
