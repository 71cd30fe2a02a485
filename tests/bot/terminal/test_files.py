"""In a terminal a file is shown as text, byte for byte."""

from __future__ import annotations

from bot.terminal.files import with_text
from dialogs.model.reply import Copyable, FileOffer, Paragraph, Reply, prose
from dialogs.replies.plain_text import plain

FILE = FileOffer("case.md", "A case", 12, {"as": "markdown"})
OFFER = Reply((Paragraph(prose("Here it is.")),), file=FILE, language="it")


def test_what_the_file_holds_stands_below_the_reply() -> None:
    shown = with_text(OFFER, b"l'immagine\n")
    assert shown.blocks[-1] == Copyable("l'immagine\n")
    assert "case.md (12 byte), come testo" in plain(shown)
    assert "python app.py draft --out" in plain(shown)


def test_what_is_no_longer_to_be_had_changes_nothing() -> None:
    assert with_text(OFFER, None) is OFFER
    other = Reply((Paragraph(prose("x")),))
    assert with_text(other, b"x") is other
