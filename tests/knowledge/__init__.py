"""tests/knowledge."""
