"""bot/azure/credentials."""
