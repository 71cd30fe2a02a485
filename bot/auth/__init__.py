"""bot/auth."""
