"""bot/host."""
