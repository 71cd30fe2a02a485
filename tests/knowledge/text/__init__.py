"""tests/knowledge/text."""
