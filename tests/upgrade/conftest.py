"""Azurite, for the state that lies in blobs."""

from __future__ import annotations

from tests.azurite.service import azurite

__all__ = ["azurite"]
