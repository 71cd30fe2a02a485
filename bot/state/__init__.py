"""bot/state."""
