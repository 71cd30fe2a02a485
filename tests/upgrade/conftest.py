"""Azurite, for state in blobs."""

from __future__ import annotations

from tests.azurite.service import azurite

__all__ = ["azurite"]
