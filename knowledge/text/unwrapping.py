"""Joins log lines that a terminal cut at its width: a line as long as the longest, then one without a prefix."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.text.normalising import Piece

_NARROWEST, _WIDEST = 60, 400
_MOST_LINES = 1_000
_PREFIXES = ("[", "PACKER", "==> azure-arm", "    azure-arm", "azure-arm", "    ")


def unwrapped(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """The lines of a pasted log joined where they were cut; any other text as it is. A joined line keeps its number."""
    if not 2 <= len(pieces) <= _MOST_LINES or not any("PACKER" in piece.text[:80] for piece in pieces[:40]):
        return pieces
    width = max(len(piece.text) for piece in pieces)
    if not _NARROWEST <= width <= _WIDEST:
        return pieces
    joined: list[Piece] = []
    cut = False
    for piece in pieces:
        if cut and not piece.text.startswith(_PREFIXES):
            joined[-1] = Piece(joined[-1].line, joined[-1].text + piece.text)
        else:
            joined.append(piece)
        cut = len(piece.text) == width
    return joined
