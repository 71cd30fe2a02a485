"""knowledge/commands."""
