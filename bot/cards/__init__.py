"""bot/cards."""
