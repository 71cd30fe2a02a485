"""knowledge/model."""
