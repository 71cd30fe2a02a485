"""bot/azure."""
