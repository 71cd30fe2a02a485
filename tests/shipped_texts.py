"""The texts that are shipped, loaded once for all tests."""

from __future__ import annotations

from dialogs.texts.catalog import get_texts

TEXTS = get_texts().texts
PHRASES = get_texts().phrases
