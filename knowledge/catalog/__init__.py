"""knowledge/catalog."""
