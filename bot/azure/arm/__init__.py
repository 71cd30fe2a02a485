"""bot/azure/arm."""
