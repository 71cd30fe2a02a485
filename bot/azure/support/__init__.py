"""bot/azure/support."""
