"""knowledge/search."""
